/** Training broken off at any step and begun again with a new model ends with the same bits, whatever it is made of. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { BackendName } from "../../src/backends/choose.ts";
import { FormatError } from "../../src/errors.ts";
import {
  adam,
  asgd,
  backupAndRestore,
  batchNormalization,
  type Callback,
  dense,
  earlyStopping,
  exponentialDecay,
  type FitOptions,
  gru,
  input,
  learningRateScheduler,
  loadModel,
  loadWeights,
  lstm,
  modelCheckpoint,
  NdArray,
  rmsprop,
  type Sequential,
  sequential,
} from "../../src/index.ts";
import { Random } from "../../src/tensor/random.ts";
import { decodeCheckpoint, encodeCheckpoint, type Saved } from "../../src/train/fit/checkpoint.ts";
import { presentBackends } from "../backends.ts";
import { cuts, everyOther, thorough } from "../thorough.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-resume-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = new Random(5);
const array = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)),
    shape,
  );
const [x, y] = [array(12, 4, 2), array(12, 1)];
const quiet = { verbose: 0 as const };
const bits = (model: Sequential) => model.getWeights().map((w) => w.data);

interface Kind {
  make(backend: BackendName): Sequential;
  fit(model: Sequential, options: FitOptions): Promise<{ history: unknown }>;
  callbacks?: () => Callback[];
}

const plain = (model: Sequential, options: FitOptions) =>
  model.fit(x, y, { batchSize: 4, validationSplit: 0.25, ...options });

function compiled(model: Sequential, options: Partial<Parameters<Sequential["compile"]>[0]>): Sequential {
  model.compile({ loss: "mse", metrics: ["mae"], optimizer: "adam", ...options });
  return model;
}

const kinds: Record<string, Kind> = {
  "dropout, inside and between layers, and moving averages of batches": {
    make: (backend) =>
      compiled(
        sequential([input([4, 2]), lstm(3, { dropout: 0.3, recurrentDropout: 0.2 }), batchNormalization(), dense(1)]),
        { backend },
      ),
    fit: plain,
  },
  "a learning-rate schedule, and averaged weights": {
    make: (backend) =>
      compiled(sequential([input([4, 2]), gru(3), dense(1)]), {
        backend,
        optimizer: adam({ learningRate: exponentialDecay(0.05, { decaySteps: 3, decayRate: 0.8 }), useEma: true }),
      }),
    fit: plain,
  },
  "an average that begins late": {
    make: (backend) =>
      compiled(sequential([input([4, 2]), gru(3), dense(1)]), { backend, optimizer: asgd({ learningRate: 0.1 }) }),
    fit: plain,
  },
  "gathered gradients, and callbacks that change the rate and remember the best": {
    make: (backend) =>
      compiled(sequential([input([4, 2]), lstm(3), dense(1)]), {
        backend,
        optimizer: rmsprop({ gradientAccumulationSteps: 2 }),
      }),
    fit: plain,
    callbacks: () => [
      learningRateScheduler((_, rate) => rate * 0.7),
      earlyStopping({ monitor: "mae", mode: "max", patience: 1, restoreBestWeights: true }),
    ],
  },
  "states carried from batch to batch": {
    make: (backend) =>
      compiled(sequential([input([4, 2], { batchSize: 4 }), lstm(3, { stateful: true }), dense(1)]), { backend }),
    fit: (model, options) => model.fit(x, y, { shuffle: false, ...options }),
  },
  "a stream of batches, in epochs of fewer": {
    make: (backend) => compiled(sequential([input([4, 2]), lstm(3, { dropout: 0.5 }), dense(1)]), { backend }),
    fit: (model, options) =>
      model.fit(
        function* (pass: number) {
          for (const at of [0, 3, 6, 8])
            yield [x.slice(at, at + 3 + (pass % 2)), y.slice(at, at + 3 + (pass % 2))] as const;
        },
        { stepsPerEpoch: 3, ...options },
      ),
  },
};

const backends = await presentBackends();
for (const [k, { name }] of backends.entries()) {
  describe(name, () => {
    for (const [title, kind] of everyOther(Object.entries(kinds), backends.length, k)) {
      test(`with ${title}`, async () => {
        const options = (dir: string, more: Callback): FitOptions => ({
          epochs: 3,
          callbacks: [...(kind.callbacks?.() ?? []), more, backupAndRestore(join(folder, dir), { saveFreq: 2 })],
          ...quiet,
        });
        const whole = kind.make(name);
        let steps = 0;
        const { history } = await kind.fit(whole, options("whole", { onTrainBatchEnd: () => void steps++ }));
        for (const at of cuts(steps)) {
          const powerCut: Callback = {
            onTrainBatchEnd(_, __, state) {
              if (state.steps === at) throw new Error("power cut");
            },
          };
          await expect(kind.fit(kind.make(name), options("cut", powerCut))).rejects.toThrow("power cut");
          const resumed = kind.make(name);
          const found = await kind.fit(resumed, options("cut", {}));
          expect(found.history).toEqual(history);
          expect(bits(resumed)).toEqual(bits(whole));
        }
      });
    }
  });
}

test("the best model is saved and loads again, whole or as weights", async () => {
  const model = compiled(sequential([input([4, 2]), lstm(3), dense(1)]), { backend: "js" });
  const paths = ["best.keras", "best.h5", "best.weights.h5"].map((name) => join(folder, name));
  const { history } = await plain(model, {
    epochs: 4,
    callbacks: [
      earlyStopping({ patience: 9, restoreBestWeights: true }),
      ...paths.map((p) => modelCheckpoint(p, { saveBestOnly: true, saveWeightsOnly: p.endsWith(".weights.h5") })),
    ],
    ...quiet,
  });
  expect(history.val_loss).toHaveLength(4);
  for (const path of paths.slice(0, 2)) expect(bits((await loadModel(path)) as Sequential)).toEqual(bits(model));
  const other = compiled(sequential([input([4, 2]), lstm(3), dense(1)]), { backend: "js" });
  await loadWeights(other, paths[2]);
  expect(bits(other)).toEqual(bits(model));
});

test.each(everyOther(Object.keys(kinds), 3))(
  "with %s, broken off between the last batch and the end of its epoch",
  async (title) => {
    const kind = kinds[title];
    const trained = (model: Sequential, options: FitOptions) =>
      kind.fit(model, { validationSplit: undefined, validationData: [x.slice(0, 4), y.slice(0, 4)], ...options });
    const options = (more: Callback): FitOptions => ({
      epochs: 3,
      callbacks: [
        ...(kind.callbacks?.() ?? []),
        more,
        backupAndRestore(join(folder, `late ${title}`), { saveFreq: 1 }),
      ],
      ...quiet,
    });
    const whole = kind.make("js");
    const { history } = await trained(whole, options({}));
    const powerCut: Callback = {
      onTestBegin({ epoch }) {
        if (epoch === 1) throw new Error("power cut");
      },
    };
    await expect(trained(kind.make("js"), options(powerCut))).rejects.toThrow("power cut");
    const stop = new AbortController(); // and once more, before anything is done
    stop.abort();
    await trained(kind.make("js"), { ...options({}), signal: stop.signal });
    const resumed = kind.make("js");
    expect((await trained(resumed, options({}))).history).toEqual(history);
    expect(bits(resumed)).toEqual(bits(whole));
  },
);

test("an AbortSignal leaves a checkpoint of the very step it ended at", async () => {
  const kind = kinds["dropout, inside and between layers, and moving averages of batches"];
  const backup = () => backupAndRestore(join(folder, "aborted"), { saveFreq: { seconds: 3600 } });
  const whole = kind.make("js");
  const { history } = await kind.fit(whole, { epochs: 3, ...quiet });
  for (const at of thorough ? [1, 3, 5] : [3]) {
    const stop = new AbortController();
    const stopAt: Callback = { onTrainBatchEnd: (_, __, { steps }) => void (steps === at && stop.abort()) };
    const options = { epochs: 3, signal: stop.signal, ...quiet };
    await kind.fit(kind.make("js"), { ...options, callbacks: [stopAt, backup()] });
    const resumed = kind.make("js");
    const counted: number[] = [];
    const count: Callback = { onTrainBatchEnd: (_, __, { steps }) => void counted.push(steps) };
    const found = await kind.fit(resumed, { epochs: 3, ...quiet, callbacks: [count, backup()] });
    expect(counted[0]).toBe(at + 1);
    expect(found.history).toEqual(history);
    expect(bits(resumed)).toEqual(bits(whole));
  }
});

test("a checkpoint by seconds comes after each step when they are none, and after nothing when they are many", async () => {
  const kind = kinds["states carried from batch to batch"];
  const saved = async (seconds: number) => {
    let count = 0;
    const { onSettled: _, ...backup } = backupAndRestore(join(folder, "seconds"), { saveFreq: { seconds } });
    await kind.fit(kind.make("js"), { epochs: 2, ...quiet, callbacks: [{ ...backup, onSettled: () => void count++ }] });
    return count;
  };
  expect(await saved(0)).toBeGreaterThanOrEqual(2);
  expect(await saved(3600)).toBe(0);
});

test("a checkpoint of another version says who wrote it and what to do", async () => {
  const kind = kinds["states carried from batch to batch"];
  const path = join(folder, "version/training.checkpoint");
  const fit = () =>
    kind.fit(kind.make("js"), {
      epochs: 2,
      ...quiet,
      callbacks: [backupAndRestore(join(folder, "version"), { deleteCheckpoint: false })],
    });
  await fit();
  const saved = decodeCheckpoint(readFileSync(path)) as { version: number };
  for (const [version, told] of [
    [null, /version 1 or 2, received an earlier one\.\n {2}An earlier Cellstate wrote it: .* Delete it to start over/],
    [saved.version + 2, /version 1 or 2, received 3\.\n {2}A newer Cellstate wrote it: update/],
  ] as const) {
    writeFileSync(path, encodeCheckpoint({ ...saved, version }));
    await expect(fit()).rejects.toThrow(told);
  }
});

test("a checkpoint of wrong contents under a right checksum is refused before anything is put back", async () => {
  const kind = kinds["states carried from batch to batch"];
  const path = join(folder, "crafted/training.checkpoint");
  const fit = () =>
    kind.fit(kind.make("js"), {
      epochs: 2,
      ...quiet,
      callbacks: [backupAndRestore(join(folder, "crafted"), { deleteCheckpoint: false })],
    });
  await fit();
  const saved = decodeCheckpoint(readFileSync(path)) as { [key: string]: Saved };
  const wrong: { [key: string]: Saved } = {
    place: null,
    model: "x",
    history: { loss: 3 },
    epochs: [-1],
    callbacks: {},
    begun: 0.5,
    sums: [],
  };
  for (const [key, value] of Object.entries(wrong)) {
    writeFileSync(path, encodeCheckpoint({ ...saved, [key]: value }));
    const error = await fit().then(
      () => null,
      (e: unknown) => e as Error,
    );
    expect(error, key).toBeInstanceOf(FormatError);
    expect(error?.message).toMatch(/Delete it to start over/);
  }
  writeFileSync(path, encodeCheckpoint(null));
  await expect(fit()).rejects.toThrow(/version 1/);
});
