import { describe, expect, test } from "vitest";
import { constraints, dense, input, regularizers, sequential, sgd } from "../../src/index.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { presentBackends } from "../backends.ts";
import { difference, distinct, finiteDifferences, runFormula } from "../conformance/harness.ts";

const w = distinct([4, 3], 2);
const numbers = [...w.data] as number[];
const at = (i: number, j: number) => numbers[i * 3 + j];
const total = (f: (v: number) => number) => numbers.reduce((s, v) => s + f(v), 0);

/** 0.5 · factor · mean over pairs of rows of 2 |cos|, written out. */
function cosines(rows: number[][]): number {
  let sum = 0;
  let pairs = 0;
  rows.forEach((a, i) => {
    rows.slice(i + 1).forEach((b) => {
      const dot = a.reduce((s, v, k) => s + v * b[k], 0);
      sum += Math.abs(dot) / (Math.hypot(...a) * Math.hypot(...b));
      pairs++;
    });
  });
  return sum / pairs;
}
const rows = [0, 1, 2, 3].map((i) => [0, 1, 2].map((j) => at(i, j)));
const columns = [0, 1, 2].map((j) => [0, 1, 2, 3].map((i) => at(i, j)));

const penalties = [
  ["l1", regularizers.l1(0.3), 0.3 * total(Math.abs)],
  ["l2", regularizers.l2(0.3), 0.3 * total((v) => v * v)],
  ["l1l2", regularizers.l1l2({ l1: 0.1, l2: 0.2 }), 0.1 * total(Math.abs) + 0.2 * total((v) => v * v)],
  ["orthogonal rows", regularizers.orthogonalRegularizer({ factor: 0.5 }), 0.5 * cosines(rows)],
  ["orthogonal columns", regularizers.orthogonalRegularizer({ factor: 0.5, mode: "columns" }), 0.5 * cosines(columns)],
] as const;

const shorten = (value: (norm: number) => number) => {
  const norms = columns.map((c) => Math.hypot(...c));
  return numbers.map((v, k) => (v * value(norms[k % 3])) / norms[k % 3]);
};
const projections = [
  ["maxNorm", constraints.maxNorm({ maxValue: 0.8 }), shorten((n) => Math.min(n, 0.8))],
  ["nonNeg", constraints.nonNeg(), numbers.map((v) => Math.max(0, v))],
  ["unitNorm", constraints.unitNorm(), shorten(() => 1)],
  [
    "minMaxNorm",
    constraints.minMaxNorm({ minValue: 0.9, maxValue: 1, rate: 0.5 }),
    shorten((n) => 0.5 * Math.min(1, Math.max(0.9, n)) + 0.5 * n),
  ],
] as const;

for (const backend of await presentBackends()) {
  describe(`regularizers and constraints on ${backend.name}`, () => {
    for (const [name, of, expected] of penalties)
      test(`${name} is its formula, and so is its slope`, async () => {
        const formula = { inputs: { w }, outputs: ({ w }: Record<string, Tensor>) => [of.penalty(w)] };
        const one = new NdArray(Float64Array.of(1), []);
        const { outputs, gradients } = await runFormula(backend, formula, { seeds: [one] });
        expect(outputs[0].data[0]).toBeCloseTo(expected, 6);
        for (const { index, slope } of (await finiteDifferences(formula, [one])).w)
          expect(gradients.w.data[index]).toBeCloseTo(slope, 5); // f32 against f64
      });
    for (const [name, of, expected] of projections)
      test(`${name} is its formula`, async () => {
        const { outputs } = await runFormula(backend, { inputs: { w }, outputs: ({ w }) => [of.project(w)] });
        expect(difference(outputs[0].data, Float64Array.from(expected))).toBeLessThan(2e-6); // Keras adds 1e-7 to a length
      });
    test("a training step follows the penalty, and ends inside the constraint", async () => {
      const model = sequential([
        input([2]),
        dense(2, {
          useBias: false,
          kernelInitializer: "ones",
          kernelRegularizer: regularizers.l2(0.5),
          kernelConstraint: constraints.maxNorm({ maxValue: 0.5 }),
        }),
      ]);
      model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "meanSquaredError", backend: backend.name });
      const { history } = await model.fit([[0, 0]], [[0, 0]], { epochs: 1, verbose: 0 });
      expect(history.loss[0]).toBeCloseTo(2, 6); // 0.5 · four ones
      const [kernel] = model.getWeights();
      for (const v of kernel.data) expect(v).toBeCloseTo(Math.SQRT1_2 / 2, 6); // 0.9 each, shortened to 0.5
    });
  });
}

test("an activity regularizer adds the penalty on the output, divided by the rows of the batch", async () => {
  const model = sequential([
    input([2]),
    dense(1, { kernelInitializer: "ones", activityRegularizer: regularizers.l1(0.1) }),
  ]);
  model.compile({ optimizer: "sgd", loss: "meanAbsoluteError", backend: "js" });
  const loss = async (x: number[][], y: number[][]) => (await model.evaluate(x, y, { verbose: 0 })).loss;
  expect(await loss([[1, 2]], [[3]])).toBeCloseTo(0.3, 6);
  const [x, y] = [
    [
      [1, 2],
      [2, 3],
    ],
    [[3], [5]],
  ];
  expect(await loss(x, y)).toBeCloseTo(0.4, 6); // 0.1 · (3 + 5) / 2
});

test("a frozen weight adds no penalty", async () => {
  const model = sequential([input([2]), dense(1, { kernelRegularizer: "l2", trainable: false }), dense(1)]);
  model.compile({ optimizer: "sgd", loss: "meanAbsoluteError", backend: "js" });
  expect((await model.evaluate([[0, 0]], [[0]], { verbose: 0 })).loss).toBe(0);
});

test("configs are Keras's", () => {
  expect(regularizers.l1l2({ l1: 0.1 })).toMatchObject({ className: "L1L2", config: { l1: 0.1, l2: 0 } });
  expect(constraints.minMaxNorm({ minValue: 0.5 })).toMatchObject({
    className: "MinMaxNorm",
    config: { min_value: 0.5, max_value: 1, rate: 1, axis: 0 },
  });
  const layer = dense(2, { kernelRegularizer: "l2", biasConstraint: "nonNeg", activityRegularizer: "l1" });
  expect(Object.keys(layer.config())).toEqual([
    "units",
    "activation",
    "use_bias",
    "kernel_initializer",
    "bias_initializer",
    "kernel_regularizer",
    "bias_regularizer",
    "activity_regularizer",
    "kernel_constraint",
    "bias_constraint",
  ]);
  expect(layer.config().kernel_regularizer).toEqual({
    module: "keras.regularizers",
    class_name: "L2",
    config: { l2: 0.01 },
    registered_name: null,
  });
});
