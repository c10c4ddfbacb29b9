/** Which axis has the rows: the batch goes through the graph whatever it is called, and steps of time are never taken for rows. */
import { expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import * as l from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { loadModel } from "../load-model.ts";
import { onnxBytes } from "./export.ts";
import { type OnnxNode, type OnnxTensor, writeOnnx } from "./proto.ts";
import { readOnnxGraph } from "./read-graph.ts";

const floats = (...dims: number[]) =>
  Float32Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, k) => ((k * 37) % 19) / 19 - 0.4);
const tensor = (name: string, ...dims: number[]): OnnxTensor => ({ name, dims, data: floats(...dims) });
const node = (op: string, inputs: string[], outputs: string[], attributes: Record<string, number> = {}): OnnxNode => ({
  op,
  name: op,
  domain: "",
  inputs,
  outputs,
  attributes: new Map(Object.entries(attributes)),
});
const file = (nodes: OnnxNode[], initializers: OnnxTensor[], [input, output]: (string | number)[][]) =>
  writeOnnx({
    producer: "",
    opset: 17,
    metadata: new Map(),
    nodes,
    initializers,
    inputs: [{ name: "x", type: "float", shape: input }],
    outputs: [{ name: "y", type: "float", shape: output }],
  });

test("an output whose batch has another name", async () => {
  const model = await loadModel(file([node("Mul", ["x", "w"], ["y"])], [tensor("w", 3)], [["a", 3], ["b", 3]])); // biome-ignore format: one line
  const y = (await model.predict([[1, 1, 1], [2, 2, 2]])) as NdArray; // biome-ignore format: one line
  expect(y.shape).toEqual([2, 3]);
});

test("a batch that the graph knows to be 3, though its inputs say it is open", async () => {
  const bytes = file([node("Add", ["x", "c"], ["y"])], [tensor("c", 3, 2)], [["b", 2], [3, 2]]); // biome-ignore format: one line
  const model = await loadModel(bytes);
  expect(model.inputs?.[0].shape).toEqual([3, 2]);
  const y = (await model.predict([[1, 1], [1, 1], [1, 1]])) as NdArray; // biome-ignore format: one line
  y.data.forEach((v, k) => void expect(v).toBeCloseTo(1 + floats(3, 2)[k], 6)); // f32
  const other = file([node("Add", ["x", "c"], ["y"])], [tensor("c", 3, 2)], [["b", 2], ["b", 2]]); // biome-ignore format: one line
  await expect(loadModel(other)).rejects.toThrow(/do not broadcast[\s\S]*made for one batch size/);
});

test("time first: all steps are predicted at once, and none is trained as a row", async () => {
  const nodes = [node("LSTM", ["x", "w", "r"], ["h"], { hidden_size: 3 }), node("Squeeze", ["h", "one"], ["y"])];
  const one = { name: "one", dims: [1], data: BigInt64Array.of(1n) };
  const bytes = file(nodes, [tensor("w", 1, 12, 2), tensor("r", 1, 12, 3), one], [["time", "batch", 2], ["time", "batch", 3]]); // biome-ignore format: one line
  const x = new NdArray(floats(40, 2, 2), [40, 2, 2]);
  const { y } = await readOnnxGraph(bytes, "lstm").run({ x });
  const model = await loadModel(bytes);
  const found = (await model.predict(x)) as NdArray;
  found.data.forEach((v, k) => void expect(v).toBeCloseTo(y.data[k], 6)); // f32, the same program
  await expect(model.predict(x, { batchSize: 8 })).rejects.toThrow(DataError);
  model.compile({ loss: "mse" });
  await expect(model.fit(x, y, { epochs: 1, verbose: 0 })).rejects.toThrow(/first axis is time/);
});

test("a model written here has rows that do not depend on one another", async () => {
  const attending = () => {
    const x = l.input([5, 4]);
    return functional(x, l.add()([x, l.multiHeadAttention(2, 3)([x, x])]));
  };
  const models: Record<string, () => AnyModel> = {
    both: () => sequential([l.input([null]), l.embedding(9, 4), l.bidirectional(l.lstm(3, { returnSequences: true })), l.gru(2), l.dense(2)]),
    masked: () => sequential([l.input([6]), l.embedding(9, 4, { maskZero: true }), l.lstm(3, { returnSequences: true }), l.dense(2)]),
    convolved: () => sequential([l.input([12, 3]), l.conv1d(4, 3, { padding: "same" }), l.batchNormalization(), l.maxPooling1d(2), l.flatten(), l.dense(2, { activation: "softmax" })]),
    normal: () => sequential([l.input([4, 3]), l.layerNormalization(), l.simpleRnn(3, { goBackwards: true, returnSequences: true }), l.globalAveragePooling1d()]),
    attending,
  }; // biome-ignore format: one a line
  for (const [name, make] of Object.entries(models)) {
    const back = await loadModel(onnxBytes(make() as never));
    expect(back.rowsTogether, name).toBe(false);
  }
});
