export {
  type AdditiveAttentionOptions,
  type AttentionOptions,
  additiveAttention,
  attention,
} from "./attention/attention.ts";
export { type MultiHeadAttentionOptions, multiHeadAttention } from "./attention/multi-head-attention.ts";
export type { CallOptionsOf } from "./call-options.ts";
export { adaptiveAveragePooling1d, adaptiveMaxPooling1d } from "./convolution/adaptive-pooling1d.ts";
export { type Conv1DOptions, conv1d } from "./convolution/conv1d.ts";
export { type Conv1DTransposeOptions, conv1dTranspose } from "./convolution/conv1d-transpose.ts";
export { type Conv2DOptions, conv2d, type RowsAndColumns } from "./convolution/conv2d.ts";
export type { ConvolutionOptions } from "./convolution/convolution.ts";
export { type DepthwiseConv1DOptions, type DepthwiseOptions, depthwiseConv1d } from "./convolution/depthwise-conv1d.ts";
export {
  type GlobalPoolingOptions,
  globalAveragePooling1d,
  globalMaxPooling1d,
} from "./convolution/global-pooling1d.ts";
export {
  type GlobalPooling2DOptions,
  globalAveragePooling2d,
  globalMaxPooling2d,
} from "./convolution/global-pooling2d.ts";
export { cropping1d, upSampling1d, zeroPadding1d } from "./convolution/padding1d.ts";
export { averagePooling1d, maxPooling1d, type Pooling1DOptions } from "./convolution/pooling1d.ts";
export { averagePooling2d, maxPooling2d, type Pooling2DOptions } from "./convolution/pooling2d.ts";
export { type SeparableConv1DOptions, separableConv1d } from "./convolution/separable-conv1d.ts";
export { activation } from "./core/activation.ts";
export {
  elu,
  leakyRelu,
  type PreluOptions,
  prelu,
  type ReluOptions,
  relu,
  type SoftmaxOptions,
  softmax,
} from "./core/activation-layers.ts";
export type { ActivationLike, ActivationName } from "./core/activations.ts";
export { type DenseOptions, dense } from "./core/dense.ts";
export { type EinsumDenseOptions, einsumDense } from "./core/einsum-dense.ts";
export { type EmbeddingOptions, embedding } from "./core/embedding.ts";
export { type ActivityRegularizationOptions, activityRegularization, identity } from "./core/identity.ts";
export { type MaskingOptions, masking } from "./core/masking.ts";
export { type RescalingOptions, rescaling } from "./core/rescaling.ts";
export { type TiedEmbeddingOptions, tiedEmbedding } from "./core/tied-embedding.ts";
export { type CustomLayer, customLayer, lambda } from "./custom-layer.ts";
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
export { type MaskRules, maskRules } from "./masks.ts";
export { dropout } from "./noise/dropout.ts";
export { lockedDropout } from "./noise/locked-dropout.ts";
export { alphaDropout, gaussianDropout, gaussianNoise, spatialDropout1d } from "./noise/noise.ts";
export type { NoiseShapeOptions } from "./noise/noise-shape.ts";
export { type BatchNormalizationOptions, batchNormalization } from "./normalization/batch-normalization.ts";
export { type GroupNormalizationOptions, groupNormalization } from "./normalization/group-normalization.ts";
export { type LayerNormalizationOptions, layerNormalization } from "./normalization/layer-normalization.ts";
export { type Normalization, type NormalizationOptions, normalization } from "./normalization/normalization.ts";
export { type RmsNormalizationOptions, rmsNormalization } from "./normalization/rms-normalization.ts";
export { type UnitNormalizationOptions, unitNormalization } from "./normalization/unit-normalization.ts";
export { operations } from "./operations/operations.ts";
export type { SliceKey } from "./operations/slice-key.ts";
export type { SymbolicOperations } from "./operations/symbolic-operations.ts";
export type { ConfigValue, DrawOptions, LayerOptions } from "./options.ts";
export { type CategoryEncodingOptions, categoryEncoding } from "./preprocessing/category-encoding.ts";
export { type Discretization, type DiscretizationOptions, discretization } from "./preprocessing/discretization.ts";
export type { EncodingMode } from "./preprocessing/encodings.ts";
export { type Hashing, type HashingOptions, hashing } from "./preprocessing/hashing.ts";
export type { Texts, Values } from "./preprocessing/input-encoder.ts";
export {
  type IntegerLookupOptions,
  integerLookup,
  type Lookup,
  type LookupOptions,
  type StringLookupOptions,
  stringLookup,
} from "./preprocessing/lookup.ts";
export { type TextVectorizationLayer, textVectorizationLayer } from "./preprocessing/text-vectorization-layer.ts";
export type {
  AddWeight,
  AnyCell,
  CellFormula,
  CellStart,
  CellStep,
  FormulaCell,
  RecurrentCell,
  StepCell,
  StepContext,
} from "./recurrent/cell.ts";
export { weightDropped, zoneout } from "./recurrent/cell-wrappers.ts";
export { type ConvLstm1DOptions, type ConvLstm2DOptions, convLstm1d, convLstm2d } from "./recurrent/conv-lstm.ts";
export type { CellOptions, GatedCellOptions } from "./recurrent/gate-cell.ts";
export { type GruCell, type GruCellOptions, type GruOptions, gru, gruCell } from "./recurrent/gru.ts";
export { type LstmCell, type LstmCellOptions, type LstmOptions, lstm, lstmCell } from "./recurrent/lstm.ts";
export {
  layerNormLstmCell,
  type ProjectedLstmOptions,
  peepholeLstmCell,
  projectedLstmCell,
} from "./recurrent/lstm-variants.ts";
export { type MinCellOptions, minGruCell, minLstmCell } from "./recurrent/min-cells.ts";
export type { RecurrentOptions } from "./recurrent/recurrent.ts";
export { rnn } from "./recurrent/rnn.ts";
export { type SimpleRnnCell, type SimpleRnnOptions, simpleRnn, simpleRnnCell } from "./recurrent/simple-rnn.ts";
export { type StackedRnnCells, stackedRnnCells } from "./recurrent/stacked-rnn-cells.ts";
export type { Ran, WholeRun } from "./recurrent/whole-run.ts";
export { concatenate } from "./shaping/concatenate.ts";
export { type DotOptions, dot } from "./shaping/dot.ts";
export { flatten } from "./shaping/flatten.ts";
export { add, average, maximum, minimum, multiply, subtract } from "./shaping/merge.ts";
export { repeatVector } from "./shaping/repeat-vector.ts";
export { permute, reshape } from "./shaping/reshape.ts";
export type { ConstraintLike, ConstraintName } from "./weights/constraints.ts";
export * as constraints from "./weights/constraints.ts";
export type { Initializer, InitializerLike, InitializerName } from "./weights/initializers.ts";
export * as initializers from "./weights/initializers.ts";
export type { PenaltyOptions } from "./weights/penalties.ts";
export type { RegularizerLike, RegularizerName } from "./weights/regularizers.ts";
export * as regularizers from "./weights/regularizers.ts";
export { type BidirectionalOptions, bidirectional, type MergeMode } from "./wrappers/bidirectional.ts";
export { type SpectralNormalizationOptions, spectralNormalization } from "./wrappers/spectral-normalization.ts";
export { timeDistributed } from "./wrappers/time-distributed.ts";
