import { DataError, problem, suggest } from "../../errors.ts";
import * as all from "./index.ts";
import type { Optimizer, OptimizerOptions } from "./optimizer.ts";

const named = { ...all };
/** Names of the optimizers. */
export type OptimizerName = keyof typeof named;
/** An optimizer, or its name. */
export type OptimizerLike = OptimizerName | Optimizer;

/** Names that `compile` takes as optimizers. */
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
