/** tfjs models written here open in tfjs itself and compute the same. */
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, expect, test } from "vitest";
import * as l from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { tfjsFiles } from "./tfjs.ts";

beforeAll(() => tf.setBackend("cpu"));
const random = new Random(6);
const x = new NdArray(
  Float32Array.from({ length: 24 }, () => random.uniform(-1, 1)),
  [2, 4, 3],
);
const ids = new NdArray(Float32Array.of(1, 2, 3, 0, 4, 4, 5, 2), [2, 4]);

async function expectSame(model: unknown, input: NdArray): Promise<void> {
  const files = tfjsFiles(model as AnyModel);
  const json = JSON.parse(new TextDecoder().decode(files.get("model.json")));
  const parts = (json.weightsManifest[0].paths as string[]).map((name) => files.get(name)!);
  const weightData = Uint8Array.from(parts.flatMap((part) => [...part])).buffer;
  const artifacts = { modelTopology: json.modelTopology, weightSpecs: json.weightsManifest[0].weights, weightData };
  const theirs = await tfl.loadLayersModel({ load: async () => artifacts });
  const found = [theirs.predict(tf.tensor(Float32Array.from(input.data), [...input.shape]))].flat();
  const said = [await (model as { predict(x: NdArray): Promise<NdArray | NdArray[]> }).predict(input)].flat();
  expect(found.map(({ shape }) => shape)).toEqual(said.map(({ shape }) => [...shape]));
  found.forEach((y, k) => {
    y.dataSync().forEach((v, i) => void expect(Math.abs(v - said[k].data[i])).toBeLessThan(1e-5)); // f32
  });
}

test("both ways, older gates, normalisation", () =>
  expectSame(
    sequential([
      l.input([4, 3]),
      l.bidirectional(l.lstm(2, { returnSequences: true, recurrentActivation: "hardSigmoid2" })),
      l.gru(3, { resetAfter: false }),
      l.layerNormalization(),
      l.dense(2, { activation: "softmax" }),
    ]),
    x,
  ));
test("embedding, a stack of two", () =>
  expectSame(
    sequential([l.input([4]), l.embedding(6, 3), l.lstm(3, { returnSequences: true }), l.simpleRnn(4), l.dense(1)]),
    ids,
  ));
test("convolution, pooling, a dense layer for each step", () =>
  expectSame(
    sequential([
      l.input([4, 3]),
      l.conv1d(4, 2, { padding: "same" }),
      l.maxPooling1d(2),
      l.timeDistributed(l.dense(2)),
      l.flatten(),
    ]),
    x,
  ));
test("the frames of a video through convolutions, then an LSTM", () =>
  expectSame(
    sequential([
      l.input([2, 4, 3, 1]),
      l.timeDistributed(l.conv2d(3, [2, 1], { activation: "relu", strides: [1, 2] })),
      l.timeDistributed(l.averagePooling2d([2, 1], { strides: 1 })),
      l.timeDistributed(l.globalMaxPooling2d()),
      l.lstm(2),
    ]),
    new NdArray(x.data, [1, 2, 4, 3, 1]),
  ));
test("a convolutional LSTM", () =>
  expectSame(
    sequential([
      l.input([2, 4, 3, 1]),
      l.convLstm2d(2, [2, 3], { padding: "same", returnSequences: true }),
      l.convLstm2d(1, 2, { useBias: false }),
      l.globalAveragePooling2d(),
    ]),
    new NdArray(x.data, [1, 2, 4, 3, 1]),
  ));
test("several outputs, states handed on, models inside", () => {
  const begin = l.input([4, 3]);
  const inner = sequential([l.input([4, 3]), l.dense(3, { activation: "tanh", name: "within" })], { name: "inner" });
  const mid = l.input([4, 3]);
  const part = functional(mid, l.dense(3, { activation: "relu", name: "of_part" })(mid), { name: "part" });
  const [y, h, c] = l.lstm(3, { returnState: true })(inner(begin));
  const outputs = [l.dense(2)(l.lstm(3)(part(begin), { initialState: [h, c] })), l.add()([y, h])];
  return expectSame(functional(begin, outputs), x);
});
