import { NdArray } from "../../../tensor/nd-array.ts";
import { Random } from "../../../tensor/random.ts";
import type { Batch } from "../../../train/fit/fit-options.ts";
import type { Seen, View } from "./view.ts";
import { baseAt, type Room, sizesOf, writeWindow } from "./windows.ts";

/** The origins that a series offers for training: `count` of them, the last at `last`. */
export interface Origins {
  readonly series: number;
  readonly last: number;
  readonly count: number;
}

/** By series, the newest origins that have `horizon` steps after them and `least` before, at most `most`; a series without any is left out. */
export function originsOf(rows: readonly number[], horizon: number, least: number, most: number): Origins[] {
  return rows.flatMap((T, series) => {
    const last = T - horizon;
    const count = Math.min(most, last - least + 1);
    return count > 0 ? [{ series, last, count }] : [];
  });
}

export interface BatchesOptions {
  readonly view: View;
  readonly seen: readonly Seen[];
  readonly origins: readonly Origins[];
  readonly batchSize: number;
  /** Networks side by side, each of which has the same targets. */
  readonly networks: number;
  /** Batches of a pass. */
  readonly steps: number;
  readonly seed: number;
}

/**
 * Batches of windows drawn at random, every window as likely as the others, by seed and pass alone: none is kept. Targets are what the base
 * leaves, in units of the window's mean change; a window weighs the root of its unit, between errors in proportion (weight: the unit) and
 * errors scaled by what is usual for the series (weight: 1).
 */
export function windowBatches(options: BatchesOptions): (pass: number) => Generator<Batch> {
  const { view, seen, origins, batchSize: B, networks, steps, seed } = options;
  const { horizon: H } = view;
  return function* (pass) {
    const draw = drawer(origins, seed, pass);
    const arrays = roomFor(view, B);
    const y = new Float32Array(B * networks * H);
    const weights = new Float32Array(B);
    for (let step = 0; step < steps; step++) {
      for (let i = 0; i < B; i++) {
        const [series, origin] = draw();
        const unit = writeWindow(view, seen[series], origin, arrays.at(i));
        const base = baseAt(view, seen[series], origin);
        for (let k = 0, at = i * networks * H; k < networks; k++)
          for (let h = 0; h < H; h++) y[at++] = (seen[series].levels[origin + h] - base[h]) / unit;
        weights[i] = Math.sqrt(unit / view.unit);
      }
      yield { x: arrays.inputs, y: new NdArray(y, [B, networks * H]), sampleWeight: new NdArray(weights, [B]) };
    }
  };
}

/** The arrays of `rows` windows, and the room of each. */
export function roomFor(view: View, rows: number): { readonly inputs: readonly NdArray[]; at(row: number): Room } {
  const { channels, context, ahead } = sizesOf(view);
  const { window: W, horizon: H } = view;
  const shapes = [[W, channels], [context], ...(ahead > 0 ? [[H, ahead]] : [])];
  const arrays = shapes.map((shape) => new Float32Array(rows * shape.reduce((a, b) => a * b, 1)));
  const part = (k: number, row: number) => {
    const size = (arrays[k]?.length ?? 0) / rows;
    return arrays[k]?.subarray(row * size, (row + 1) * size) ?? new Float32Array();
  };
  return {
    inputs: arrays.map((array, k) => new NdArray(array, [rows, ...shapes[k]])),
    at: (row) => ({ steps: part(0, row), context: part(1, row), ahead: part(2, row) }),
  };
}

function drawer(
  origins: readonly Origins[],
  seed: number,
  pass: number,
): () => readonly [series: number, origin: number] {
  let total = 0;
  const ends = origins.map(({ count }) => {
    total += count;
    return total; // windows up to and with this series
  });
  const random = new Random(seed, 2_000_003 + pass);
  return () => {
    const drawn = random.below(total);
    let [low, high] = [0, ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] > drawn) high = middle;
      else low = middle + 1;
    }
    const { series, last } = origins[low];
    return [series, last - (ends[low] - 1 - drawn)];
  };
}
