/** What ONNX has no operator for is exported as the formula it predicts by; ONNX Runtime's WebAssembly build computes the same. */
import * as ort from "onnxruntime-web";
import { describe, expect, test } from "vitest";
import { DataError, FormatError } from "../../errors.ts";
import * as l from "../../layers/index.ts";
import type { Symbolic } from "../../layers/layer.ts";
import { CustomModel, type RunLayer } from "../../models/custom-model.ts";
import { functional } from "../../models/functional.ts";
import type { AnyModel, Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import * as ops from "../../ops/index.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { loadModel } from "../load-model.ts";
import { onnxBytes } from "./export.ts";
import { readOnnx } from "./proto.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "fatal";
const random = new Random(3);
const floats = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => random.uniform(-1, 1)),
    shape,
  );
/** A row of padding alone, padding before, behind, within, and nowhere. */
const ids = new NdArray(Int32Array.from([0, 0, 0, 0, 0, 0, 3, 1, 4, 2, 0, 0, 1, 0, 2, 0, 3, 2, 1, 4]), [5, 4]);

async function run(bytes: Uint8Array, inputs: readonly NdArray[]): Promise<NdArray[]> {
  const session = await ort.InferenceSession.create(bytes);
  const { inputs: places } = readOnnx(bytes, "m");
  const tensor = ({ data, shape }: NdArray, k: number) =>
    places[k].type === "int32"
      ? new ort.Tensor("int32", Int32Array.from(data), [...shape])
      : new ort.Tensor("float32", Float32Array.from(data), [...shape]);
  const results = await session.run(Object.fromEntries(places.map(({ name }, k) => [name, tensor(inputs[k], k)])));
  return session.outputNames.map((name) => new NdArray(results[name].data as Float32Array, [...results[name].dims]));
}

function expectSame(found: readonly NdArray[], wanted: readonly NdArray[]): void {
  expect(found.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => [...shape]));
  for (const [k, { data }] of found.entries())
    for (const [i, v] of data.entries()) expect(Math.abs(v - wanted[k].data[i])).toBeLessThan(1e-5); // f32, sums of few terms
}

const listOf = async (model: unknown, x: readonly NdArray[]): Promise<NdArray[]> =>
  [await (model as Model).predict((x.length > 1 ? x : x[0]) as NdArray)].flat();

/** ONNX Runtime's numbers and those of the file read back, for several inputs one after the other. */
async function expectExport(model: unknown, ...batches: NdArray[][]): Promise<void> {
  const m = model as AnyModel;
  m.setWeights(
    m.getWeights().map(
      (w) =>
        new NdArray(
          w.data.map(() => random.uniform(0.1, 0.8)),
          w.shape,
        ),
    ),
  );
  const bytes = onnxBytes(m);
  const back = await loadModel(bytes);
  for (const x of batches) {
    const wanted = await listOf(m, x);
    expectSame(await run(bytes, x), wanted);
    expectSame(await listOf(back, x), wanted);
  }
}

describe("layers without an operator, at several lengths", () => {
  const layers: Record<string, () => l.AnyLayer[]> = {
    prelu: () => [l.prelu({ sharedAxes: [1] })],
    "padding, cropping, repeating": () => [l.zeroPadding1d([2, 0]), l.cropping1d([1, 1]), l.upSampling1d(2)],
    "a separable, a depthwise and a transposed convolution": () => [
      l.separableConv1d(3, 2, { padding: "same", strides: 2 }),
      l.depthwiseConv1d(2, { depthMultiplier: 2 }),
      l.conv1dTranspose(2, 3, { strides: 2, padding: "same" }),
    ],
    "a dilated convolution over zeros on both sides": () => [l.conv1d(2, 3, { padding: "same", dilationRate: 2 })],
    "normalizations of every kind": () => [
      l.rmsNormalization(),
      l.unitNormalization(),
      l.groupNormalization({ groups: 1 }),
      l.rescaling(2, { offset: 1 }),
    ],
    "gates that ONNX's operators do not have": () => [
      l.lstm(3, { activation: "silu", recurrentActivation: "hardTanh" }),
    ],
    "cells in a stack": () => [l.rnn([l.lstmCell(2), l.gruCell(3), l.simpleRnnCell(2)], { returnSequences: true })],
    "a formula of the user's": () => [l.lambda((x: Tensor) => ops.mul(ops.tanh(x), 2))],
    "each step by a dense layer and an average": () => [
      l.timeDistributed(
        sequential([l.reshape([3, 1]), l.dense(2), l.globalAveragePooling1d()]) as unknown as l.AnyLayer,
      ),
    ],
  };
  for (const [name, make] of Object.entries(layers))
    test(name, () =>
      expectExport(sequential([l.input([null, 3]), ...(make() as l.Layer[])]), [floats(2, 5, 3)], [floats(1, 8, 3)]),
    );
});

describe("masks", () => {
  const embedded = (x: Symbolic) => l.embedding(5, 3, { maskZero: true })(x);
  const layers: Record<string, (x: Symbolic) => Symbolic | Symbolic[]> = {
    "a mean over padding alone": (x) => l.globalAveragePooling1d()(embedded(x)),
    "a sequence read backwards": (x) => l.gru(2, { goBackwards: true, returnSequences: true })(embedded(x)),
    "the states of rows of padding": (x) => {
      const [, h, c] = l.lstm(2, { returnState: true })(l.embedding(5, 3)(x));
      return l.lstm(2, { returnState: true, returnSequences: true })(embedded(x), {
        initialState: [h, c],
      }) as Symbolic[];
    },
    "two merged": (x) => l.lstm(2)(l.concatenate({ axis: 1 })([embedded(x), embedded(x)])),
    "one that is given": (x) =>
      l.lstm(2)(l.embedding(5, 3)(x), { mask: (x as SymbolicTensorLike).notEqual(2) as never }),
    "attention with its scores": (x) => {
      const h = embedded(x);
      return l.multiHeadAttention(2, 2, { returnAttentionScores: true })([h, h]) as never;
    },
  };
  for (const [name, make] of Object.entries(layers))
    test(name, () => {
      const x = l.input([null], { dtype: "i32" });
      return expectExport(functional(x, make(x) as never), [ids]);
    });
});

interface SymbolicTensorLike {
  notEqual(to: number): unknown;
}

test("inputs of lengths of their own, and dot products between them", () => {
  const [a, b] = [l.input([null, 3]), l.input([null, 3])];
  const scores = l.dot({ axes: 2 })([a, b]);
  const model = functional([a, b], [scores, l.attention({ useCausalMask: true })([a, b])]);
  return expectExport(model, [floats(2, 4, 3), floats(2, 6, 3)], [floats(1, 5, 3), floats(1, 2, 3)]);
});

test("a sliding window over many steps", () => {
  const x = l.input([null, 3]);
  const model = functional(x, l.multiHeadAttention(2, 2, { slidingWindow: 3 })([x, x]));
  return expectExport(model, [floats(2, 4, 3)], [floats(1, 20, 3)]);
});

test("inputs that must be of one length, in groups", () => {
  const [a, b, c, d, e] = Array.from({ length: 5 }, () => l.input([null, 2]));
  const model = functional([a, b, c, d, e], [l.add()([a, c, e]), l.lstm(2)(l.concatenate()([b, d]))]);
  const names = readOnnx(onnxBytes(model as never), "m").inputs.map(({ shape }) => shape[1]);
  expect(names.map((name) => names.indexOf(name))).toEqual([0, 1, 0, 1, 0]);
  const x = (t: number, u: number) => [
    floats(2, t, 2),
    floats(2, u, 2),
    floats(2, t, 2),
    floats(2, u, 2),
    floats(2, t, 2),
  ];
  return expectExport(model, x(4, 3), x(2, 7));
});

test("the states of a stateful layer are inputs and outputs", async () => {
  const model = sequential([l.lstm(2, { stateful: true, batchShape: [2, 3, 2] }), l.dense(1)]);
  const x = [floats(2, 3, 2), floats(2, 3, 2)];
  const bytes = onnxBytes(model as never);
  const zeros = new NdArray(new Float32Array(4), [2, 2]);
  const [first, h, c] = await run(bytes, [x[0], zeros, zeros]);
  const [second] = await run(bytes, [x[1], h, c]);
  expectSame([first, second], [await model.predict(x[0]), await model.predict(x[1])]);
});

test("a step of a masked layer leaves its states alone", async () => {
  const model = sequential([l.embedding(5, 3, { maskZero: true, inputShape: [null] }), l.gru(2)]);
  const h = floats(2, 2);
  const one = new NdArray(Int32Array.from([0, 1]), [2, 1]);
  const [, next] = await run(onnxBytes(model as never, { step: true }), [one, h]);
  expect([...next.data.slice(0, 2)]).toEqual([...h.data.slice(0, 2)]);
  expect(next.data[2]).not.toBe(h.data[2]);
});

class Twice extends CustomModel {
  readonly reader = l.lstm(3);
  readonly head = l.dense(1);
  formula(x: Tensor, run: RunLayer): Tensor {
    return run(this.head, ops.mul(run(this.reader, x), 2));
  }
}
test("a model that is a formula", () => {
  const model = new Twice();
  model.build([null, 4, 2]);
  return expectExport(model, [floats(3, 4, 2)]);
});

test("an embedding that only a tied one reads is asked for, by predict as well", async () => {
  const table = l.embedding(5, 3);
  table(l.input([4], { dtype: "i32" })); // in no model
  const x = l.input([4, 3]);
  const model = functional(x, l.tiedEmbedding(table)(x));
  await expect(model.predict(floats(1, 4, 3))).rejects.toThrow(/weight "embeddings": expected a layer of the model/);
  expect(() => onnxBytes(model as never)).toThrow(/weight "embeddings": expected a layer of the model/);
});

test("a model that is not built says so", () => {
  expect(() => onnxBytes(sequential([l.dense(1)]) as never)).toThrow(DataError);
});

describe("refused by name", () => {
  const x = l.input([4, 3]);
  const models: Record<string, [() => Uint8Array, RegExp]> = {
    "a length that is a number in no formula of ONNX's": [
      () =>
        onnxBytes(sequential([l.input([null, 3]), l.lambda((t: Tensor) => ops.div(t, Math.log(t.shape[1])))]) as never),
      /lambda "lambda": expected sizes that follow from the input's/,
    ],
    "random numbers at prediction": [
      () => onnxBytes(functional(x, l.dropout(0.5)(x, { training: true })) as never),
      /dropout "dropout": expected what ONNX has operators for, received random numbers/,
    ],
    "a length that is open where one alone fits": [
      () => onnxBytes(sequential([l.input([null, 3]), l.reshape([4, 3])]) as never),
      /takes any length[\s\S]*reshape[\s\S]*fixed sizes/,
    ],
    "a step model that reads backwards": [
      () => onnxBytes(sequential([x, l.bidirectional(l.lstm(2))]) as never, { step: true }),
      /bidirectional "bidirectional": expected layers that need one step and a state/,
    ],
  };
  for (const [name, [write, message]] of Object.entries(models))
    test(name, () => {
      expect(write).toThrow(FormatError);
      expect(write).toThrow(message);
    });
});
