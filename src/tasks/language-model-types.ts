import type { SamplingOptions } from "../generate/sampling.ts";
import type { FitOptions } from "../models/model-options.ts";
import type { RawText } from "./language-model-text.ts";

/** How it is trained; epochs and batchSize follow from the text when they are left out. */
export interface LanguageFitOptions
  extends Omit<FitOptions, "validationData" | "sampleWeight" | "classWeight" | "stepsPerEpoch" | "validationSteps"> {
  /** A text to judge by after each epoch. */
  validationData?: RawText;
}

/** How well it foretells a text. */
export interface LanguageEvaluation {
  /** Mean cross-entropy of a token in nats. */
  readonly loss: number;
  /** e to the loss: among how many equally likely tokens the model hesitates. */
  readonly perplexity: number;
  /** Of characters only: the loss in bits. */
  readonly bitsPerCharacter?: number;
  /** How often the likeliest token was right. */
  readonly accuracy: number;
  /** Tokens that were to be foretold, ends of lines among them. */
  readonly tokens: number;
  /** Tokens of the text that the model does not know: left out, or counted as the oov token. */
  readonly unknown: number;
}

/** A token that may come next. */
export interface NextToken {
  readonly token: string;
  readonly probability: number;
}

/** How it writes on. */
export interface WriteOptions extends Omit<SamplingOptions, "banned"> {
  /** How many tokens at most: words (default 10), or characters (default 100). */
  words?: number;
  /** Tokens that end the text; they are not given. */
  stop?: readonly string[];
  /** Tokens that never come. */
  avoid?: readonly string[];
  /** What the end of a line does: ends the text (default), or never comes. */
  atEnd?: "stop" | "avoid";
  /** Searches the likeliest text with so many beams, instead of choosing token by token. */
  beams?: number;
  /** Of beams; see `beamSearch`. */
  lengthPenalty?: number;
  /** Where it is said that words of the prompt are unknown; `console.warn` by default. */
  warn?: (message: string) => void;
}
