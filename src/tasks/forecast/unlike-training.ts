import type { NdArray } from "../../tensor/nd-array.ts";
import { usesNetwork } from "./candidates/method.ts";
import { difference, lost } from "./differences.ts";
import type { Learned } from "./learned.ts";
import { rowsOf, type Series } from "./series.ts";

/**
 * Changes this many times those of any window of training are unlike it. On 97 series (61 of M4's weekly ones, 36 made ones, most of
 * which change at their end), from there on, the network's errors were 1.2 times those of the theta method and more; below, 0.9 to 1.0
 * times.
 */
const far = 2;

/** The largest root mean square of the scaled changes [T, D] in the windows before these rows. */
export function largestMoves(changes: NdArray, window: number, origins: readonly number[]): number {
  return movesBefore(changes, window, origins).reduce((a, b) => Math.max(a, b), 0);
}

/**
 * Those of these origins, by place, whose windows move far more than any that training saw: a network that was chosen has not learned
 * what follows them, and is left out.
 */
export function unlikeTraining(
  { moves, inputs, differences, window, methods, considered }: Learned,
  series: Series,
  origins: readonly number[],
): ReadonlySet<number> {
  if (!moves || considered.length === 0 || !usesNetwork(methods)) return new Set(); // alone on request, or not at all
  const changes = inputs.transform(rowsOf(series.values.map((column) => difference(column, differences))));
  const found = movesBefore(
    changes,
    window,
    origins.map((origin) => origin - lost(differences)),
  );
  return new Set([...found.keys()].filter((i) => found[i] > far * moves));
}

function movesBefore({ data, shape }: NdArray, window: number, origins: readonly number[]): number[] {
  const [rows, width] = shape;
  const sums = new Float64Array(rows + 1);
  for (let t = 0; t < rows; t++) {
    sums[t + 1] = sums[t];
    for (let k = 0; k < width; k++) sums[t + 1] += data[t * width + k] ** 2;
  }
  return origins.map((origin) => Math.sqrt(Math.max(0, sums[origin] - sums[origin - window]) / (window * width)));
}

/** A warning, where windows are so: of a forecast, or of some of many. */
export function unlikeText(unlike: number, origins: number): string[] {
  if (unlike === 0) return [];
  const where = origins === 1 ? "The newest rows" : `The rows before ${unlike} of ${origins} forecasts`;
  return [`${where} change far more than any trained on: the network is left out there. Train again with them.`];
}
