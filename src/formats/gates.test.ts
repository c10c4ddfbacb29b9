import { describe, expect, test } from "vitest";
import * as l from "../layers/index.ts";
import { sequential } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import {
  fromBias,
  fromCudnn,
  fromKernel,
  type GateOrder,
  type Gates,
  joinBiases,
  joinGates,
  splitBiases,
  toBias,
  toKernel,
} from "./gates.ts";
import type { JsonObject } from "./json.ts";
import { readLegacyArchive, writeLegacyArchive } from "./keras/legacy-archive.ts";
import { legacyH5Bytes } from "./keras/legacy-h5.ts";
import { loadModel } from "./load-model.ts";

/** Blocks of one unit each, named by their numbers: block g is g + 1. */
const blocks = (gates: number) => Float32Array.from({ length: gates }, (_, g) => g + 1);

test("each library's blocks land where Keras has them", () => {
  // Keras: i f c o. PyTorch lists i f g o; ONNX i o f c; Keras 1 i c f o.
  expect([...toBias(blocks(4), 4, "torch", 1)]).toEqual([1, 2, 3, 4]);
  expect([...toBias(blocks(4), 4, "onnx", 1)]).toEqual([1, 3, 4, 2]);
  expect([...toBias(blocks(4), 4, "keras1", 1)]).toEqual([1, 3, 2, 4]);
  // Keras: z r h. PyTorch lists r z n; ONNX z r h.
  expect([...toBias(blocks(3), 3, "torch", 1)]).toEqual([2, 1, 3]);
  expect([...toBias(blocks(3), 3, "onnx", 1)]).toEqual([1, 2, 3]);
  // And back: ONNX wants i o f c of Keras's i f c o.
  expect([...fromBias(blocks(4), 4, "onnx", 1)]).toEqual([1, 4, 2, 3]);
});

test("a matrix is transposed gate by gate", () => {
  // PyTorch, GRU, H = 1, n = 2: rows r z n of two inputs each.
  expect([...toKernel(Float32Array.of(1, 2, 3, 4, 5, 6), 3, "torch", 1, 2)]).toEqual([3, 1, 5, 4, 2, 6]);
});

describe("there and back is the same, for any sizes", () => {
  for (const order of ["keras", "torch", "onnx", "keras1"] as GateOrder[])
    for (const gates of [1, 3, 4] as Gates[])
      test(`${order}, ${gates} gates`, () => {
        for (const [units, n] of [
          [1, 1],
          [2, 3],
          [3, 5],
          [7, 2],
        ]) {
          const kernel = Float32Array.from({ length: n * gates * units }, (_, k) => k);
          expect(toKernel(fromKernel(kernel, gates, order, units, n), gates, order, units, n)).toEqual(kernel);
          const bias = Float32Array.from({ length: gates * units }, (_, k) => k);
          const { input, state } = splitBiases(bias, gates, order, units);
          if (gates !== 3) expect(joinBiases(input, state, gates, order)).toEqual(bias);
          const two = Float32Array.from({ length: 6 * units }, (_, k) => k);
          const split = splitBiases(two, 3, order, units);
          if (gates === 3) expect(joinBiases(split.input, split.state, 3, order)).toEqual(two);
        }
      });
});

test("Keras 1's matrices, one for each gate, are packed", () => {
  const parts = [1, 2, 3, 4].map((g) => Float32Array.of(g, g + 10)); // [2, 1]: i c f o
  expect([...joinGates(parts, 4, "keras1", 1)]).toEqual([1, 3, 2, 4, 11, 13, 12, 14]);
});

test("cuDNN layers of Keras 2 compute what they computed: matrices stored transposed, two biases", async () => {
  const random = new Random(8);
  const draw = (n: number) => Float32Array.from({ length: n }, () => random.uniform(-1, 1));
  const x = new NdArray(draw(2 * 4 * 3), [2, 4, 3]);
  for (const [className, gates, make] of [
    ["LSTM", 4, () => l.lstm(2)],
    ["GRU", 3, () => l.gru(2)],
  ] as const) {
    const model = sequential([l.input([4, 3]), make()]);
    const archive = await readLegacyArchive(await legacyH5Bytes(model), "m");
    archive.kerasVersion = "2.2.4";
    const [group] = archive.layers.filter(({ weights }) => weights.length > 0);
    const [kernel, recurrent] = group.weights.map(({ value }) => value);
    const input = draw(gates * 2);
    const state = draw(gates * 2);
    // Stored: each gate's [n, H] read column by column into a row-major [n, H].
    for (const value of [kernel, recurrent]) value.data = storedForCudnn(value.data as Float32Array, gates, 2);
    group.weights[2].value = { data: Float32Array.of(...input, ...state), shape: [2 * gates * 2], dtype: "float32" };
    const config = archive.config!.config as JsonObject;
    for (const layer of config.layers as JsonObject[])
      if (layer.class_name === className) Object.assign(layer, { class_name: `CuDNN${className}` });
    const back = await loadModel(await writeLegacyArchive(archive));
    const bias = gates === 4 ? input.map((v, k) => v + state[k]) : Float32Array.of(...input, ...state);
    model.setWeights([...model.getWeights().slice(0, 2), new NdArray(bias, gates === 4 ? [8] : [2, 6])]);
    expect((await back.predict(x)).data).toEqual((await model.predict(x)).data);
  }
});

/** The inverse of `fromCudnn`. */
function storedForCudnn(kernel: Float32Array, gates: number, units: number): Float32Array {
  const width = gates * units;
  const n = kernel.length / width;
  const out = new Float32Array(kernel.length);
  for (let g = 0; g < gates; g++) {
    const columnwise: number[] = [];
    for (let j = 0; j < units; j++) for (let i = 0; i < n; i++) columnwise.push(kernel[i * width + g * units + j]);
    columnwise.forEach((v, k) => {
      out[Math.floor(k / units) * width + g * units + (k % units)] = v;
    });
  }
  expect(fromCudnn(out, gates as Gates, units)).toEqual(kernel);
  return out;
}
