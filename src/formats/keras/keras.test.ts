import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { golden } from "../../../test/golden/golden.ts";
import { FormatError } from "../../errors.ts";
import {
  activation,
  dense,
  dropout,
  embedding,
  flatten,
  initializers,
  input,
  type Layer,
  lstm,
  spatialDropout1d,
  timeDistributed,
} from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { asNdArray, type NdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import { adam, rmsprop, sgd } from "../../train/optimizers/index.ts";
import { loadModel } from "../load-model.ts";
import { readKerasArchive, writeKerasArchive } from "./archive.ts";
import { kerasBytes } from "./keras.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-keras-"));
const x = [
  [1, 2, 3, 0],
  [4, 5, 1, 2],
  [3, 3, 0, 1],
  [5, 1, 1, 4],
  [2, 2, 5, 5],
];
const y = [0, 1, 1, 0, 1];

function model() {
  const m = sequential(
    [
      embedding(6, 3),
      lstm(4, {
        returnSequences: true,
        dropout: 0.1,
        recurrentDropout: 0.2,
        recurrentActivation: "hardSigmoid",
        name: "encoder",
      }),
      lstm(3, { useBias: false, goBackwards: true, returnSequences: true }),
      dropout(0.25),
      flatten(),
      dense(5),
      activation("relu"),
      dense(1, { activation: "sigmoid", useBias: false, name: "answer" }),
    ],
    { name: "little" },
  );
  m.compile({
    optimizer: adam({ learningRate: 0.01, clipnorm: 1 }),
    loss: "binaryCrossentropy",
    metrics: ["accuracy"],
  });
  return m;
}

test("a saved model comes back the same: weights, optimizer state, predictions, names, assets", async () => {
  const m = model();
  await m.fit(x, y, { epochs: 3, batchSize: 2, verbose: 0 });
  m.assets.set("tokenizer.json", new TextEncoder().encode("{}"));
  const path = join(folder, "little.keras");
  await m.save(path);
  const back = await loadModel(path);
  expect(back.name).toBe("little");
  expect(back.layers.map((l) => l.name)).toEqual(m.layers.map((l) => l.name));
  expect(back.getWeights().map((w) => w.data)).toEqual(m.getWeights().map((w) => w.data));
  expect(back.optimizerState).toEqual(m.optimizerState);
  expect((await back.predict(x)).data).toEqual((await m.predict(x)).data);
  expect(new TextDecoder().decode(back.assets.get("tokenizer.json"))).toBe("{}");
});

for (const [name, optimizer] of [
  ["adam", () => adam()],
  ["sgd with momentum", () => sgd({ momentum: 0.9, nesterov: true })],
  ["centered rmsprop", () => rmsprop({ centered: true, momentum: 0.5 })],
] as const) {
  test(`training continues after a load as if never interrupted, with ${name}`, async () => {
    const whole = model();
    whole.compile({ optimizer: optimizer(), loss: "binaryCrossentropy" });
    await whole.fit(x, y, { epochs: 4, batchSize: 2, verbose: 0, seed: 5 });
    const first = model();
    first.compile({ optimizer: optimizer(), loss: "binaryCrossentropy" });
    await first.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0, seed: 5 });
    const second = await loadModel(await kerasBytes(first));
    await second.fit(x, y, { epochs: 4, initialEpoch: 2, batchSize: 2, verbose: 0, seed: 5 });
    expect(second.getWeights().map((w) => w.data)).toEqual(whole.getWeights().map((w) => w.data));
  });
}

test("the file says what Keras says: classes, keys in Keras's order, paths by class and count", async () => {
  const m = model();
  await m.fit(x, y, { verbose: 0 });
  const { config, weights } = await readKerasArchive(await kerasBytes(m), "little.keras");
  const layers = (config.config as never as { layers: { class_name: string; config: Record<string, unknown> }[] })
    .layers;
  expect(layers.map((l) => l.class_name)).toEqual([
    "InputLayer",
    "Embedding",
    "LSTM",
    "LSTM",
    "Dropout",
    "Flatten",
    "Dense",
    "Activation",
    "Dense",
  ]);
  expect(layers[2].config).toMatchObject({
    name: "encoder",
    units: 4,
    recurrent_activation: "hard_sigmoid",
    recurrent_dropout: 0.2,
  });
  const paths = [...weights]
    .filter(([, g]) => g.variables.length > 0)
    .map(([p]) => p)
    .sort();
  expect(paths).toEqual([
    "layers/dense",
    "layers/dense_1",
    "layers/embedding",
    "layers/lstm/cell",
    "layers/lstm_1/cell",
    "optimizer",
  ]);
  expect(weights.get("optimizer")!.variables.length).toBe(2 + 2 * m.getWeights().length);
  const [{ folder: values }] = golden<object>("masked_model.json");
  const keras = await readKerasArchive(readFileSync(new URL("masked_model.keras", values)), "golden");
  const theirs = (keras.config.config as never as { layers: { class_name: string; config: object }[] }).layers;
  for (const className of ["LSTM", "Dense"]) {
    const keys = (list: typeof theirs) =>
      Object.keys(list.find((l) => l.class_name === className)!.config).filter((k) => k !== "quantization_config");
    expect(keys(layers as typeof theirs), className).toEqual(keys(theirs));
  }
});

test("spatialDropout1d is written without `trainable`, which Keras's constructor does not take", async () => {
  const drop = spatialDropout1d(0.3);
  const { config } = await readKerasArchive(await kerasBytes(sequential([input([4, 3]), drop, flatten()])), "m.keras");
  const layers = (config.config as { layers: { config: object }[] }).layers;
  expect(Object.keys(layers[1].config)).toEqual(["name", "dtype", "rate", "seed"]);
  expect(Object.keys(layers[2].config)).toContain("trainable");
});

test("a layer inside another is named after its class, as Keras would", async () => {
  const { config } = await readKerasArchive(
    await kerasBytes(sequential([input([4, 3]), timeDistributed(dense(2))])),
    "m.keras",
  );
  const layers = (config.config as { layers: { config: { layer?: { config: object } } }[] }).layers;
  expect(layers[1].config.layer!.config).toMatchObject({ name: "dense", units: 2 });
});

test("an independent HDF5 reader finds the same arrays", async () => {
  const python = ["python3", "/usr/bin/python3"].find((p) => {
    try {
      execFileSync(p, ["-c", "import h5py"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
  if (!python) return void console.warn("skipped: no python3 with h5py here");
  const m = model();
  m.build([null, 4]);
  const path = join(folder, "h5py.keras");
  writeFileSync(path, await kerasBytes(m));
  const script = `import zipfile, io, json, h5py, sys
f = h5py.File(io.BytesIO(zipfile.ZipFile(sys.argv[1]).read("model.weights.h5")), "r")
print(json.dumps([f["layers/lstm/cell/vars/" + k][()].ravel().tolist() for k in "012"]))`;
  const seen = JSON.parse(execFileSync(python, ["-c", script, path], { encoding: "utf8" })) as number[][];
  expect(seen).toEqual(
    m
      .getWeights()
      .slice(1, 4)
      .map((w) => [...w.data]),
  );
});

test("SOURCE_DATE_EPOCH is the same date in every time zone, and a value that is no date is ignored", async () => {
  const inTokyo = function (this: Date) {
    return (this.getUTCHours() + 9) % 24;
  };
  const zone = vi.spyOn(Date.prototype, "getHours").mockImplementation(inTokyo);
  const m = model();
  m.build([null, 4]);
  const dateSaved = async (epoch: string) => {
    vi.stubEnv("SOURCE_DATE_EPOCH", epoch);
    return (await readKerasArchive(await kerasBytes(m), "a.keras")).metadata.date_saved;
  };
  try {
    expect(await dateSaved("1000000000")).toBe("2001-09-09@01:46:40");
    expect(await dateSaved("abc")).toMatch(/^20\d\d-\d\d-\d\d@\d\d:\d\d:\d\d$/);
  } finally {
    zone.mockRestore();
    vi.unstubAllEnvs();
  }
});

interface Said {
  x: number[][];
  y: number[][];
  pred: NestedNumbers[];
  evaluate: Record<string, number>;
  batch_size: number;
}
for (const { where, folder, file: said } of golden<Said>("masked_model.json"))
  test(`Keras's ${where}masked model gives Keras's predictions and evaluation`, async () => {
    const m = await loadModel(new URL("masked_model.keras", folder));
    const p = await m.predict(said.x);
    const expected = asNdArray(said.pred) as NdArray;
    expect(p.shape).toEqual(expected.shape);
    for (let i = 0; i < p.size; i++) expect(Math.abs(p.data[i] - expected.data[i])).toBeLessThan(1e-6); // f32 probabilities
    const logs = await m.evaluate(said.x, said.y, { batchSize: said.batch_size, verbose: 0 });
    expect(logs.loss).toBeCloseTo(said.evaluate.loss, 6);
    expect(logs.accuracy).toBeCloseTo(said.evaluate.accuracy, 6);
  });

const models = "../shared/models";
describe.skipIf(!existsSync(models))("every .keras file of other people", () => {
  const refused: Record<string, RegExp> = {
    "keras3-intent-bilstm/bilstm_model.keras": /layer "attention_layer_3".*AttentionLayer, a class of the author's own/,
  };
  const files = existsSync(models)
    ? readdirSync(models, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".keras"))
    : [];
  for (const name of files) {
    if (Object.hasOwn(refused, name)) {
      test(`${name} is refused, and the message says why`, async () => {
        const error = await loadModel(`${models}/${name}`).catch((e: unknown) => e as Error);
        expect(error).toBeInstanceOf(FormatError);
        expect((error as Error).message).toMatch(refused[name]);
      });
      continue;
    }
    test(`${name} gives its expected outputs, before and after a save`, async () => {
      const text = readFileSync(`${models}/${name.replace(/\.keras$/, ".expected.json")}`, "utf8");
      const said = JSON.parse(text) as { input: NestedNumbers[]; output: NestedNumbers[] };
      const m = await loadModel(`${models}/${name}`);
      const outputs = asNdArray(said.output);
      const p = await m.predict(said.input);
      expect(p.shape).toEqual(outputs.shape);
      for (let i = 0; i < p.size; i++) expect(Math.abs(p.data[i] - outputs.data[i])).toBeLessThan(1e-5); // f32, 60 steps
      expect(m.compiled).not.toBeNull();
      const again = await loadModel(await kerasBytes(m));
      expect((await again.predict(said.input)).data).toEqual(p.data);
      expect(again.optimizerState).toEqual(m.optimizerState);
    });
  }
  test("the collection has both kinds", () => {
    expect(files.length).toBeGreaterThan(Object.keys(refused).length);
  });
});

test("what a loaded file says is written again unchanged", async () => {
  const m = sequential(
    [
      input([3, 2]),
      lstm(2, { kernelInitializer: initializers.randomUniform({ seed: 5 }), unitForgetBias: false }),
      dense(1, { kernelInitializer: initializers.constant(0.5), trainable: false }),
    ],
    { name: "twice", seed: 7 },
  );
  m.compile({ optimizer: sgd({ clipvalue: 2 }), loss: "mse", metrics: ["mae"] });
  const first = await readKerasArchive(await kerasBytes(m), "first");
  const second = await readKerasArchive(await kerasBytes(await loadModel(await kerasBytes(m))), "second");
  expect(second.config).toEqual(first.config);
  expect(second.weights).toEqual(first.weights);
  // as Keras: iterations and learning rate are there before any training
  expect(first.weights.get("optimizer")!.variables.map((v) => [v.dtype, v.data[0]])).toEqual([
    ["int32", 0],
    ["float32", Math.fround(0.01)],
  ]);
});

test("a model's own seed goes with it: shuffling and dropout continue", async () => {
  const make = () => {
    const m = sequential([embedding(6, 3), dropout(0.5), lstm(4), dense(1)], { seed: 42 });
    m.compile({ optimizer: "adam", loss: "mse" });
    return m;
  };
  const whole = make();
  await whole.fit(x, y, { epochs: 4, batchSize: 2, verbose: 0 });
  const first = make();
  await first.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0 });
  const second = await loadModel(await kerasBytes(first));
  await second.fit(x, y, { epochs: 4, initialEpoch: 2, batchSize: 2, verbose: 0 });
  expect(second.seed).toBe(42);
  expect(second.getWeights().map((w) => w.data)).toEqual(whole.getWeights().map((w) => w.data));
});

test("a learning rate that is a function is written as the number it has then", async () => {
  const m = sequential([input([4]), dense(1)]);
  m.compile({ optimizer: adam({ learningRate: (step) => 0.5 / (1 + step) }), loss: "mse" });
  await m.fit(x, y, { epochs: 1, batchSize: 2, verbose: 0 }); // 5 rows: 3 steps
  const back = await loadModel(await kerasBytes(m));
  expect(back.compiled!.optimizer.learningRate).toBe(0.125);
});

test("a missing file, and weights that are missing or of another shape, are FormatErrors that name the place", async () => {
  await expect(loadModel(join(folder, "nowhere.keras"))).rejects.toThrow(
    /nowhere\.keras: expected a model file, received none of that name/,
  );
  const m = sequential([input([3, 2]), lstm(2), dense(1)] as Layer[]);
  const archive = await readKerasArchive(await kerasBytes(m), "m");
  archive.weights.delete("layers/dense");
  await expect(loadModel(await writeKerasArchive(archive))).rejects.toThrow(FormatError);
  archive.weights.set("layers/dense", {
    variables: [
      { data: new Float32Array(3), shape: [3, 1], dtype: "float32" },
      { data: new Float32Array(1), shape: [1], dtype: "float32" },
    ],
  });
  await expect(loadModel(await writeKerasArchive(archive))).rejects.toThrow(
    /kernel \[2, 1\] of dense "dense", received \[3, 1\]/,
  );
});
