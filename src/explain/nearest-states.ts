import { DataError, problem } from "../errors.ts";
import { checkNames } from "../train/options.ts";
import type { LayerTrace } from "./layer-trace.ts";
import { indexIn, stepsOf } from "./steps.ts";

/** Options of `nearestStates`. */
export interface NearestOptions {
  /** The row of the state to compare with; negative ones count from the end. Default 0. */
  row?: number;
  /** The step of the state to compare with; negative ones count from the end. Default -1. */
  step?: number;
  /** A state [H] to compare with in place of one of the trace. Default: that of `row` and `step`. */
  state?: ArrayLike<number>;
  /** Number of states given. Default 10. */
  count?: number;
  /** The values compared, by their name in the trace. Default `"h"`. */
  value?: string;
  /** `"cosine"`: 1 minus the cosine of the angle; `"euclidean"`. Default `"cosine"`. */
  distance?: "cosine" | "euclidean";
  /** Units that are compared. Default: all. */
  units?: readonly number[];
}

/** A state near another one. */
export interface NearState {
  /** Row of the trace. */
  readonly row: number;
  /** Step in the row. */
  readonly step: number;
  /** Distance from the state that was asked about. */
  readonly distance: number;
}

/**
 * The steps of a traced corpus whose state is nearest to that of one step, the nearest first and itself left out: where has the layer been
 * in such a state before? Masked steps do not count. Throws DataError for a row, step, unit or value that is not there.
 *
 *   const { layers } = await trace(model, corpus);
 *   nearestStates(layers[0], { row: 3, step: 12 });   // [{ row, step, distance }, ...]
 */
export function nearestStates(layer: LayerTrace, options: NearestOptions = {}): NearState[] {
  const who = "nearestStates";
  checkNames(who, options, ["row", "step", "state", "count", "value", "distance", "units"]);
  const { count = 10, value = "h", distance = "cosine" } = options;
  const values = layer.values[value];
  if (!values)
    throw new DataError(problem(`${who}: value`, `one of ${Object.keys(layer.values).join(", ")}`, String(value)));
  if (distance !== "cosine" && distance !== "euclidean")
    throw new DataError(problem(`${who}: distance`, "cosine or euclidean", String(distance)));
  if (!(Number.isInteger(count) && count > 0))
    throw new DataError(problem(`${who}: count`, "a whole number above 0", String(count)));
  const [rows, time, size] = values.shape;
  const units = (options.units ?? Array.from({ length: size }, (_, j) => j)).map((j) => indexIn(size, j, who, "unit"));
  const row = indexIn(rows, options.row ?? 0, who, "row");
  const step = indexIn(time, options.step ?? -1, who, "step");
  if (options.state && options.state.length !== size)
    throw new DataError(problem(`${who}: state`, `${size} numbers`, `${options.state.length}`));
  const stateAt = (r: number, t: number) => values.data.subarray((r * time + t) * size, (r * time + t + 1) * size);
  const asked = options.state ?? stateAt(row, step);
  if (units.some((j) => !Number.isFinite(asked[j])))
    throw new DataError(problem(`${who}: step`, "a step that counts", `${step}, which is masked`));
  const far = distance === "cosine" ? cosine : euclidean;
  const found: NearState[] = [];
  for (let r = 0; r < rows; r++)
    for (const t of stepsOf(layer, r))
      if (options.state || r !== row || t !== step)
        found.push({ row: r, step: t, distance: far(asked, stateAt(r, t), units) });
  return found.sort((a, b) => a.distance - b.distance || a.row - b.row || a.step - b.step).slice(0, count);
}

type Far = (a: ArrayLike<number>, b: ArrayLike<number>, units: readonly number[]) => number;

const euclidean: Far = (a, b, units) => Math.sqrt(units.reduce((sum, j) => sum + (a[j] - b[j]) ** 2, 0));

const cosine: Far = (a, b, units) => {
  const [ab, aa, bb] = units.reduce(([p, q, r], j) => [p + a[j] * b[j], q + a[j] ** 2, r + b[j] ** 2], [0, 0, 0]);
  return aa === 0 || bb === 0 ? 1 : Math.max(0, 1 - ab / Math.sqrt(aa * bb));
};
