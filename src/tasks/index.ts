export { type AnomalyDetector, anomalyDetector, loadAnomalyDetector } from "./anomaly/anomaly-detector.ts";
export type { ComponentName as AnomalyComponent } from "./anomaly/components.ts";
export type { Alarm, Detection } from "./anomaly/detection.ts";
export type { FalseAlarms } from "./anomaly/false-alarms.ts";
export type { DetectorFitOptions } from "./anomaly/fit-options.ts";
export type { DetectorLearned, DetectorMethod, UsualColumn } from "./anomaly/learned.ts";
export type { AnomalyDetectorOptions } from "./anomaly/options.ts";
export type { AnomalyStream } from "./anomaly/stream.ts";
export type { StreamedRow } from "./anomaly/streamed-row.ts";
export type { Bundle, BundledKind, BundleOptions } from "./bundle/bundle-options.ts";
export { bundleTask } from "./bundle-task.ts";
export type {
  AskOptions,
  Classifier,
  ClassifierFitOptions,
  ClassifierOptions,
  Evaluation,
  Prediction,
} from "./classify/classifier.ts";
export type { CurveAreas } from "./classify/curve-areas.ts";
export type { ClassifierSplit } from "./classify/hold-out.ts";
export type { Label } from "./classify/labels.ts";
export {
  type LabelledSequence,
  loadSequenceClassifier,
  type Sequence,
  type SequenceClassifier,
  type SequenceClassifierOptions,
  type SequenceSizes,
  sequenceClassifier,
} from "./classify/sequence-classifier.ts";
export {
  type LabelledText,
  loadTextClassifier,
  type TextClassifier,
  type TextClassifierOptions,
  type TextPrediction,
  type TextSizes,
  textClassifier,
} from "./classify/text-classifier.ts";
export type { BacktestFold, BacktestOptions, BacktestReport } from "./forecast/backtest.ts";
export { type BaselineName, driftForecast, naiveForecast, seasonalNaiveForecast } from "./forecast/baselines.ts";
export type {
  CandidateError,
  Method as ForecasterMethod,
  MethodOption as ForecastMethod,
} from "./forecast/candidates/method.ts";
export { etsForecast } from "./forecast/classical/exponential-smoothing.ts";
export { thetaForecast } from "./forecast/classical/theta.ts";
export type { IntervalReport } from "./forecast/coverage.ts";
export {
  coverageOf,
  meanAbsoluteScaledError,
  meanScaledIntervalScore,
  rootMeanSquaredError,
  symmetricMape,
} from "./forecast/errors.ts";
export type { ForecasterFitOptions } from "./forecast/fit-options.ts";
export type { FoldOptions, FoldRunner } from "./forecast/folds.ts";
export {
  type Forecaster,
  forecaster,
  loadForecaster,
} from "./forecast/forecaster.ts";
export type {
  GlobalBacktestFold,
  GlobalBacktestOptions,
  GlobalBacktestReport,
} from "./forecast/global/backtest.ts";
export type { GlobalFitOptions } from "./forecast/global/fit-options.ts";
export { type GlobalForecaster, globalForecaster, loadGlobalForecaster } from "./forecast/global/global-forecaster.ts";
export type { GlobalIntervals } from "./forecast/global/intervals.ts";
export type { GlobalLearned } from "./forecast/global/learned.ts";
export type { GlobalForecasterOptions } from "./forecast/global/options.ts";
export type { CollectionReading } from "./forecast/global/reading.ts";
export type { CollectionColumns, SeriesRecord } from "./forecast/global/record.ts";
export type {
  CollectionErrors,
  CollectionReport,
  SeriesErrors,
  SeriesMethod,
  SeriesReport,
} from "./forecast/global/report.ts";
export type { SeriesForecast, SeriesForecasts } from "./forecast/global/result.ts";
export type { Knot as ShrinkageKnot } from "./forecast/global/shrinkage.ts";
export type { Moments, View as CollectionView } from "./forecast/global/view.ts";
export type { Learned as ForecasterLearned } from "./forecast/learned.ts";
export type { ForecasterOptions, ForecasterSizes } from "./forecast/options.ts";
export type { SeriesReading } from "./forecast/reading.ts";
export type { ForecastErrors, ForecastReport, TargetErrors } from "./forecast/report.ts";
export type { ForecastResult } from "./forecast/result.ts";
export type { SeriesStep } from "./forecast/seasons/calendar-seasons.ts";
export { findSeasons } from "./forecast/seasons/find-seasons.ts";
export type { ArrayLikeNumbers } from "./forecast/series.ts";
export { type LanguageModel, languageModel, loadLanguageModel } from "./language/language-model.ts";
export type { LanguageModelOptions, Scheme } from "./language/options.ts";
export type { RawText, Reading } from "./language/text.ts";
export type { LanguageEvaluation, LanguageFitOptions, NextToken, WriteOptions } from "./language/types.ts";
export { type LoadedTask, loadTask, type TaskKind, type Tasks } from "./load-task.ts";
export type { RegressionErrors, Regressor } from "./regress/regressor.ts";
export type { ModelInput } from "./shared/model-input.ts";
export type { StackOptions } from "./shared/recurrent-stack.ts";
export type { ScalerName } from "./shared/scaling.ts";
export type { TableReading } from "./shared/table-reading.ts";
export { type TaskSource, taskOf } from "./shared/task-file.ts";
