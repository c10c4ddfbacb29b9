import { describe, expect, test } from "vitest";
import { FormatError } from "../../errors.ts";
import { concatenate, dense, embedding, input, Layer, lstm, type SymbolicTensor } from "../../layers/index.ts";
import { CustomModel } from "../../models/custom-model.ts";
import { type Functional, functional } from "../../models/functional.ts";
import { sequential } from "../../models/sequential.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { loadModel } from "../load-model.ts";
import { onnxBytes } from "../onnx/export.ts";
import { type JsonObject, type KerasArchive, readKerasArchive, writeKerasArchive } from "./archive.ts";
import { kerasBytes } from "./keras.ts";
import { legacyH5Bytes } from "./legacy-h5.ts";
import { registerLayer } from "./registered-layers.ts";

const ids = [
  [1, 2, 0],
  [3, 0, 0],
];

/** Embedding → LSTM → a stack and a functional model inside, the latter used twice; two outputs. */
function nested(): Functional<SymbolicTensor[]> {
  const begin = input([4]);
  const part = functional(begin, dense(4, { activation: "tanh" })(begin), { name: "part" });
  const stack = sequential([dense(4, { name: "inner" })], { name: "stack" });
  const words = input([3], { name: "words", dtype: "i32" });
  const h = lstm(4)(embedding(5, 2, { maskZero: true })(words));
  const twice = part(part(stack(h)));
  return functional(words, [dense(2, { name: "kind", activation: "softmax" })(twice), dense(1)(h)], { name: "two" });
}

async function archiveOf(model = nested()): Promise<KerasArchive> {
  return readKerasArchive(await kerasBytes(model), "two.keras");
}

async function changed(change: (config: JsonObject, layers: JsonObject[], archive: KerasArchive) => void) {
  const archive = await archiveOf();
  const inner = archive.config.config as JsonObject;
  change(inner, inner.layers as JsonObject[], archive);
  return writeKerasArchive(archive);
}
const numbers = async (model: { predict(x: number[][]): Promise<NdArray[]> }) =>
  (await model.predict(ids)).map((a) => [...a.data]);

test("a functional model with models inside, one of them used twice, comes back the same", async () => {
  const model = nested();
  model.compile({ optimizer: "adam", loss: { kind: "categoricalCrossentropy", dense: "mse" } });
  const back = await loadModel<SymbolicTensor[]>(await kerasBytes(model));
  expect(back.className).toBe("Functional");
  expect(back.outputNames).toEqual(model.outputNames);
  expect(back.layers.map((l) => l.name)).toEqual(model.layers.map((l) => l.name));
  expect(await numbers(back)).toEqual(await numbers(model));
  expect((await archiveOf(back as Functional<SymbolicTensor[]>)).config.config).toEqual(
    (await archiveOf(model)).config.config,
  );
});

test("names that Keras gives to what computes masks are left to it in files, and come back", async () => {
  const read = input([3], { dtype: "i32" });
  const words = embedding(5, 2, { maskZero: true })(read);
  const inner = input([3, 4]);
  const part = functional(inner, concatenate({ name: "concatenate_1" })([inner, inner]), { name: "part" });
  const both = part(concatenate()([words, lstm(2, { returnSequences: true })(words)]));
  const model = functional(read, concatenate({ name: "concatenate_2" })([lstm(2)(both), lstm(3)(words)]));
  const text = JSON.stringify((await readKerasArchive(await kerasBytes(model), "it")).config);
  expect(
    text
      .match(/"concatenate(_\w+)?"/g)!
      .sort()
      .filter((name, k, all) => name !== all[k - 1]),
  ).toEqual([
    '"concatenate"', // their own names, beside those in the file
    '"concatenate_1"',
    '"concatenate_1_layer"',
    '"concatenate_2"',
    '"concatenate_2_layer"',
    '"concatenate_layer"',
  ]);
  expect(text).not.toMatch(/\["concatenate(_\d)?",|"config":\{"name":"concatenate(_\d)?"/);
  for (const bytes of [await kerasBytes(model), await legacyH5Bytes(model)]) {
    const back = await loadModel(bytes);
    expect(back.layers.map((l) => l.name)).toEqual(model.layers.map((l) => l.name));
    expect(back.outputNames).toEqual(["concatenate_2"]);
    expect((await back.predict(ids)).data).toEqual((await model.predict(ids)).data);
  }
});

test("paths, nodes and numbers of calls are Keras's", async () => {
  const { weights, config } = await archiveOf();
  const paths = [...weights].flatMap(([path, group]) => (group.variables.length > 0 ? [path] : []));
  expect(paths.sort()).toEqual([
    "layers/dense",
    "layers/dense_1",
    "layers/embedding",
    "layers/functional/layers/dense",
    "layers/lstm/cell",
    "layers/sequential/layers/dense",
  ]);
  const inner = config.config as JsonObject;
  expect(inner.input_layers).toEqual(["words", 0, 0]);
  const part = (inner.layers as JsonObject[]).find((l) => l.name === "part")!;
  const sources = (part.inbound_nodes as JsonObject[]).map(
    (n) => JSON.stringify(n).match(/"keras_history":(\[.*?\])/)![1],
  );
  // Keras 2 counted a functional model's own making as its call 0; Keras 3 does so in the list of outputs alone.
  expect(sources).toEqual(['["stack",0,0]', '["part",0,0]']);
});

describe("dialects of other versions give the same model", () => {
  test("Keras 2's nodes: lists of [layer, node, tensor, options], outputs always in a list", async () => {
    const bytes = await changed((config, layers) => {
      for (const layer of layers) {
        const refs = [...JSON.stringify(layer.inbound_nodes).matchAll(/"keras_history":(\[.*?\])/g)];
        layer.inbound_nodes = refs.map((m) => [[...(JSON.parse(m[1]) as JsonObject[]), {}]]) as never;
      }
      config.input_layers = [config.input_layers];
    });
    expect(await numbers(await loadModel<SymbolicTensor[]>(bytes))).toEqual(await numbers(nested()));
  });
  test("masks computed by layers of their own, as Keras 3 lists them, are left to travel with the tensors", async () => {
    const bytes = await changed((_, layers) => {
      const ref = (name: string) => ({ class_name: "__keras_tensor__", config: { keras_history: [name, 0, 0] } });
      layers.push({
        module: "keras.src.ops.numpy",
        class_name: "NotEqual",
        name: "not_equal",
        config: { name: "not_equal" },
        inbound_nodes: [{ args: [ref("words"), 0], kwargs: {} }],
      });
      const node = (layers.find((l) => l.class_name === "LSTM")!.inbound_nodes as JsonObject[])[0];
      node.kwargs = { mask: ref("not_equal"), training: false, initial_state: null };
    });
    expect(await numbers(await loadModel<SymbolicTensor[]>(bytes))).toEqual(await numbers(nested()));
  });
  test("outputs by name", async () => {
    const bytes = await changed((config) => {
      const [kind, other] = config.output_layers as JsonObject[];
      config.output_layers = { kind, other };
    });
    expect(await numbers(await loadModel<SymbolicTensor[]>(bytes))).toEqual(await numbers(nested()));
  });
});

describe("a graph that cannot be is refused, with the file, the layer and the reason", () => {
  const history = (layers: JsonObject[], name: string, by: unknown[]) => {
    const layer = layers.find((l) => l.name === name)!;
    layer.inbound_nodes = JSON.parse(
      JSON.stringify(layer.inbound_nodes).replace(/"keras_history":\[.*?\]/, `"keras_history":${JSON.stringify(by)}`),
    );
  };
  const wrong: Record<string, [Parameters<typeof changed>[0], RegExp]> = {
    "a circle": [(_, layers) => history(layers, "embedding", ["lstm", 0, 0]), /"embedding", "lstm".* in a circle/],
    "a layer that is not there": [
      (_, layers) => history(layers, "lstm", ["nobody", 0, 0]),
      /layer "lstm": expected a layer of this model, received "nobody"/,
    ],
    "a result that is not there": [
      (_, layers) => history(layers, "lstm", ["embedding", 0, 7]),
      /a result of "embedding", received number 7 of its call 0/,
    ],
    "a call that is not there": [
      (_, layers) => history(layers, "lstm", ["embedding", 3, 0]),
      /received number 0 of its call 3/,
    ],
    "one name for two layers": [(_, layers) => void layers.push(layers[1]), /every layer's name once/],
    "a node without tensors": [
      (_, layers) => void Object.assign(layers[1], { inbound_nodes: [{ args: [], kwargs: {} }] }),
      /a node that reads a tensor/,
    ],
    "a node of another kind": [
      (_, layers) => void Object.assign(layers[1], { inbound_nodes: [3] }),
      /a node, received 3/,
    ],
    "numbers that are none": [
      (_, layers) => history(layers, "lstm", ["embedding", -1, "0"]),
      /a tensor as \[layer, node, index\]/,
    ],
    "no outputs": [(config) => void delete config.output_layers, /output_layers/],
    "layers that are no objects": [(config) => void Object.assign(config, { layers: [null] }), /an object at layer 0/],
    "a tensor where an option belongs": [
      (_, layers) => {
        const [node] = layers[1].inbound_nodes as JsonObject[];
        node.kwargs = { training: { class_name: "__keras_tensor__", config: { keras_history: ["words", 0, 0] } } };
      },
      /received one as training/,
    ],
    "a class of the author's own": [
      (_, layers) =>
        void Object.assign(layers[1], { module: "mine", registered_name: "mine>Soft", class_name: "Soft" }),
      /layer "embedding": expected a layer of Keras, received Soft, a class of the author's own[\s\S]*registerLayer\("Soft"/,
    ],
    "models inside models beyond reason": [
      (_, layers) => {
        let inner = layers[1];
        for (let k = 0; k < 20; k++) inner = { class_name: "Sequential", config: { name: `m${k}`, layers: [inner] } };
        layers[1] = { ...inner, name: "embedding", inbound_nodes: layers[1].inbound_nodes };
      },
      /at most 16 models inside each other/,
    ],
  };
  for (const [name, [change, message]] of Object.entries(wrong)) {
    test(name, async () => {
      const error = await loadModel(await changed(change)).catch((e: unknown) => e as Error);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(message);
    });
  }
});

test("a layer class that was registered is read, with its weights", async () => {
  class Soft extends Layer {
    readonly className = "Soft";
    readonly factory = "soft";
    readonly inner = dense(2, { name: "inside" });
    override get sublayers() {
      return [this.inner];
    }
    override build(shape: readonly (number | null)[]) {
      this.inner.buildAll([shape]);
    }
    override computeOutputShape(shape: readonly (number | null)[]) {
      return [shape[0], 2];
    }
    override forward(...[x, context]: Parameters<Layer["forward"]>) {
      return this.inner.forward(x, context);
    }
    config() {
      return { size: 2 };
    }
  }
  registerLayer("Soft", (config, options) => {
    expect(config.size).toBe(2);
    return new Soft(options);
  });
  const model = sequential([input([3]), new Soft({ name: "mine" })]);
  const { config } = await readKerasArchive(await kerasBytes(model), "soft.keras");
  // As Keras writes a class of the user's own: found by its registered name, in no module of Keras.
  expect(((config.config as JsonObject).layers as JsonObject[])[1]).toMatchObject({
    module: null,
    class_name: "Soft",
    registered_name: "Soft",
  });
  const back = await loadModel(await kerasBytes(model));
  expect(back.layers[0]).toBeInstanceOf(Soft);
  expect((await back.predict([[1, 2, 3]])).data).toEqual((await model.predict([[1, 2, 3]])).data);
});

test("what only code says is not written, and the message says what to do", async () => {
  class Mine extends CustomModel {
    readonly inner = dense(2);
    formula(...[x, run]: Parameters<CustomModel["formula"]>) {
      return run(this.inner, x);
    }
  }
  const mine = new Mine();
  mine.build([null, 3]);
  await expect(kerasBytes(mine)).rejects.toThrow(/a sequential or functional model, received Mine[\s\S]*weights\.h5/);
  const imported = await loadModel(onnxBytes(sequential([input([3]), dense(2)])));
  await expect(kerasBytes(imported)).rejects.toThrow(/an ONNX graph[\s\S]*asLayers\(model\)/);
});
