import { DataError, problem } from "../errors.ts";
import { LeastSquares } from "../tensor/least-squares.ts";
import type { ArrayLike } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { checkNames } from "../train/options.ts";
import type { LayerTrace } from "./layer-trace.ts";
import { alongSteps, observe } from "./observations.ts";

/** Options of `linearProbe`. */
export interface ProbeOptions {
  /**
   * The ids that were read, [B, T]: in the control task each id has a random label of its own (Hewitt & Liang 2019). Default: each step has one, so that
   * a control better than chance says that the probe learns by heart.
   */
  ids?: ArrayLike;
  /** The values the probe reads, by their name in the trace. Default `"h"`. */
  value?: string;
  /** Fraction of the rows that the probe is tested on. Default 0.3. */
  testSplit?: number;
  /** Weight of the penalty, as a fraction of the mean square of the values. Default 0.01. */
  penalty?: number;
  /** Seed of the split and of the control labels. Default 1. */
  seed?: number;
}

/** The results of `linearProbe`. */
export interface Probe {
  /** The fraction of the test steps whose label a linear map of the state tells. */
  readonly accuracy: number;
  /** The same for random labels, as often as the real ones: what a probe learns without meaning. */
  readonly control: number;
  /** Accuracy minus control. */
  readonly selectivity: number;
  /** The fraction that is right when the most frequent label is always told. */
  readonly mostFrequent: number;
  /** Steps that the probe was tested on. */
  readonly tested: number;
}

/**
 * Whether a layer's state tells a label by a linear map: a ridge regression to each label on some rows, tested on the others, beside the
 * same with random labels (the control task of Hewitt & Liang 2019). `labels` are whole numbers from 0, [B] or [B, T]. Throws DataError for labels of one kind
 * alone, and where there are too few rows to split.
 *
 *   const { layers } = await trace(model, ids);
 *   linearProbe(layers[0], partOfSpeech, { ids });   // { accuracy, control, selectivity, ... }
 */
export function linearProbe(layer: LayerTrace, labels: ArrayLike, options: ProbeOptions = {}): Probe {
  const who = "linearProbe";
  checkNames(who, options, ["ids", "value", "testSplit", "penalty", "seed"]);
  const { value = "h", testSplit = 0.3, penalty = 0.01, seed = 1 } = options;
  const seen = observe(layer, value, who);
  const real = alongSteps(labels, layer, seen, `${who}: labels`);
  const wrong = real.find((v) => !(Number.isInteger(v) && v >= 0 && v < 1000));
  if (wrong !== undefined) throw new DataError(problem(`${who}: labels`, "whole numbers from 0 to 999", String(wrong)));
  if (new Set(real).size < 2) throw new DataError(problem(`${who}: labels`, "two labels or more", "one"));
  if (!(testSplit > 0 && testSplit < 1))
    throw new DataError(problem(`${who}: testSplit`, "a number between 0 and 1", String(testSplit)));
  const random = new Random(seed);
  const rows = [...new Set(seen.places.map(({ row }) => row))];
  const count = Math.round(testSplit * rows.length);
  if (count < 1 || count === rows.length)
    throw new DataError(problem(who, "rows to train and to test on", `${rows.length}`));
  const test = new Set(random.shuffle([...rows]).slice(0, count));
  const isTest = seen.places.map(({ row }) => test.has(row));
  const control = controlLabels(real, options.ids && alongSteps(options.ids, layer, seen, `${who}: ids`), random);
  const rightOf = (wanted: Float64Array) => rightFraction(seen.matrix, wanted, isTest, penalty);
  const counts = new Map<number, number>();
  for (const [k, label] of real.entries()) if (!isTest[k]) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [frequent] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best));
  const tested = isTest.filter((on) => on).length;
  const [accuracy, byChance] = [rightOf(real), rightOf(control)];
  const mostFrequent = real.filter((label, k) => isTest[k] && label === frequent).length / tested;
  return { accuracy, control: byChance, selectivity: accuracy - byChance, mostFrequent, tested };
}

/** Random labels as frequent as the real ones: one for each id, or for each step. */
function controlLabels(real: Float64Array, ids: Float64Array | undefined, random: Random): Float64Array {
  const byId = new Map<number, number>();
  const drawn = () => real[random.below(real.length)];
  return real.map((_, k) => {
    if (!ids) return drawn();
    if (!byId.has(ids[k])) byId.set(ids[k], drawn());
    return byId.get(ids[k])!;
  });
}

/** The fraction of test steps whose label a ridge regression, trained on the others, tells. */
function rightFraction(
  matrix: readonly Float64Array[],
  labels: Float64Array,
  isTest: readonly boolean[],
  penalty: number,
) {
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  const squares = new LeastSquares(matrix[0].length, classes.length);
  for (const [k, row] of matrix.entries())
    if (!isTest[k])
      squares.add(
        row,
        classes.map((label) => (label === labels[k] ? 1 : 0)),
      );
  const weights = squares.solve(penalty);
  let [right, tested] = [0, 0];
  for (const [k, row] of matrix.entries()) {
    if (!isTest[k]) continue;
    tested++;
    const scores = weights.map((w) => w.reduce((sum, v, j) => sum + v * (row[j] ?? 1), 0));
    if (classes[scores.indexOf(Math.max(...scores))] === labels[k]) right++;
  }
  return right / tested;
}
