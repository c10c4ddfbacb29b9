import type { TaskKind } from "../index.ts";

/** A task of each kind, as messages name it. */
export const kindNames: Readonly<Record<TaskKind, string>> = {
  textClassifier: "a text classifier",
  sequenceClassifier: "a classifier of sequences",
  languageModel: "a language model",
  forecaster: "a forecaster",
  globalForecaster: "a forecaster of many series",
  regressor: "a regressor",
  anomalyDetector: "an anomaly detector",
  sequenceTagger: "a tagger of tokens",
  translator: "a translator",
  sequenceTranscriber: "a transcriber",
  videoClassifier: "a classifier of videos",
  multiLabelClassifier: "a classifier of several labels",
};
