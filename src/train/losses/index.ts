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
export type { Reduction, ReductionOptions } from "./loss.ts";
export { categoricalHinge, hinge, squaredHinge } from "./margin.ts";
export { type DiceOptions, dice, type TverskyOptions, tversky } from "./overlap.ts";
export {
  cosineSimilarity,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from "./regression.ts";
