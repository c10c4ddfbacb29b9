import type { LoadOptions } from "../../formats/load-model.ts";
import type { Model } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import type { History } from "../../train/fit/history.ts";
import { inTurn } from "../shared/in-turn.ts";
import type { ModelInput } from "../shared/model-input.ts";
import { openTask, plainOptions, saveTask, type TaskSource } from "../shared/task-file.ts";
import { untrained } from "../shared/untrained.ts";
import { type CtcDecodeOptions, ctcDecode, type LabelModel, readDecode } from "./ctc-decode.ts";
import { evaluated, type TranscriberEvaluation } from "./evaluation.ts";
import {
  type ReadInput,
  readExamples,
  readInputs,
  type TranscribedExample,
  type TranscriberInput,
} from "./examples.ts";
import { readTrained, transcriberData } from "./file.ts";
import { batchOf, framesOf, stepsOf } from "./learned.ts";
import type { NgramModel } from "./ngram-model.ts";
import { readTranscriber, type TranscriberOptions, task } from "./options.ts";
import { type TranscriberData, type TranscriberFitOptions, trainTranscriber } from "./train-transcriber.ts";
import { logitsOf, type Trained } from "./trained.ts";

/** Options of `transcribe` and `evaluate`. */
export interface TranscribeOptions extends Omit<CtcDecodeOptions, "blank" | "languageModel"> {
  /** Label sequences kept at each step. Default 20. */
  beamWidth?: number;
  /** A model of what is written, asked by the beam search; null for none. Default: the task's own, where it learned one (`ngram`). */
  languageModel?: NgramModel | null;
  /** Stops between groups of inputs, where it is aborted. Default: none. */
  signal?: AbortSignal | undefined;
}

/** A transcript that was found. */
export interface FoundTranscript {
  /** The text. */
  readonly transcript: string;
  /** Its probability under the network alone, 0 to 1. */
  readonly probability: number;
}

/** The answer for one input. */
export interface Transcription extends FoundTranscript {
  /** The next best, best first: `topPaths − 1` of them. */
  readonly others: readonly FoundTranscript[];
}

/** A transcriber: frames or recordings in, a text out. Made by `sequenceTranscriber`. */
export class SequenceTranscriber {
  /** The kind of task, as files have it. */
  readonly task = task;
  /** The options it was made with. */
  readonly options: TranscriberOptions;
  /** Examples that the last `fit` trained on, and those it held out for validation; null before. */
  split: { readonly training: number; readonly validation: number } | null = null;
  #trained: Trained | null = null;
  readonly #inTurn = inTurn();

  constructor(options: TranscriberOptions) {
    readTranscriber(options, 0);
    this.options = options;
  }

  /** The network underneath: logits of the blank and of each character. Throws DataError before `fit`. */
  get model(): Model {
    return this.#need("model").model;
  }
  /** Characters of transcripts, in the order of the model's outputs behind the blank. Empty before `fit`. */
  get alphabet(): readonly string[] {
    return this.#trained?.learned.alphabet ?? [];
  }
  /** Samples a second of the recordings it reads; others are resampled. Null where it reads frames, and before `fit`. */
  get sampleRate(): number | null {
    return this.#trained?.learned.audio?.sampleRate ?? null;
  }
  /** The language model learned from the transcripts; null without one. */
  get languageModel(): NgramModel | null {
    return this.#trained?.ngram ?? null;
  }

  /**
   * Trains from scratch on inputs with transcripts; nobody has to say where in the input a character lies. A function gives the examples of
   * each pass anew. One that fails leaves the task what it was. Throws DataError naming the row that does not fit: an empty transcript, one
   * longer than its steps, frames of another width.
   *
   *   await transcriber.fit([{ input: readWav(bytes), transcript: "314" }], { epochs: 40 });
   */
  async fit(examples: TranscriberData, options: TranscriberFitOptions = {}): Promise<History> {
    const { trained, history, split } = await trainTranscriber(examples, this.options, options);
    this.#trained = trained;
    this.split = split;
    return history;
  }

  /**
   * Compares its transcripts with the right ones: character and word error rate.
   *
   *   const { cer } = await transcriber.evaluate(test);
   */
  async evaluate(
    examples: readonly TranscribedExample[],
    options: TranscribeOptions = {},
  ): Promise<TranscriberEvaluation> {
    const right = readExamples(examples, `${task}.evaluate`);
    const found = await this.#answers(
      right.map(({ input }) => input),
      options,
      `${task}.evaluate`,
    );
    return evaluated(
      right.map(({ transcript }) => transcript.join("")),
      found.map(({ transcript }) => transcript),
    );
  }

  /**
   * Transcripts of inputs, by prefix beam search.
   *
   *   const [{ transcript }] = await transcriber.transcribe([readWav(bytes)]);
   */
  transcribe(inputs: readonly TranscriberInput[], options: TranscribeOptions = {}): Promise<Transcription[]> {
    return this.#answers(readInputs(inputs, `${task}.transcribe`), options, `${task}.transcribe`);
  }

  /** Logits [T, 1 + alphabet] of each input: for a decoder of your own, and to look at. */
  async logits(
    inputs: readonly TranscriberInput[],
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<NdArray[]> {
    const who = `${task}.logits`;
    return logitsOf(this.#need("logits"), readInputs(inputs, who), { who, turn: this.#inTurn, signal: options.signal });
  }

  /**
   * An input as the model reads it; of a recording the second at which each step begins.
   *
   *   const { x } = await transcriber.modelInput(readWav(bytes));
   *   const { layers } = await trace(transcriber.model, x);
   */
  async modelInput(input: TranscriberInput): Promise<ModelInput> {
    const who = `${task}.modelInput`;
    const { learned } = this.#need("modelInput");
    const [frames] = await framesOf(readInputs([input], who), learned, who);
    const count = stepsOf(frames.shape[0], learned);
    const x = batchOf([frames], learned).slice(0, count, 1);
    const { audio, stride } = learned;
    const seconds = (t: number) => `${((t * stride * audio!.hopMs) / 1000).toFixed(2)} s`;
    return { x, steps: audio ? Array.from({ length: count }, (_, t) => seconds(t)) : null };
  }

  /** Writes the network as `.keras`, which opens in Keras, and in it the alphabet and how input becomes steps. */
  async save(path: string | URL): Promise<void> {
    const trained = this.#need("save");
    await saveTask(trained.model, path, task, { ...transcriberData(trained), options: plainOptions(this.options) });
  }

  /** Opens what `save` wrote. */
  static async open(source: TaskSource, options: LoadOptions = {}): Promise<SequenceTranscriber> {
    const { model, data } = await openTask(source, task, options);
    const { trained, options: kept } = readTrained(model, data);
    const transcriber = new SequenceTranscriber({ ...kept, backend: options.backend });
    transcriber.#trained = trained;
    return transcriber;
  }

  async #answers(inputs: readonly ReadInput[], options: TranscribeOptions, who: string): Promise<Transcription[]> {
    const { signal, languageModel, beamWidth = 20, ...rest } = options;
    const trained = this.#need(who.slice(task.length + 1));
    const { alphabet } = trained.learned;
    const model = languageModel === undefined && rest.strategy !== "greedy" ? trained.ngram : (languageModel ?? null);
    const decode = { ...rest, beamWidth, languageModel: model && labelModel(model, alphabet) };
    readDecode(decode);
    const logits = await logitsOf(trained, inputs, { who, turn: this.#inTurn, signal });
    return logits.map((one) => {
      const [best, ...others] = ctcDecode(one, decode).map(({ labels, logProbability }) => ({
        transcript: labels.map((label) => alphabet[label - 1]).join(""),
        probability: Math.exp(logProbability),
      }));
      return { ...best, others };
    });
  }

  #need(method: string): Trained {
    return this.#trained ?? untrained(`${task}.${method}`);
  }
}

/** A language model of characters as one of labels. */
function labelModel(model: NgramModel, alphabet: readonly string[]): LabelModel {
  return {
    start: model.start,
    next(context, label) {
      const character = alphabet[label - 1];
      const before = context as string;
      return { state: model.behind(before, character), logProbability: model.logProbability(before, character) };
    },
    end: (context) => model.logProbability(context as string, ""),
  };
}

/**
 * Frames or recordings in, a text out, where nobody said which frame is which character: speech, handwriting, gestures. Recurrent layers read
 * the frames both ways; connectionist temporal classification (Graves et al. 2006) sums over all ways in which the characters spread over them.
 *
 *   const transcriber = sequenceTranscriber({ units: 64 });
 *   await transcriber.fit(recordings.map((input, k) => ({ input, transcript: texts[k] })));
 *   const [{ transcript }] = await transcriber.transcribe([readWav(bytes)]);
 *   await transcriber.save("digits.keras");               // loadSequenceTranscriber opens it
 */
export const sequenceTranscriber = (options: TranscriberOptions = {}): SequenceTranscriber =>
  new SequenceTranscriber(options);

/**
 * Opens a transcriber from a path, an address or bytes. Throws FormatError for another model.
 *
 *   const transcriber = await loadSequenceTranscriber("digits.keras");
 */
export const loadSequenceTranscriber = (source: TaskSource, options: LoadOptions = {}): Promise<SequenceTranscriber> =>
  SequenceTranscriber.open(source, options);
