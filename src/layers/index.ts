export { activation } from "./activation.ts";
export type { ActivationName } from "./activations.ts";
export { type DenseOptions, dense } from "./dense.ts";
export { dropout } from "./dropout.ts";
export { type EmbeddingOptions, embedding } from "./embedding.ts";
export { flatten } from "./flatten.ts";
export type { Initializer, InitializerLike, InitializerName } from "./initializers.ts";
export * as initializers from "./initializers.ts";
export { type Input, type InputOptions, input } from "./input.ts";
export {
  type CallContext,
  type Constraint,
  Layer,
  type Layers,
  type Regularizer,
  type Symbolic,
  type SymbolicTensor,
  type Weight,
} from "./layer.ts";
export { type LstmOptions, lstm } from "./lstm.ts";
export type { ConfigValue, LayerOptions } from "./options.ts";
