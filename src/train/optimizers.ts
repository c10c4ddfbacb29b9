import { DataError, problem, suggest } from "../errors.ts";
import { adadelta } from "./optimizers/adadelta.ts";
import { adafactor } from "./optimizers/adafactor.ts";
import { adagrad } from "./optimizers/adagrad.ts";
import { adam, adamw } from "./optimizers/adam.ts";
import { adamax } from "./optimizers/adamax.ts";
import { asgd } from "./optimizers/asgd.ts";
import { ftrl } from "./optimizers/ftrl.ts";
import { lamb } from "./optimizers/lamb.ts";
import { lion } from "./optimizers/lion.ts";
import { nadam } from "./optimizers/nadam.ts";
import type { Optimizer, OptimizerOptions } from "./optimizers/optimizer.ts";
import { rmsprop } from "./optimizers/rmsprop.ts";
import { sgd } from "./optimizers/sgd.ts";

export { type AdadeltaOptions, adadelta } from "./optimizers/adadelta.ts";
export { type AdafactorOptions, adafactor } from "./optimizers/adafactor.ts";
export { type AdagradOptions, adagrad } from "./optimizers/adagrad.ts";
export { type AdamOptions, adam, adamw } from "./optimizers/adam.ts";
export { type AdamaxOptions, adamax } from "./optimizers/adamax.ts";
export { type AsgdOptions, asgd } from "./optimizers/asgd.ts";
export { averagingCallback, withAverage } from "./optimizers/averages.ts";
export { type FtrlOptions, ftrl } from "./optimizers/ftrl.ts";
export { type LambOptions, lamb } from "./optimizers/lamb.ts";
export { type LionOptions, lion } from "./optimizers/lion.ts";
export { type NadamOptions, nadam } from "./optimizers/nadam.ts";
export {
  customOptimizer,
  type EmbeddingGradients,
  type Optimizer,
  type OptimizerOptions,
  type Rule,
  type Segment,
  type UpdateTensors,
} from "./optimizers/optimizer.ts";
export { type RmspropOptions, rmsprop } from "./optimizers/rmsprop.ts";
export { type SgdOptions, sgd } from "./optimizers/sgd.ts";
export { recordUpdate } from "./optimizers/update.ts";
export { initialSlots, type OptimizerVariable, optimizerSize, optimizerVariables } from "./optimizers/variables.ts";

const named = {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  asgd,
  ftrl,
  lamb,
  lion,
  nadam,
  rmsprop,
  sgd,
} as const;
export type OptimizerName = keyof typeof named;
export type OptimizerLike = OptimizerName | Optimizer;

/** What `compile` understands as an optimizer's name. */
export const optimizerNames = Object.keys(named) as readonly OptimizerName[];

/**
 * The optimizer behind a name, with its defaults or the options given; Keras's class names (`RMSprop`) are understood too, and
 * an optimizer is itself. Throws DataError for an unknown name.
 *
 *   model.compile({ optimizer: optimizerOf("adam", { learningRate: 0.002 }), loss: "mse" });
 */
export function optimizerOf(like: OptimizerLike, options: OptimizerOptions = {}): Optimizer {
  if (typeof like === "object" && like !== null && "rule" in like) return like;
  const key = String(like).toLowerCase();
  if (typeof like !== "string" || !Object.hasOwn(named, key))
    throw new DataError(problem("compile", "a known optimizer", `"${like}"`, suggest(key, Object.keys(named))));
  return named[key as OptimizerName](options);
}

/** The optimizer of Keras's class with options of ours; null for a class that is none of these. */
export function optimizerFrom(className: string, options: OptimizerOptions): Optimizer | null {
  const key = className.toLowerCase();
  return Object.hasOwn(named, key) ? named[key as OptimizerName](options) : null;
}

/** Whether Keras has an optimizer of this class. */
export const isKerasOptimizer = (className: string): boolean =>
  className !== "ASGD" && Object.hasOwn(named, className.toLowerCase());
