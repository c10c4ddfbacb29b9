/** Exported models, run by ONNX Runtime's WebAssembly build, compute what they compute here. */
import * as ort from "onnxruntime-web";
import { describe, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import * as l from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { asNdArray, NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { type OnnxOptions, onnxBytes } from "./export.ts";
import { readOnnx } from "./proto.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";
const random = new Random(11);
const floats = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => random.uniform(-1, 1)),
    shape,
  );
/** Padding before, behind, within, everywhere and nowhere. */
const padded = asNdArray([
  [0, 0, 3, 1, 2],
  [4, 2, 0, 0, 0],
  [1, 0, 2, 0, 3],
  [0, 0, 0, 0, 0],
  [1, 2, 3, 4, 1],
]);

type Feeds = Record<string, ort.Tensor>;
function feed(x: NdArray, type: string): ort.Tensor {
  return type === "int32"
    ? new ort.Tensor("int32", Int32Array.from(x.data), [...x.shape])
    : new ort.Tensor("float32", Float32Array.from(x.data), [...x.shape]);
}
async function run(model: unknown, inputs: readonly NdArray[], options?: OnnxOptions): Promise<NdArray[]> {
  const bytes = onnxBytes(model as AnyModel, options);
  const session = await ort.InferenceSession.create(bytes);
  const types = readOnnx(bytes, "m").inputs.map(({ type }) => type);
  const feeds: Feeds = Object.fromEntries(session.inputNames.map((name, k) => [name, feed(inputs[k], types[k])]));
  const results = await session.run(feeds);
  return session.outputNames.map((name) => new NdArray(results[name].data as Float32Array, [...results[name].dims]));
}
function expectSame(found: readonly NdArray[], said: readonly NdArray[]): void {
  expect(found.map(({ shape }) => shape)).toEqual(said.map(({ shape }) => [...shape]));
  found.forEach((a, k) => {
    for (let i = 0; i < a.data.length; i++) expect(Math.abs(a.data[i] - said[k].data[i])).toBeLessThan(1e-5); // f32
  });
}
/** Weights that differ everywhere, biases too: swapped gates would show. */
function shaken<M extends { getWeights(): NdArray[]; setWeights(w: NdArray[]): void }>(model: M): M {
  const positive = (model as unknown as AnyModel).layers.some((layer) => layer.className === "BatchNormalization"); // variances
  const draw = () => random.uniform(positive ? 0.1 : -0.6, 0.6);
  model.setWeights(model.getWeights().map((w) => new NdArray(w.data.map(draw), w.shape)));
  return model;
}
async function expectExport(model: unknown, x: NdArray | NdArray[]): Promise<void> {
  const m = shaken(model as { getWeights(): NdArray[]; setWeights(w: NdArray[]): void }) as unknown as {
    predict(x: NdArray | NdArray[]): Promise<NdArray | NdArray[]>;
  };
  const said = await m.predict(x);
  expectSame(await run(m, [x].flat()), [said].flat());
}

const cells: Record<string, (o: object) => l.Layer> = {
  lstm: (o) => l.lstm(4, o),
  gru: (o) => l.gru(4, o),
  "gru without resetAfter": (o) => l.gru(4, { ...o, resetAfter: false }),
  simpleRnn: (o) => l.simpleRnn(4, o),
};
/** In the short form every third case of the cells in turn: there are 22 for each, so that each is had by some cell. */
let turn = 0;
const third = () => test.skipIf(!thorough && turn++ % 3 > 0);
describe("recurrent layers", () => {
  for (const [name, make] of Object.entries(cells)) {
    const options: Record<string, object> = {
      plain: {},
      sequences: { returnSequences: true },
      backwards: { goBackwards: true },
      "sequences backwards": { goBackwards: true, returnSequences: true },
      "without bias": { useBias: false },
      "with other activations": {
        activation: "relu",
        ...(name === "simpleRnn" ? {} : { recurrentActivation: "hardSigmoid" }),
      },
    };
    for (const [what, o] of Object.entries(options))
      third()(`${name}, ${what}`, () => expectExport(sequential([l.input([5, 3]), make(o)]), floats(2, 5, 3)));
    third()(`${name} with Keras 2's gates and linear candidates`, () => {
      const o = { activation: "linear", ...(name === "simpleRnn" ? {} : { recurrentActivation: "hardSigmoid2" }) };
      return expectExport(sequential([l.input([5, 3]), make(o)]), floats(2, 5, 3));
    });
    for (const mergeMode of ["concat", "sum", "mul", "ave"] as const)
      for (const returnSequences of [true, false])
        third()(`${name} both ways, ${mergeMode}, ${returnSequences ? "sequences" : "last"}`, () =>
          expectExport(
            sequential([l.input([null, 3]), l.bidirectional(make({ returnSequences }), { mergeMode })]),
            floats(3, 4, 3),
          ),
        );
    for (const [what, stack] of Object.entries({
      "masked, last": [make({})],
      "masked, sequences": [make({ returnSequences: true })],
      "masked, zeros at padding": [make({ returnSequences: true, zeroOutputForMask: true })],
      "masked, backwards": [make({ goBackwards: true })],
      "masked, both ways, then one": [l.bidirectional(make({ returnSequences: true })), l.dropout(0.5), make({})],
      "masked, sequences through dense": [make({ returnSequences: true }), l.dense(2, { activation: "softmax" })],
      "masked, both ways, sequences": [l.bidirectional(make({ returnSequences: true }))],
    }))
      third()(`${name} ${what}: any padding, no loop`, async () => {
        const model = sequential([l.input([null]), l.embedding(6, 3, { maskZero: true }), ...stack]);
        await expectExport(model, padded);
        const ops = readOnnx(onnxBytes(model), "m").nodes.map(({ op }) => op);
        expect(ops.filter((op) => ["Loop", "Scan", "If"].includes(op))).toEqual([]);
      });
  }
  test("a masked stack of both ways and one, with padding of every kind, through a dense layer", () =>
    expectExport(
      sequential([
        l.embedding(6, 4, { maskZero: true, inputShape: [5] }),
        l.bidirectional(l.lstm(3, { returnSequences: true })),
        l.lstm(5),
        l.dense(3, { activation: "softmax" }),
      ]),
      padded,
    ));
  test("masking(0) over numbers", () => {
    const x = floats(3, 5, 2);
    for (const at of [0, 1, 2, 3, 14, 15, 18, 19]) x.data[at] = 0;
    return expectExport(sequential([l.input([5, 2]), l.masking(), l.gru(4), l.dense(1)]), x);
  });
});

describe("other layers", () => {
  const x3 = () => floats(2, 6, 3);
  const stacks: Record<string, [l.Layer[], () => NdArray]> = {
    "dense layers of every activation": [
      [
        "relu",
        "elu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softsign",
        "softplus",
        "hardSigmoid",
        "leakyRelu",
        "relu6",
        "exponential",
        "logSoftmax",
      ].map((activation) => l.dense(4, { activation: activation as never })),
      () => floats(2, 4),
    ],
    "embedding, average over valid steps": [
      [l.embedding(6, 3, { maskZero: true }), l.globalAveragePooling1d(), l.dense(2)],
      () => padded.slice(0, 3),
    ],
    "embedding without a mask, flattened": [[l.embedding(6, 3), l.flatten(), l.dense(2)], () => padded],
    "convolution, pooling, recurrent": [
      [l.conv1d(4, 3, { padding: "same", activation: "relu" }), l.maxPooling1d(2), l.lstm(3)],
      x3,
    ],
    "causal dilated convolution": [
      [l.conv1d(4, 2, { padding: "causal", dilationRate: 2 }), l.averagePooling1d(2), l.globalMaxPooling1d()],
      x3,
    ],
    normalisation: [[l.layerNormalization(), l.batchNormalization(), l.timeDistributed(l.dense(2))], x3],
    shapes: [[l.permute([2, 1]), l.reshape([6, 3]), l.flatten(), l.repeatVector(2), l.gru(3)], x3],
  };
  for (const [name, [layers, x]] of Object.entries(stacks))
    test(name, () => {
      const data = x();
      return expectExport(sequential([l.input(data.shape.slice(1)), ...layers]), data);
    });

  test("several inputs and outputs, models inside, states handed on", async () => {
    const [a, b] = [l.input([4, 3], { name: "left" }), l.input([4, 3], { name: "right" })];
    const [y, h, c] = l.lstm(3, { returnState: true, returnSequences: true })(a);
    const inner = sequential([l.dense(3, { activation: "tanh" })], { name: "inner" });
    const next = l.lstm(3)(inner(b), { initialState: [h, c] });
    const pooled = l.globalAveragePooling1d()(y);
    const model = functional(
      [a, b],
      [l.dense(2, { name: "first" })(l.concatenate()([pooled, next])), l.add({ name: "second" })([h, c])],
    );
    await expectExport(model, [floats(2, 4, 3), floats(2, 4, 3)]);
  });
});

test("a step model carries states outside: steps one by one are the whole sequence", async () => {
  const model = shaken(
    sequential([
      l.input([null, 2]),
      l.lstm(3, { returnSequences: true }),
      l.gru(4, { returnSequences: true }),
      l.dense(2),
    ]),
  );
  const x = floats(2, 5, 2);
  const said = await model.predict(x);
  const session = await ort.InferenceSession.create(onnxBytes(model, { step: true }));
  const states = session.inputNames.slice(1);
  expect(states).toEqual(["lstm_h", "lstm_c", "gru_h"]);
  let feeds: Feeds = Object.fromEntries(
    states.map((name) => [
      name,
      feed(new NdArray(new Float32Array(2 * (name[0] === "g" ? 4 : 3)), [2, name[0] === "g" ? 4 : 3]), "float"),
    ]),
  );
  for (let t = 0; t < 5; t++) {
    const now = new NdArray(
      Float32Array.from([0, 1].flatMap((row) => [...x.data.slice((row * 5 + t) * 2, (row * 5 + t) * 2 + 2)])),
      [2, 1, 2],
    );
    const results = await session.run({ [session.inputNames[0]]: feed(now, "float"), ...feeds });
    const y = results[session.outputNames[0]].data as Float32Array;
    for (const row of [0, 1])
      for (const k of [0, 1]) expect(Math.abs(y[row * 2 + k] - said.data[(row * 5 + t) * 2 + k])).toBeLessThan(1e-5); // f32
    feeds = Object.fromEntries(states.map((name) => [name, results[`${name}_next`]]));
  }
});

test("names, open sizes, architecture and text assets are in the file", () => {
  const model = sequential([
    l.input([null], { name: "words" }),
    l.embedding(6, 3),
    l.lstm(2),
    l.dense(1, { name: "answer" }),
  ]);
  model.assets.set("labels.json", new TextEncoder().encode('["bad","good"]'));
  const file = readOnnx(onnxBytes(model), "m");
  expect(file.opset).toBe(17);
  expect(file.inputs).toEqual([{ name: "words", type: "int32", shape: ["batch", "time"] }]);
  expect(file.outputs).toEqual([{ name: "answer", type: "float", shape: ["batch", 1] }]);
  expect(file.metadata.get("assets/labels.json")).toBe('["bad","good"]');
  expect(JSON.parse(file.metadata.get("keras_config")!).class_name).toBe("Sequential");
});

describe("attention", () => {
  const makers: Record<string, () => l.Layer> = {
    dot: () => l.attention(),
    "scaled dot, causal": () => l.attention({ useScale: true, useCausalMask: true }),
    additive: () => l.additiveAttention(),
    "several heads": () => l.multiHeadAttention(2, 3) as l.Layer,
    "several heads, causal, without bias": () =>
      l.multiHeadAttention(2, 3, { useCausalMask: true, useBias: false }) as l.Layer,
  };
  for (const [name, make] of Object.entries(makers)) {
    test(`${name}, over numbers`, () => {
      const x = l.input([null, 4]);
      const h = l.bidirectional(l.lstm(2, { returnSequences: true }))(x);
      return expectExport(functional(x, l.dense(2)(make()([h, h]))), floats(2, 5, 4));
    });
    test(`${name}, over masked ids, and a recurrent layer behind it`, () => {
      const ids = l.input([null], { dtype: "i32" });
      const h = l.lstm(4, { returnSequences: true })(l.embedding(6, 3, { maskZero: true })(ids));
      return expectExport(functional(ids, l.gru(3)(make()([h, h]))), padded.slice(0, 3));
    });
  }
});
