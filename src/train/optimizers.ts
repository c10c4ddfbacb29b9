import { DataError, problem, suggest } from "../errors.ts";
import { maximum, minimum } from "../ops/elementwise.ts";
import { adamOp, clipByGlobalNorm, clipByNorm, rmspropOp, sgdOp } from "../ops/optimizers.ts";
import { type Op, type OpAttributes, type Tensor, traceOf } from "../tensor/tensor.ts";

/** Learning rate: a number, or a function of the step (from 0). */
export type LearningRate = number | ((step: number) => number);

export interface ClippingOptions {
  /** Largest norm of each parameter's gradient. */
  clipnorm?: number;
  /** Largest norm of all gradients together. */
  globalClipnorm?: number;
  /** Largest size of each gradient number. */
  clipvalue?: number;
}

/** How parameters move: an update over the whole trainable region at once. */
export interface Optimizer {
  /** Keras's class name: `Adam`. */
  readonly className: string;
  learningRate: LearningRate;
  readonly clipping: ClippingOptions;
  /** State vectors as long as the trainable region, by Keras's names: `m`, `v`. */
  readonly slots: readonly string[];
  /** How Keras's files order the slots: `interleaved` m(p0) v(p0) m(p1) ..., or `grouped` by slot. */
  readonly slotOrder: "interleaved" | "grouped";
  /** Records the update. `iteration` counts from 1. */
  update(t: { gradient: Tensor; weights: Tensor; learningRate: Tensor; iteration: Tensor; slots: Tensor[] }): void;
  /** Keras's config, without learning rate and clipping. */
  config(): Record<string, number | boolean | string | null>;
}

export interface AdamOptions extends ClippingOptions {
  learningRate?: LearningRate;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/**
 * Adam (Kingma & Ba 2015) with Keras's defaults.
 *
 *   model.compile({ optimizer: adam({ learningRate: 0.01, clipnorm: 1 }), loss: "mse" });
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = known(options, "adam", ["beta1", "beta2", "epsilon"]);
  return {
    ...base("Adam", options, 0.001),
    slots: ["m", "v"],
    slotOrder: "interleaved",
    update: (t) =>
      into(adamOp, [t.gradient, t.learningRate, t.iteration], [t.weights, ...t.slots], { beta1, beta2, epsilon }),
    config: () => ({ beta_1: beta1, beta_2: beta2, epsilon, amsgrad: false }),
  };
}

export interface SgdOptions extends ClippingOptions {
  learningRate?: LearningRate;
  momentum?: number;
  nesterov?: boolean;
}

/** Stochastic gradient descent: `sgd({ learningRate: 0.1, momentum: 0.9 })`. */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false } = known(options, "sgd", ["momentum", "nesterov"]);
  return {
    ...base("SGD", options, 0.01),
    slots: momentum > 0 ? ["momentum"] : [],
    slotOrder: "grouped",
    update: (t) => into(sgdOp, [t.gradient, t.learningRate], [t.weights, ...t.slots], { momentum, nesterov }),
    config: () => ({ momentum, nesterov }),
  };
}

export interface RmspropOptions extends ClippingOptions {
  learningRate?: LearningRate;
  rho?: number;
  momentum?: number;
  epsilon?: number;
  centered?: boolean;
}

/** RMSprop (Hinton 2012): `rmsprop({ learningRate: 0.001 })`. */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const {
    rho = 0.9,
    momentum = 0,
    epsilon = 1e-7,
    centered = false,
  } = known(options, "rmsprop", ["rho", "momentum", "epsilon", "centered"]);
  return {
    ...base("RMSprop", options, 0.001),
    slots: ["velocity", ...(momentum > 0 ? ["momentum"] : []), ...(centered ? ["average_gradient"] : [])],
    slotOrder: "grouped",
    update: ({ gradient, learningRate, weights, slots }) => {
      const [velocity, ...rest] = slots;
      const m = momentum > 0 ? rest.shift()! : null;
      const a = centered ? rest.shift()! : null;
      const inputs = [gradient, learningRate, weights, velocity, m, a];
      traceOf(inputs).applyInto(rmspropOp, inputs, [weights, velocity, ...(m ? [m] : []), ...(a ? [a] : [])], {
        rho,
        epsilon,
        momentum,
        centered,
      });
    },
    config: () => ({ rho, momentum, epsilon, centered }),
  };
}

/** Clips as the options say, in Keras's order: a value, each norm, the global norm; only one may be given. */
export function clipGradients(
  gradient: Tensor,
  clipping: ClippingOptions,
  segments: { offsets: number[]; sizes: number[] },
): Tensor {
  if (clipping.clipnorm !== undefined) return clipByNorm(gradient, segments.offsets, segments.sizes, clipping.clipnorm);
  if (clipping.globalClipnorm !== undefined) return clipByGlobalNorm(gradient, clipping.globalClipnorm);
  if (clipping.clipvalue !== undefined) return minimum(maximum(gradient, -clipping.clipvalue), clipping.clipvalue);
  return gradient;
}

const named = { adam: () => adam(), sgd: () => sgd(), rmsprop: () => rmsprop() } as const;
export type OptimizerName = keyof typeof named;
export type OptimizerLike = OptimizerName | Optimizer;

export function optimizerOf(like: OptimizerLike): Optimizer {
  if (typeof like !== "string") return like;
  const key = like.toLowerCase();
  if (!Object.hasOwn(named, key))
    throw new DataError(problem("compile", "a known optimizer", `"${like}"`, suggest(like, Object.keys(named))));
  return named[key as OptimizerName]();
}

function into(op: Op, inputs: Tensor[], targets: Tensor[], attrs: OpAttributes): void {
  traceOf(inputs).applyInto(op, [...inputs, ...targets], targets, attrs);
}

function base(className: string, options: ClippingOptions & { learningRate?: LearningRate }, learningRate: number) {
  const { clipnorm, globalClipnorm, clipvalue } = options;
  const given = Object.entries({ clipnorm, globalClipnorm, clipvalue }).filter(([, v]) => v !== undefined);
  if (given.length > 1) {
    throw new DataError(
      problem(
        className.toLowerCase(),
        "one of clipnorm, globalClipnorm and clipvalue",
        given.map(([k]) => k).join(" and "),
      ),
    );
  }
  for (const [key, value] of given) {
    if (!(typeof value === "number" && value > 0))
      throw new DataError(problem(className.toLowerCase(), `${key} above 0`, String(value)));
  }
  const rate = options.learningRate ?? learningRate;
  if (typeof rate === "number" && !(rate >= 0 && Number.isFinite(rate))) {
    throw new DataError(problem(className.toLowerCase(), "learningRate of 0 or more", String(rate)));
  }
  return { className, learningRate: rate, clipping: { clipnorm, globalClipnorm, clipvalue } };
}

function known<T extends object>(options: T, who: string, names: string[]): T {
  const all = [...names, "learningRate", "clipnorm", "globalClipnorm", "clipvalue"];
  for (const key of Object.keys(options)) {
    if (!all.includes(key)) throw new DataError(problem(who, "known options", `"${key}"`, suggest(key, all)));
  }
  return options;
}
