import { DataError, problem, suggest } from "../../errors.ts";
import { add, clip, div, greaterEqual, mul, sqrt, square } from "../../ops/elementwise.ts";
import { sum } from "../../ops/reduce.ts";
import { axisOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Constraint } from "../layer.ts";

/** Names of the constraints. */
export type ConstraintName = keyof typeof named;
/** A constraint, or its name. */
export type ConstraintLike = ConstraintName | Constraint;

/** Axes whose entries make one vector: 0 for the kernel of a dense or recurrent layer, whose columns are units. */
type Axes = number | readonly number[];

const tiny = 1e-7; // Keras's epsilon

/**
 * Shortens vectors longer than maxValue to that length (Srivastava et al. 2014).
 *
 *   dense(64, { kernelConstraint: constraints.maxNorm({ maxValue: 3 }) })
 */
export function maxNorm({ maxValue = 2, axis = 0 as Axes } = {}): Constraint {
  return {
    className: "MaxNorm",
    config: { max_value: length(maxValue, "maxValue"), axis: configAxis(axis) },
    project: (w) => {
      const norm = norms(w, axis);
      return mul(w, div(clip(norm, 0, maxValue), add(norm, tiny)));
    },
  };
}

/**
 * Sets negative numbers to zero.
 *
 *   dense(8, { kernelConstraint: constraints.nonNeg() })
 */
export function nonNeg(): Constraint {
  return { className: "NonNeg", config: {}, project: (w) => mul(w, greaterEqual(w, 0)) };
}

/**
 * Brings every vector to length 1.
 *
 *   embedding(1000, 16, { embeddingsConstraint: constraints.unitNorm({ axis: 1 }) })
 */
export function unitNorm({ axis = 0 as Axes } = {}): Constraint {
  return {
    className: "UnitNorm",
    config: { axis: configAxis(axis) },
    project: (w) => div(w, add(norms(w, axis), tiny)),
  };
}

/**
 * Brings the length of every vector between minValue and maxValue; `rate` below 1 goes only that fraction of the way.
 *
 *   dense(8, { kernelConstraint: constraints.minMaxNorm({ minValue: 0.5, maxValue: 2 }) })
 */
export function minMaxNorm({ minValue = 0, maxValue = 1, rate = 1, axis = 0 as Axes } = {}): Constraint {
  const low = length(minValue, "minValue");
  const high = length(maxValue, "maxValue");
  if (low > high)
    throw new DataError(problem("minMaxNorm", "minValue up to maxValue", `${low} and ${high}`, "Exchange the two."));
  return {
    className: "MinMaxNorm",
    config: { min_value: low, max_value: high, rate, axis: configAxis(axis) },
    project: (w) => {
      const norm = norms(w, axis);
      const wanted = add(mul(clip(norm, low, high), rate), mul(norm, 1 - rate));
      return mul(w, div(wanted, add(norm, tiny)));
    },
  };
}

const named = {
  maxNorm: () => maxNorm(),
  nonNeg: () => nonNeg(),
  unitNorm: () => unitNorm(),
  minMaxNorm: () => minMaxNorm(),
};

/** The constraint behind a name; null for none: `constraintOf("nonNeg")`. */
export function constraintOf(like: ConstraintLike | null | undefined, who = "constraint"): Constraint | null {
  if (like === null || like === undefined) return null;
  if (typeof like === "object" && typeof like.project === "function") return like;
  const make = typeof like === "string" && Object.hasOwn(named, like) ? named[like] : undefined;
  if (make) return make();
  const next =
    typeof like === "string" ? suggest(like, Object.keys(named)) : "Write constraints.maxNorm(), for example.";
  throw new DataError(problem(who, "a constraint", typeof like === "string" ? `"${like}"` : String(like), next));
}

function norms(w: Tensor, axis: Axes): Tensor {
  const axes = (typeof axis === "number" ? [axis] : axis).map((a) => axisOf(a, w.shape.length));
  return sqrt(sum(square(w), axes, true));
}

const configAxis = (axis: Axes) => (typeof axis === "number" ? axis : [...axis]);

function length(value: number, what: string): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new DataError(
    problem("constraint", `${what} as a number of 0 or more`, String(value), "It is the length of a vector."),
  );
}
