import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { axisOf, type PartialShape } from "../../tensor/shape.ts";
import { show } from "../options.ts";

/** The axes that a layer normalises together, in Keras's order; throws for what is none, and for the batch. */
export function normalisedAxes(axis: number | readonly number[] | undefined, who: string): readonly number[] {
  const axes = axis === undefined ? [-1] : typeof axis === "number" ? [axis] : axis;
  if (Array.isArray(axes) && axes.length > 0 && axes.every((a) => Number.isInteger(a) && a !== 0))
    return [...axes].sort((a, b) => a - b);
  const next = "Axis 0 is the batch: rows are normalised each on its own.";
  throw new DataError(problem(who, "axis as a whole number, or several", show(axis), next));
}

/** The sizes of those axes, which weights have; throws where one is open. */
export function sizesOf(axes: readonly number[], input: PartialShape, who: string): number[] {
  const sizes = axes.map((a) => input[axisOf(a, input.length)]);
  if (!sizes.includes(null)) return sizes as number[];
  const next = "Normalise the features, axis -1, or give the axis a fixed size.";
  throw new ShapeError(problem(who, `known sizes of axes ${axes}`, showShape(input), next));
}
