import { chainBehind, chainScores, crfLoss } from "../../src/ops/crf.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { distinct, ids, type Row } from "./harness.ts";

const chain = (k: number, scale = 1) => ({
  transitions: distinct([k, k], 3, scale),
  first: distinct([k], 5, scale),
  last: distinct([k], 7, scale),
});
const masked = (rows: number[][]) => new NdArray(Float64Array.from(rows.flat()), [rows.length, rows[0].length]);
const holes = masked([
  [1, 1, 1, 1],
  [0, 0, 1, 1],
  [1, 0, 1, 0],
]);
const empty = masked([
  [0, 0, 0, 0],
  [0, 0, 0, 1],
  [1, 1, 0, 0],
]);

/** Cases of the linear-chain conditional random field. */
export const crfCases: Row[] = [];
for (const [b, t, k] of [
  [1, 1, 1],
  [1, 1, 4],
  [1, 5, 3],
  [3, 1, 2],
  [5, 7, 17],
]) {
  const inputs = { x: distinct([b, t, k], 1, 2), labels: ids([b, t], k), ...chain(k) };
  crfCases.push([
    `crf of ${b} rows, ${t} steps, ${k} labels`,
    inputs,
    ({ x, labels, transitions, first, last }) => [crfLoss(x, labels, { transitions, first, last })],
  ]);
}
for (const [name, mask] of [
  ["masked steps at either end and inside", holes],
  ["rows without a step", empty],
] as const)
  crfCases.push([
    `crf, ${name}`,
    { x: distinct([3, 4, 5], 1, 2), labels: ids([3, 4], 5), ...chain(5), mask },
    ({ x, labels, transitions, first, last, mask }) => [crfLoss(x, labels, { transitions, first, last }, mask)],
  ]);
crfCases.push([
  "crf of scores far apart",
  // No farther: products of their small probabilities would be denormals, which count as 0 on native and as themselves in WASM.
  { x: distinct([2, 6, 4], 1, 20), labels: ids([2, 6], 4), ...chain(4, 15) },
  ({ x, labels, transitions, first, last }) => [crfLoss(x, labels, { transitions, first, last })],
]);
crfCases.push([
  "crf found behind its scores",
  { x: distinct([2, 3, 4], 1, 2), labels: ids([2, 3], 4), ...chain(4) },
  ({ x, labels, transitions, first, last }) => {
    const scores = chainScores(x, { transitions, first, last });
    const behind = chainBehind(scores)!;
    return [crfLoss(behind.x, labels, behind), scores];
  },
]);
