/** Architectures as JSON of Keras 1, 2 and 3: new models with weights drawn as they say. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { FormatError } from "../errors.ts";
import { asNdArray, type NestedNumbers } from "../tensor/nd-array.ts";
import { readKerasArchive } from "./keras/archive.ts";
import { loadWeights } from "./load-model.ts";
import { modelFromJson } from "./model-from-json.ts";

const layer = (class_name: string, config: object) => ({ class_name, config });
const sequentialOf = (...layers: object[]) => ({ class_name: "Sequential", config: { name: "s", layers } });
const inputOf = (...shape: number[]) => layer("InputLayer", { batch_shape: [null, ...shape], name: "x" });
const keras2 = {
  ...sequentialOf(
    layer("LSTM", { name: "lstm", units: 3, batch_input_shape: [null, 4, 2], recurrent_activation: "hard_sigmoid" }),
    layer("GRU", { name: "gru", units: 2 }),
  ),
  keras_version: "2.2.4",
  backend: "tensorflow",
};
keras2.config.layers[0] = layer("LSTM", {
  ...{ name: "lstm", units: 3, batch_input_shape: [null, 4, 2], recurrent_activation: "hard_sigmoid" },
  ...{ return_sequences: true, unit_forget_bias: true },
  kernel_initializer: layer("VarianceScaling", { scale: 1.0, mode: "fan_avg", distribution: "uniform", seed: null }),
});
const keras1 = {
  class_name: "Sequential",
  keras_version: "1.2.2",
  config: [
    layer("LSTM", {
      ...{
        name: "lstm_1",
        output_dim: 4,
        batch_input_shape: [null, 5, 3],
        init: "glorot_uniform",
        inner_init: "orthogonal",
      },
      ...{ activation: "tanh", inner_activation: "hard_sigmoid", dropout_W: 0.0, dropout_U: 0.0, consume_less: "cpu" },
    }),
    layer("Dense", { name: "dense_1", output_dim: 1, init: "uniform", activation: "sigmoid", bias: true }),
  ],
};

test("Keras 3's architecture with its weights beside it gives Keras's predictions, and is compiled as it says", async () => {
  const folder = "test/fixtures/models";
  const { config } = await readKerasArchive(readFileSync(`${folder}/keras3.keras`), "keras3.keras");
  const model = await modelFromJson(JSON.stringify(config), { seed: 5 });
  expect(model.compiled?.optimizer.className).toBe("Adam");
  expect(model.seed).toBe(5);
  await loadWeights(model, `${folder}/keras3.weights.h5`);
  const { x, predict } = JSON.parse(readFileSync(`${folder}/keras3.json`, "utf8")) as Record<string, NestedNumbers[]>;
  const found = (await model.predict(x as never)) as unknown as { data: Float32Array }[];
  for (const [k, { data }] of found.entries())
    for (const [i, v] of data.entries()) expect(v).toBeCloseTo(asNdArray(predict[k] as never).data[i], 5); // f32
});

test("Keras 2: gates by its own hard sigmoid, a GRU that resets first, weights within Glorot's bounds", async () => {
  const model = await modelFromJson(keras2);
  const [lstm, gru] = model.layers.map((l) => l.config());
  expect([lstm.recurrent_activation, gru.reset_after]).toEqual(["hard_sigmoid2", false]);
  const [kernel, recurrent, bias] = model.layers[0].getWeights();
  const bound = Math.sqrt(6 / (2 + 12));
  expect(Math.max(...kernel.data.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(Math.max(...kernel.data.map(Math.abs))).toBeGreaterThan(bound / 2);
  const row = [...recurrent.data.slice(0, 12)];
  expect(row.reduce((n, v) => n + v * v, 0)).toBeCloseTo(1, 5);
  expect([...bias.data]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
});

test("a Sequential that ends with a layer of several results has as many outputs, as in Keras", async () => {
  const both = layer("Bidirectional", {
    name: "both",
    merge_mode: "ave",
    layer: layer("LSTM", { name: "lstm", units: 3, return_state: true }),
  });
  const model = await modelFromJson(sequentialOf(inputOf(4, 2), layer("Dense", { name: "d", units: 2 }), both));
  const x = asNdArray(
    Array.from({ length: 3 }, (_, b) => Array.from({ length: 4 }, (_, t) => [Math.sin(b + t), b / 4])),
  );
  const found = (await model.predict(x)) as unknown as { shape: number[]; data: Float32Array }[];
  expect(found.map(({ shape }) => shape)).toEqual(Array(5).fill([3, 3]));
  const [y, h, , back] = found;
  for (const [i, v] of y.data.entries()) expect(v).toBeCloseTo((h.data[i] + back.data[i]) / 2, 6);
});

test("Keras 1: its names of options, a list of layers", async () => {
  const model = await modelFromJson(JSON.stringify(keras1));
  expect(model.layers.map((l) => [l.className, l.name])).toEqual([
    ["LSTM", "lstm_1"],
    ["Dense", "dense_1"],
  ]);
  const [kernel] = model.layers[1].getWeights();
  expect(kernel.data.every((v) => v !== 0 && Math.abs(v) <= 0.05)).toBe(true);
  model.compile({ loss: "binaryCrossentropy" });
  const { history } = await model.fit(
    [
      [
        [1, 2, 3],
        [0, 0, 1],
        [1, 1, 1],
        [0, 2, 0],
        [1, 0, 0],
      ],
    ],
    [1],
    { verbose: 0 },
  );
  expect(history.loss).toHaveLength(1);
});

test("the same seed draws the same weights, another seed others; without a shape the first data build it", async () => {
  const weights = async (seed?: number) => (await modelFromJson(keras2, { seed })).getWeights().map((w) => [...w.data]);
  expect(await weights(3)).toEqual(await weights(3));
  expect(await weights(3)).not.toEqual(await weights(4));
  const open = await modelFromJson(sequentialOf(layer("Dense", { name: "d", units: 2 })));
  expect(open.built).toBe(false);
  expect((await open.predict([[1, 2, 3]])).shape).toEqual([1, 2]);
});

describe("refused, with what to do", () => {
  const wide = (units: number) => sequentialOf(inputOf(1), layer("Dense", { name: "d", units }));
  for (const [name, json, message] of [
    ["a path", "model.json", /the text itself/],
    ["a list", "[1]", /begins with \{/],
    ["nothing", null, /JSON as a text or an object/],
    ["broken JSON", '{"class_name": ', /JSON in UTF-8/],
    ["TensorFlow.js's", { modelTopology: {} }, /loadModel\("model.json"\)/],
    ["a class of the author's own", { class_name: "MyModel", config: {} }, /Sequential or Functional/],
    ["more weights than there is memory for", wide(2 ** 30), /at most 16777216 parameters.*\s.*maxParameters/],
    [
      "matrices that take minutes",
      sequentialOf(inputOf(2, 1), layer("SimpleRNN", { name: "r", units: 3000 })),
      /multiplications/,
    ],
    [
      "an initializer that is not here",
      sequentialOf(inputOf(1), layer("Dense", { name: "d", units: 1, kernel_initializer: layer("STFT", {}) })),
      /initializer of Keras, received STFT/,
    ],
    [
      "code",
      sequentialOf(
        inputOf(1),
        layer("Lambda", { name: "l", function: { class_name: "__lambda__", config: { code: "4wAA" } } }),
      ),
      /never run/,
    ],
  ] as const)
    test(name, async () => {
      const error = await modelFromJson(json as never).catch((e: unknown) => e);
      expect(String((error as Error).message)).toMatch(message);
    });
  test.skipIf(!thorough)("levels without end, and layers by the thousand", async () => {
    await expect(modelFromJson(`{"a":${"[".repeat(1e5)}`)).rejects.toThrow(FormatError);
    const many = sequentialOf(inputOf(1), ...Array.from({ length: 25_000 }, () => layer("Flatten", {}))); // 1 MB
    const begin = performance.now();
    await modelFromJson(JSON.stringify(many)).catch((e: unknown) => expect(e).toBeInstanceOf(FormatError));
    expect(performance.now() - begin).toBeLessThan(10_000);
  });
  test("as many weights are drawn as are asked for", async () => {
    await expect(modelFromJson(wide(100), { maxParameters: 199 })).rejects.toThrow(/at most 199 parameters/);
    expect((await modelFromJson(wide(100), { maxParameters: 200 })).countParams()).toBe(200);
  });
});
