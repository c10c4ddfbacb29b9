export {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from "./accuracy.ts";
export {
  type AtThresholdOptions,
  precisionAtRecall,
  recallAtPrecision,
  sensitivityAtSpecificity,
  specificityAtSensitivity,
} from "./at-threshold.ts";
export { type AucOptions, auc } from "./auc.ts";
export {
  type ConfusionOptions,
  falseNegatives,
  falsePositives,
  type PrecisionOptions,
  precision,
  recall,
  trueNegatives,
  truePositives,
} from "./confusion.ts";
export { type F1Options, type FBetaOptions, f1Score, fBetaScore } from "./f-score.ts";
export {
  binaryIou,
  type IouOptions,
  iou,
  type MeanIouOptions,
  meanIou,
  oneHotIou,
  oneHotMeanIou,
} from "./iou.ts";
export { bitsPerCharacter, type LanguageOptions, perplexity } from "./language.ts";
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  logCoshError,
  sparseCategoricalCrossentropy,
} from "./probabilistic.ts";
export { cosineSimilarity, type R2Options, r2Score, rootMeanSquaredError } from "./regression.ts";
