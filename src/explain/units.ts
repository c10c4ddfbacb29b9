import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { checkNames } from "../train/options.ts";
import type { LayerTrace } from "./layer-trace.ts";
import { alongSteps, observe } from "./observations.ts";

/** Options of `units`. */
export interface UnitsOptions {
  /**
   * Numbers to compare the units with, by name: one for each step [B, T] (1 inside quotes), or for each row [B]. The position, `position`, is always
   * among them. Default: nothing more.
   */
  features?: Readonly<Record<string, ArrayLike>>;
  /** The values compared, by their name in the trace. Default `"c"` where there is one, otherwise `"h"`. */
  value?: string;
  /** A gate below `low` is called closed. Default 0.1. */
  low?: number;
  /** A gate above `high` is called open. Default 0.9. */
  high?: number;
  /** Shuffles of a feature that say what chance alone finds. Default 100. */
  shuffles?: number;
  /** Seed of the shuffles. Default 1. */
  seed?: number;
}

/** Saturation of a gate: how often it is as good as closed or open (Karpathy, Johnson & Li 2015). */
export interface Saturation {
  /** The fraction of the steps at which it is below `low`. */
  readonly closed: number;
  /** The fraction of the steps at which it is above `high`. */
  readonly open: number;
}

/** One unit of a layer over all traced steps. */
export interface UnitReport {
  /** Its number. */
  readonly unit: number;
  /** The mean of its value. */
  readonly mean: number;
  /** The standard deviation of its value. */
  readonly deviation: number;
  /** Correlation of its value with each feature; 0 where one of the two never changes. */
  readonly correlations: Readonly<Record<string, number>>;
  /** Saturation of each of its gates between 0 and 1. */
  readonly saturation: Readonly<Record<string, Saturation>>;
}

/** A feature and the unit that follows it best. */
export interface FeatureReport {
  /** Its name. */
  readonly name: string;
  /** The unit of the largest correlation, whatever its sign. */
  readonly unit: number;
  /** That correlation. */
  readonly correlation: number;
  /** The largest correlation of a unit with the shuffled feature: each row's numbers turned by a random number of steps, or rows exchanged. */
  readonly chance: number;
  /** Whether the correlation is larger than that. With 100 shuffles one feature of noise in a hundred is "found". */
  readonly found: boolean;
}

/** The results of `units`. */
export interface Units {
  /** Every unit of the layer. */
  readonly units: readonly UnitReport[];
  /** Every feature. */
  readonly features: readonly FeatureReport[];
}

/**
 * A report on each unit of a traced layer: its correlation with the position and with features of yours, and how often its gates
 * are closed or open. For each feature the best unit is named beside what chance alone would find among as many units; `found: false` says
 * that there is nothing. A feature of one number for each row is shuffled among rows. Masked steps do not count.
 *
 *   const { layers } = await trace(model, texts);
 *   const { features } = units(layers[0], { features: { quotes } });   // quotes [B, T], 1 inside of quotes
 */
export function units(layer: LayerTrace, options: UnitsOptions = {}): Units {
  const who = "units";
  checkNames(who, options, ["features", "value", "low", "high", "shuffles", "seed"]);
  const { low = 0.1, high = 0.9, shuffles = 100, seed = 1 } = options;
  const seen = observe(layer, options.value ?? (layer.c ? "c" : "h"), who);
  const { places, matrix } = seen;
  const size = matrix[0].length;
  const columns = Array.from({ length: size }, (_, j) => standardized(matrix.map((row) => row[j])));
  const given = Object.entries(options.features ?? {}).map(
    ([name, a]) =>
      ({ name, values: alongSteps(a, layer, seen, `${who}: ${name}`), perRow: asNdArray(a).rank === 1 }) as const,
  );
  const position = { name: "position", values: Float64Array.from(places, ({ step }) => step), perRow: false };
  const features = [position, ...given];
  const scores = features.map(({ values }) => correlations(columns, values));
  const random = new Random(seed);
  return {
    units: columns.map(({ mean, deviation }, unit) => ({
      ...{ unit, mean, deviation },
      correlations: Object.fromEntries(features.map(({ name }, k) => [name, scores[k][unit]])),
      saturation: saturationOf(layer, unit, low, high),
    })),
    features: features.map(({ name, values, perRow }, k) => {
      const unit = largest(scores[k]);
      // The position is the same in all rows: turned, it is another feature, and chance is asked all the same.
      const peaks = Array.from({ length: shuffles }, () => {
        const other = correlations(columns, shuffled(values, places, perRow, random));
        return Math.abs(other[largest(other)]);
      });
      const chance = Math.max(0, ...peaks);
      return { name, unit, correlation: scores[k][unit], chance, found: Math.abs(scores[k][unit]) > chance };
    }),
  };
}

interface Column {
  readonly mean: number;
  readonly deviation: number;
  readonly scaled: Float64Array; // mean 0, length 1; zeros where nothing changes
}

function standardized(values: Float64Array | readonly number[]): Column {
  const n = values.length;
  let mean = 0;
  for (let k = 0; k < n; k++) mean += values[k] / n;
  const centered = Float64Array.from(values, (v) => v - mean);
  const length = Math.sqrt(centered.reduce((sum, v) => sum + v * v, 0));
  const scaled = length > 1e-12 * n ? centered.map((v) => v / length) : centered.fill(0);
  return { mean, deviation: length / Math.sqrt(n), scaled };
}

/** Pearson's correlation of every column with a feature. */
function correlations(columns: readonly Column[], feature: Float64Array): number[] {
  const { scaled } = standardized(feature);
  return columns.map((column) => column.scaled.reduce((sum, v, k) => sum + v * scaled[k], 0));
}

const largest = (values: readonly number[]): number =>
  values.reduce((best, v, k) => (Math.abs(v) > Math.abs(values[best]) ? k : best), 0);

/** A feature of rows given to other rows; one of steps turned within each row, so that its runs stay as long as they are. */
function shuffled(values: Float64Array, places: Places, perRow: boolean, random: Random): Float64Array {
  const rows = new Map<number, number[]>();
  for (const [k, { row }] of places.entries()) rows.set(row, [...(rows.get(row) ?? []), k]);
  const of = [...rows.values()];
  const found = new Float64Array(values.length);
  const order = random.shuffle(of.map((_, k) => k));
  for (const [k, own] of of.entries()) {
    const turn = random.below(own.length);
    for (const [i, at] of own.entries()) found[at] = values[perRow ? of[order[k]][0] : own[(i + turn) % own.length]];
  }
  return found;
}
type Places = ReturnType<typeof observe>["places"];

function saturationOf(layer: LayerTrace, unit: number, low: number, high: number): Record<string, Saturation> {
  const gates = ["i", "f", "o", "z", "r"].filter((name) => layer.values[name]);
  return Object.fromEntries(
    gates.map((name) => {
      const { data, shape } = layer.values[name];
      let [steps, closed, open] = [0, 0, 0];
      for (let k = unit; k < data.length; k += shape[2]) {
        if (Number.isNaN(data[k])) continue;
        steps++;
        if (data[k] < low) closed++;
        if (data[k] > high) open++;
      }
      return [name, { closed: closed / steps, open: open / steps }];
    }),
  );
}
