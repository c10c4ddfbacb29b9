/** Files that PyTorch itself wrote (test/judges/make-torch-files.py) give PyTorch's numbers here. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import {
  archive,
  call,
  dict,
  global,
  int,
  list,
  object,
  storage,
  tensor,
  text,
  tuple,
} from "../../../test/torch-pickle.ts";
import * as l from "../../layers/index.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import type { Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { asNdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import { loadModel, loadWeights } from "../load-model.ts";
import { readTorch } from "./state-dict.ts";
import { suggestedLayers } from "./suggested-layers.ts";

const folder = "test/fixtures/torch";
type Nested = NestedNumbers[];
interface Expected {
  files: Record<string, { net: keyof typeof nets; form: string; x: Nested; y: Nested }>;
  sequential: { x: Nested; y: Nested };
  values: Record<string, { shape: number[]; numbers: number[] }>;
}
const expected: Expected = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8"));
const bytesOf = (file: string) => new Uint8Array(readFileSync(`${folder}/${file}`));

const both = (layer: AnyLayer) => l.bidirectional(layer);
const sequences = { returnSequences: true };
const eps = { epsilon: 1e-5 };
/** The networks of make-torch-files.py, layer by layer; a stacked nn.LSTM is a layer each. */
const nets = {
  words: () =>
    sequential([
      l.input([null], { dtype: "i32" }),
      l.embedding(11, 4),
      both(l.lstm(3, sequences)),
      both(l.lstm(3, sequences)),
      l.gru(4),
      l.dense(3),
    ]),
  signals: () =>
    sequential([
      l.input([null, 2]),
      l.conv1d(4, 3, { dilationRate: 2 }),
      l.batchNormalization(eps),
      both(l.rnn(l.projectedLstmCell(5, { projSize: 3 }), sequences)),
      both(l.rnn(l.projectedLstmCell(5, { projSize: 3 }), sequences)),
      l.layerNormalization(eps),
      l.simpleRnn(4, { useBias: false, ...sequences }),
      l.dense(2, { useBias: false }),
    ]),
  cells: () =>
    sequential([
      l.input([null, 2]),
      l.conv1dTranspose(3, 3, { strides: 2 }),
      l.gru(4, sequences),
      l.lstm(3, sequences),
      l.simpleRnn(2, sequences),
    ]),
};

/** f32 against f32, sums of a dozen terms of size 1 through eight layers; half precision is exact once it is rounded. */
function expectClose(found: { data: ArrayLike<number>; shape: readonly number[] }, wanted: Nested): void {
  const y = asNdArray(wanted);
  expect(found.shape).toEqual(y.shape);
  for (const [i, v] of Array.from(found.data).entries()) expect(Math.abs(v - y.data[i])).toBeLessThan(5e-6);
}

for (const { name: backend } of await presentBackends())
  describe(`on ${backend}`, () => {
    for (const [file, { net, x, y }] of Object.entries(expected.files))
      test(`${file} gives PyTorch's outputs`, async () => {
        const model = nets[net]();
        model.compile({ loss: "mse", backend });
        const { unused } = await loadWeights(model, bytesOf(file));
        expect(unused).toEqual([]);
        expectClose(await model.predict(x), y);
      });

    test("an nn.Sequential of known modules is a model", async () => {
      const model = (await loadModel(`${folder}/sequential.pth`, { backend })) as Model;
      const { x, y } = expected.sequential;
      expectClose(await model.predict(x), y);
    });
  });

test.for(["values.pt", "values-older.pt"])(
  "%s: views, every type of number, a scalar and an empty tensor",
  async (file) => {
    const { tensors } = await readTorch(bytesOf(file), file);
    for (const [name, { shape, numbers }] of Object.entries(expected.values)) {
      expect(tensors.get(name)!.shape, name).toEqual(shape);
      expect(Array.from(tensors.get(name)!.data, Number), name).toEqual(numbers);
    }
  },
);

test("tensors that are no plain numbers are named, and the others are read", async () => {
  const { tensors } = await readTorch(bytesOf("other-tensors.pt"), "x.pt");
  expect([...tensors].map(([name, { dtype }]) => [name, dtype])).toEqual([
    ["complex", "complex64"],
    ["sparse", "sparse tensor"],
    ["quantized", "quantized tensor"],
    ["plain", "F32"],
  ]);
  for (const name of ["complex", "sparse", "quantized"])
    expect(() => tensors.get(name)!.data).toThrow(/^x\.pt: expected .*, received/);
  expect([...tensors.get("plain")!.data]).toEqual([1]);
});

test("a checkpoint's optimizer is left out, what else it holds is said", async () => {
  const { saved, tensors, others } = await readTorch(bytesOf("words-checkpoint.pt"), "x.pt");
  expect([saved, [...tensors.keys()].slice(0, 2)]).toEqual(["checkpoint", ["embedding0.weight", "lstm1.weight_ih_l0"]]);
  expect([others.get("epoch"), [...others.keys()]]).toEqual([7, ["epoch", "optimizer_state_dict", "seed", "loss"]]);
  const two = await readTorch(bytesOf("two-parts.pt"), "x.pt");
  expect([...two.tensors.keys()]).toEqual(["encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias"]);
  expect(two.others.get("score")).toBe(0.25);
});

test("modules are listed in the order of the file, cells too", async () => {
  const contents = await readTorch(bytesOf("cells-state_dict.pt"), "x.pt");
  expect(suggestedLayers(contents).map(({ module, code }) => `${module}: ${code}`)).toEqual([
    "transposed0: conv1dTranspose(3, 3)",
    "grucell1: gru(4, { returnSequences: true })",
    "lstmcell2: lstm(3, { returnSequences: true })",
    "rnncell3: simpleRnn(2, { returnSequences: true })",
  ]);
});

test("arrays of dates and of records beside the weights stay records", async () => {
  const dtype = (letters: string, ...state: string[]) =>
    `${call(global("numpy", "dtype"), text(letters), "\x89", "\x88")}${tuple(int(3), text("|"), ...state)}b`;
  const array = (type: string) =>
    `${call(global("numpy._core.multiarray", "_reconstruct"), global("numpy", "ndarray"), tuple(int(0)), text("b"))}${tuple(int(1), tuple(int(1)), type, "\x89", text("12345678"))}b`;
  const held = dict([
    ["fc", dict([["weight", tensor(storage("0", 1), 0, [1, 1], [1, 1])]])],
    ["dates", array(dtype("M8", "N", "N", "N"))],
    ["rows", array(dtype("V8", "N", tuple(text("a")), "N"))],
  ]);
  const { tensors, others } = await readTorch(await archive(held, { 0: new Uint8Array(4) }), "x.pt");
  expect([[...tensors.keys()], [...others.keys()]]).toEqual([["weight"], ["dates", "rows"]]);
});

test("a checkpoint of PyTorch Lightning: scores of its callbacks are no weights", async () => {
  const stored = storage("0", 6);
  const score = dict([["best_model_score", tensor(stored, 0, [], [])]]);
  const held = dict([
    ["epoch", int(3)],
    ["state_dict", dict([["net.fc.weight", tensor(stored, 0, [3, 2], [2, 1])]])],
    ["callbacks", dict([["ModelCheckpoint", score]])],
    [
      "optimizer_states",
      list(
        dict([
          ["state", dict([["a", tensor(stored, 0, [6], [1])]])],
          ["param_groups", list()],
        ]),
      ),
    ],
  ]);
  const bytes = await archive(held, { 0: new Uint8Array(new Float32Array(6).buffer) });
  const { saved, tensors, others } = await readTorch(bytes, "last.ckpt");
  expect([saved, [...tensors.keys()], [...others.keys()]]).toEqual([
    "checkpoint",
    ["net.fc.weight"],
    ["epoch", "callbacks", "optimizer_states"],
  ]);
});

test("a whole model has its classes, inert, and what would take its weights", async () => {
  const contents = await readTorch(bytesOf("signals-model.pt"), "x.pt");
  expect([...contents.modules].map(([name, { className }]) => `${name} ${className}`).slice(0, 2)).toEqual([
    " __main__.Net",
    "conv0 torch.nn.modules.conv.Conv1d",
  ]);
  expect(suggestedLayers(contents).map(({ module, code }) => `${module}: ${code}`)).toEqual([
    "conv0: conv1d(4, 3, { dilationRate: 2 })",
    "batchnorm1: batchNormalization({ epsilon: 0.00001 })",
    "lstm2: bidirectional(rnn(projectedLstmCell(5, { projSize: 3 }), { returnSequences: true }))",
    "lstm2.l1: bidirectional(rnn(projectedLstmCell(5, { projSize: 3 }), { returnSequences: true }))",
    "layernorm3: layerNormalization({ epsilon: 0.00001 })",
    "rnn4: simpleRnn(4, { useBias: false, returnSequences: true })",
    "linear5: dense(2, { useBias: false })",
  ]);
  await expect(loadModel(bytesOf("signals-model.pt"))).rejects.toThrow(
    /a __main__\.Net, whose program is not in the file[\s\S]*loadWeights\(model, file\)\. Its modules look like conv1d\(4, 3, \{ dilationRate: 2 \}\)/,
  );
});

describe("map", () => {
  const twins = () => sequential([l.input([2]), l.dense(3), l.dense(2)]);
  const file = bytesOf("two-parts.pt");

  test("says which module each layer got", async () => {
    expect((await loadWeights(twins(), file)).map).toEqual({ dense: "encoder", dense_1: "decoder" });
    const words = await loadWeights(nets.words(), bytesOf("words-state_dict.pt"));
    expect(words.map).toEqual({
      embedding: "embedding0",
      bidirectional: "lstm1",
      bidirectional_1: "lstm1.l1",
      gru: "gru2",
      dense: "linear4",
    });
  });

  test("gives a layer the module named for it", async () => {
    const layer = sequential([l.input([4]), l.dense(3), l.dense(4), l.dense(3)]);
    const made = sequential([l.input([4]), l.dense(3), l.dense(4), l.dense(3)]);
    const both = { dense: "a.fc", dense_1: "b.fc", dense_2: "a.fc" };
    const { writeSafetensors } = await import("../containers/safetensors.ts");
    const numbers = (from: number, ...shape: number[]) => ({
      shape,
      data: Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, k) => from + k),
    });
    const bytes = writeSafetensors(
      new Map(
        Object.entries({
          "a.fc.weight": numbers(1, 3, 4),
          "a.fc.bias": numbers(2, 3),
          "b.fc.weight": numbers(3, 4, 3),
          "b.fc.bias": numbers(4, 4),
          "c.fc.weight": numbers(5, 3, 4),
          "c.fc.bias": numbers(6, 3),
        }),
      ),
    );
    await expect(loadWeights(layer, bytes)).rejects.toThrow(
      /dense "dense".*several: "a\.fc", "c\.fc"[\s\S]*\{ map: \{ "dense": "a\.fc" \} \}/,
    );
    const { map, unused } = await loadWeights(made, bytes, { map: both });
    expect([map, unused]).toEqual([both, ["c.fc"]]);
    expect([...made.getWeights()[0].data]).toEqual([1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12]);
  });

  test("that does not fit names both sides, their names and shapes", async () => {
    const told = (map: Record<string, string>) => loadWeights(twins(), file, { map }).catch((e: Error) => `${e}`);
    const sides =
      /The model has dense "dense" with weight \[3, 2\], bias \[3\]; dense "dense_1".*the file has .*"encoder" \(weight \[3, 2\], bias \[3\]\)/;
    expect(await told({ dense: "decoder" })).toMatch(/expected a module that fits dense "dense".*received "decoder"/);
    expect(await told({ dense: "decoder" })).toMatch(sides);
    expect(await told({ dens: "encoder" })).toMatch(/expected layers with weights as keys of map, received "dens"/);
    expect(await told({ dense: "encodr" })).toMatch(
      /expected a module of the file for dense "dense", received "encodr"/,
    );
    expect(await told({ toString: "encoder" })).toMatch(/received "toString"/);
  });

  test("is refused for a file of Keras", async () => {
    const source = "test/fixtures/models/keras3.weights.h5";
    await expect(loadWeights(twins(), source, { map: { dense: "dense" } })).rejects.toThrow(/state_dict of PyTorch/);
  });
});

describe("what would give other numbers is refused", () => {
  test("a bias that the layer has not", async () => {
    const model = sequential([l.input([2]), l.dense(3, { useBias: false })]);
    await expect(loadWeights(model, bytesOf("two-parts.pt"))).rejects.toThrow(/one module for dense/);
  });

  test("an epsilon that is not the module's, where the file holds the modules", async () => {
    const model = sequential([l.input([null, 2]), l.conv1d(4, 3, { dilationRate: 2 }), l.batchNormalization()]);
    await expect(loadWeights(model, bytesOf("signals-model.pt"))).rejects.toThrow(
      /batchNormalization .* with epsilon 0\.00001, as the module has it, received 0\.001[\s\S]*\{ epsilon: 0\.00001 \}/,
    );
    const parameters = [["weight_ih_l0", tensor(storage("0", 4), 0, [1, 1], [1, 1])], ["weight_hh_l0", tensor(storage("0", 4), 1, [1, 1], [1, 1])]] as const; // biome-ignore format: a list
    const reversed = parameters.map(([name, t]) => [`${name}_reverse`, t] as const);
    const fields = dict([["_parameters", dict([...parameters, ...reversed])], ["_buffers", dict([])], ["_modules", dict([])], ["nonlinearity", text("relu")]]); // biome-ignore format: a list
    const rnn = await archive(object(global("torch.nn.modules.rnn", "RNN"), fields), { 0: new Uint8Array(16) });
    const both = (activation: "tanh" | "relu") =>
      sequential([l.input([3, 1]), l.bidirectional(l.simpleRnn(1, { useBias: false, activation }))]);
    await expect(loadWeights(both("tanh"), rnn)).rejects.toThrow(/with activation "relu", as the module has it/);
    expect((await loadWeights(both("relu"), rnn)).map).toEqual({ bidirectional: "" });
    const plain = sequential([l.input([null, 2]), l.conv1d(4, 3)]);
    await expect(loadWeights(plain, bytesOf("signals-model.pt"))).rejects.toThrow(/dilationRate: 2/);
  });
});
