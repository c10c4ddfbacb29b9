import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import type { LayerTrace } from "./layer-trace.ts";
import { stepsOf } from "./steps.ts";

/** The steps of a trace that count, one below the other: each with its place, and its values in a matrix [N, H]. */
export interface Observations {
  readonly places: readonly { readonly row: number; readonly step: number }[];
  /** One row of numbers for each place. */
  readonly matrix: readonly Float64Array[];
}

/** The values of every step that counts. Throws DataError for a value that the trace does not have. */
export function observe(layer: LayerTrace, value: string, who: string): Observations {
  const values = layer.values[value];
  if (!values)
    throw new DataError(problem(`${who}: value`, `one of ${Object.keys(layer.values).join(", ")}`, String(value)));
  const [rows, time, size] = values.shape;
  const places = Array.from({ length: rows }, (_, row) => row).flatMap((row) =>
    stepsOf(layer, row)
      .sort((a, b) => a - b)
      .map((step) => ({ row, step })),
  );
  if (places.length === 0) throw new DataError(problem(who, "a step that counts", "padding alone"));
  const matrix = places.map(({ row, step }) => {
    const at = (row * time + step) * size;
    return Float64Array.from(values.data.subarray(at, at + size));
  });
  return { places, matrix };
}

/** A number for each observation out of one for each row [B] or each step [B, T]. */
export function alongSteps(given: ArrayLike, layer: LayerTrace, { places }: Observations, who: string): Float64Array {
  const array = asNdArray(given, { who });
  const [rows, time] = layer.h.shape;
  const perStep = array.rank === 2 && array.shape[0] === rows && array.shape[1] === time;
  if (!perStep && !(array.rank === 1 && array.size === rows))
    throw new ShapeError(
      problem(who, `[${rows}, ${time}], or [${rows}] with one for each row`, showShape(array.shape)),
    );
  return Float64Array.from(places, ({ row, step }) => (perStep ? array.at(row, step) : array.at(row)));
}
