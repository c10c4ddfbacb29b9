import { describe, expect, test } from "vitest";
import { type AnyModel, dense, functional, input, loadModel, lstm, sequential } from "../index.ts";
import { readKerasArchive } from "./keras/archive.ts";
import { kerasBytes } from "./keras/keras.ts";
import { legacyH5Bytes } from "./keras/legacy-h5.ts";
import { safetensorsBytes } from "./torch/safetensors-model.ts";

const x = [
  [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
];
const writers = { keras: kerasBytes, h5: legacyH5Bytes, safetensors: async (m: AnyModel) => safetensorsBytes(m) };

describe.each(["", "a/b", "/x", "x/", ".", "..", "été", "a b", "top_level_model_weights", "__proto__"])(
  'a layer named "%s"',
  (name) => {
    const models = {
      stack: () => sequential([input([3, 2]), lstm(2, { name }), dense(1, { name: `${name}2` })]),
      graph: () => {
        const i = input([3, 2]);
        return functional(i, dense(1, { name: `${name}2` })(lstm(2, { name })(i)));
      },
    };
    test.each(Object.entries(models))("in a %s comes back from every file, by its name", async (_, make) => {
      const model = make();
      const right = await model.predict(x);
      for (const write of Object.values(writers)) {
        const back = await loadModel(await write(model));
        expect(await back.predict(x)).toEqual(right);
        expect(back.layers.map((layer) => layer.name)).toEqual(model.layers.map((layer) => layer.name));
      }
    });
  },
);

test("an empty name is none: the layer is named after its class", () => {
  expect(sequential([lstm(2, { name: "" }), lstm(2, { name: "" })]).layers.map((layer) => layer.name)).toEqual([
    "lstm",
    "lstm_1",
  ]);
  expect(() => lstm(2, { name: 5 as never })).toThrow(/name as a text/);
});

test("Keras, which has slashes for paths alone, finds no slash in a layer's name", async () => {
  const model = sequential([input([3, 2]), lstm(2, { name: "a/b" }), dense(1, { name: "a_b" })]);
  const { config } = await readKerasArchive(await kerasBytes(model), "it");
  const { layers } = config.config as { layers: { config: { name: string } }[] };
  expect(layers.slice(1).map((layer) => layer.config.name)).toEqual(["a_b_", "a_b"]);
});
