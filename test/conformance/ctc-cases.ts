import { ctcLoss } from "../../src/ops/ctc.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { distinct, type Row } from "./harness.ts";

const rows = (values: number[][]) => new NdArray(Int32Array.from(values.flat()), [values.length, values[0].length]);
const masked = (values: number[][]) => new NdArray(Float64Array.from(values.flat()), [values.length, values[0].length]);

/** Cases of connectionist temporal classification. */
export const ctcCases: Row[] = [
  ["ctc of one step", { x: distinct([1, 1, 3], 1, 2), labels: rows([[2]]) }, ({ x, labels }) => [ctcLoss(x, labels)]],
  [
    "ctc of repeated labels, few labels, and none",
    {
      x: distinct([5, 7, 4], 1, 2),
      labels: rows([
        [1, 1, 2],
        [3, 3, 3],
        [2, 0, 0],
        [0, 0, 0],
        [1, 2, 3],
      ]),
    },
    ({ x, labels }) => [ctcLoss(x, labels)],
  ],
  [
    "ctc, masked steps at either end and inside",
    {
      x: distinct([3, 6, 4], 2, 3),
      labels: rows([
        [1, 2],
        [2, 2],
        [3, 0],
      ]),
      mask: masked([
        [1, 1, 1, 1, 1, 1],
        [0, 1, 0, 1, 1, 1],
        [1, 1, 0, 0, 0, 0],
      ]),
    },
    ({ x, labels, mask }) => [ctcLoss(x, labels, { mask })],
  ],
  [
    "ctc, the blank last",
    {
      x: distinct([2, 5, 4], 3, 2),
      labels: rows([
        [0, 2],
        [1, 3],
      ]),
    },
    ({ x, labels }) => [ctcLoss(x, labels, { blank: 3 })],
  ],
  [
    "ctc of logits far apart",
    { x: distinct([1, 9, 5], 4, 60), labels: rows([[4, 2, 2, 1]]) },
    ({ x, labels }) => [ctcLoss(x, labels)],
  ],
];
