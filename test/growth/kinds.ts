/**
 * Files of `n` small parts, one of each kind that readers have to search through. What each reader does with them must grow
 * as `n` does: `growth.test.ts` takes sizes at which a scan inside a loop lasts minutes, `npm run fuzz` prints the seconds.
 */
import { zipSync } from "fflate";
import { columnNumbers, numericColumns, parseCsv, parseTs, readIdx, readWav } from "../../src/data/index.ts";
import {
  readNpy,
  readNpz,
  readOnnxGraph,
  readSafetensors,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from "../../src/formats/index.ts";
import type { JsonObject, JsonValue } from "../../src/formats/json.ts";
import { writeKerasArchive, writeWeights } from "../../src/formats/keras/archive.ts";
import { writeLegacyArchive } from "../../src/formats/keras/legacy-archive.ts";
import { loadWeights } from "../../src/formats/load-model.ts";
import { openModel } from "../../src/formats/model-file.ts";
import { modelFromJson } from "../../src/formats/model-from-json.ts";
import { type OnnxNode, writeOnnx } from "../../src/formats/onnx/proto.ts";
import { dense as denseLayer, input } from "../../src/layers/index.ts";
import { sequential } from "../../src/models/sequential.ts";
import { TextVectorization, Tokenizer } from "../../src/text/index.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/fit/checkpoint.ts";
import { archive, dict, global, moduleOf, storage, tensor } from "../torch-pickle.ts";

/** A file, and how it is read. */
export interface Growing {
  readonly bytes: number;
  read(): unknown;
}
type Make = (n: number) => Growing | Promise<Growing>;

const range = <T>(n: number, make: (k: number) => T): T[] => Array.from({ length: n }, (_, k) => make(k));
const encoded = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const model = (bytes: Uint8Array, beside?: (name: string) => Promise<Uint8Array>): Growing => ({
  bytes: bytes.length,
  read: () => openModel({ bytes, who: "many", beside }),
});
const text = (value: string, read: (text: string) => unknown): Growing => ({
  bytes: value.length,
  read: () => read(value),
});

const inputLayer = {
  class_name: "InputLayer",
  name: "in",
  config: { batch_shape: [null, 1], name: "in", dtype: "float32" },
  inbound_nodes: [],
};
const dense = (name: string, more: JsonObject = {}) => ({
  class_name: "Dense",
  config: { name, units: 1, use_bias: false, activation: "linear", ...more },
});
/** A layer of a functional model that reads these, each a layer's name or its name and which call. */
const reading = (className: string, name: string, calls: (string | [string, number])[][], config: JsonObject = {}) => ({
  class_name: className,
  name,
  config: { name, ...config },
  inbound_nodes: calls.map((from) =>
    from.map((source) => [...(typeof source === "string" ? [source, 0] : source), 0, {}]),
  ),
});
const functional = (layers: unknown[], outputs: JsonValue, inputs: JsonValue = [["in", 0, 0]]) =>
  ({
    class_name: "Functional",
    config: { name: "s", layers, input_layers: inputs, output_layers: outputs },
  }) as unknown as JsonObject;
const one = { data: new Float32Array(1), shape: [1, 1], dtype: "float32" };

const keras = async (config: JsonObject, groups: string[] = ["dense"]) =>
  model(
    await writeKerasArchive({
      metadata: { keras_version: "3.15.1", date_saved: "" },
      config,
      weights: new Map(groups.map((name) => [`layers/${name}`, { name, variables: [one] }])),
      assets: new Map(),
    }),
  );
/** An archive whose parts are deflated, with what cannot be deflated beside them: bounds go by the size of the file. */
const packed = async (
  config: unknown,
  assets: Record<string, Uint8Array> = {},
  groups = ["dense"],
  read = openModel,
) => {
  const weights = new Map(groups.map((name) => [`layers/${name}`, { name, variables: [one] }]));
  const files = {
    "metadata.json": encoded({ keras_version: "3.15.1", date_saved: "" }),
    "config.json": encoded(config),
    "model.weights.h5": await writeWeights(weights),
    "assets/noise": Uint8Array.from({ length: noise }, (_, i) => (((i * 2654435761) >>> 7) * (i + 1)) >>> 9),
    ...Object.fromEntries(Object.entries(assets).map(([name, bytes]) => [`assets/${name}`, bytes])),
  };
  const bytes = zipSync(files, { level: 6 });
  return { bytes: bytes.length, read: () => read({ bytes, who: "many" }) };
};
const noise = 950_000; // bytes
const bare = (className: string, config: JsonObject = {}) => ({ class_name: className, config });
/** As few bytes as layers can be written in. */
const smallest = (n: number, layer: unknown) =>
  ({
    class_name: "Sequential",
    config: { layers: [bare("InputLayer", { batch_shape: [null, 1, 1] }), ...range(n, () => layer)] },
  }) as unknown as JsonObject;
const chain = (n: number) =>
  range(n, (k) => reading("Activation", `a${k}`, [[k === 0 ? "in" : `a${k - 1}`]], { activation: "relu" }));
const stack = (n: number) =>
  ({
    class_name: "Sequential",
    config: { name: "s", layers: [inputLayer, ...range(n, (k) => dense(`d${k}`))] },
  }) as unknown as JsonObject;

const lookups = (size: number) =>
  ({
    class_name: "Sequential",
    config: {
      name: "s",
      layers: [
        { class_name: "InputLayer", config: { batch_shape: [null, 1], name: "in", dtype: "string" } },
        { class_name: "StringLookup", config: { name: "l", vocabulary_size: size, output_mode: "one_hot" } },
      ],
    },
  }) as unknown as JsonObject;

const node = (op: string, inputs: string[], outputs: string[]): OnnxNode => ({
  op,
  name: "",
  domain: "",
  inputs,
  outputs,
  attributes: new Map(),
});
const onnx = (
  nodes: OnnxNode[],
  output: string,
  initializers: { name: string; dims: number[]; data: Float32Array | BigInt64Array }[] = [],
) =>
  writeOnnx({
    producer: "",
    opset: 17,
    metadata: new Map(),
    inputs: [{ name: "x", type: "float", shape: ["b", 1] }],
    outputs: [{ name: output, type: "float", shape: ["b", 1] }],
    initializers,
    nodes,
  });

/** A pickled object array, the way NumPy writes it, of what the opcodes put on the stack. */
function pickled(opcodes: number[], count: number): Growing {
  const head = encoded(`{'descr': '|O', 'fortran_order': False, 'shape': (${count},), }`.padEnd(117));
  const bytes = Uint8Array.from([0x93, ...encoded("NUMPY"), 1, 0, 118, 0, ...head, 10, 0x80, 3, ...opcodes]);
  return { bytes: bytes.length, read: () => readNpy(bytes, "many.npy") };
}

export const kinds: Readonly<Record<string, Make>> = {
  "architecture as JSON: layers": (n) => {
    const json = JSON.stringify(stack(n));
    return text(json, () => modelFromJson(json));
  },
  ".keras: words of a vocabulary": async (n) => {
    const words = encoded(["[UNK]", ...range(n, (k) => `w${k}`)].join("\n"));
    return packed(lookups(n + 1), { "layers/string_lookup/vocabulary.txt": words }, []);
  },
  ".keras: words of a vocabulary, twice the same": async (n) =>
    packed(lookups(n), { "layers/string_lookup/vocabulary.txt": encoded(range(n, () => "w").join("\n")) }, []),
  ".keras: layers in order": (n) => keras(functional([inputLayer, ...chain(n)], [[`a${n - 1}`, 0, 0]])),
  ".keras: layers listed backwards": (n) =>
    keras(functional([inputLayer, ...chain(n).reverse()], [[`a${n - 1}`, 0, 0]])),
  ".keras: layers in a circle": (n) => {
    const [first, ...others] = chain(n);
    return keras(
      functional(
        [inputLayer, { ...first, inbound_nodes: [[[`a${n - 1}`, 0, 0, {}]]] }, ...others],
        [[`a${n - 1}`, 0, 0]],
      ),
    );
  },
  ".keras: one layer that reads all": (n) => {
    const sum = reading("Add", "sum", [range(n, (k) => `a${n - 1 - k}`)]);
    return keras(functional([inputLayer, sum, ...chain(n)], [["sum", 0, 0]]));
  },
  ".keras: one layer called again and again, backwards": (n) => {
    const shared = reading(
      "Activation",
      "a",
      range(n, (k) => [k === 0 ? "in" : `b${k - 1}`]),
      { activation: "relu" },
    );
    const between = range(n, (k) => reading("Activation", `b${k}`, [[["a", k]]], { activation: "relu" })).reverse();
    return keras(functional([inputLayer, ...between, shared], [[`b${n - 1}`, 0, 0]]));
  },
  ".keras: inputs and outputs": (n) => {
    const inputs = range(n, (k) => ({
      ...inputLayer,
      name: `in${k}`,
      config: { ...inputLayer.config, name: `in${k}` },
    }));
    const layers = range(n, (k) => reading("Activation", `a${k}`, [[`in${k}`]], { activation: "relu" }));
    return keras(
      functional(
        [...inputs, ...layers],
        range(n, (k) => [`a${k}`, 0, 0]),
        range(n, (k) => [`in${k}`, 0, 0]),
      ),
    );
  },
  ".keras: outputs of one layer": (n) => {
    const calls = reading(
      "Activation",
      "a",
      range(n, () => ["in"]),
      { activation: "relu" },
    );
    return keras(
      functional(
        [inputLayer, calls],
        range(n, (k) => ["a", k, 0]),
      ),
    );
  },
  ".keras: layers without names": (n) => {
    const layers = range(n, () => ({ class_name: "Activation", config: { activation: "relu" } }));
    return keras({
      class_name: "Sequential",
      config: { name: "s", layers: [inputLayer, ...layers] },
    } as unknown as JsonObject);
  },
  ".keras: groups under other names": (n) =>
    keras(
      stack(n),
      range(n, (k) => `m${k}`),
    ),
  ".keras: groups in their places": (n) =>
    keras(
      stack(n),
      range(n, (k) => (k === 0 ? "dense" : `dense_${k}`)),
    ),
  ".keras: layers of few letters": (n) => keras(smallest(n, bare("Flatten"))),
  ".keras: LSTMs of few letters": (n) => keras(smallest(n, bare("LSTM", { units: 1, return_sequences: true }))),
  ".keras: wrappers of few letters": (n) =>
    keras(smallest(n, bare("Bidirectional", { layer: bare("GRU", { units: 1, return_sequences: true }) }))),
  ".keras: models within": (n) => {
    const inner = { class_name: "Sequential", config: { layers: [bare("Flatten")] } };
    return keras(smallest(n, inner));
  },
  ".keras: LSTMs of few letters, deflated": (n) =>
    packed(smallest(n, bare("LSTM", { units: 1, return_sequences: true }))),
  ".keras: wrappers of few letters, deflated": (n) =>
    packed(smallest(n, bare("Bidirectional", { layer: bare("GRU", { units: 1, return_sequences: true }) }))),
  ".keras: layers of few letters, deflated": (n) => packed(smallest(n, bare("Flatten"))),
  ".keras: calls of one layer, deflated": (n) =>
    packed(
      functional(
        [
          inputLayer,
          reading(
            "Flatten",
            "a",
            range(n, () => ["in"]),
          ),
        ],
        [["a", 0, 0]],
      ),
    ),
  ".keras: lists in its config, deflated": (n) => packed({ ...smallest(1, bare("Flatten")), more: range(n, () => []) }),
  ".keras: groups, deflated": (n) =>
    packed(
      smallest(1, bare("Dense", { units: 1 })),
      {},
      range(n, (k) => `d${k}`),
    ),
  ".keras: assets, deflated": (n) =>
    packed(smallest(1, bare("Flatten")), Object.fromEntries(range(n, (k) => [`a${k}`, new Uint8Array(100)]))),
  "task: texts in its data": (n) => task({ task: "textClassifier", version: 1, labels: range(n, (k) => `${k}`) }),
  "task: objects in its data, deflated": (n) =>
    task({ task: "textClassifier", version: 1, labels: range(n, () => ({})) }),
  "task: lists within lists in its data": (n) =>
    task(`{"task":"textClassifier","version":1,"labels":${"[".repeat(n)}${"]".repeat(n)}}`),
  ".h5: layers of few letters": async (n) => legacy(smallest(n, bare("Flatten"))),
  ".h5: layers": async (n) =>
    model(
      await writeLegacyArchive({
        kerasVersion: "2.15.0",
        config: stack(n),
        training: null,
        layers: range(n, (k) => ({ name: `d${k}`, weights: [{ name: "w", value: one }] })),
        optimizer: [],
      }),
    ),
  "tfjs: names as they are": (n) => tfjs(n, (k) => `d${k}/kernel`),
  "tfjs: names with others between": (n) => tfjs(n, (k) => `d${k}/x/kernel`),
  "tfjs: names of nobody": (n) => tfjs(n, () => "nobody/kernel"),
  "safetensors: modules of the layers' names": (n) => safetensors(n, (k) => `d${k}`),
  "safetensors: modules of other names": (n) => safetensors(n, (k) => `m${k}`),
  "safetensors: tensors": (n) => {
    const bytes = writeSafetensors(new Map(range(n, (k) => [`m${k}`, { shape: [1], data: new Float32Array(1) }])));
    return { bytes: bytes.length, read: () => readSafetensors(bytes, "many") };
  },
  "PyTorch: tensors of one storage": (n) => torch(dict(range(n, (k) => [`m${k}.weight`, torchTensor]))),
  "PyTorch: modules": (n) =>
    torch(
      moduleOf(
        global("__main__", "Net"),
        [],
        range(n, (k) => [`m${k}`, torchModule]),
      ),
    ),
  "PyTorch: empty dicts": (n) => torch(`](${"}".repeat(n)}e`),
  "PyTorch: storages": async (n) => {
    const stored = range(n, (k) => [`m${k}`, tensor(storage(`${k}`, 1), 0, [1], [1])] as const);
    const numbers = Object.fromEntries(range(n, (k) => [`${k}`, new Uint8Array(4)]));
    return weights(await archive(dict(stored), numbers));
  },
  "onnx: nodes": (n) =>
    model(
      onnx(
        range(n, (k) => node("Relu", [k === 0 ? "x" : `v${k - 1}`], [`v${k}`])),
        `v${n - 1}`,
      ),
    ),
  "onnx: nodes of few letters": (n) =>
    model(
      onnx(
        range(n, (k) => node("Abs", [k === 0 ? "x" : k.toString(36)], [(k + 1).toString(36)])),
        n.toString(36),
      ),
    ),
  "onnx: nodes in reverse": (n) =>
    model(onnx(range(n, (k) => node("Relu", [k === 0 ? "x" : `v${k - 1}`], [`v${k}`])).reverse(), `v${n - 1}`)),
  "onnx: quantized again and again": (n) =>
    model(
      onnx(
        range(n, (k) => [
          node("DynamicQuantizeLinear", [k === 0 ? "x" : `v${k - 1}`], [`q${k}`, `s${k}`, `z${k}`]),
          node("DequantizeLinear", [`q${k}`, `s${k}`, `z${k}`], [`v${k}`]),
        ]).flat(),
        `v${n - 1}`,
      ),
    ),
  "onnx: weights": (n) => {
    const weights = range(n, (k) => ({ name: `w${k}`, dims: [2], data: new Float32Array(2) }));
    return model(onnx([node("Relu", ["x"], ["y"])], "y", weights));
  },
  "onnx: known numbers": (n) => {
    const names = range(n, (k) => (k === 0 ? "s" : `v${k - 1}`));
    const nodes = [...names.map((name, k) => node("Concat", [name, "s"], [`v${k}`])), node("Relu", ["x"], ["y"])];
    return model(onnx(nodes, "y", [{ name: "s", dims: [1], data: BigInt64Array.of(1n) }]));
  },
  "onnx: one node of many inputs": (n) => {
    const bytes = onnx(
      [
        node(
          "Concat",
          range(n, () => "x"),
          ["y"],
        ),
      ],
      "y",
    );
    return { bytes: bytes.length, read: () => readOnnxGraph(bytes, "many").run({ x: [[1]] }, { backend: "js" }) };
  },
  "json: keys": (n) => model(encoded(`{${range(n, (k) => `"k${k}" : 1`).join()}}`)),
  "json: lists and objects": (n) => model(encoded(`{"a":[${range(n, () => "[],{}").join()}]}`)),
  "json: blanks before colons": (n) => model(encoded(`{${range(20, (k) => `"k${k}"${" ".repeat(n)}:1`).join()}}`)),
  "zip: members": async (n) => {
    const bytes = await writeNpz(
      Object.fromEntries(range(n, (k) => [`m${k}`, { data: new Float32Array(1), shape: [1] }])),
    );
    return { bytes: bytes.length, read: () => readNpz(bytes, "many.npz") };
  },
  "npy: numbers": (n) => {
    const bytes = writeNpy({ data: new BigInt64Array(n), shape: [n] });
    return { bytes: bytes.length, read: () => readNpy(bytes, "many.npy") };
  },
  "pickle: lists of one number": (n) =>
    pickled([0x5d, 0x28, ...range(n, () => [0x5d, 0x4b, 1, 0x61]).flat(), 0x65, 0x2e], n),
  "pickle: empty lists": (n) => pickled([0x5d, 0x28, ...range(n, () => 0x5d), 0x65, 0x2e], n),
  "pickle: floats": (n) =>
    pickled([0x5d, 0x28, ...range(n, () => [0x47, 63, 240, 0, 0, 0, 0, 0, 0]).flat(), 0x65, 0x2e], n),
  "csv: rows": (n) => text(`a,b\n${"1.5,2\n".repeat(n)}`, async (t) => columnNumbers(await parseCsv(t))),
  "csv: columns": (n) =>
    text(`${range(n, (k) => `c${k}`).join()}\n${range(n, () => 1).join()}\n`, async (t) =>
      columnNumbers(await parseCsv(t)),
    ),
  "csv: digits of one cell": (n) => text(`a\n${"1".repeat(10 * n)}x\n`, async (t) => numericColumns(await parseCsv(t))),
  "csv: quotes": (n) => text(`a\n"${'""'.repeat(n)}"\n`, (t) => parseCsv(t)),
  "ts: steps": (n) => text(`@data\n${range(n, (k) => k).join()}:x\n`, (t) => parseTs(t)),
  "ts: channels": (n) => text(`@data\n${range(n, (k) => k).join(":")}:x\n`, (t) => parseTs(t)),
  "wav: chunks": (n) => {
    const chunk = [...encoded("junk"), 0, 0, 0, 0];
    const bytes = Uint8Array.from([
      ...encoded("RIFF"),
      0,
      0,
      0,
      0,
      ...encoded("WAVE"),
      ...range(n, () => chunk).flat(),
    ]);
    return { bytes: bytes.length, read: () => readWav(bytes) };
  },
  "idx: numbers": (n) => {
    const bytes = new Uint8Array(8 + n);
    bytes.set([0, 0, 8, 1, n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
    return { bytes: bytes.length, read: () => readIdx(bytes) };
  },
  "tokenizer: words": (n) => {
    const tokenizer = new Tokenizer();
    tokenizer.fitOnTexts([range(n, (k) => `w${k}`).join(" ")]);
    return text(tokenizer.toJson(), (t) => Tokenizer.fromJson(t));
  },
  "tokenizer: words of a letter": (n) => {
    const word_index = JSON.stringify(Object.fromEntries(range(n, (k) => [k.toString(36), k + 1])));
    const rest = { filters: "", lower: true, split: " ", char_level: false, word_docs: "{}", index_docs: "{}" };
    const more = { num_words: null, oov_token: null, document_count: 1, word_counts: "{}", index_word: "{}" };
    const json = { class_name: "Tokenizer", config: { ...rest, ...more, word_index } };
    return text(JSON.stringify(json), (t) => Tokenizer.fromJson(t));
  },
  "textVectorization: words": (n) =>
    text(JSON.stringify({ kind: "textVectorization", options: { vocabulary: range(n, (k) => `w${k}`) } }), (t) =>
      TextVectorization.fromJSON(JSON.parse(t)),
    ),
  "checkpoint: arrays": (n) => {
    const bytes = encodeCheckpoint(range(n, (k) => Uint8Array.of(k)));
    return { bytes: bytes.length, read: () => decodeCheckpoint(bytes) };
  },
};

/** A task's file. */
function task(data: JsonObject | string): Promise<Growing> {
  const layers = smallest(1, bare("Flatten"));
  return packed(layers, { "cellstate/task.json": encoded(data) }, ["dense"], async ({ bytes }) => {
    const { loadTextClassifier } = await import("../../src/tasks/index.ts");
    return (await loadTextClassifier(bytes)) as never;
  });
}

const legacy = async (config: JsonObject): Promise<Growing> =>
  model(await writeLegacyArchive({ kerasVersion: "2.15.0", config, training: null, layers: [], optimizer: [] }));

function tfjs(n: number, name: (k: number) => string): Growing {
  const layers = range(n, (k) => dense(`d${k}`, k === 0 ? { batch_input_shape: [null, 1] } : {}));
  const weights = range(n, (k) => ({ name: name(k), shape: [1, 1], dtype: "float32" }));
  const topology = { class_name: "Sequential", config: { name: "s", layers } };
  const json = { format: "layers-model", modelTopology: topology, weightsManifest: [{ paths: ["w.bin"], weights }] };
  return model(encoded(json), async () => new Uint8Array(4 * n));
}

const torchTensor = tensor(storage("0", 1), 0, [1, 1], [1, 1]);
const torchModule = moduleOf(global("torch.nn.modules.linear", "Linear"), [["weight", torchTensor]]);

/** Weights of PyTorch for a layer that could have any of them. */
const torch = async (pickle: string) => weights(await archive(pickle, { 0: new Uint8Array(4) }));
const weights = (bytes: Uint8Array): Growing => ({
  bytes: bytes.length,
  read: () => loadWeights(sequential([input([1]), denseLayer(1, { useBias: false })]), bytes),
});

function safetensors(n: number, name: (k: number) => string): Growing {
  const tensors = new Map(range(n, (k) => [`${name(k)}.weight`, { shape: [1, 1], data: new Float32Array(1) }]));
  return model(writeSafetensors(tensors, new Map([["keras_config", JSON.stringify(stack(n))]])));
}
