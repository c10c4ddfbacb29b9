import { binaryCrossEntropy, softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from "../../src/ops/cross-entropy.ts";
import { type BinaryFn, binary, cast, mul, type UnaryFn, unary, where } from "../../src/ops/elementwise.ts";
import { gather, gatherBack, oneHot } from "../../src/ops/gather.ts";
import { linear, matmul } from "../../src/ops/matmul.ts";
import { clipByGlobalNorm, clipByNorm } from "../../src/ops/optimizers.ts";
import { linearInt8 } from "../../src/ops/quantized.ts";
import { argmax, reduce } from "../../src/ops/reduce.ts";
import { logSoftmax, softmax } from "../../src/ops/softmax.ts";
import { broadcastTo, concat, copy, pad, reshape, reverse, slice, transpose } from "../../src/ops/view.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { crfCases } from "./crf-cases.ts";
import { ctcCases } from "./ctc-cases.ts";
import { type Case, cast01, distinct, ids, type Row } from "./harness.ts";
import { recurrentCases } from "./recurrent-cases.ts";

const rows: Row[] = [];
const add = (...row: Row) => rows.push(row);

const positive = (a: NdArray) =>
  new NdArray(
    Float64Array.from(a.data, (v) => Math.abs(v) + 0.5),
    a.shape,
  );

const unaries: UnaryFn[] = [
  "neg",
  "exp",
  "sqrt",
  "square",
  "abs",
  "reciprocal",
  "tanh",
  "sigmoid",
  "relu",
  "softplus",
  "log1p",
  "expm1",
  "sin",
  "cos",
  "log",
];
for (const fn of unaries) {
  for (const n of [1, 7, 33])
    add(`unary ${fn} of ${n}`, { x: positive(distinct([n], 1, 2)) }, ({ x }) => [unary(fn, x)]);
}
for (const fn of ["tanh", "sigmoid", "relu", "abs", "neg", "sin", "square", "softplus"] as const) {
  add(`unary ${fn} of negative numbers`, { x: distinct([5, 3], 2, 3) }, ({ x }) => [unary(fn, x)]);
}
for (const fn of ["sign", "floor", "round"] as const)
  add(`unary ${fn}`, { x: distinct([4, 5], 2, 3) }, ({ x }) => [unary(fn, x)], { differentiable: false });

const binaries: BinaryFn[] = ["add", "sub", "mul", "div", "max", "min", "pow"];
const shapes: [string, number[], number[]][] = [
  ["equal shapes", [3, 5], [3, 5]],
  ["a row", [3, 5], [5]],
  ["a column", [3, 5], [3, 1]],
  ["both ways", [4, 1, 3], [2, 1]],
  ["a scalar", [2, 7], []],
  ["a scalar first", [], [2, 7]],
];
for (const fn of binaries) {
  for (const [how, a, b] of shapes)
    add(`binary ${fn} with ${how}`, { a: positive(distinct(a, 1)), b: positive(distinct(b, 5)) }, (t) => [
      binary(fn, t.a, t.b),
    ]);
}
for (const fn of ["equal", "greater", "greaterEqual"] as const) {
  add(`binary ${fn}`, { a: ids([3, 4], 3, 1), b: ids([3, 4], 3, 2) }, (t) => [binary(fn, t.a, t.b)], {
    differentiable: false,
  });
}
add("where chooses, broadcasting", { c: ids([3, 1], 2, 1), a: distinct([3, 4], 1), b: distinct([4], 2) }, (t) => [
  where(cast(t.c, "f32"), t.a, t.b),
]);

for (const fn of ["sum", "max", "min"] as const) {
  for (const [axes, keep] of [
    [[0], false],
    [[1], true],
    [[0, 2], false],
    [[2], false],
    [undefined, false],
  ] as const) {
    add(`reduce ${fn} over ${axes ?? "all"}${keep ? " keeping axes" : ""}`, { x: distinct([3, 4, 5], 3) }, ({ x }) => [
      reduce(fn, x, axes, keep),
    ]);
  }
}
add("argmax", { x: distinct([4, 9], 3) }, ({ x }) => [argmax(x)], { differentiable: false });

add("slice", { x: distinct([4, 5, 6], 1) }, ({ x }) => [slice(x, [1, 0, 2], [2, 5, 3])]);
add("pad", { x: distinct([2, 3], 1) }, ({ x }) => [pad(x, [1, 2], [4, 6])]);
add("concat along the last axis", { a: distinct([2, 3], 1), b: distinct([2, 1], 2), c: distinct([2, 4], 3) }, (t) => [
  concat([t.a, t.b, t.c], -1),
]);
add("concat along the first axis", { a: distinct([2, 3], 1), b: distinct([1, 3], 2) }, (t) => [concat([t.a, t.b], 0)]);
add("transpose", { x: distinct([2, 3, 4], 1) }, ({ x }) => [transpose(x, [2, 0, 1])]);
add("reshape", { x: distinct([2, 6], 1) }, ({ x }) => [unary("tanh", reshape(x, [3, 4]))]);
add("reverse", { x: distinct([2, 5, 3], 1) }, ({ x }) => [reverse(x, 1)]);
add("copy", { x: distinct([2, 5], 1) }, ({ x }) => [copy(x)]);
add("broadcast", { x: distinct([3, 1], 1) }, ({ x }) => [broadcastTo(x, [2, 3, 4])]);

add("gather rows", { table: distinct([7, 3], 1), i: ids([2, 5], 7) }, (t) => [gather(t.table, t.i)]);
add("gather numbers", { table: distinct([7], 1), i: ids([4], 7) }, (t) => [gather(t.table, t.i)]);
const padded = new NdArray(Int32Array.of(0, 0, 0, 5, 2, 0, 3, 3, 0, 1, 0, 0, 4, 4, 4, 2, 0, 1, 0, 3), [4, 5]);
const prefix = new NdArray(Int32Array.of(3, 1, 2, 0), [4]);
for (const of of ["sum", "squares", "sizes"] as const) {
  const plain = { differentiable: false };
  for (const n of [1, 3, 16, 37]) {
    const dy = distinct([4, 5, n], 3);
    add(`gatherBack: ${of} of ${n}`, { i: padded, dy }, (t) => [gatherBack(t.i, t.dy, 6, of)], plain);
    const shared = { i: padded, dy, prefix };
    add(`gatherBack: ${of} of ${n}, padding shared`, shared, (t) => [gatherBack(t.i, t.dy, 6, of, t.prefix)], plain);
  }
}
add("gather whole numbers", { table: ids([5, 2], 9), i: ids([3], 5) }, (t) => [gather(t.table, t.i)], {
  differentiable: false,
});
add("oneHot", { i: ids([2, 3], 4) }, (t) => [oneHot(t.i, 4)], { differentiable: false });

for (const [m, k, n] of [
  [1, 1, 1],
  [3, 5, 2],
  [17, 9, 33],
  [6, 64, 16],
  [64, 7, 100],
]) {
  for (const ta of [false, true]) {
    for (const tb of [false, true]) {
      add(
        `matmul ${m}x${k}x${n}${ta ? " transposeA" : ""}${tb ? " transposeB" : ""}`,
        { a: distinct(ta ? [k, m] : [m, k], 1), b: distinct(tb ? [n, k] : [k, n], 2) },
        (t) => [matmul(t.a, t.b, ta, tb)],
      );
    }
  }
}
add("matmul of batches", { a: distinct([2, 3, 4, 5], 1), b: distinct([2, 3, 5, 2], 2) }, (t) => [matmul(t.a, t.b)]);
add("matmul of batches, transposed", { a: distinct([3, 5, 4], 1), b: distinct([3, 2, 5], 2) }, (t) => [
  matmul(t.a, t.b, true, true),
]);
add("matmul of a batch with one matrix", { a: distinct([3, 4, 5], 1), b: distinct([5, 2], 2) }, (t) => [
  matmul(t.a, t.b),
]);
for (const [b, d, n] of [
  [1, 1, 1],
  [3, 5, 7],
  [32, 100, 17],
]) {
  add(`linear ${b}x${d} to ${n}`, { x: distinct([b, d], 1), w: distinct([d, n], 2), b: distinct([n], 3) }, (t) => [
    linear(t.x, t.w, t.b),
  ]);
}
const whole = (shape: number[], seed: number) => {
  const { data } = distinct(shape, seed);
  return new NdArray(
    Float64Array.from(data, (v) => Math.round(v * 127) % 128),
    shape,
  );
};
for (const [b, d, n] of [
  [1, 1, 1],
  [3, 5, 7],
  [9, 16, 33],
  [40, 70, 130],
]) {
  // f32 and f64 may round a number at a half to either side, which is 1 of up to 127 in one product
  add(
    `linearInt8 ${b}x${d} to ${n}`,
    { x: distinct([b, d], 1), w: whole([d, n], 2), s: positive(distinct([n], 4)), b: distinct([n], 3) },
    (t) => [linearInt8(t.x, t.w, t.s, t.b)],
    { differentiable: false, tolerance: 0.02 },
  );
}
add(
  "linearInt8 over time, no bias",
  { x: distinct([2, 3, 5], 1), w: whole([5, 4], 2), s: positive(distinct([4], 4)) },
  (t) => [linearInt8(t.x, t.w, t.s)],
  { differentiable: false, tolerance: 0.02 },
);
const broken = distinct([9, 20], 1);
broken.data[3 * 20 + 5] = Number.NaN;
broken.data[4 * 20 + 6] = Number.POSITIVE_INFINITY;
add(
  "linearInt8 of rows with what is no number",
  { x: broken, w: whole([20, 40], 2), s: positive(distinct([40], 4)) },
  (t) => [linearInt8(t.x, t.w, t.s)],
  { differentiable: false, tolerance: 0.02 },
);
add("linear over time, no bias", { x: distinct([2, 3, 5], 1), w: distinct([5, 4], 2) }, (t) => [linear(t.x, t.w)]);

for (const v of [1, 5, 37]) {
  add(`softmax of ${v}`, { x: distinct([3, v], 1, 4) }, ({ x }) => [softmax(x)]);
  add(`logSoftmax of ${v}`, { x: distinct([3, v], 1, 4) }, ({ x }) => [logSoftmax(x)]);
  add(`softmaxCrossEntropy of ${v}`, { x: distinct([3, v], 1, 4), y: ids([3], v) }, (t) => [
    softmaxCrossEntropy(t.x, oneHot(t.y, v)),
  ]);
  add(`softmaxCrossEntropy in place of its logits of ${v}`, { x: distinct([3, v], 1, 4), y: ids([3], v) }, (t) => [
    softmaxCrossEntropy(mul(t.x, 1.5), oneHot(t.y, v)),
  ]);
  add(`sparseSoftmaxCrossEntropy of ${v}`, { x: distinct([3, v], 1, 4), y: ids([3], v) }, (t) => [
    sparseSoftmaxCrossEntropy(t.x, t.y),
  ]);
  add(
    `sparseSoftmaxCrossEntropy in place of its logits of ${v}`,
    { x: distinct([3, v], 1, 4), y: ids([3], v) },
    (t) => [sparseSoftmaxCrossEntropy(mul(t.x, 1.5), t.y)],
  );
}
add(
  "softmax of logits far apart",
  { x: new NdArray(new Float64Array([500, -500, 0, 90, 88, -90]), [2, 3]) },
  ({ x }) => [softmax(x)],
);
add("binaryCrossEntropy", { x: distinct([4, 3], 1, 6), z: cast01([4, 3]) }, (t) => [binaryCrossEntropy(t.x, t.z)]);
add(
  "binaryCrossEntropy of large logits",
  { x: new NdArray(new Float64Array([80, -80, 30, -30]), [4]), z: cast01([4]) },
  (t) => [binaryCrossEntropy(t.x, t.z)],
);

add("clipByNorm leaves a short segment and shortens a long one", { g: distinct([32], 1, 3) }, ({ g }) => [
  clipByNorm(g, [0, 16], [5, 16], 2),
]);
add("clipByGlobalNorm", { g: distinct([32], 1, 3) }, ({ g }) => [clipByGlobalNorm(g, 2)]);
add("clipByGlobalNorm of a short gradient", { g: distinct([8], 1, 0.01) }, ({ g }) => [clipByGlobalNorm(g, 2)]);

for (const row of [...recurrentCases, ...crfCases, ...ctcCases]) rows.push(row);

export const cases: Case[] = rows.map(([name, inputs, outputs, more]) => ({ name, inputs, outputs, ...more }));
