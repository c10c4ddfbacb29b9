import { describe, expect, test } from "vitest";
import { FormatError } from "../../errors.ts";
import { dense, dropout, embedding, input, lstm } from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import { sequential } from "../../models/sequential.ts";
import { asNdArray } from "../../tensor/nd-array.ts";
import { adam, rmsprop } from "../../train/optimizers/index.ts";
import type { JsonObject } from "../json.ts";
import { loadModel, loadWeights } from "../load-model.ts";
import { modelBytes } from "../model-file.ts";
import { type LegacyArchive, readLegacyArchive, writeLegacyArchive } from "./legacy-archive.ts";
import { legacyH5Bytes } from "./legacy-h5.ts";

const ids = [
  [1, 2, 3, 0],
  [4, 5, 1, 2],
  [3, 3, 0, 1],
];
const y = [0, 1, 1];

function small() {
  const m = sequential(
    [
      embedding(6, 3, { inputShape: [4] }),
      dropout(0.5),
      lstm(4, { name: "encoder" }),
      dense(1, { activation: "sigmoid" }),
    ],
    { name: "little" },
  );
  m.compile({ optimizer: adam({ learningRate: 0.01 }), loss: "binaryCrossentropy", metrics: ["accuracy"] });
  return m;
}
const archiveOf = async (m = small()) => readLegacyArchive(await legacyH5Bytes(m), "little.h5");
const layersOf = ({ config }: LegacyArchive) =>
  (config!.config as JsonObject).layers as { class_name: string; config: JsonObject }[];

test("a model comes back the same: weights, optimizer state, predictions", async () => {
  const m = small();
  await m.fit(ids, y, { epochs: 2, verbose: 0 });
  const back = await loadModel(await legacyH5Bytes(m));
  expect(back.getWeights().map((w) => w.data)).toEqual(m.getWeights().map((w) => w.data));
  expect(back.optimizerState).toEqual(m.optimizerState);
  expect((await back.predict(ids)).data).toEqual((await m.predict(ids)).data);
  expect(back.compiled!.objectives[0].loss!.name).toBe("binary_crossentropy");
});

test("the file holds what Keras 3 writes: lists of all layers and of each one's arrays, also of those without", async () => {
  const archive = await archiveOf();
  expect(archive.kerasVersion).toBe("3.15.1");
  expect(archive.layers.map(({ name, weights }) => [name, weights.map((w) => w.name)])).toEqual([
    ["embedding", ["embedding/embeddings"]],
    ["dropout", []],
    ["encoder", ["encoder/kernel", "encoder/recurrent_kernel", "encoder/bias"]],
    ["dense", ["dense/kernel", "dense/bias"]],
  ]);
  expect(archive.training!.loss).toBe("binary_crossentropy");
  expect((archive.training!.optimizer_config as JsonObject).class_name).toBe("Adam");
});

test("a name with an empty part, as Keras writes for a nameless layer inside another, is HDF5's without it", async () => {
  const archive = await archiveOf();
  const dense = archive.layers[3].weights;
  for (const w of dense) w.name = w.name.replace("/", "//");
  const back = await readLegacyArchive(await writeLegacyArchive(archive), "odd.h5");
  expect(back.layers[3].weights).toEqual(dense);
});

test("frozen weights stand behind trained ones, and models inside keep theirs in one flat list", async () => {
  const inner = sequential([dense(3, { trainable: false, name: "frozen" }), dense(2, { name: "free" })], {
    name: "part",
  });
  const x = input([2]);
  const m = functional(x, inner(x));
  const [, part] = (await archiveOf(m as never)).layers;
  expect(part.weights.map((w) => w.name)).toEqual([
    "part/free/kernel",
    "part/free/bias",
    "part/frozen/kernel",
    "part/frozen/bias",
  ]);
  const back = await loadModel(await legacyH5Bytes(m));
  expect((await back.predict([[1, 2]])).data).toEqual((await m.predict([[1, 2]])).data);
});

describe("dialects of older versions give the same model", () => {
  const dialects: Record<string, (archive: LegacyArchive) => void> = {
    "Keras 2: names with :0, batch_input_shape on the first layer, plain dtypes, no module": (archive) => {
      archive.kerasVersion = "2.2.4-tf";
      const layers = layersOf(archive);
      layers.shift();
      for (const layer of layers) {
        layer.config.dtype = "float32";
        Object.assign(layer, { module: undefined, registered_name: undefined, build_config: undefined });
      }
      Object.assign(layers[0].config, { batch_input_shape: [null, 4], input_length: 4 });
      for (const { weights } of archive.layers) for (const w of weights) w.name += ":0";
      delete (archive.config!.config as JsonObject).build_input_shape;
      delete archive.config!.build_config;
    },
    "Keras 1: a list of layers, options under their first names, one array for each gate": (archive) => {
      archive.kerasVersion = "";
      archive.training = null;
      archive.optimizer = [];
      archive.config = {
        class_name: "Sequential",
        config: [
          {
            class_name: "Embedding",
            config: {
              name: "e",
              batch_input_shape: [null, 4],
              input_dim: 6,
              output_dim: 3,
              init: "uniform",
              input_dtype: "int32",
            },
          },
          { class_name: "Dropout", config: { name: "d", p: 0.5 } },
          {
            class_name: "LSTM",
            config: {
              name: "l",
              output_dim: 4,
              init: "glorot_uniform",
              inner_init: "orthogonal",
              inner_activation: "sigmoid",
              activation: "tanh",
              dropout_W: 0,
              dropout_U: 0,
            },
          },
          {
            class_name: "Dense",
            config: { name: "o", output_dim: 1, activation: "sigmoid", init: "glorot_uniform", bias: true },
          },
        ],
      };
      const [kernel, recurrent, bias] = archive.layers[2].weights.map(({ value }) => value);
      const columns = ({ data, shape }: typeof kernel, gate: number) => {
        const n = shape.length === 1 ? 1 : shape[0];
        const part = Float32Array.from({ length: n * 4 }, (_, k) =>
          Number(data[Math.floor(k / 4) * 16 + gate * 4 + (k % 4)]),
        );
        return { data: part, shape: shape.length === 1 ? [4] : [n, 4], dtype: "float32" };
      };
      // Keras 1 lists the gates i, c, f, o; Keras packs them i, f, c, o.
      archive.layers[2].weights = [0, 2, 1, 3].flatMap((gate) =>
        [kernel, recurrent, bias].map((value, k) => ({ name: `l_${"WUb"[k]}_${gate}`, value: columns(value, gate) })),
      );
    },
    "layers under other names: paired by position": (archive) => {
      for (const layer of archive.layers) layer.name = `old_${layer.name}`;
    },
    "lists of names that were cut in pieces": (archive) => {
      for (let k = 0; k < 700; k++) archive.layers.push({ name: `nothing_${k}`.padEnd(100, "_"), weights: [] }); // 64 KiB a list
    },
  };
  for (const [name, change] of Object.entries(dialects)) {
    test(name, async () => {
      const m = small();
      const archive = await archiveOf(m);
      change(archive);
      const back = await loadModel(
        await writeLegacyArchive(JSON.parse(JSON.stringify(archive, keep), revive) as LegacyArchive),
      );
      expect((await back.predict(ids)).data).toEqual((await m.predict(ids)).data);
    });
  }
  /** JSON drops what is undefined, as Keras's own JSON has it; numbers travel as lists. */
  const keep = (_: string, v: unknown) =>
    ArrayBuffer.isView(v) ? { numbers: [...(v as Float32Array)], kind: v.constructor.name } : v;
  const revive = (_: string, v: { numbers?: number[]; kind?: string } | null) =>
    v?.numbers ? (v.kind === "Int32Array" ? Int32Array.from(v.numbers) : Float32Array.from(v.numbers)) : v;

  test("Keras 2 keeps all of one optimizer slot after all of another", async () => {
    const m = small();
    await m.fit(ids, y, { epochs: 2, verbose: 0 });
    const archive = await archiveOf(m);
    archive.kerasVersion = "2.10.0";
    const [iterations, , ...slots] = archive.optimizer;
    archive.optimizer = [iterations, ...slots.filter((_, k) => k % 2 === 0), ...slots.filter((_, k) => k % 2 === 1)];
    expect((await loadModel(await writeLegacyArchive(archive))).optimizerState).toEqual(m.optimizerState);
    m.compile({ optimizer: rmsprop({ momentum: 0.5 }), loss: "mse" });
    await m.fit(ids, y, { verbose: 0 });
    const other = await archiveOf(m);
    other.kerasVersion = "2.10.0";
    other.optimizer.splice(1, 1); // no learning rate among them
    expect((await loadModel(await writeLegacyArchive(other))).optimizerState).toEqual(m.optimizerState);
  });

  test("Keras 2.11 and later keep the learning rate second and a parameter's slots side by side", async () => {
    const m = small();
    await m.fit(ids, y, { epochs: 2, verbose: 0 });
    const archive = await archiveOf(m);
    archive.kerasVersion = "2.15.0";
    archive.optimizer.forEach((v, k) => {
      v.name = k === 1 ? "learning_rate:0" : `Adam/${k}:0`;
    });
    expect((await loadModel(await writeLegacyArchive(archive))).optimizerState).toEqual(m.optimizerState);
  });

  test("hard_sigmoid has the slope of the Keras that wrote the file", async () => {
    for (const [version, meant] of [
      ["2.2.4-tf", "hard_sigmoid2"],
      ["", "hard_sigmoid2"],
      ["3.0.5", "hard_sigmoid"],
    ]) {
      const archive = await archiveOf();
      archive.kerasVersion = version;
      layersOf(archive)[3].config.recurrent_activation = "hard_sigmoid";
      expect(
        (await loadModel(await writeLegacyArchive(archive))).getLayer("encoder").config().recurrent_activation,
      ).toBe(meant);
    }
  });
});

describe("architecture and weights in two files", () => {
  const architecture = async () => {
    const { compile_config: _, ...config } = (await archiveOf()).config!;
    return new TextEncoder().encode(JSON.stringify(config));
  };
  for (const ending of ["weights.h5", "h5", "keras", "safetensors"]) {
    test(`a .json and a .${ending}`, async () => {
      const m = small();
      const back = await loadModel(await architecture(), {
        weights: await modelBytes(m, `m.${ending}`),
      });
      expect((await back.predict(ids)).data).toEqual((await m.predict(ids)).data);
      const other = small();
      other.setWeights(other.getWeights().map((w) => asNdArray(w.data.map(() => 0)).reshape(w.shape)));
      await loadWeights(other, await modelBytes(m, `m.${ending}`));
      expect((await other.predict(ids)).data).toEqual((await m.predict(ids)).data);
    });
  }
  test("an architecture alone, and weights alone, are told what they lack", async () => {
    await expect(loadModel(await architecture())).rejects.toThrow(/expected an architecture and weights/);
    const archive = await archiveOf();
    const alone = await writeLegacyArchive({ ...archive, config: null });
    await expect(loadModel(alone)).rejects.toThrow(/expected a whole model, received weights alone/);
    const ofKeras3 = await modelBytes(small(), "m.weights.h5");
    await expect(loadModel(ofKeras3)).rejects.toThrow(/expected a whole model, received weights alone/);
    const m = small();
    const back = await loadModel(await architecture(), { weights: alone });
    expect((await back.predict(ids)).shape).toEqual((await m.predict(ids)).shape);
  });
});

describe("a file that does not hold together is refused, with the layer and the array", () => {
  const wrong: Record<string, [(archive: LegacyArchive) => void, RegExp]> = {
    "a layer without arrays": [
      (a) => void a.layers[3].weights.splice(0),
      /arrays for 3 layers: embedding, encoder, dense, received for 2: embedding, encoder/,
    ],
    "an array too few": [
      (a) => void a.layers[2].weights.pop(),
      /"encoder": expected 3 arrays for lstm "encoder", received 2/,
    ],
    "an array of another shape": [
      (a) =>
        void Object.assign(a.layers[3].weights[0], {
          value: { data: new Float32Array(5), shape: [5, 1], dtype: "float32" },
        }),
      /"dense", dense\/kernel: expected kernel \[4, 1\] of dense "dense", received \[5, 1\]/,
    ],
    integers: [
      (a) =>
        void Object.assign(a.layers[3].weights[1], { value: { data: new Int32Array(1), shape: [1], dtype: "int32" } }),
      /floating-point numbers, received int32/,
    ],
    "an architecture that is not JSON's object": [
      (a) => void Object.assign(a, { config: [1] }),
      /a JSON object, received a list/,
    ],
    "a model of the author's own": [
      (a) => void Object.assign(a.config!, { class_name: "Mine" }),
      /Sequential or Functional model, received Mine/,
    ],
  };
  for (const [name, [change, message]] of Object.entries(wrong)) {
    test(name, async () => {
      const archive = await archiveOf();
      change(archive);
      const error = await loadModel(await writeLegacyArchive(archive)).catch((e: unknown) => e as Error);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(message);
    });
  }
});
