/**
 * Hostile model files: good ones changed where their structure is, under correct lengths and checksums, and byte by byte.
 * Each is read, or refused with a FormatError that names it; nothing else, whatever the seed. `npm run fuzz` runs longer.
 */
import { describe, expect, test } from "vitest";
import { Chance, changedBytes, changedJson, fuzzSeeds } from "../../test/hostile.ts";
import { thorough } from "../../test/thorough.ts";
import { FormatError } from "../errors.ts";
import * as l from "../layers/index.ts";
import { functional } from "../models/functional.ts";
import type { AnyModel } from "../models/model.ts";
import { sequential } from "../models/sequential.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { readKerasArchive, writeKerasArchive } from "./keras/archive.ts";
import { kerasBytes } from "./keras/keras.ts";
import { readLegacyArchive, writeLegacyArchive } from "./keras/legacy-archive.ts";
import { legacyH5Bytes } from "./keras/legacy-h5.ts";
import { openModel } from "./model-file.ts";
import { onnxBytes } from "./onnx/export.ts";
import { type OnnxModel, readOnnx, writeOnnx } from "./onnx/proto.ts";
import { tfjsFiles } from "./tfjs/tfjs.ts";
import { safetensorsBytes } from "./torch/safetensors-model.ts";

const seeds = fuzzSeeds(thorough ? 200 : 25);

function stack(): AnyModel {
  const model = sequential([
    l.embedding(7, 3, { inputShape: [4], maskZero: true }),
    l.bidirectional(l.lstm(2, { returnSequences: true })),
    l.gru(3, { resetAfter: false }),
    l.dense(2, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  return model;
}
function graph(): AnyModel {
  const x = l.input([4, 3]);
  const inner = sequential([l.dense(3, { activation: "tanh" })], { name: "inner" });
  const [y, h, c] = l.lstm(3, { returnState: true })(inner(x));
  return functional(x, [l.dense(1)(l.lstm(3)(x, { initialState: [h, c] })), l.add()([y, h])]);
}

const text = (value: JsonValue) => new TextEncoder().encode(JSON.stringify(value));

/** A way to make a hostile file from a seed. */
type Attack = (chance: Chance) => Promise<{ bytes: Uint8Array; files?: Map<string, Uint8Array> }>;

const of = (source: () => Promise<Uint8Array>): Attack => {
  let good: Promise<Uint8Array> | undefined;
  return async (chance) => {
    good ??= source();
    return { bytes: changedBytes(await good, chance) };
  };
};

function changedOnnx(model: OnnxModel, chance: Chance): OnnxModel {
  const node = chance.of(model.nodes);
  const tensor = chance.of(model.initializers);
  const names = [...model.nodes.flatMap((n) => [...n.inputs, ...n.outputs]), "", "nowhere"];
  const kinds: (() => void)[] = [
    () => void node.inputs.splice(chance.below(node.inputs.length), 1, chance.of(names)),
    () => void node.outputs.splice(0, 1, chance.of(names)),
    () => void Object.assign(node, { op: chance.of([...model.nodes.map((n) => n.op), "Loop", "Range", "Expand", "ConstantOfShape"]) }),
    () => void node.inputs.splice(chance.below(3), 1),
    () => void node.attributes.set(chance.of(["axis", "perm", "hidden_size", "direction", "activations", "to", "layout", "clip"]), chance.of([-1, 7, 1e9, "x", [0, 0], [9, 9], ["Tanh"], ["Mine", "Tanh", "Tanh"]])),
    () => void node.attributes.clear(),
    () => void Object.assign(tensor, { dims: chance.of([[], [0], [tensor.data.length], [1, tensor.data.length], [2 ** 31, 2 ** 31, 0]]) }),
    () => {
      if (tensor.data instanceof BigInt64Array) tensor.data[0] = chance.of([-1n, 0n, 99n, 2n ** 62n]);
    },
    () => void model.nodes.splice(chance.below(model.nodes.length), 1),
    () => void model.nodes.push(node),
    () => void Object.assign(chance.of(model.inputs), { shape: chance.of([[], ["b"], [0, 0], ["b", 1e9, 3], ["b", "t", "d"]]) }),
    () => void model.outputs.push(chance.of(model.outputs)),
    () => void Object.assign(chance.of(model.outputs), { name: chance.of(names) }),
  ]; // biome-ignore format: one change a line
  for (let turn = 1 + chance.below(3); turn > 0; turn--) if (model.nodes.length > 0) chance.of(kinds)();
  return model;
}

const attacks: Record<string, Attack> = {
  ".keras: architecture": async (chance) => {
    const archive = await readKerasArchive(await kerasBytes(chance.of([stack, graph])()), "good");
    archive.config = changedJson(archive.config, chance) as JsonObject;
    return { bytes: await writeKerasArchive(archive) };
  },
  ".keras: bytes": of(() => kerasBytes(graph())),
  ".h5: architecture, training, names": async (chance) => {
    const archive = await readLegacyArchive(await legacyH5Bytes(chance.of([stack, graph])()), "good");
    archive.kerasVersion = chance.of(["3.15.1", "2.2.4-tf", "1.2.2", "", "99", "x"]);
    if (chance.below(3) > 0) archive.config = changedJson(archive.config as JsonObject, chance) as JsonObject;
    if (chance.below(3) === 0) archive.training = changedJson(archive.training as JsonValue, chance) as JsonObject;
    const group = chance.of(archive.layers);
    if (chance.below(3) === 0) group.weights = chance.of([[], [...group.weights].reverse(), group.weights.slice(1)]);
    if (chance.below(3) === 0) group.name = "nobody";
    return { bytes: await writeLegacyArchive(archive) };
  },
  ".h5: bytes": of(() => legacyH5Bytes(stack())),
  "tfjs: model.json": async (chance) => {
    const files = tfjsFiles(chance.of([stack, graph])());
    const json = JSON.parse(new TextDecoder().decode(files.get("model.json"))) as JsonValue;
    return { bytes: text(changedJson(json, chance)), files };
  },
  "tfjs: bytes": async (chance) => {
    const files = tfjsFiles(stack());
    for (const [name, bytes] of files) if (chance.below(2) === 0) files.set(name, changedBytes(bytes, chance));
    return { bytes: files.get("model.json")!, files };
  },
  "safetensors: header": async (chance) => {
    const good = safetensorsBytes(chance.of([stack, graph])());
    const length = Number(new DataView(good.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(good.subarray(8, 8 + length))) as JsonObject;
    const metadata = header.__metadata__ as JsonObject;
    if (chance.below(2) === 0)
      metadata.keras_config = JSON.stringify(changedJson(JSON.parse(metadata.keras_config as string), chance));
    const changed = text(chance.below(2) === 0 ? header : changedJson(header, chance));
    const bytes = new Uint8Array(8 + changed.length + good.length - 8 - length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(changed.length), true);
    bytes.set(changed, 8);
    bytes.set(good.subarray(8 + length), 8 + changed.length);
    return { bytes };
  },
  "safetensors: bytes": of(async () => safetensorsBytes(stack())),
  "onnx: nodes and tensors": async (chance) => ({
    bytes: writeOnnx(changedOnnx(readOnnx(onnxBytes(chance.of([graph, unmasked])()), "good"), chance)),
  }),
  "onnx: bytes": of(async () => onnxBytes(graph())),
};

function unmasked(): AnyModel {
  return sequential([l.input([4]), l.embedding(7, 3), l.gru(2, { returnSequences: true }), l.flatten(), l.dense(1)]);
}

describe("a hostile file is read or refused, and nothing else", () => {
  for (const [name, attack] of Object.entries(attacks))
    test(
      `${name}: ${seeds.length} seeds`,
      async () => {
        let refused = 0;
        for (const seed of seeds) {
          const { bytes, files } = await attack(new Chance(seed, 5));
          const beside = async (file: string) => {
            const found = files?.get(file);
            if (found) return found;
            throw new FormatError(`hostile.bin: expected a file "${file}", received none.`);
          };
          const error = await openModel({ bytes, who: "hostile.bin", beside }).then(
            () => null,
            (e: unknown) => e as Error,
          );
          if (!error) continue;
          refused++;
          if (!(error instanceof FormatError)) throw new Error(`seed ${seed}: ${error.stack}`, { cause: error });
          expect(error.message, `seed ${seed}`).toContain("hostile.bin");
        }
        expect(refused).toBeGreaterThan(seeds.length / 20); // or the changes change nothing
      },
      120_000 + seeds.length * 200,
    ); // ms
});

test("JSON with a key twice, or nested beyond reason, is refused in every format that holds some", async () => {
  const twice = new TextEncoder().encode('{"class_name": "Sequential", "config": {}, "class_name": "Functional"}');
  const deep = new TextEncoder().encode(`{"config":${"[".repeat(1e5)}`);
  await expect(openModel({ bytes: twice, who: "m.json" })).rejects.toThrow(
    /m\.json: expected every key once, received "class_name" twice/,
  );
  await expect(openModel({ bytes: deep, who: "m.json" })).rejects.toThrow(/at most 256 levels/);
});

test("shards outside the model's folder are never opened", async () => {
  for (const path of ["../secret.bin", "/etc/passwd", "a/../../b", "http://x/y", "a\\b", "", "."]) {
    const json = { modelTopology: {}, weightsManifest: [{ paths: [path], weights: [] }] };
    const asked: string[] = [];
    const beside = async (name: string) => {
      asked.push(name);
      return new Uint8Array(0);
    };
    await expect(openModel({ bytes: text(json), who: "model.json", beside })).rejects.toThrow(
      /files in the model's own folder/,
    );
    expect(asked).toEqual([]);
  }
});
