import type { Layer } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { breatheWhenDue } from "../../train/fit/breathe.ts";
import { linearName } from "./text-network.ts";

/** The words and pairs of a text, as numbers. */
type Numbers = readonly number[] | Int32Array;

/** Weights of words and pairs by their numbers, and what is added to their sum: log-odds of the second class. */
export interface WordWeights {
  readonly weights: Float32Array;
  readonly bias: number;
}

/**
 * Logistic regression of two classes on which words and pairs a text has, each weighted by its naive Bayes log-count ratio (Wang & Manning
 * 2012, "Baselines and Bigrams"), with a penalty on large weights; solved in the dual, a text at a time (Yu, Huang & Lin 2011). rows are
 * numbers from 1 to `buckets` − 1, each once; `weights` those of the classes, by number.
 */
export async function wordWeights(
  rows: readonly Numbers[],
  ids: ArrayLike<number>,
  buckets: number,
  weights: Readonly<Record<number, number>> = {},
): Promise<WordWeights> {
  const costs = (id: number) => usualCost * (weights[id] ?? 1);
  const ratios = logRatios(rows, ids, buckets);
  const w = new Float64Array(buckets); // of the ratios; w[0] is the bias
  const sizes = new Float64Array(rows.length); // |x|², with 1 for the bias
  const shares = rows.map((_, i) => start * costs(ids[i])); // each text's part in w, between 0 and its cost
  const add = (i: number, by: number) => {
    for (const k of rows[i]) w[k] += by * ratios[k];
    w[0] += by;
  };
  const sign = (i: number) => (ids[i] === 1 ? 1 : -1);
  for (const i of rows.keys()) {
    sizes[i] = sumOver(rows[i], 1, (k) => ratios[k] ** 2);
    add(i, sign(i) * shares[i]);
    if (i % 64 === 0) await breatheWhenDue();
  }
  const random = new Random(1, 1);
  const order = [...rows.keys()];
  for (let pass = 0; pass < passes; pass++) {
    let most = 0;
    random.shuffle(order);
    for (const i of order) {
      const cost = costs(ids[i]);
      if (cost <= 0) continue;
      const margin = sign(i) * sumOver(rows[i], w[0], (k) => w[k] * ratios[k]);
      const share = bestShare(margin, sizes[i], shares[i], cost);
      add(i, sign(i) * (share - shares[i]));
      most = Math.max(most, Math.abs(share - shares[i]) / cost);
      shares[i] = share;
      if (i % 64 === 0) await breatheWhenDue();
    }
    if (most < 1e-3) break;
  }
  return { weights: Float32Array.from(w, (v, k) => (k === 0 ? 0 : v * ratios[k])), bias: w[0] };
}

function sumOver(row: Numbers, from: number, of: (k: number) => number): number {
  let sum = from;
  for (const k of row) sum += of(k);
  return sum;
}

const usualCost = 0.3; // of a row's error, beside half the squared weights; chosen on training reviews
const passes = 30;
const start = 1e-6;

/** The logarithm of how much more often the second class's texts have a word or pair than the first's, each counted once more. */
function logRatios(rows: readonly Numbers[], ids: ArrayLike<number>, buckets: number): Float64Array {
  const counts = [new Float64Array(buckets).fill(1), new Float64Array(buckets).fill(1)];
  for (const [i, row] of rows.entries()) for (const k of row) counts[ids[i]][k]++;
  const [first, second] = counts.map((own) => own.reduce((sum, v) => sum + v, -1)); // without 0, which is no word
  return counts[1].map((v, k) => (k === 0 ? 0 : Math.log(v / second / (counts[0][k] / first))));
}

/** The share a of (0, cost) where margin + size · (a − share) + log(a / (cost − a)) is 0, by Newton's steps in u = log(a / (cost − a)). */
function bestShare(margin: number, size: number, share: number, cost: number): number {
  let [low, high, u] = [-40, 40, Math.log(share / (cost - share))];
  for (let step = 0; step < 50; step++) {
    const a = cost / (1 + Math.exp(-u));
    const value = margin + size * (a - share) + u;
    if (value > 0) high = u;
    else low = u;
    const next = u - value / (1 + size * a * (1 - a / cost));
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - u) < 1e-6) break;
    u = inside;
  }
  return Math.min(cost * (1 - 1e-12), cost / (1 + Math.exp(-u)));
}

/** The network's part in the log-odds of the two together; chosen on training reviews. */
const networkPart = 0.5;

/**
 * Puts word weights into a trained model that had zeros in their place: the log-odds are then a weighted mean of the network's and theirs.
 * `length` is the number of words and pairs read.
 */
export function addWordWeights(model: Model, { weights, bias }: WordWeights, length: number): void {
  const words = model.layers.find(({ name }) => name === linearName) as Layer;
  words.setWeights([new NdArray(weights, [weights.length, 1])]);
  const head = model.layers.at(-1) as Layer;
  const [kernel, own] = head.getWeights();
  const [rows, columns] = kernel.shape;
  const odds = columns === 1 ? [1] : [-0.5, 0.5]; // of a softmax the difference of both
  const linearPart = 1 - networkPart;
  const at = (k: number) =>
    k < (rows - 1) * columns ? networkPart * kernel.data[k] : linearPart * length * odds[k % columns];
  head.setWeights([
    new NdArray(
      Float32Array.from(kernel.data, (_, k) => at(k)),
      kernel.shape,
    ),
    new NdArray(
      Float32Array.from(own.data, (v, k) => networkPart * v + linearPart * bias * odds[k]),
      own.shape,
    ),
  ]);
}
