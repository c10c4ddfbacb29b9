import { DataError, problem } from "../errors.ts";
import { above0, anyNumber, flag, from0, orNull, readOptions, required, wholeFrom } from "./options.ts";

/** A learning rate that follows the step: a function of it (from 0) that knows its name and config in Keras's files. */
export interface Schedule {
  (step: number): number;
  /** Keras's class: `ExponentialDecay`. */
  readonly className: string;
  /** Keras's config. */
  readonly config: Readonly<Record<string, number | boolean | string | null | readonly number[]>>;
}

/** Learning rate: a number, a schedule, or any function of the step (from 0). */
export type LearningRate = number | Schedule | ((step: number) => number);

export interface ExponentialDecayOptions {
  /** Steps in which the rate is multiplied by `decayRate` once. */
  decaySteps: number;
  /** Factor, 0 or more. */
  decayRate: number;
  /** Falls at whole multiples of `decaySteps` only. Default false. */
  staircase?: boolean;
}

/**
 * initial · decayRate^(step / decaySteps).
 *
 *   exponentialDecay(0.1, { decaySteps: 10, decayRate: 0.5 })(20); // 0.025
 */
export function exponentialDecay(initialLearningRate: number, options: ExponentialDecayOptions): Schedule {
  const who = "exponentialDecay";
  const { decaySteps, decayRate, staircase } = needed(who, initialLearningRate, options, {
    decaySteps: above0(0),
    decayRate: from0(0),
    staircase: flag(false),
  });
  const at = (step: number) => {
    const p = step / decaySteps;
    return initialLearningRate * decayRate ** (staircase ? Math.floor(p) : p);
  };
  return schedule(at, "ExponentialDecay", {
    initial_learning_rate: initialLearningRate,
    decay_steps: decaySteps,
    decay_rate: decayRate,
    staircase,
    name: "ExponentialDecay",
  });
}

/**
 * initial / (1 + decayRate · step / decaySteps).
 *
 *   inverseTimeDecay(0.1, { decaySteps: 10, decayRate: 0.5 })(10); // 0.0667
 */
export function inverseTimeDecay(initialLearningRate: number, options: ExponentialDecayOptions): Schedule {
  const { decaySteps, decayRate, staircase } = needed("inverseTimeDecay", initialLearningRate, options, {
    decaySteps: above0(0),
    decayRate: from0(0),
    staircase: flag(false),
  });
  const at = (step: number) => {
    const p = step / decaySteps;
    return initialLearningRate / (1 + decayRate * (staircase ? Math.floor(p) : p));
  };
  return schedule(at, "InverseTimeDecay", {
    initial_learning_rate: initialLearningRate,
    decay_steps: decaySteps,
    decay_rate: decayRate,
    staircase,
    name: "InverseTimeDecay",
  });
}

export interface PolynomialDecayOptions {
  /** Steps until `endLearningRate`. */
  decaySteps: number;
  /** The last rate. Default 0.0001. */
  endLearningRate?: number;
  /** Exponent of the polynomial. Default 1, a straight line. */
  power?: number;
  /** Begins again, over a longer stretch each time. Default false. */
  cycle?: boolean;
}

/**
 * From the initial rate to the end rate along (1 − step / decaySteps)^power.
 *
 *   polynomialDecay(0.1, { decaySteps: 20, endLearningRate: 0.01, power: 2 })(10); // 0.0325
 */
export function polynomialDecay(initialLearningRate: number, options: PolynomialDecayOptions): Schedule {
  const { decaySteps, endLearningRate, power, cycle } = needed("polynomialDecay", initialLearningRate, options, {
    decaySteps: above0(0),
    endLearningRate: from0(0.0001),
    power: anyNumber(1),
    cycle: flag(false),
  });
  const at = (step: number) => {
    const length = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
    const p = Math.min(step, length) / length;
    return (initialLearningRate - endLearningRate) * (1 - p) ** power + endLearningRate;
  };
  return schedule(at, "PolynomialDecay", {
    initial_learning_rate: initialLearningRate,
    decay_steps: decaySteps,
    end_learning_rate: endLearningRate,
    power,
    cycle,
    name: "PolynomialDecay",
  });
}

export interface CosineDecayOptions {
  /** Steps until the end of the curve. */
  decaySteps: number;
  /** The last rate, as a fraction of the rate the decay begins with. Default 0. */
  alpha?: number;
  /** The rate that a linear warm-up reaches; the decay begins there. Default null: no warm-up. */
  warmupTarget?: number | null;
  /** Steps of a straight rise before the curve. Default 0. */
  warmupSteps?: number;
}

/**
 * Half a cosine wave down (Loshchilov & Hutter 2016), after a linear warm-up (Goyal et al. 2017) if asked.
 *
 *   cosineDecay(0.1, { decaySteps: 20, alpha: 0.1 })(10); // 0.055
 *   cosineDecay(0, { decaySteps: 20, warmupTarget: 0.1, warmupSteps: 5 })(5); // 0.1
 */
export function cosineDecay(initialLearningRate: number, options: CosineDecayOptions): Schedule {
  const { decaySteps, alpha, warmupTarget, warmupSteps } = needed("cosineDecay", initialLearningRate, options, {
    decaySteps: above0(0),
    alpha: anyNumber(0),
    warmupTarget: orNull(from0(0)),
    warmupSteps: wholeFrom(0)(0),
  });
  const warmup = warmupTarget === null ? 0 : warmupSteps;
  const top = warmupTarget ?? initialLearningRate;
  const at = (step: number) => {
    if (step < warmup) return initialLearningRate + ((top - initialLearningRate) * step) / warmup;
    return top * cosine(Math.min(step - warmup, decaySteps) / decaySteps, 1, alpha);
  };
  return schedule(at, "CosineDecay", {
    initial_learning_rate: initialLearningRate,
    decay_steps: decaySteps,
    alpha,
    name: "CosineDecay",
    warmup_target: warmupTarget,
    warmup_steps: warmupSteps,
  });
}

export interface CosineDecayRestartsOptions {
  /** Steps of the first curve. */
  firstDecaySteps: number;
  /** Factor by which each period is longer than the one before. Default 2. */
  tMul?: number;
  /** Factor on the initial learning rate of each period. Default 1. */
  mMul?: number;
  /** The last rate of each run, as a fraction of the rate it begins with. Default 0. */
  alpha?: number;
}

/**
 * Cosine decay that begins again and again (SGDR, Loshchilov & Hutter 2016).
 *
 *   cosineDecayRestarts(0.1, { firstDecaySteps: 10 })(10); // 0.1
 */
export function cosineDecayRestarts(initialLearningRate: number, options: CosineDecayRestartsOptions): Schedule {
  const { firstDecaySteps, tMul, mMul, alpha } = needed("cosineDecayRestarts", initialLearningRate, options, {
    firstDecaySteps: above0(0),
    tMul: above0(2),
    mMul: above0(1),
    alpha: anyNumber(0),
  });
  const at = (step: number) => {
    const p = step / firstDecaySteps;
    if (tMul === 1) return initialLearningRate * cosine(p - Math.floor(p), mMul ** Math.floor(p), alpha);
    // The i-th period begins at (1 − tMul^i) / (1 − tMul); the logarithm may fall short of a whole i by rounding.
    const i = Math.floor(Math.log(1 - p * (1 - tMul)) / Math.log(tMul) + 1e-9);
    const begun = (1 - tMul ** i) / (1 - tMul);
    return initialLearningRate * cosine((p - begun) / tMul ** i, mMul ** i, alpha);
  };
  return schedule(at, "CosineDecayRestarts", {
    initial_learning_rate: initialLearningRate,
    first_decay_steps: firstDecaySteps,
    t_mul: tMul,
    m_mul: mMul,
    alpha,
    name: "SGDRDecay",
  });
}

/**
 * values[k] up to and including step boundaries[k], the last value after that.
 *
 *   const rate = piecewiseConstantDecay([5, 10], [0.1, 0.01, 0.001]);
 *   [rate(5), rate(6), rate(11)]; // [0.1, 0.01, 0.001]
 */
export function piecewiseConstantDecay(boundaries: readonly number[], values: readonly number[]): Schedule {
  const who = "piecewiseConstantDecay";
  if (!Array.isArray(boundaries) || !Array.isArray(values) || values.length !== boundaries.length + 1)
    throw new DataError(problem(who, "one value more than boundaries", `${values?.length} and ${boundaries?.length}`));
  for (const v of [...boundaries, ...values]) required(who, "each boundary and value", v, from0(0));
  if (boundaries.some((b, k) => k > 0 && b <= boundaries[k - 1]))
    throw new DataError(problem(who, "increasing boundaries", `[${boundaries}]`));
  const at = (step: number) => {
    const k = boundaries.findIndex((b) => step <= b);
    return values[k < 0 ? boundaries.length : k];
  };
  return schedule(at, "PiecewiseConstantDecay", {
    boundaries: [...boundaries],
    values: [...values],
    name: "PiecewiseConstant",
  });
}

/** The schedule a file describes; null for a class that is none of these. */
export function scheduleOf(className: string, config: Readonly<Record<string, unknown>>): Schedule | null {
  const c = config as Readonly<Record<string, never>>;
  const initial = c.initial_learning_rate;
  const decay = { decaySteps: c.decay_steps, decayRate: c.decay_rate, staircase: c.staircase };
  switch (className) {
    case "ExponentialDecay":
      return exponentialDecay(initial, decay);
    case "InverseTimeDecay":
      return inverseTimeDecay(initial, decay);
    case "PolynomialDecay":
      return polynomialDecay(initial, {
        decaySteps: c.decay_steps,
        endLearningRate: c.end_learning_rate,
        power: c.power,
        cycle: c.cycle,
      });
    case "CosineDecay":
      return cosineDecay(initial, {
        decaySteps: c.decay_steps,
        alpha: c.alpha,
        warmupTarget: c.warmup_target,
        warmupSteps: c.warmup_steps,
      });
    case "CosineDecayRestarts":
      return cosineDecayRestarts(initial, {
        firstDecaySteps: c.first_decay_steps,
        tMul: c.t_mul,
        mMul: c.m_mul,
        alpha: c.alpha,
      });
    case "PiecewiseConstantDecay":
      return piecewiseConstantDecay(c.boundaries, c.values);
    default:
      return null;
  }
}

/** Whether a learning rate is a schedule that files know, and not just a function. */
export const isSchedule = (rate: LearningRate): rate is Schedule => typeof rate === "function" && "className" in rate;

/** The rate of a step (from 0). */
export const rateAt = (rate: LearningRate, step: number): number => (typeof rate === "number" ? rate : rate(step));

/** (1 − alpha) · m · (1 + cos πp) / 2 + alpha */
const cosine = (p: number, m: number, alpha: number): number =>
  (1 - alpha) * 0.5 * m * (1 + Math.cos(Math.PI * p)) + alpha;

function schedule(at: (step: number) => number, className: string, config: Schedule["config"]): Schedule {
  return Object.assign(at, { className, config });
}

/** Options whose first field must be given, and the initial rate. */
function needed<F extends Parameters<typeof readOptions>[2]>(who: string, initial: number, options: object, fields: F) {
  required(who, "the initial learning rate", initial, from0(0));
  const read = readOptions(who, options ?? {}, fields);
  for (const key of ["decaySteps", "firstDecaySteps", "decayRate"]) {
    if (key in fields) required(who, key, (options as Record<string, unknown>)?.[key], fields[key]);
  }
  return read;
}
