import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../errors.ts";
import * as l from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import type { JsonObject } from "../json.ts";
import { loadModel } from "../load-model.ts";
import { openModel } from "../model-file.ts";
import { tfjsFiles } from "./tfjs.ts";

const random = new Random(2);
const floats = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => random.uniform(-1, 1)),
    shape,
  );
const small = () =>
  sequential([
    l.input([4, 3]),
    l.bidirectional(l.lstm(2, { returnSequences: true, recurrentActivation: "hardSigmoid2" })),
    l.gru(3, { resetAfter: false }),
    l.dense(2),
  ]);
type Json = {
  modelTopology: JsonObject;
  weightsManifest: {
    paths: string[];
    weights: { name: string; shape: number[]; dtype: string; quantization?: object }[];
  }[];
};

/** Opens a model's tfjs files after a change. */
async function reopened(model: unknown, change: (json: Json, files: Map<string, Uint8Array>) => void = () => {}) {
  const files = tfjsFiles(model as AnyModel);
  const json = JSON.parse(new TextDecoder().decode(files.get("model.json"))) as Json;
  change(json, files);
  const beside = async (name: string) => files.get(name)!;
  return openModel({ bytes: new TextEncoder().encode(JSON.stringify(json)), who: "model.json", beside });
}
const predict = (model: unknown, x: NdArray) => (model as { predict(x: NdArray): Promise<NdArray> }).predict(x);

test("a model comes back the same from a folder, and a second save leaves nothing of the first but its name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-tfjs-"));
  const path = join(folder, "model.json");
  await sequential([l.input([2]), l.dense(3)]).save(path);
  const [first] = readdirSync(folder).filter((name) => name.endsWith(".bin"));
  const model = small();
  await model.save(path);
  const x = floats(2, 4, 3);
  expect((await (await loadModel(path)).predict(x)).data).toEqual((await model.predict(x)).data);
  expect(readdirSync(folder)).not.toContain(first);
});

test("the topology is Keras 2's: no module, plain dtypes, batch_input_shape, gates by their old name", async () => {
  const json = JSON.parse(new TextDecoder().decode(tfjsFiles(small()).get("model.json"))) as Json;
  const text = JSON.stringify(json.modelTopology);
  for (const word of [
    "module",
    "registered_name",
    "batch_shape",
    "DTypePolicy",
    "zero_output_for_mask",
    "hard_sigmoid2",
  ])
    expect(text).not.toContain(`"${word}"`);
  expect(text).toContain('"batch_input_shape":[null,4,3]');
  expect(text).toContain('"recurrent_activation":"hard_sigmoid"');
  expect(json.weightsManifest[0].weights.map((w) => w.name)).toEqual([
    ...["kernel", "recurrent_kernel", "bias"].map((w) => `bidirectional/forward_lstm/${w}`),
    ...["kernel", "recurrent_kernel", "bias"].map((w) => `bidirectional/backward_lstm/${w}`),
    ...["kernel", "recurrent_kernel", "bias"].map((w) => `gru/${w}`),
    "dense/kernel",
    "dense/bias",
  ]);
});

test("functional models with models inside have Keras 2's nodes", async () => {
  const x = l.input([4, 3]);
  const inner = sequential([l.input([4, 3]), l.dense(3, { activation: "tanh", name: "within" })], { name: "inner" });
  const [y, h, c] = l.lstm(3, { returnState: true })(inner(x));
  const model = functional(x, l.add()([l.lstm(3)(x, { initialState: [h, c] }), y]));
  const data = floats(2, 4, 3);
  expect((await predict(await reopened(model), data)).data).toEqual((await model.predict(data)).data);
});

describe("files as other tools write them", () => {
  const x = floats(2, 4, 3);
  const changes: Record<string, (json: Json, files: Map<string, Uint8Array>) => void> = {
    "groups out of the layers' order": ({ weightsManifest }, files) => {
      const [{ paths, weights }] = weightsManifest;
      const bytes = files.get(paths[0])!;
      const size = (w: (typeof weights)[number]) => 4 * w.shape.reduce((n, d) => n * d, 1);
      let at = 0;
      const parts = weights.map((w, k) => {
        files.set(`part${k}`, bytes.slice(at, at + size(w)));
        at += size(w);
        return { paths: [`part${k}`], weights: [w] };
      });
      weightsManifest.splice(0, 1, ...parts.reverse());
    },
    "shards cut inside an array": ({ weightsManifest }, files) => {
      const [group] = weightsManifest;
      const bytes = files.get(group.paths[0])!;
      const cuts = [0, 1, 7, 101, bytes.length];
      group.paths = cuts.slice(1).map((end, k) => {
        files.set(`shard${k}`, bytes.slice(cuts[k], end));
        return `shard${k}`;
      });
    },
    "names of the converter, with cells": ({ weightsManifest: [{ weights }] }) => {
      for (const w of weights)
        w.name = w.name.replace("forward_lstm/", "forward_lstm/lstm_cell_1/").replace("gru/", "gru/gru_cell/");
    },
    "the topology inside model_config, as the converter writes it": (json) => {
      const { keras_version, backend, ...config } = json.modelTopology;
      json.modelTopology = { keras_version, backend, model_config: config };
    },
    "a gate's activation left out": ({ modelTopology }) => {
      const layers = (modelTopology.config as JsonObject).layers as { config: JsonObject }[];
      delete layers[2].config.recurrent_activation;
      const wrapped = layers[1].config.layer as { config: JsonObject };
      delete wrapped.config.recurrent_activation;
    },
  };
  for (const [name, change] of Object.entries(changes))
    test(name, async () => {
      const model = name.includes("activation") ? hard() : small();
      expect((await predict(await reopened(model, change), x)).data).toEqual((await model.predict(x)).data);
    });
  const hard = () =>
    sequential([
      l.input([4, 3]),
      l.bidirectional(l.lstm(2, { returnSequences: true, recurrentActivation: "hardSigmoid2" })),
      l.gru(3, { resetAfter: false, recurrentActivation: "hardSigmoid2" }),
    ]);

  for (const [dtype, steps, width] of [
    ["uint8", 255, 1],
    ["uint16", 65535, 2],
  ] as const)
    test(`numbers quantised to ${dtype} are widened`, async () => {
      const model = sequential([l.input([3]), l.dense(2, { useBias: false })]);
      const back = await reopened(model, ({ weightsManifest: [{ paths, weights }] }, files) => {
        const scale = 2 / steps;
        Object.assign(weights[0], { quantization: { dtype, scale, min: -1 } });
        const numbers = [...model.getWeights()[0].data].map((v) => Math.round((v + 1) / scale));
        files.set(
          paths[0],
          new Uint8Array((width === 1 ? Uint8Array.from(numbers) : Uint16Array.from(numbers)).buffer),
        );
      });
      const found = (back as unknown as typeof model).getWeights()[0].data;
      found.forEach((v, k) => {
        expect(Math.abs(v - model.getWeights()[0].data[k])).toBeLessThan(1.01 / steps); // half a step of 2 / steps, rounded
      });
    });
  test("numbers quantised to float16 are widened", async () => {
    const model = sequential([l.input([2]), l.dense(1, { useBias: false })]);
    const back = await reopened(model, ({ weightsManifest: [{ paths, weights }] }, files) => {
      Object.assign(weights[0], { quantization: { dtype: "float16" } });
      files.set(paths[0], Uint8Array.of(0x00, 0x3c, 0x00, 0xc0)); // 1, -2
    });
    expect([...(back as unknown as typeof model).getWeights()[0].data]).toEqual([1, -2]);
  });
});

describe("files that do not belong together are refused, with the place", () => {
  const wrong: Record<string, [(json: Json, files: Map<string, Uint8Array>) => void, RegExp]> = {
    "a shard too short": [
      ({ weightsManifest: [g] }, f) => void f.set(g.paths[0], f.get(g.paths[0])!.slice(8)),
      /group 0, "dense\/(kernel|bias)": expected \d+ bytes/,
    ],
    "a shard too long": [
      ({ weightsManifest: [g] }, f) => void f.set(g.paths[0], new Uint8Array(1e4)),
      /group 0: expected \d+ bytes, as its weights need, received 10000/,
    ],
    "an array nobody has": [
      ({ weightsManifest: [g] }) => void Object.assign(g.weights[9], { name: "other/kernel" }),
      /kernel \[3, 2\] of layer "dense"/,
    ],
    "no manifest": [(json) => void Object.assign(json, { weightsManifest: 3 }), /a list of groups, received 3/],
    "a graph model": [
      (json) => void Object.assign(json, { format: "graph-model" }),
      /a tfjs layers model, received a graph model/,
    ],
    "another shape": [
      ({ weightsManifest: [g] }) => void Object.assign(g.weights[9], { shape: [2, 3] }),
      /kernel \[3, 2\] of layer "dense", received "dense\/kernel" \[2, 3\]/,
    ],
  };
  for (const [name, [change, message]] of Object.entries(wrong))
    test(name, async () => {
      const error = await reopened(small(), change).catch((e: unknown) => e as Error);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(message);
    });
});

test("what the format cannot say exactly is not written, and the message names layer and option", () => {
  const models: [l.Layer, RegExp][] = [
    [l.gru(2, { name: "mine" }), /layer "mine": expected resetAfter false/],
    [l.lstm(2, { recurrentActivation: "hardSigmoid" }), /Keras 3's hard_sigmoid/],
    [l.lstm(2, { zeroOutputForMask: true }), /no zero_output_for_mask/],
  ];
  for (const [layer, message] of models) expect(() => tfjsFiles(sequential([l.input([4, 3]), layer]))).toThrow(message);
});

test("a layer that the format's readers do not know is not written", () => {
  const x = l.input([4, 2]);
  const heads = l.multiHeadAttention(2, 3, { useCausalMask: true, name: "heads" })([x, x]);
  const message = /layer "heads": expected a layer of the format, received MultiHeadAttention/;
  expect(() => tfjsFiles(functional(x, heads))).toThrow(message);
});

describe("weights whose names alone do not tell them apart come back in their places", () => {
  const models = {
    "equal cells in a stack": () => sequential([l.input([4, 3]), l.rnn([l.lstmCell(3), l.lstmCell(3)])]),
    "layers of one name in two models": () => {
      const x = l.input([3]);
      const tower = (name: string) => sequential([l.input([3]), l.dense(3, { name: "head" })], { name });
      return functional(x, l.concatenate()([tower("a")(x), tower("b")(x)]));
    },
  };
  for (const [name, make] of Object.entries(models))
    test(name, async () => {
      const model = make();
      const x = name.includes("stack") ? floats(2, 4, 3) : floats(2, 3);
      expect((await predict(await reopened(model), x)).data).toEqual((await predict(model, x)).data);
    });

  test("a stack's cells have tfjs's names", () => {
    const files = tfjsFiles(models["equal cells in a stack"]());
    const json = JSON.parse(new TextDecoder().decode(files.get("model.json"))) as Json;
    const names = json.weightsManifest[0].weights.map((w) => w.name);
    expect(names.slice(2, 4)).toEqual(["rnn/RNNCell_0/bias", "rnn/RNNCell_1/kernel"]);
  });
});
