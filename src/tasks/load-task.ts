import { FormatError, fault, problem, showValue } from "../errors.ts";
import type { LoadOptions } from "../formats/load-model.ts";
import type { Model } from "../models/model.ts";
import { AnomalyDetector } from "./anomaly/anomaly-detector.ts";
import { SequenceClassifier } from "./classify/sequence-classifier.ts";
import { TextClassifier } from "./classify/text-classifier.ts";
import { Forecaster } from "./forecast/forecaster.ts";
import { GlobalForecaster } from "./forecast/global/global-forecaster.ts";
import { type LanguageModel, loadLanguageModel } from "./language/language-model.ts";
import type { MultiLabelClassifier } from "./multilabel/multi-label-classifier.ts";
import type { OpenedLater } from "./opened-later.ts";
import type { Regressor } from "./regress/regressor.ts";
import { nameOf, openModel, type TaskSource, taskOf } from "./shared/task-file.ts";
import type { SequenceTagger } from "./tag/sequence-tagger.ts";
import type { SequenceTranscriber } from "./transcribe/sequence-transcriber.ts";
import type { Translator } from "./translate/translator.ts";
import type { VideoClassifier } from "./video/video-classifier.ts";

/** Every kind of task, by the name that its files carry. */
export interface Tasks {
  /** As `textClassifier(...)` returns it. */
  readonly textClassifier: TextClassifier;
  /** As `languageModel(...)` returns it. */
  readonly languageModel: LanguageModel;
  /** As `sequenceClassifier(...)` returns it. */
  readonly sequenceClassifier: SequenceClassifier;
  /** As `forecaster(...)` returns it. */
  readonly forecaster: Forecaster;
  /** As `globalForecaster(...)` returns it. */
  readonly globalForecaster: GlobalForecaster;
  /** As `bundleTask(...)` makes it of a model that ends in numbers. */
  readonly regressor: Regressor;
  /** As `anomalyDetector(...)` returns it. */
  readonly anomalyDetector: AnomalyDetector;
  /** As `sequenceTagger(...)` of `cellstate/tagging` returns it. */
  readonly sequenceTagger: SequenceTagger;
  /** As `translator(...)` of `cellstate/translate` returns it. */
  readonly translator: Translator;
  /** As `sequenceTranscriber(...)` of `cellstate/transcribe` returns it. */
  readonly sequenceTranscriber: SequenceTranscriber;
  /** As `videoClassifier(...)` of `cellstate/video` returns it. */
  readonly videoClassifier: VideoClassifier;
  /** As `multiLabelClassifier(...)` of `cellstate/multilabel` returns it; `loadTask` opens it where that entry point is imported. */
  readonly multiLabelClassifier: MultiLabelClassifier;
}
/** The kinds of tasks there are. */
export type TaskKind = keyof Tasks;

/** A task and its kind: `if (kind === "languageModel")` lets the compiler know the type of `task`. */
export type LoadedTask = { [K in TaskKind]: { readonly kind: K; readonly task: Tasks[K] } }[TaskKind];

/**
 * The task in a file, of any kind, from a path, an address or bytes. Throws FormatError for a model alone, and for a
 * task that this version does not know.
 *
 *   const { kind, task } = await loadTask("model.keras");
 *   if (kind === "textClassifier") console.log(await task.predict(["a film to remember"]));
 */
export async function loadTask(source: TaskSource, options: LoadOptions = {}): Promise<LoadedTask> {
  const model = await openModel(source, options);
  const kind = taskOf(model);
  const who = nameOf(model) ?? "loadTask";
  if (kind === null) {
    const next = "loadModel opens it, and cellstate summary shows it.";
    throw new FormatError(fault(who, "this file has layers and weights only: no vocabulary, labels or scalers", next));
  }
  if (!isKind(kind)) {
    const next = "Import its entry point, or update Cellstate.";
    throw new FormatError(problem(who, `one of ${Object.keys(openers).join(", ")}`, showValue(kind), next));
  }
  return { kind, task: await openers[kind]!(model, options) } as LoadedTask;
}

type Openers = { [K in TaskKind]: (model: Model, options: LoadOptions) => Promise<Tasks[K]> };

/** The multi-label classifier adds itself when its entry point is imported: `import "cellstate"` in a page does without its bytes. */
export const openers: Omit<Openers, "multiLabelClassifier"> & Partial<Openers> = {
  textClassifier: TextClassifier.open,
  languageModel: loadLanguageModel,
  sequenceClassifier: SequenceClassifier.open,
  forecaster: Forecaster.open,
  globalForecaster: GlobalForecaster.open,
  anomalyDetector: AnomalyDetector.open,
  regressor: later("regressor"),
  sequenceTagger: later("sequenceTagger"),
  translator: later("translator"),
  sequenceTranscriber: later("sequenceTranscriber"),
  videoClassifier: later("videoClassifier"),
};

/** A kind whose code is loaded when a file of its is opened. */
function later<K extends keyof OpenedLater>(kind: K) {
  return async (model: Model, options: LoadOptions): Promise<OpenedLater[K]> =>
    (await import("./opened-later.ts")).openers[kind](model, options);
}

const isKind = (name: string): name is TaskKind => Object.hasOwn(openers, name);
