/** Values of many units in fewer rows: two for each bin of units, its smallest value and its largest. */
export interface Bins {
  /** [steps * rows], a step's rows together. */
  readonly values: Float32Array;
  readonly rows: number;
  /** Units in a bin; 1: no bins, a row for each unit. */
  readonly size: number;
}

const mostUnits = 512; // rows that a screen has room for

/** Bins where there are more units than rows on a screen. */
export function binned(values: Float32Array, units: number): Bins {
  if (units <= mostUnits) return { values, rows: units, size: 1 };
  const size = Math.ceil(units / (mostUnits / 2));
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
