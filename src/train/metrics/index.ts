export {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from "./accuracy.ts";
export { type AucOptions, auc } from "./auc.ts";
export {
  type ConfusionOptions,
  type F1Options,
  f1Score,
  falseNegatives,
  falsePositives,
  type PrecisionOptions,
  precision,
  recall,
  trueNegatives,
  truePositives,
} from "./confusion.ts";
export { bitsPerCharacter, type LanguageOptions, perplexity } from "./language.ts";
export { cosineSimilarity, type R2Options, r2Score, rootMeanSquaredError } from "./regression.ts";
