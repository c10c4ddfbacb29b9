/** Values of many units in fewer rows: two for each bin of units, its smallest value and its largest. */
export interface Bins {
  /** [steps * rows], a step's rows together. */
  readonly values: Float32Array;
  readonly rows: number;
  /** Units in a bin; 1: no bins, a row for each unit. */
  readonly size: number;
}

const mostUnits = 512; // rows that a screen has room for

/** Bins where there are more units than rows on a screen, or than `most`. */
export function binned(values: Float32Array, units: number, most = mostUnits): Bins {
  if (units <= most) return { values, rows: units, size: 1 };
  const size = Math.ceil(units / (most / 2));
  const bins = Math.ceil(units / size);
  const steps = values.length / units;
  const found = new Float32Array(steps * bins * 2);
  for (let t = 0; t < steps; t++)
    for (let bin = 0; bin < bins; bin++) {
      const part = values.subarray(t * units + bin * size, t * units + Math.min(units, (bin + 1) * size));
      found[(t * bins + bin) * 2] = Math.min(...part);
      found[(t * bins + bin) * 2 + 1] = Math.max(...part);
    }
  return { values: found, rows: bins * 2, size };
}

/** The row of a unit, and the first unit of a row. */
export const rowOf = (unit: number, { size }: Bins): number => (size === 1 ? unit : Math.floor(unit / size) * 2);
export const unitOf = (row: number, { size }: Bins): number => (size === 1 ? row : Math.floor(row / 2) * size);

/** The values of each step with the units in another order. */
export function inOrder(values: Float32Array, units: number, order: readonly number[] | null): Float32Array {
  if (!order || !values) return values;
  const found = new Float32Array(values.length);
  for (let at = 0; at < values.length; at += units)
    for (let k = 0; k < units; k++) found[at + k] = values[at + order[k]];
  return found;
}

/** Values of many steps in fewer columns: two for each bin of steps, the smallest value of a row there and its largest. */
export interface StepBins {
  /** [columns * rows], a column's rows together. */
  readonly values: Float32Array;
  readonly columns: number;
  /** Steps in a bin; 1: no bins, a column for each step. */
  readonly size: number;
}

/** Bins where there are more steps than columns. */
export function binnedSteps(values: Float32Array, rows: number, most: number): StepBins {
  const steps = values.length / rows;
  if (steps <= most) return { values, columns: steps, size: 1 };
  const size = Math.ceil(steps / Math.floor(most / 2));
  const bins = Math.ceil(steps / size);
  const found = new Float32Array(bins * 2 * rows);
  for (let bin = 0; bin < bins; bin++)
    for (let row = 0; row < rows; row++) {
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let t = bin * size; t < Math.min(steps, (bin + 1) * size); t++) {
        const value = values[t * rows + row];
        if (value < low) low = value;
        if (value > high) high = value;
      }
      found[bin * 2 * rows + row] = low;
      found[(bin * 2 + 1) * rows + row] = high;
    }
  return { values: found, columns: bins * 2, size };
}
