import { DataError, problem } from "../../errors.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Op, OpAttributes, Tensor } from "../../tensor/tensor.ts";
import { above0, type Field, flag, from0, from0to1, oneOf, orNull, readOptions, wholeFrom, words } from "../options.ts";
import type { LearningRate } from "../schedules.ts";

/** Options of every optimizer, with Keras's meaning. */
export interface OptimizerOptions {
  /** A number, a schedule or a function of the step (from 0). Default: by optimizer. */
  learningRate?: LearningRate;
  /**
   * Each step first subtracts this fraction, times the learning rate, of the weights (decoupled, Loshchilov & Hutter 2019).
   * Default null: none.
   */
  weightDecay?: number | null;
  /** Weights whose name contains one of these words do not decay: `["bias"]`. Default: none. */
  excludeFromWeightDecay?: readonly string[];
  /** Largest norm of each parameter's gradient; larger ones are scaled down. Default null: no limit. */
  clipnorm?: number | null;
  /** Largest norm of all gradients together (Pascanu et al. 2013). Default null: no limit. */
  globalClipnorm?: number | null;
  /** Largest absolute value of each number in a gradient. Default null: no limit. */
  clipvalue?: number | null;
  /** Keeps an exponential moving average of the weights, which replaces them when training ends. Default false. */
  useEma?: boolean;
  /** Fraction of the moving average that a step keeps. Default 0.99. */
  emaMomentum?: number;
  /** Steps after which the average also replaces the weights during training. Default null: only at the end. */
  emaOverwriteFrequency?: number | null;
  /** Steps whose mean gradient makes one update. Default null: every step updates. */
  gradientAccumulationSteps?: number | null;
  /**
   * Factor of the loss before gradients are taken, and divisor of the gradients: in float32 the same numbers, for files of
   * Keras. Default null.
   */
  lossScaleFactor?: number | null;
  /**
   * Treatment of an embedding's gradient when it is squared, clipped and measured: `"each"` occurrence of a word in the batch separately,
   * as Keras does on TensorFlow, or their `"sum"`, as it does on JAX and PyTorch. Default `"each"`. Gathered gradients
   * (`gradientAccumulationSteps`) are sums. A step of padding that the rows of a batch share occurs once;
   * with `CELLSTATE_SHARE_PADDING=0` in the environment once for each row, to the digits of Keras, and many times slower.
   */
  embeddingGradients?: EmbeddingGradients;
}

/** Treatment of an embedding's gradient when it is squared and clipped; see `embeddingGradients` of OptimizerOptions. */
export type EmbeddingGradients = "each" | "sum";

/** A trainable parameter and its location in the region. */
export interface Segment {
  /** Its first word among the trainable weights. */
  readonly offset: number; // words
  /** Sizes of its axes. */
  readonly shape: Shape;
  /** The weight's own name: `kernel`. */
  readonly name: string;
}

/** Inputs of an update: vectors over the trainable region or a stretch of it, and [1] for rate and iteration. */
export interface UpdateTensors {
  /** Of all trainable weights, flat. */
  readonly gradient: Tensor;
  /** The gradient's square; an embedding's is the sum of its occurrences' squares (`embeddingGradients`). */
  readonly squares: Tensor;
  /** The gradient's size, of an embedding likewise. */
  readonly sizes: Tensor;
  /** Whether `squares` are those of `gradient` itself. */
  readonly summed: boolean;
  /** All trainable weights, flat. */
  readonly weights: Tensor;
  /** Of this step, [1]. */
  readonly learningRate: Tensor;
  /** Counts from 1. */
  readonly iteration: Tensor;
  /** The optimizer's state, each slot as long as the weights. */
  readonly slots: readonly Tensor[];
  /** Location of each weight. */
  readonly segments: readonly Segment[];
}

/** The rule of one optimizer: its state and its update. */
export interface Rule {
  /** State vectors as long as the trainable region, by Keras's names: `momentum`, `velocity`. */
  readonly slots: readonly string[];
  /** Value of a slot before the first step, where that is not 0. */
  readonly initial?: Readonly<Record<string, number>>;
  /** The order in Keras's files: group after group, inside a group parameter after parameter. Default: all in one. */
  readonly groups?: readonly (readonly string[])[];
  /** The shape under which files know the part of a slot that belongs to a parameter; null: one number for the whole slot. */
  fileShape?(slot: string, parameter: Shape): Shape | null;
  /** The new weights, then the new slots in order. */
  update(t: UpdateTensors): Tensor[];
  /** The same as one op that backends have, working in place: [...inputs, weights, ...slots] → weights, ...slots. */
  fused?(t: UpdateTensors): { op: Op; inputs: (Tensor | null)[]; attrs: OpAttributes };
  /** The slot of weights averaged over steps, to evaluate with in place of the weights. */
  readonly average?: string;
  /** Keras has no such optimizer: files name the nearest it has, and this one beside it. */
  readonly ours?: true;
  /** Changes the weights at certain steps only. */
  readonly trigger?: Trigger;
  /** Keras's config, without the options that all optimizers have. */
  config(): Record<string, number | boolean | string | null>;
}

/** When, at the end of an epoch, a number is written into a slot: averaging begins. */
export interface Trigger {
  readonly monitor: string;
  readonly slot: string;
  readonly value: number;
  /** Whether the monitored values so far, one per epoch, set it off. */
  fires(values: readonly number[]): boolean;
}

/** An optimizer's update: a rule over the whole trainable region at once, and the work before and after it. */
export interface Optimizer {
  /** Keras's class name: `Adam`. */
  readonly className: string;
  /** A number, or a schedule. May be set between fits. */
  learningRate: LearningRate;
  /** Options that every optimizer has, complete. */
  readonly shared: Shared;
  /** The update of one step. */
  readonly rule: Rule;
  /** All slots: the moving average, the gathered gradients, then the rule's own. */
  readonly slots: readonly string[];
  /** Those slots as files order them. */
  readonly groups: readonly (readonly string[])[];
}

const sharedFields = {
  weightDecay: orNull(from0(0)),
  excludeFromWeightDecay: words,
  clipnorm: orNull(above0(1)),
  globalClipnorm: orNull(above0(1)),
  clipvalue: orNull(above0(1)),
  useEma: flag(false),
  emaMomentum: from0to1(0.99),
  emaOverwriteFrequency: orNull(wholeFrom(1)(1)),
  gradientAccumulationSteps: orNull(wholeFrom(2)(2)),
  lossScaleFactor: orNull(above0(1)),
  embeddingGradients: oneOf(["each", "sum"], "each" as EmbeddingGradients),
};
export type Shared = { [K in keyof typeof sharedFields]: (typeof sharedFields)[K]["otherwise"] };

const learningRateField = (otherwise: number): Field<LearningRate> => ({
  otherwise,
  expected: "a number of 0 or more, a schedule, or a function of the step",
  fits: (v) => typeof v === "function" || (typeof v === "number" && v >= 0 && Number.isFinite(v)),
});

/** Reads an optimizer's options: its own by `fields`, and what all share. */
export function readOptimizer<F extends Record<string, Field<unknown>>>(
  who: string,
  options: object,
  learningRate: number,
  fields: F,
) {
  const all = { learningRate: learningRateField(learningRate), ...sharedFields, ...fields };
  const read = readOptions(who, options, all);
  const { clipnorm, globalClipnorm, clipvalue } = read as Shared;
  const given = Object.entries({ clipnorm, globalClipnorm, clipvalue }).filter(([, v]) => v !== null);
  if (given.length > 1) {
    const names = given.map(([k]) => k).join(" and ");
    throw new DataError(problem(who, "one of clipnorm, globalClipnorm and clipvalue", names));
  }
  return read;
}

/** An optimizer from what was read of its options and its rule. */
export function optimizer(
  className: string,
  read: Shared & { readonly learningRate: LearningRate },
  rule: Rule,
): Optimizer {
  const shared = Object.fromEntries(
    Object.keys(sharedFields).map((key) => [key, read[key as keyof Shared]]),
  ) as unknown as Shared;
  const before = [
    ...(shared.useEma ? [emaSlot] : []),
    ...(shared.gradientAccumulationSteps === null ? [] : [accumulatorSlot]),
  ];
  return {
    className,
    learningRate: read.learningRate,
    shared,
    rule,
    slots: [...before, ...rule.slots],
    groups: [...before.map((slot) => [slot]), ...(rule.groups ?? [rule.slots])],
  };
}

/**
 * An optimizer of your own: a name and a rule, one formula over all trainable weights at once; embeddings move by the same
 * formula each by itself, with `embeddingGradients: "sum"` together with the others. Clipping, decay, averages and gathered
 * gradients come with it. Files name it, and Keras does not know it.
 *
 *   const softSgd = (options) =>
 *     customOptimizer("SoftSgd", {
 *       slots: [],
 *       update: ({ gradient, weights, learningRate }) => [ops.sub(weights, ops.mul(ops.tanh(gradient), learningRate))],
 *     }, options);
 */
export function customOptimizer(
  className: string,
  rule: Pick<Rule, "slots" | "update"> & Partial<Rule>,
  options: OptimizerOptions = {},
): Optimizer {
  return optimizer(className, readOptimizer(className, options, 0.001, {}), { config: () => ({}), ...rule });
}

/** Keras's names of the slots that options add. */
export const emaSlot = "average";
export const accumulatorSlot = "gradient_accumulator";
