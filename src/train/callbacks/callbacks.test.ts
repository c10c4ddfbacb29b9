import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { rowBatches } from "../fit/batches.ts";
import { type LoopOptions, trainLoop } from "../fit/loop.ts";
import { fakeModel, options } from "../testing/fakes.ts";
import { noLogs } from "./callback.ts";
import {
  backupAndRestore,
  type Callback,
  checkCallback,
  csvLogger,
  earlyStopping,
  type Logs,
  lambdaCallback,
  learningRateScheduler,
  modelCheckpoint,
  reduceLrOnPlateau,
  terminateOnNaN,
} from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-callbacks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains a model whose numbers are written down, one record for each epoch; its weight is the epoch (from 1). */
async function play(epochs: readonly Logs[], callbacks: Callback[], given: Partial<LoopOptions> = {}) {
  let epoch = 0;
  const model = Object.assign(fakeModel(), {
    saved: [] as [path: string, weight: number][],
    getWeights: () => [new NdArray(Float32Array.of(model.weight), [1])],
    setWeights: ([w]: readonly unknown[]) => {
      model.weight = (w as NdArray).data[0];
    },
    save: async (path: string) => void model.saved.push([path, model.weight]),
  });
  const split = (val: boolean): Logs => ({
    ...noLogs(),
    ...Object.fromEntries(
      Object.entries(epochs[epoch - 1] ?? {})
        .filter(([name]) => name.startsWith("val_") === val)
        .map(([name, value]) => [name.replace("val_", ""), value]),
    ),
  });
  const o = options({ epochs: epochs.length, callbacks, ...given });
  const history = await trainLoop(
    {
      model,
      batches: rowBatches({ rows: 2, batchSize: 1, shuffle: false, seed: 1 }),
      train: async () => {
        model.taken++;
        model.weight = epoch;
        return null;
      },
      reset: () => void epoch++,
      logs: () => split(false),
      saveSums: () => ({ rows: 0, values: new Float32Array(), logs: noLogs() }),
      restoreSums: () => {},
      ...(epochs.some((logs) => Object.keys(logs).some((k) => k.startsWith("val_")))
        ? { validate: async () => split(true) }
        : {}),
    },
    o,
  );
  return { model, history, said: o.said.join("") };
}

const losses = (...values: number[]): Logs[] => values.map((loss) => ({ loss }));

describe("earlyStopping", () => {
  const stops = async (values: number[], o: Parameters<typeof earlyStopping>[0]) =>
    play(losses(...values), [earlyStopping({ monitor: "loss", verbose: 1, ...o })]);

  test("ends after `patience` epochs without improvement, and says so", async () => {
    const { history, said, model } = await stops([5, 4, 4, 4, 3], { patience: 2 });
    expect(history.epoch).toEqual([0, 1, 2, 3]);
    expect(said).toBe("Epoch 4: early stopping\n");
    expect(model.weight).toBe(4);
  });

  test("never ends at the first epoch", async () => {
    expect((await stops([5, 6], { baseline: 1 })).history.epoch).toEqual([0, 1]);
  });

  test("an improvement must be greater than minDelta", async () => {
    expect((await stops([5, 4.6, 4.2, 1], { minDelta: 0.5, patience: 1 })).history.epoch).toEqual([0, 1]);
    expect((await stops([5, 4.5, 1], { minDelta: 0.5 })).history.epoch).toEqual([0, 1]);
    expect((await stops([5, 4.4, 1], { minDelta: -0.5 })).history.epoch).toEqual([0, 1, 2]);
  });

  test("with a baseline only what is better than it ends the waiting", async () => {
    expect((await stops([5, 4, 3, 2], { baseline: 1, patience: 2 })).history.epoch).toEqual([0, 1, 2, 3]);
    expect((await stops([5, 4, 6, 2], { baseline: 1, patience: 2 })).history.epoch).toEqual([0, 1, 2]);
    expect((await stops([5, 0.5, 6, 7, 2], { baseline: 1, patience: 2 })).history.epoch).toEqual([0, 1, 2, 3]);
  });

  test("looks at nothing before startFromEpoch", async () => {
    expect((await stops([1, 2, 3, 4, 5, 6], { startFromEpoch: 3 })).history.epoch).toEqual([0, 1, 2, 3, 4]);
  });

  test("puts back the best weights, also when training was not stopped early", async () => {
    const early = await stops([5, 3, 4, 6, 2], { patience: 2, restoreBestWeights: true });
    expect(early.model.weight).toBe(2);
    expect(early.said).toBe("Epoch 4: early stopping\nRestoring model weights from the end of the best epoch: 2.\n");
    const late = await stops([5, 3, 4], { patience: 9, restoreBestWeights: true });
    expect(late.model.weight).toBe(2);
    expect(late.said).toBe("Restoring model weights from the end of the best epoch: 2.\n");
    const nan = await stops([Number.NaN, Number.NaN], { patience: 9, restoreBestWeights: true });
    expect(nan.model.weight).toBe(1);
  });

  test("knows by the name whether more is better, and may be used again", async () => {
    const epochs = [0.5, 0.6, 0.6].map((a) => ({ loss: 1, val_accuracy: a }));
    const callback = earlyStopping({ monitor: "val_accuracy" });
    for (let k = 0; k < 2; k++)
      expect((await play([...epochs, ...epochs], [callback])).history.epoch).toEqual([0, 1, 2]);
  });

  test("skips epochs without validation", async () => {
    const epochs = [4, 3, 2, 1].map((v) => ({ loss: 9, val_loss: v }));
    const { history } = await play(epochs, [earlyStopping()], { validationFreq: 2 });
    expect(history.epoch).toEqual([0, 1, 2, 3]);
  });
});

describe("a monitor", () => {
  test("that is not there is an error at the first epoch's end that names what is", async () => {
    await expect(play([{ loss: 1, acc: 2 }], [earlyStopping({ monitor: "los", mode: "min" })])).rejects.toThrow(
      /expected a monitor that training reports, received "los".\n {2}Did you mean "loss"\? Known: loss, acc/,
    );
    await expect(play(losses(1), [reduceLrOnPlateau()])).rejects.toThrow(/no validation data/);
    await expect(play([{ loss: 1, val_loss: 1 }], [earlyStopping({ monitor: "val_acc" })])).rejects.toThrow(DataError);
  });

  test("takes the first value as the best so far, also one that is no number: Keras 3.15's epochs and rates", async () => {
    const none = [1, 2, 3, 4].map(() => ({ loss: Number.NaN, val_loss: Number.NaN }));
    const { history } = await play(none, [reduceLrOnPlateau({ factor: 0.5, patience: 2 })]);
    const [first] = history.history.learning_rate;
    expect(history.history.learning_rate).toEqual([first, first, first, first / 2]);
    expect((await play(none, [earlyStopping({ patience: 1 })])).history.epoch).toEqual([0, 1]);
  });

  test("that does not say its direction needs a mode", () => {
    expect(() => earlyStopping({ monitor: "val_zeal" })).toThrow(/expected mode min or max/);
    expect(earlyStopping({ monitor: "val_zeal", mode: "max" })).toBeDefined();
    for (const monitor of ["val_auc_1", "top_k_categorical_accuracy", "a_loss", "val_root_mean_squared_error"])
      expect(earlyStopping({ monitor })).toBeDefined();
  });
});

test("wrong options of callbacks are DataErrors that name the option", () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => earlyStopping({ patience: -1 }), /patience/],
    [() => earlyStopping({ patence: 1 } as never), /Did you mean "patience"/],
    [() => earlyStopping({ mode: "low" as never }), /mode/],
    [() => reduceLrOnPlateau({ factor: 1 }), /factor/],
    [() => reduceLrOnPlateau({ cooldown: 0.5 }), /cooldown/],
    [() => learningRateScheduler(0.1 as never), /a function/],
    [() => csvLogger("" as never), /path of a file/],
    [() => csvLogger("a.csv", { separator: "" }), /separator/],
    [() => modelCheckpoint("best.hdf5"), /ends in .keras or .h5/],
    [() => modelCheckpoint("best.weights.h5"), /saveWeightsOnly: true/],
    [() => modelCheckpoint("best.keras", { saveWeightsOnly: true }), /ends in .weights.h5/],
    [() => modelCheckpoint("best.keras", { saveFreq: 0 }), /saveFreq/],
    [() => modelCheckpoint("best.keras", { saveFreq: 5, saveBestOnly: true }), /a monitor that batches have/],
    [() => backupAndRestore(undefined as never), /path of a folder/],
    [() => backupAndRestore("b", { saveFreq: "day" as never }), /saveFreq/],
    [() => lambdaCallback({ onBatchEnd: () => {} } as never), /Did you mean "onTrainBatchEnd"/],
    [() => lambdaCallback({ onEpochEnd: 3 as never }), /onEpochEnd: a function/],
    [() => lambdaCallback({ on_epoch_end: () => {} } as never), /Did you mean "onEpochEnd"/],
    [() => checkCallback("fit", earlyStopping), /received the function earlyStopping.\n {2}Call it: earlyStopping\(\)/],
    [() => checkCallback("fit", "earlyStopping"), /a callback, received "earlyStopping"/],
  ];
  for (const [make, message] of wrong) {
    expect(make).toThrow(DataError);
    expect(make).toThrow(message);
  }
});

describe("reduceLrOnPlateau", () => {
  test("lowers the rate after `patience` epochs, waits out the cooldown, stops at minLr, and logs float32 rates as Keras", async () => {
    const callback = reduceLrOnPlateau({ monitor: "loss", patience: 1, cooldown: 2, minLr: 5e-5, verbose: 1 });
    const rate: Callback = {
      onTrainBegin: ({ model }) => {
        model.learningRate = 0.001;
      },
    };
    const { history, said } = await play(losses(1, 1, 1, 1, 1, 1, 1), [rate, callback]);
    const f = Math.fround;
    const lower = f(f(1e-3) * 0.1);
    expect(history.history.learning_rate).toEqual([...[1e-3, 1e-3].map(f), lower, lower, ...[5e-5, 5e-5, 5e-5].map(f)]);
    expect(said).toBe(
      "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.00010000000474974513.\n" +
        "\nEpoch 4: ReduceLROnPlateau reducing learning rate to 5e-05.\n",
    );
  });

  test("an improvement smaller than minDelta is none", async () => {
    const { history } = await play(losses(1, 0.99995, 0.5), [reduceLrOnPlateau({ monitor: "loss", patience: 1 })]);
    expect(history.history.learning_rate[2]).toBeCloseTo(0.05, 6); // 0.5 · 0.1
  });
});

test("learningRateScheduler sets the rate of each epoch, says so and logs it", async () => {
  const { history, said } = await play(losses(1, 1), [learningRateScheduler((e, r) => r / (e + 1), { verbose: 1 })]);
  expect(history.history.learning_rate).toEqual([0.5, 0.25]);
  expect(said).toContain("\nEpoch 2: LearningRateScheduler setting learning rate to 0.25.\n");
  await expect(play(losses(1), [learningRateScheduler(() => Number.NaN)])).rejects.toThrow(/rate of 0 or more/);
});

test("terminateOnNaN ends training at the batch, for infinities too", async () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const { history, said, model } = await play(losses(1, bad, 1), [terminateOnNaN()]);
    expect([history.epoch, history.stopped, model.taken]).toEqual([[0, 1], true, 3]);
    expect(said).toBe("Batch 0: Invalid loss, terminating training\n");
  }
});

describe("csvLogger", () => {
  const rows = (path: string) => readFileSync(path, "utf8").split("\r\n");

  test("writes Keras's columns, Python's numbers, and NA where there is no number", async () => {
    const path = join(folder, "logs/a.csv");
    const epochs = [
      { loss: 0.5, val_loss: 1 },
      { loss: 0.00001, val_loss: Number.NaN },
    ];
    await play(epochs, [csvLogger(path)], { validationFreq: 2 });
    expect(rows(path)).toEqual(["epoch,loss,val_loss", "0,0.5,NA", "1,1e-05,nan", ""]);
  });

  test("starts over, or appends under the header that is there", async () => {
    const path = join(folder, "b.csv");
    await play(losses(1), [csvLogger(path, { separator: ";" })]);
    await play(losses(2), [csvLogger(path, { separator: ";", append: true })]);
    expect(rows(path)).toEqual(["epoch;loss", "0;1.0", "0;2.0", ""]);
    await play(losses(3), [csvLogger(path)]);
    expect(rows(path)).toEqual(["epoch,loss", "0,3.0", ""]);
  });
});

describe("modelCheckpoint", () => {
  test("saves after every epoch, under a name made of its numbers", async () => {
    const path = join(folder, "runs/{epoch:02d}-{val_loss:.2f}.keras");
    const { model, said } = await play(
      [1.234, 0.5].map((v) => ({ loss: 1, val_loss: v })),
      [modelCheckpoint(path, { verbose: 1 })],
    );
    const names = ["01-1.23.keras", "02-0.50.keras"].map((n) => join(folder, "runs", n));
    expect(model.saved).toEqual(names.map((n, k) => [n, k + 1]));
    expect(said).toContain(`\nEpoch 2: saving model to ${names[1]}\n\nEpoch 2: finished saving model to ${names[1]}\n`);
    await expect(play(losses(1), [modelCheckpoint(path)])).rejects.toThrow(/"{val_loss}".\n.*Known: loss, epoch/);
  });

  test("saves the best only, by a threshold if one is given", async () => {
    const path = join(folder, "best.keras");
    const of = (o: object) =>
      play(losses(3, 4, 2), [modelCheckpoint(path, { monitor: "loss", saveBestOnly: true, verbose: 1, ...o })]);
    const all = await of({});
    expect(all.model.saved.map(([, w]) => w)).toEqual([1, 3]);
    expect(all.said).toContain(`\nEpoch 1: loss improved from None to 3.00000, saving model to ${path}\n`);
    expect(all.said).toContain("\nEpoch 2: loss did not improve from 3.00000\n");
    expect((await of({ initialValueThreshold: 2.5 })).model.saved.map(([, w]) => w)).toEqual([3]);
  });

  test("saves after every so many batches, counted over epochs", async () => {
    const path = join(folder, "{epoch}-{batch:d}.keras");
    const { model } = await play(losses(3, 4, 2), [modelCheckpoint(path, { saveFreq: 3 })]);
    expect(model.saved.map(([p]) => p)).toEqual(["2-1.keras", "3-2.keras"].map((n) => join(folder, n)));
  });
});

describe("backupAndRestore", () => {
  const epochs = losses(5, 4, 3, 2, 1);

  test("continues with callbacks as they were, and leaves nothing behind", async () => {
    const dir = join(folder, "backup");
    const csv = join(folder, "resumed.csv");
    const callbacks = (more: Callback[] = []) => [
      earlyStopping({ monitor: "loss", mode: "max", patience: 3, restoreBestWeights: true }),
      csvLogger(csv),
      ...more,
      backupAndRestore(dir),
    ];
    const whole = await play(epochs, callbacks([{}]));
    expect(whole.history.epoch).toEqual([0, 1, 2, 3]);
    const written = readFileSync(csv, "utf8");
    expect(existsSync(dir)).toBe(false);
    const dies: Callback = {
      onEpochBegin: (e) => {
        if (e === 2) throw new Error("power cut");
      },
    };
    await expect(play(epochs, callbacks([dies]))).rejects.toThrow("power cut");
    expect(readdirSync(dir)).toEqual(["training.checkpoint"]);
    writeFileSync(join(dir, `training.checkpoint.${2 ** 30}-0123abcd.tmp`), "half");
    const resumed = await play(epochs.slice(2), callbacks([{}]), { epochs: 5 });
    expect({ ...resumed.history, seconds: 0 }).toEqual({ ...whole.history, seconds: 0 });
    expect(resumed.model.weight).toBe(whole.model.weight);
    expect(readFileSync(csv, "utf8")).toBe(written);
    expect(existsSync(dir)).toBe(false);
  });

  test("keeps its checkpoint when told to, and when an AbortSignal ended training; other files are left alone", async () => {
    const dir = join(folder, "kept");
    const stop = new AbortController();
    await play(epochs, [{ onEpochBegin: (e) => void (e === 2 && stop.abort()) }, backupAndRestore(dir)], {
      signal: stop.signal,
    });
    expect(readdirSync(dir)).toEqual(["training.checkpoint"]);
    const { history } = await play(epochs.slice(2), [{}, backupAndRestore(dir, { deleteCheckpoint: false })], {
      epochs: 5,
    });
    expect(history.epoch).toEqual([0, 1, 2, 3, 4]);
    writeFileSync(join(dir, "mine.txt"), "mine");
    await play(epochs, [{}, backupAndRestore(dir)]); // nothing is left to train
    expect(readdirSync(dir)).toEqual(["mine.txt"]);
  });

  test("a checkpoint that is none is refused, and a folder that cannot be made", async () => {
    const dir = join(folder, "damaged");
    mkdirSync(dir);
    writeFileSync(join(dir, "training.checkpoint"), "hello");
    await expect(play(epochs, [backupAndRestore(dir)])).rejects.toThrow(/whole training checkpoint/);
    writeFileSync(join(folder, "file"), "");
    await expect(play(epochs, [backupAndRestore(join(folder, "file/b"))])).rejects.toThrow(DataError);
  });
});
