/** The public API on one screen; safe in a browser. What needs files or sockets is loaded when used; CSV is `cellstate/data`. */

import { useModelWriter } from "./models/writer.ts";
import { useForms } from "./tensor/in-notebook.ts";

export type { Backend } from "./backends/backend.ts";
export { type BackendName, chooseBackend } from "./backends/choose.ts";
export type { MelOptions } from "./data/audio-mel.ts";
export type { Recording } from "./data/audio-wav.ts";
export { type AddingOptions, addingProblem, delayedRecall, type RecallOptions } from "./data/memory-tasks.ts";
export {
  minMaxScaler,
  robustScaler,
  type Scaler,
  type ScalerJson,
  scalerFromJson,
  standardScaler,
} from "./data/scalers.ts";
export {
  type Fold,
  type Part,
  type RollingOptions,
  rollingOrigin,
  type SplitOptions as TimeSplitOptions,
  splitByTime,
  type TimeSplit,
} from "./data/splits.ts";
export {
  type Batches,
  type BatchOptions,
  type GeneratorOptions,
  timeseriesBatches,
  timeseriesGenerator,
  timeseriesWindows,
  type WindowOptions,
  type Windows,
  type WindowsAndTargets,
} from "./data/windows.ts";
export * as datasets from "./datasets/index.ts";
export {
  BackendError,
  CellstateError,
  DataError,
  type ErrorCode,
  errorCodes,
  FormatError,
  type NamedOption,
  type OptionWriter,
  type ProblemData,
  ShapeError,
} from "./errors.ts";
export { type LayerReader, registerLayer } from "./formats/keras/registered-layers.ts";
export {
  type LoadedWeights,
  type LoadOptions,
  type LoadWeightsOptions,
  loadModel,
  loadWeights,
} from "./formats/load-model.ts";
export { type ModelFromJsonOptions, modelFromJson } from "./formats/model-from-json.ts";
export * from "./generate/index.ts";
export * from "./layers/index.ts";
export { CustomModel, type RunLayer } from "./models/custom-model.ts";
export { Functional, functional } from "./models/functional.ts";
export type { Graph, GraphNode } from "./models/graph.ts";
export { type AnyModel, Model, type Models, type Predicted } from "./models/model.ts";
export { Sequential, sequential } from "./models/sequential.ts";
export type { SummaryOptions } from "./models/summary.ts";
export { type RunModel, type TrainStepOptions, trainStep } from "./models/train-step.ts";
export type { SaveOptions } from "./models/writer.ts";
export * as ops from "./ops/index.ts";
export { type PandasColumn, PandasFrame } from "./pickles/pandas-frame.ts";
export type { PickleContents } from "./pickles/pickle-contents.ts";
export { readPickle } from "./pickles/read-pickle.ts";
export * from "./tasks/index.ts";
export {
  type ArrayLike,
  asNdArray,
  NdArray,
  type NestedInput,
  type NestedNumbers,
  type Numbers,
  type PlainArray,
} from "./tensor/nd-array.ts";
export type { OtherTypedArray } from "./tensor/nested.ts";
export type { Random } from "./tensor/random.ts";
export type { DType, PartialShape, Shape } from "./tensor/shape.ts";
export type { Tensor } from "./tensor/tensor.ts";
export * from "./text/index.ts";
export * from "./train/callbacks/index.ts";
export type { Mode as MonitorMode } from "./train/callbacks/monitor.ts";
export {
  type ClassificationReport,
  classificationReport,
  type Scores as ClassScores,
} from "./train/classification-report.ts";
export type { CompileOptions, MetricsPerOutput, PerOutput } from "./train/compiled.ts";
export { type Answers, type ConfusionMatrix, confusionMatrix, type ReportOptions } from "./train/confusion-matrix.ts";
export type { BatchStream } from "./train/fit/batches.ts";
export type { Saved } from "./train/fit/checkpoint.ts";
export type {
  Batch,
  BatchOptions as OnBatchOptions,
  EvaluateOptions,
  FitOptions,
  ModelOptions,
  PredictOptions,
  TrainBatchOptions as TrainOnBatchOptions,
  ValidationArrays,
} from "./train/fit/fit-options.ts";
export { History } from "./train/fit/history.ts";
export type { StepReport } from "./train/fit/step-report.ts";
export type { Arrays, InputPlace, OutputPlace } from "./train/fit/trainable-model.ts";
export * as losses from "./train/losses/index.ts";
export type { Described, Loss } from "./train/losses/loss.ts";
export type { LossAlias, LossLike, LossName } from "./train/losses/named.ts";
export * as metrics from "./train/metrics/index.ts";
export type { Metric } from "./train/metrics/metric.ts";
export type { MetricLike, MetricName } from "./train/metrics/named.ts";
export * from "./train/optimizers/index.ts";
export { type OptimizerLike, type OptimizerName, optimizerNames, optimizerOf } from "./train/optimizers/named.ts";
export {
  customOptimizer,
  type EmbeddingGradients,
  type Optimizer,
  type OptimizerOptions,
  type Rule as OptimizerRule,
  type Segment,
  type UpdateTensors,
} from "./train/optimizers/optimizer.ts";
export {
  type CosineDecayOptions,
  type CosineDecayRestartsOptions,
  cosineDecay,
  cosineDecayRestarts,
  type ExponentialDecayOptions,
  exponentialDecay,
  inverseTimeDecay,
  type LearningRate,
  type PolynomialDecayOptions,
  piecewiseConstantDecay,
  polynomialDecay,
  type Schedule,
} from "./train/schedules.ts";
export { version } from "./version.ts";

useModelWriter(() => import("./formats/model-file.ts"));
useForms(() => import("./plot/figure.ts"));
