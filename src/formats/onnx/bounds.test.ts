/** Hostile and odd ONNX graphs: what is known before anything runs is bounded; infinities stay where they are; one number can be a weight. */
import * as ort from "onnxruntime-web";
import { expect, test } from "vitest";
import { FormatError } from "../../errors.ts";
import * as l from "../../layers/index.ts";
import type { AnyModel } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { sgd } from "../../train/optimizers/index.ts";
import { openModel } from "../model-file.ts";
import { onnxBytes } from "./export.ts";
import { type OnnxAttribute, type OnnxModel, type OnnxNode, type OnnxTensor, writeOnnx } from "./proto.ts";

const node = (op: string, inputs: string[], outputs: string[], attributes: Record<string, OnnxAttribute> = {}): OnnxNode => ({
  op, name: outputs[0], domain: "", inputs, outputs, attributes: new Map(Object.entries(attributes)),
}); // biome-ignore format: one line
const ints = (name: string, list: number[], dims = [list.length]): OnnxTensor => ({
  name,
  dims,
  data: BigInt64Array.from(list, BigInt),
});
const floats = (name: string, list: number[], dims = [list.length]): OnnxTensor => ({
  name,
  dims,
  data: Float32Array.from(list),
});
const file = (nodes: OnnxNode[], initializers: OnnxTensor[], width = 3, more: Partial<OnnxModel> = {}) =>
  writeOnnx({
    producer: "",
    opset: 17,
    metadata: new Map(),
    inputs: [{ name: "x", type: "float", shape: ["b", width] }],
    outputs: [{ name: "y", type: "float", shape: ["b", width] }],
    initializers,
    nodes,
    ...more,
  });
const end = node("Identity", ["x"], ["y"]);
const open = (bytes: Uint8Array) => openModel({ bytes, who: "hostile.onnx" });

const numbers = async (model: AnyModel, rows: number[][] | number[][][]) => [
  ...((await model.predict(rows)) as NdArray).data,
];

const n = 16_000;
const many = 4000;
const filled = [
  node("ConstantOfShape", ["big2"], ["c"]),
  node("ConstantOfShape", ["s"], ["a"]),
  node("ConstantOfShape", ["t"], ["b"]),
];
const sizes = [ints("big2", [40_000, 40_000]), ints("s", [n, 1]), ints("t", [1, n]), ints("z", [0]), ints("one", [1])];
const ax = Array.from({ length: 5000 }, (_, k) => k);
const bombs: Record<string, OnnxNode[]> = {
  "a column plus a row (aborted the process)": [...filled, node("Add", ["a", "b"], ["k"])],
  "a column where a row": [...filled, node("Where", ["a", "b", "a"], ["k"])],
  "zeros of a great shape": [node("Mul", ["s", "t"], ["u"]), node("ConstantOfShape", ["u"], ["k"])],
  "a great range": [node("Range", ["z0", "big", "one0"], ["k"])],
  "a range without an end": [node("Range", ["z0", "one0", "z0"], ["k"])],
  "one list many times": [...filled, node("Concat", Array(many).fill("a"), ["k"], { axis: 0 })],
  "a list doubled again and again": Array.from({ length: 60 }, (_, k) => node("Concat", [k ? `v${k - 1}` : "s", k ? `v${k - 1}` : "s"], [`v${k}`], { axis: 0 })),
  "one great list looked at by every node": [...filled, ...Array.from({ length: many }, (_, k) => node("Mul", ["x1", "b"], [`v${k}`]))],
  "copies of copies": [node("Tile", ["x", "reps"], ["v"]), node("Tile", ["v", "reps"], ["k"]), ...Array.from({ length: 3000 }, (_, k) => node("Tile", ["x", "reps"], [`v${k}`]))],
  "more axes than there are": [node("Unsqueeze", ["x"], ["k"], { axes: ax })],
  "an axis more with every node": Array.from({ length: many }, (_, k) => node("Unsqueeze", [k ? `v${k - 1}` : "x"], [`v${k}`], { axes: [0] })),
  "a shape of thousands of axes": [node("Reshape", ["x", "ones"], ["k"])],
  "a window of a thousand million": [node("Unsqueeze", ["x"], ["u"], { axes: [1] }), node("MaxPool", ["u"], ["k"], { kernel_shape: [2 ** 30], pads: [2 ** 30, 2 ** 30] })],
  "windows of many entries": [node("Unsqueeze", ["x"], ["u"], { axes: [1, 2, 3, 4] }), node("AveragePool", ["u"], ["k"], { kernel_shape: [99, 99, 99], pads: [99, 99, 99, 99, 99, 99] })],
  "numbers around others": [node("Pad", ["x", "wide"], ["k"], { mode: "edge" })],
  "one of a million million": [node("OneHot", ["ids", "big", "s"], ["k"])],
  "sizes to come": [node("Resize", ["x", "", "", "great"], ["k"])],
  "a great identity": [...filled, node("EyeLike", ["c"], ["k"])],
  "each compared with each": [node("Expand", ["x", "great"], ["v"]), node("TopK", ["v", "one"], ["k", "i"], { axis: 1 })],
  "sums of a great row": [node("Expand", ["x", "row"], ["v"]), node("CumSum", ["v", "one0"], ["k"])],
  "a thousand pieces of one": [node("Split", ["x", "ones"], ["k"], { axis: 1 })],
}; // biome-ignore format: one a line

/** A loop of so many turns around the nodes of another. */
const turns = (level: number): OnnxNode => {
  const inner = level > 0 ? [turns(level - 1)] : [node("Neg", ["x"], ["n0"])];
  const graph = { nodes: inner, initializers: [], inputs: [`i${level}`, `c${level}`], outputs: ["yes"] };
  return { ...node("Loop", ["big", ""], []), name: `loop${level}`, graphs: new Map([["body", graph]]) };
};
bombs["a loop without an end"] = [turns(0)];
bombs["loops within loops"] = [turns(5)];
bombs["more levels than there are"] = [turns(2000)];

for (const [name, nodes] of Object.entries(bombs))
  test(`${name}: refused before it is made`, async () => {
    const known = [
      ...sizes,
      ints("z0", [0], []),
      ints("one0", [1], []),
      ints("big", [2 ** 40], []),
      ints("reps", [1, 60_000]),
      { name: "yes", dims: [], data: Uint8Array.of(1) },
      ints("wide", [0, 2 ** 26, 0, 2 ** 26]),
      ints("great", [1, 2 ** 40]),
      ints("row", [1, 2 ** 17, 1]),
      ints("ids", [0, 1]),
      ints("ones", Array(5000).fill(1)),
    ];
    const first = node("Slice", ["x", "z", "one", "one"], ["x1"]);
    await expect(open(file([first, ...nodes, end], known))).rejects.toThrow(FormatError);
  });

test("shapes, masks and tables as exporters compute them before anything runs are no attack", async () => {
  const nodes = [
    node("ConstantOfShape", ["s"], ["a"], { value: floats("", [1]) }), // a mask [1024, 1024]
    node("Mul", ["a", "two"], ["m"]),
    node("ReduceSum", ["m"], ["r"], { axes: [0, 1], keepdims: 0 }),
    node("Add", ["x", "r"], ["y"]),
  ];
  const model = await open(file(nodes, [ints("s", [1024, 1024]), floats("two", [2], [])]));
  expect(await numbers(model, [[0, 1, 2]])).toEqual([0, 1, 2].map((v) => v + 2 ** 21));
});

async function both(bytes: Uint8Array, rows: number[][]) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const feed = new ort.Tensor("float32", Float32Array.from(rows.flat()), [rows.length, rows[0].length]);
  const right = (await session.run({ x: feed })).y.data as Float32Array;
  return { right: [...right], own: await numbers(await open(bytes), rows) };
}

const above = node("Greater", ["x", "zero"], ["c"]);
const masked = node("Where", ["c", "x", "low"], ["w"]);
const endless = [floats("zero", [0]), floats("low", [-Infinity]), ints("k", [2]), ints("axis", [1], [])];
const infinities: Record<string, OnnxNode[]> = {
  "Where before a softmax, as masked attention": [above, masked, node("Softmax", ["w"], ["y"], { axis: -1 })],
  "Where of the input's own infinity": [above, node("Where", ["c", "zero", "x"], ["y"])],
  "Where whose condition is wider than both": [above, node("Where", ["c", "zero", "low"], ["y"])],
  "the largest of rows with infinities": [above, masked, node("TopK", ["w", "k3"], ["y", "i"], { axis: 1 })],
  "picked by index": [above, masked, node("GatherElements", ["w", "order"], ["y"], { axis: 1 })],
  "running sums": [above, masked, node("CumSum", ["w", "axis"], ["y"])],
}; // biome-ignore format: one a line
for (const [name, nodes] of Object.entries(infinities))
  test(`${name}: as onnxruntime`, async () => {
    const { right, own } = await both(file(nodes, [...endless, ints("k3", [3]), ints("order", [2, 0, 1], [1, 3])]), [
      [1, -2, 3],
    ]);
    expect(right.some(Number.isNaN)).toBe(false);
    right.forEach((v, k) => void (Number.isFinite(v) ? expect(own[k]).toBeCloseTo(v, 6) : expect(own[k]).toBe(v)));
  });

test("a gradient goes to what Where chose, past an infinity too", async () => {
  const nodes = [node("MatMul", ["x", "w"], ["p"]), node("Greater", ["p", "zero"], ["c"]), node("Where", ["c", "p", "low"], ["q"]), node("Softmax", ["q"], ["y"], { axis: -1 })]; // biome-ignore format: one line
  const model = await open(file(nodes, [floats("w", [1, 0, 0, 0, -1, 0, 0, 0, 2], [3, 3]), ...endless]));
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.5 }) });
  const before = [...model.getWeights()[0].data];
  await model.fit([[1, 1, 1]], [[1, 0, 0]], { epochs: 1, verbose: 0 });
  const after = [...model.getWeights()[0].data];
  expect(after.every(Number.isFinite)).toBe(true);
  expect(after).not.toEqual(before);
  expect(after[4]).toBe(-1); // the branch that was not chosen
});

test("a kernel and a bias of one number are weights, a constant of one number is not", async () => {
  for (const units of [1, 2]) {
    const model = sequential([l.lstm(units, { inputShape: [4, 2] }), l.dense(1)]);
    const back = await open(onnxBytes(model as never));
    const shapes = (m: { getWeights(): { shape: readonly number[] }[] }) =>
      m.getWeights().map(({ shape }) => shape.reduce((p, d) => p * d, 1));
    expect(shapes(back).length).toBe(5);
    expect(shapes(back).filter((size) => size === 1).length).toBe(units === 1 ? 2 : 1);
  }
  const nodes = [
    node("MatMul", ["x", "w"], ["p"]),
    node("Add", ["p", "b"], ["q"]),
    node("Mul", ["q", "half"], ["h"]),
    node("Add", ["h", "eps"], ["y"]),
  ];
  const initializers = [floats("w", [1, 2, 3], [3, 1]), floats("b", [4]), floats("half", [0.5]), floats("eps", [1e-3])];
  const outputs = [{ name: "y", type: "float" as const, shape: ["b", 1] }];
  const model = await open(file(nodes, initializers, 3, { outputs }));
  expect(model.getWeights().map(({ data }) => [...data])).toEqual([[1, 2, 3], [4]]);
});

test("a last layer of one unit learns its bias after an export", async () => {
  const model = sequential([l.lstm(3, { inputShape: [4, 2], useBias: false }), l.dense(1)]);
  const back = await open(onnxBytes(model as never));
  back.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
  const x = Array.from({ length: 16 }, () => Array.from({ length: 4 }, () => [0, 0])); // only biases can answer
  await back.fit(
    x,
    x.map(() => [5]),
    { epochs: 50, verbose: 0 },
  );
  expect((await numbers(back, x))[0]).toBeCloseTo(5, 1); // 0.8^50 of 5 is left
});
