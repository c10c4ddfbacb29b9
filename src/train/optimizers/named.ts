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
  const name = typeof like === "string" ? nameOf(like) : undefined;
  if (name) return named[name](options);
  throw new DataError(problem("compile", "a known optimizer", `"${like}"`, suggest(String(like), [...optimizerNames])));
}

/** The optimizer of Keras's class with options of ours; null for a class that is none of these. */
export function optimizerFrom(className: string, options: OptimizerOptions): Optimizer | null {
  const name = nameOf(className);
  return name ? named[name](options) : null;
}

/** Whether Keras has this optimizer. */
export const isKerasOptimizer = ({ className, rule }: Optimizer): boolean =>
  rule.ours !== true && nameOf(className) !== undefined;

/** Whatever its capitals: Keras's classes have others. */
const nameOf = (given: string): OptimizerName | undefined =>
  optimizerNames.find((name) => name.toLowerCase() === given.toLowerCase());
