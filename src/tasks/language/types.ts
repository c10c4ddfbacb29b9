import { DataError, fault, option, problem, sentence } from "../../errors.ts";
import type { SamplingOptions } from "../../generate/sampling.ts";
import type { Session } from "../../generate/session.ts";
import type { FitOptions } from "../../train/fit/fit-options.ts";
import { anything, from0, oneOf, orNull, readOptions, wholeFrom, words } from "../../train/options.ts";
import type { RawText } from "./text.ts";

/** Options of `languageModel(...).fit`, those of a model's `fit` among them. */
export interface LanguageFitOptions
  extends Omit<
    FitOptions,
    "validationData" | "validationBatchSize" | "sampleWeight" | "classWeight" | "stepsPerEpoch" | "validationSteps"
  > {
  /** Passes over the text. Default: by text size, 10 to 100. */
  epochs?: number;
  /** Samples per gradient update. Default: by text size, 8 or 32. */
  batchSize?: number;
  /** A validation text, evaluated after each epoch. Default: none. */
  validationData?: RawText;
}

/** Results on a text. */
export interface LanguageEvaluation {
  /** Mean cross-entropy of a token in nats. */
  readonly loss: number;
  /** exp(loss): the number of equally probable tokens the model chooses among. */
  readonly perplexity: number;
  /** Of characters only: the loss in bits. */
  readonly bitsPerCharacter?: number;
  /** Fraction of tokens whose most probable prediction is right. */
  readonly accuracy: number;
  /** Tokens to predict, ends of lines among them. */
  readonly tokens: number;
  /** Tokens of the text that the model does not know: left out, or counted as the oov token. */
  readonly unknown: number;
}

/** A token that may come next. */
export interface NextToken {
  /** A word or character. */
  readonly token: string;
  /** Of its coming next, 0 to 1. */
  readonly probability: number;
}

/** Options of text generation. */
export interface WriteOptions extends Omit<SamplingOptions, "banned"> {
  /** Largest number of tokens, words or characters; as `length` of `generate` over ids. Default: 10 words or 100 characters. */
  words?: number;
  /** Tokens that end the text; they are not returned. Default: none. */
  stop?: readonly string[];
  /** Tokens that are never generated; their ids are `banned` in `generate`. Default: none. */
  avoid?: readonly string[];
  /** At the end of a line, `"stop"` ends the text; `"avoid"` never generates such an end. Default `"stop"`. */
  atEnd?: "stop" | "avoid";
  /** Beam search over this many beams for the most probable text, instead of choosing token by token. Default null: no beam search. */
  beams?: number;
  /** For `beams`: as in `beamSearch`. Default 0.6. */
  lengthPenalty?: number;
  /** Receives the message that words of the prompt are unknown. Default: `console.warn`. */
  warn?: (message: string) => void;
  /** Ends it before the next token: iterating rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
  /** Session of one row over the model that reads the tokens, as `statefulSession` returns it; for several texts that advance together. Default: one of its own. */
  session?: Session;
}

/** Options of `fit`; a model's own `fit` checks the values. */
const fitFields = {
  epochs: anything,
  batchSize: anything,
  validationSplit: anything,
  validationData: anything,
  validationFreq: anything,
  shuffle: anything,
  seed: anything,
  initialEpoch: anything,
  callbacks: anything,
  verbose: anything,
  signal: anything,
  onNaN: anything,
  write: anything,
};

/** Throws DataError for an unknown option of `fit`. */
export const checkFitOptions = (who: string, options: LanguageFitOptions): void =>
  void readOptions(who, options, fitFields);

/** Checks the options of text generation, all but the sampling options, which `sampler` checks. Throws DataError. */
export function readWriteOptions(who: string, options: WriteOptions, charLevel: boolean) {
  const read = readOptions(who, options, {
    words: wholeFrom(0)(charLevel ? 100 : 10),
    stop: words,
    avoid: words,
    atEnd: oneOf(["stop", "avoid"], "stop"),
    beams: orNull(wholeFrom(1)(1)),
    lengthPenalty: orNull(from0(0.6)),
    warn: anything,
    signal: anything,
    session: anything,
    temperature: anything,
    topK: anything,
    topP: anything,
    repetitionPenalty: anything,
    seed: anything,
  });
  const { temperature, topK, topP, repetitionPenalty, seed } = options;
  const sampling = { temperature, topK, topP, repetitionPenalty, seed };
  const drawn = Object.entries(sampling).find(([, value]) => value !== undefined);
  if (read.beams !== null && drawn)
    throw new DataError(
      fault(
        who,
        sentence`${option("beams")} cannot be combined with ${option(drawn[0])}`,
        "Beam search takes the most likely text and draws nothing.",
      ),
    );
  if (read.beams === null && read.lengthPenalty !== null)
    throw new DataError(
      problem(
        who,
        sentence`${option("beams")} beside ${option("lengthPenalty")}`,
        "none",
        sentence`The length penalty needs beam search: ${option("beams", 4)}.`,
      ),
    );
  return { ...read, lengthPenalty: read.lengthPenalty ?? undefined, signal: options.signal, sampling };
}
