import { kindNames } from "../../answers/index.ts";
import {
  type AnyModel,
  type Arrays,
  type LanguageModel,
  type LoadedTask,
  Model,
  type NdArray,
  type Session,
  type TaskKind,
} from "../../index.ts";
import type {
  SequenceTranscriber,
  TranscribeOptions,
  TranscriberInput,
  Transcription,
} from "../../transcribe/index.ts";
import type { TranslateOptions, Translation, Translator } from "../../translate/index.ts";
import type { BatchReport, QueueLimits } from "../batching/batch-queue.ts";
import { type Batched, type BatchingOptions, batched, queueLimits, warmAs } from "../batching/batched.ts";
import { HttpProblem } from "../http/problem.ts";
import { Lane } from "../load/lanes.ts";
import { Places } from "../load/places.ts";
import type { Slices } from "../load/slices.ts";
import { SearchQueue } from "./search-queue.ts";
import { Together, textsAtOnce } from "./together.ts";

/** Anything that can be served: a task with its kind, as `loadTask` returns it, or a model alone. */
export type Servable = LoadedTask | AnyModel;

/** The part of the server's options that a served model needs. */
export interface ServedOptions {
  readonly batching: BatchingOptions;
  report(batch: BatchReport): void;
  readonly slices: Slices;
}

/** A model behind its name. */
export class ServedModel {
  readonly name: string;
  readonly loaded: LoadedTask | null;
  /** Predictions of the model itself, in batches. */
  readonly numbers: Batched<Arrays, NdArray | NdArray[]>;
  /** Predictions of the task by rows, in batches; null where it has none. */
  readonly rows: Batched<readonly unknown[], unknown> | null;
  /** Texts of a translator, many callers' together; null where it is none. */
  readonly translations: SearchQueue<string, TranslateOptions, Translation> | null;
  /** Inputs of a transcriber, many callers' together; null where it is none. */
  readonly transcripts: SearchQueue<TranscriberInput, TranscribeOptions, Transcription> | null;
  /** Requests that wait for it. */
  readonly lane: Lane;
  /** Places for texts in progress: those beyond wait, so that each goes on as fast as in a full batch. */
  readonly places = new Places(2 * textsAtOnce);
  readonly #model: AnyModel | null;
  readonly #together: Together | null;
  /** Those of `numbers` and `rows`. */
  readonly #queues: readonly Batched<never, unknown>[];

  /** `before`: the model whose place it takes; who waits, waits in one lane. */
  constructor(name: string, of: Servable, options: ServedOptions, before?: ServedModel) {
    const { batching: limits, report, slices } = options;
    this.name = name;
    this.lane = before?.lane ?? new Lane();
    this.#model = of instanceof Model ? (of as AnyModel) : null;
    this.loaded = of instanceof Model ? null : (of as LoadedTask);
    const batching = { ...limits, onBatch: report };
    const numbers = batched(this.model, batching);
    this.numbers = paced(numbers, slices);
    const rows = rowsOf(this.loaded, batching);
    this.#queues = rows ? [numbers, rows] : [numbers];
    this.rows = rows && paced(rows, slices);
    const { loaded } = this;
    this.translations = loaded?.kind === "translator" ? translationsOf(loaded.task, batching) : null;
    this.transcripts = loaded?.kind === "sequenceTranscriber" ? transcriptsOf(loaded.task, batching) : null;
    this.#together = loaded?.kind === "languageModel" ? Together.of(loaded.task, queueLimits(limits).maxRows) : null;
  }

  get model(): AnyModel {
    return this.#model ?? this.loaded!.task.model;
  }
  get kind(): TaskKind | "model" {
    return this.loaded?.kind ?? "model";
  }
  /** Rows times padded steps that wait. */
  get waiting(): number {
    const others = [this.rows, this.translations, this.transcripts];
    return others.reduce((sum, queue) => sum + (queue?.waiting ?? 0), this.numbers.waiting);
  }

  /** The task, where it is of one of these kinds. Throws HttpProblem (400) where it is not. */
  task<K extends TaskKind>(doing: string, ...kinds: readonly K[]): Extract<LoadedTask, { kind: K }> {
    const { loaded } = this;
    if (loaded && (kinds as readonly string[]).includes(loaded.kind)) return loaded as Extract<LoadedTask, { kind: K }>;
    const wanted = kinds.map((kind) => names[kind]).join(" or ");
    const found = names[this.kind];
    throw new HttpProblem(400, `${doing} needs ${wanted}; "${this.name}" is ${found}. It answers to ${this.verbs}.`);
  }

  /** A session to write a text in; undefined where the task writes in one of its own. */
  session(): Session | undefined {
    return this.#together?.session();
  }

  /** A language model, to write with. */
  writer(doing: string): LanguageModel {
    return this.task(doing, "languageModel").task;
  }

  /** The raw requests that it answers. */
  get verbs(): string {
    return verbsOf[this.kind].join(", ");
  }

  /** The part that clients rely on: another model in its place must have the same. */
  get signature(): string {
    const { inputs, outputs } = this.model;
    const kept = { kind: this.kind, inputs: inputs?.map(({ name, shape, dtype }) => [name, shape, dtype]), outputs };
    return JSON.stringify(kept);
  }

  /** Computes a few rows of zeros, so that the first request finds what it needs made; and what a model before it has computed lately. */
  async warm(before?: ServedModel): Promise<void> {
    await this.#warmZeros();
    if (!before) return;
    for (const [k, many] of this.#queues.entries()) await warmAs(many, before.#queues[k]);
    if (before.translations) await this.translations!.warmAs(before.translations);
    if (before.transcripts) await this.transcripts!.warmAs(before.transcripts);
    if (before.#together) await this.#together?.warmAs(before.#together);
  }

  async #warmZeros(): Promise<void> {
    const { inputs, fixedBatch } = this.model;
    if (!inputs || inputs.some(({ texts }) => texts)) return;
    const { NdArray } = await import("../../index.ts");
    for (const rows of fixedBatch === null ? [1, 2, 4, 8] : [fixedBatch]) {
      const zeros = inputs.map(({ shape, dtype }) => {
        const sizes = [rows, ...shape.slice(1).map((d) => d ?? 8)];
        const count = sizes.reduce((a, b) => a * b, 1);
        return new NdArray(dtype === "i32" ? new Int32Array(count) : new Float32Array(count), sizes);
      });
      await this.model.predict((zeros.length === 1 ? zeros[0] : zeros) as Arrays);
    }
  }
}

/** Answers of a batch are worked on in slices: it may have a hundred. */
const paced = <Rows, Answers>(queue: Batched<Rows, Answers>, slices: Slices): Batched<Rows, Answers> => ({
  async predict(rows, asking) {
    const answers = await queue.predict(rows, asking);
    await slices.next("answer");
    return answers;
  },
  get waiting() {
    return queue.waiting;
  },
});

function rowsOf(loaded: LoadedTask | null, options: BatchingOptions): Batched<readonly unknown[], unknown> | null {
  if (!loaded) return null;
  const { kind, task } = loaded;
  if (kind === "textClassifier") return batched(task, options) as Batched<readonly unknown[], unknown>;
  if (kind === "multiLabelClassifier") return batched(task, options) as Batched<readonly unknown[], unknown>;
  if (kind === "sequenceClassifier") return batched(task, options) as Batched<readonly unknown[], unknown>;
  if (kind === "videoClassifier") return batched(task as never, options) as Batched<readonly unknown[], unknown>;
  if (kind === "regressor") return batched(task, options) as Batched<readonly unknown[], unknown>;
  return null;
}

const searched = 32; // rows of one beam search at most: each is several branches

function searchLimits(options: BatchingOptions): QueueLimits {
  const limits = queueLimits(options);
  return { ...limits, maxRows: Math.min(searched, limits.maxRows) };
}

const translationsOf = (task: Translator, options: BatchingOptions) =>
  new SearchQueue(task.translate.bind(task), (text: string) => text.length, searchLimits(options), options.onBatch);

const transcriptsOf = (task: SequenceTranscriber, options: BatchingOptions) =>
  new SearchQueue(task.transcribe.bind(task), inputSteps, searchLimits(options), options.onBatch);

/** Frames, or about as many as a recording has: one every 10 ms. */
export const inputSteps = (one: TranscriberInput): number => {
  if ("samples" in one) return Math.ceil((100 * one.samples.length) / one.sampleRate);
  return "shape" in one ? one.shape[0] : one.length;
};

const names: Readonly<Record<TaskKind | "model", string>> = { ...kindNames, model: "a model without a task" };

const verbsOf: Readonly<Record<TaskKind | "model", readonly string[]>> = {
  textClassifier: ["predict", "explain"],
  sequenceClassifier: ["predict", "explain"],
  languageModel: ["generate", "predict", "explain"],
  forecaster: ["forecast", "explain"],
  globalForecaster: ["forecast", "explain"],
  regressor: ["predict", "explain"],
  anomalyDetector: ["detect", "explain"],
  sequenceTagger: ["tag", "explain"],
  translator: ["translate", "explain"],
  sequenceTranscriber: ["transcribe", "explain"],
  videoClassifier: ["predict", "explain"],
  multiLabelClassifier: ["predict", "explain"],
  model: ["predict"],
};
