export type {
  AskOptions,
  Classifier,
  ClassifierFitOptions,
  ClassifierOptions,
  Evaluation,
  Prediction,
} from "./classifier.ts";
export type { BacktestOptions, BacktestReport } from "./forecast-backtest.ts";
export { type BaselineName, driftForecast, naiveForecast, seasonalNaiveForecast } from "./forecast-baselines.ts";
export { coverageOf, meanAbsoluteScaledError, rootMeanSquaredError, symmetricMape } from "./forecast-errors.ts";
export type { Learned as ForecasterLearned } from "./forecast-learned.ts";
export type { ForecasterOptions, ForecasterSizes } from "./forecast-options.ts";
export type { ForecastErrors, ForecastReport, TargetErrors } from "./forecast-report.ts";
export type { ForecastResult } from "./forecast-result.ts";
export type { ArrayLikeNumbers } from "./forecast-series.ts";
export {
  type Forecaster,
  type ForecasterFitOptions,
  forecaster,
  loadForecaster,
} from "./forecaster.ts";
export type { Label } from "./labels.ts";
export { type LanguageModel, languageModel, loadLanguageModel } from "./language-model.ts";
export type { LanguageModelOptions, Scheme } from "./language-model-options.ts";
export type { RawText, Reading } from "./language-model-text.ts";
export type { LanguageEvaluation, LanguageFitOptions, NextToken, WriteOptions } from "./language-model-types.ts";
export { type LoadedTask, loadTask, type TaskKind, type Tasks } from "./load-task.ts";
export type { StackOptions } from "./recurrent-stack.ts";
export type { ScalerName } from "./scaling.ts";
export {
  type LabelledSequence,
  loadSequenceClassifier,
  type Sequence,
  type SequenceClassifier,
  type SequenceClassifierOptions,
  type SequenceSizes,
  sequenceClassifier,
} from "./sequence-classifier.ts";
export { type TaskSource, taskOf } from "./task-file.ts";
export {
  type LabelledText,
  loadTextClassifier,
  type TextClassifier,
  type TextClassifierOptions,
  type TextPrediction,
  type TextSizes,
  textClassifier,
} from "./text-classifier.ts";
