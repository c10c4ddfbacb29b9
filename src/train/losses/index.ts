export {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  type CrossentropyOptions,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  type FocalOptions,
  type SparseOptions,
  sparseCategoricalCrossentropy,
} from "./cross-entropy.ts";
export { ctc } from "./ctc.ts";
export { klDivergence, poisson } from "./divergence.ts";
export { categoricalHinge, hinge, squaredHinge } from "./margin.ts";
export {
  cosineSimilarity,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from "./regression.ts";
