export { activation } from "./activation.ts";
export {
  elu,
  leakyRelu,
  type PreluOptions,
  prelu,
  type ReluOptions,
  relu,
  type SoftmaxOptions,
  softmax,
} from "./activation-layers.ts";
export type { ActivationLike, ActivationName } from "./activations.ts";
export { adaptiveAveragePooling1d, adaptiveMaxPooling1d } from "./adaptive-pooling1d.ts";
export {
  type AdditiveAttentionOptions,
  type AttentionOptions,
  additiveAttention,
  attention,
} from "./attention.ts";
export { type BatchNormalizationOptions, batchNormalization } from "./batch-normalization.ts";
export { type BidirectionalOptions, bidirectional, type MergeMode } from "./bidirectional.ts";
export type { CallOptionsOf } from "./call-options.ts";
export type {
  AddWeight,
  AnyCell,
  CellFormula,
  CellStart,
  CellStep,
  FormulaCell,
  Ran,
  RecurrentCell,
  StepCell,
  WholeRun,
} from "./cell.ts";
export { weightDropped, zoneout } from "./cell-wrappers.ts";
export { concatenate } from "./concatenate.ts";
export type { ConstraintLike, ConstraintName } from "./constraints.ts";
export * as constraints from "./constraints.ts";
export { type Conv1DOptions, conv1d } from "./conv1d.ts";
export { type Conv1DTransposeOptions, conv1dTranspose } from "./conv1d-transpose.ts";
export { type CustomLayer, customLayer, lambda } from "./custom-layer.ts";
export { type DenseOptions, dense } from "./dense.ts";
export { type DepthwiseConv1DOptions, type DepthwiseOptions, depthwiseConv1d } from "./depthwise-conv1d.ts";
export { type DotOptions, dot } from "./dot.ts";
export { dropout } from "./dropout.ts";
export { type EinsumDenseOptions, einsumDense } from "./einsum-dense.ts";
export { type EmbeddingOptions, embedding } from "./embedding.ts";
export { flatten } from "./flatten.ts";
export type { CellOptions, GatedCellOptions } from "./gate-cell.ts";
export { type GlobalPoolingOptions, globalAveragePooling1d, globalMaxPooling1d } from "./global-pooling1d.ts";
export { type GroupNormalizationOptions, groupNormalization } from "./group-normalization.ts";
export { type GruCell, type GruCellOptions, type GruOptions, gru, gruCell } from "./gru.ts";
export { type ActivityRegularizationOptions, activityRegularization, identity } from "./identity.ts";
export type { Initializer, InitializerLike, InitializerName } from "./initializers.ts";
export * as initializers from "./initializers.ts";
export { type Input, type InputOptions, input } from "./input.ts";
export {
  type AnyLayer,
  type CallContext,
  type CallOptions,
  type Constraint,
  Layer,
  type LayerCall,
  type Layers,
  type OwnedWeight,
  type Regularizer,
  type Symbolic,
  type SymbolicSource,
  type SymbolicTensor,
  type Weight,
} from "./layer.ts";
export { type LayerNormalizationOptions, layerNormalization } from "./layer-normalization.ts";
export { lockedDropout } from "./locked-dropout.ts";
export { type LstmCell, type LstmCellOptions, type LstmOptions, lstm, lstmCell } from "./lstm.ts";
export {
  layerNormLstmCell,
  type ProjectedLstmOptions,
  peepholeLstmCell,
  projectedLstmCell,
} from "./lstm-variants.ts";
export { type MaskingOptions, masking } from "./masking.ts";
export { type MaskRules, maskRules } from "./masks.ts";
export { add, average, maximum, minimum, multiply, subtract } from "./merge.ts";
export { type MinCellOptions, minGruCell, minLstmCell } from "./min-cells.ts";
export { type MultiHeadAttentionOptions, multiHeadAttention } from "./multi-head-attention.ts";
export { alphaDropout, gaussianDropout, gaussianNoise, spatialDropout1d } from "./noise.ts";
export type { NoiseShapeOptions } from "./noise-shape.ts";
export { type Normalization, type NormalizationOptions, normalization } from "./normalization.ts";
export { operations } from "./operations.ts";
export type { ConfigValue, DrawOptions, LayerOptions } from "./options.ts";
export { cropping1d, upSampling1d, zeroPadding1d } from "./padding1d.ts";
export type { PenaltyOptions } from "./penalties.ts";
export { averagePooling1d, maxPooling1d, type Pooling1DOptions } from "./pooling1d.ts";
export type { RecurrentOptions } from "./recurrent.ts";
export type { RegularizerLike, RegularizerName } from "./regularizers.ts";
export * as regularizers from "./regularizers.ts";
export { repeatVector } from "./repeat-vector.ts";
export { type RescalingOptions, rescaling } from "./rescaling.ts";
export { permute, reshape } from "./reshape.ts";
export { type RmsNormalizationOptions, rmsNormalization } from "./rms-normalization.ts";
export { rnn } from "./rnn.ts";
export { type SeparableConv1DOptions, separableConv1d } from "./separable-conv1d.ts";
export { type SimpleRnnCell, type SimpleRnnOptions, simpleRnn, simpleRnnCell } from "./simple-rnn.ts";
export type { SliceKey } from "./slice-key.ts";
export { type SpectralNormalizationOptions, spectralNormalization } from "./spectral-normalization.ts";
export { type StackedRnnCells, stackedRnnCells } from "./stacked-rnn-cells.ts";
export type { SymbolicOperations } from "./symbolic-operations.ts";
export { type TiedEmbeddingOptions, tiedEmbedding } from "./tied-embedding.ts";
export { timeDistributed } from "./time-distributed.ts";
export { type UnitNormalizationOptions, unitNormalization } from "./unit-normalization.ts";
