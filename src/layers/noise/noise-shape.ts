import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { broadcastShapes, type PartialShape, type Shape, sameShape } from "../../tensor/shape.ts";
import { type DrawOptions, show } from "../options.ts";

export interface NoiseShapeOptions extends DrawOptions {
  /**
   * Shape of the random numbers: 1 where one number serves a whole axis, null where each entry has its own. `[null, 1, null]`
   * drops a feature at all steps of a row or at none. Default null: that of the input.
   */
  noiseShape?: PartialShape | null;
}

/** Throws unless a noise shape has sizes above 0, or null, in it. */
export function checkedNoiseShape(value: PartialShape | null | undefined, who: string): PartialShape | null {
  if (value === undefined || value === null) return null;
  const sound = Array.isArray(value) && value.every((d) => d === null || (Number.isInteger(d) && d > 0));
  if (sound) return value;
  const next = "[null, 1, null] draws once for all steps.";
  throw new DataError(problem(who, "noiseShape of sizes above 0, or null", show(value), next));
}

/** The shape of the draws for x. Throws where they do not spread to it. */
export function noiseShapeFor(x: Shape, wanted: PartialShape | null, who: string): Shape {
  const shape = wanted ? wanted.map((d, i) => d ?? x[i]) : x;
  const spreads = shape.length <= x.length && shape.every((d, i) => d === 1 || d === x[x.length - shape.length + i]);
  if (spreads && sameShape(broadcastShapes(shape, x), x)) return shape;
  const next = "Each of its sizes is 1, null, or that of the input.";
  throw new ShapeError(problem(who, `a noiseShape that spreads to ${showShape(x)}`, showShape(shape), next));
}
