import { describe, expect, test } from "vitest";
import type { Callback } from "../callbacks/index.ts";
import { fakeModel, options, trainer } from "../testing/fakes.ts";
import { isBatchStream, rowBatches, streamBatches } from "./batches.ts";
import { trainLoop } from "./loop.ts";

const rows = (n: number, batchSize: number) => rowBatches({ rows: n, batchSize, shuffle: false, seed: 1 });

test("hooks come in Keras's order, and logs that a callback adds are recorded", async () => {
  const events: string[] = [];
  const watch: Callback = {
    onTrainBegin: (s) => void events.push(`begin of ${s.epochs} epochs, ${s.stepsPerEpoch} steps`),
    onEpochBegin: (e) => void events.push(`epoch ${e}`),
    onTrainBatchBegin: (b) => void events.push(`batch ${b}`),
    onTrainBatchEnd: (b, logs) => void events.push(`batch ${b} over, loss ${logs.loss}`),
    onTestBegin: () => void events.push("test"),
    onTestBatchBegin: (b) => void events.push(`test batch ${b}`),
    onTestBatchEnd: (b, logs) => void events.push(`test batch ${b} over, loss ${logs.loss}`),
    onTestEnd: (logs) => void events.push(`test over, loss ${logs.loss}`),
    onEpochEnd: (e, logs, s) => {
      events.push(`epoch ${e} over after ${s.history.epoch.length}: ${Object.keys(logs)}`);
      logs.learning_rate = s.model.learningRate;
    },
    onSettled: (s) => void events.push(`settled before epoch ${s.epoch}, ${s.history.epoch.length} recorded`),
    onTrainEnd: (logs) => void events.push(`end: ${Object.keys(logs)}`),
  };
  const { history } = await trainLoop(trainer(rows(3, 2)), options({ callbacks: [watch] }));
  expect(events).toEqual([
    "begin of 1 epochs, 2 steps",
    "epoch 0",
    "batch 0",
    "batch 0 over, loss 0.5",
    "batch 1",
    "batch 1 over, loss 1",
    "test",
    "test batch 0",
    "test batch 0 over, loss 7",
    "test over, loss 7",
    "epoch 0 over after 0: loss,val_loss",
    "settled before epoch 1, 1 recorded",
    "end: loss,val_loss,learning_rate",
  ]);
  expect(history).toEqual({ loss: [1], val_loss: [7], learning_rate: [0.5] });
});

test("a batch hook with a stride is called at every n-th step, counted over epochs", async () => {
  const events: string[] = [];
  const every4: Callback = { batchStride: 4, onTrainBatchEnd: (b, _, s) => void events.push(`${s.epoch}:${b}`) };
  await trainLoop(trainer(rows(6, 1)), options({ epochs: 3, callbacks: [every4] }));
  expect(events).toEqual(["0:3", "1:1", "1:5", "2:3"]);
});

describe("epochs of fewer steps than the data has", () => {
  test("continue in the data where the one before ended, and a pass that ends amid an epoch ends it", async () => {
    const seen: number[][] = [];
    const o = options({ epochs: 6, stepsPerEpoch: 2, verbose: 2 });
    await trainLoop(trainer(rows(5, 1), fakeModel(), seen), o);
    expect(seen).toEqual([[0, 1], [2, 3], [4], [0, 1], [2, 3], [4]]);
    const told = o.said.filter((line) => line.startsWith("fit:"));
    expect(told).toEqual([expect.stringMatching(/epoch 3 ended with the data, after 1 of 2 steps/)]);
  });

  test("begin amid a pass when training begins at a later epoch", async () => {
    const seen: number[][] = [];
    await trainLoop(trainer(rows(5, 1), fakeModel(), seen), options({ epochs: 3, initialEpoch: 1, stepsPerEpoch: 2 }));
    expect(seen).toEqual([[2, 3], [4]]);
  });
});

describe("validationFreq", () => {
  for (const [freq, expected] of [
    [2, [1, 3]],
    [
      [1, 4],
      [0, 3],
    ],
  ] as const) {
    test(`${JSON.stringify(freq)} validates after epochs ${expected}`, async () => {
      const validated: number[] = [];
      const watch: Callback = { onEpochEnd: (e, logs) => void ("val_loss" in logs && validated.push(e)) };
      await trainLoop(trainer(rows(2, 1)), options({ epochs: 4, validationFreq: freq, callbacks: [watch] }));
      expect(validated).toEqual(expected);
    });
  }
});

describe("a stream of batches", () => {
  test("has an unknown number of steps in the first epoch and a known one then", async () => {
    const known: (number | undefined)[] = [];
    const asked: number[] = [];
    const watch: Callback = { onEpochBegin: (_, s) => void known.push(s.stepsPerEpoch) };
    const stream = streamBatches(async function* (pass: number) {
      asked.push(pass);
      yield* [1, 2, 3];
    });
    const o = options({ epochs: 2, verbose: 1, terminal: true, callbacks: [watch] });
    await trainLoop(trainer(stream), o);
    expect(known).toEqual([undefined, 3]);
    expect(asked).toEqual([0, 1]);
    expect(o.said.join("")).toContain("      1/Unknown");
    expect(o.said.join("")).toContain("1/3");
  });

  test("may be an array, or anything that can be iterated over again", async () => {
    for (const source of [() => [4, 5], new Set([4, 5]), [4, 5]]) {
      const seen: number[][] = [];
      await trainLoop(trainer(streamBatches(source), fakeModel(), seen), options({ epochs: 2 }));
      expect(seen).toEqual([
        [4, 5],
        [4, 5],
      ]);
    }
  });

  test("that never ends is cut by stepsPerEpoch, continues in the next epoch, and is closed at the end", async () => {
    let closed = false;
    function* forever() {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed = true;
      }
    }
    const seen: number[][] = [];
    await trainLoop(trainer(streamBatches(forever()), fakeModel(), seen), options({ epochs: 2, stepsPerEpoch: 3 }));
    expect(seen).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(closed).toBe(true);
  });

  test("that is used up, empty or no stream at all is told plainly", async () => {
    function* twice() {
      yield* [1, 2];
    }
    const fit = (stream: never) => trainLoop(trainer(streamBatches(stream)), options({ epochs: 2 }));
    await expect(fit(twice() as never)).rejects.toThrow(
      /expected batches for epoch 2, received none.\n {2}A generator/,
    );
    await expect(fit([] as never)).rejects.toThrow(/batches for epoch 1/);
    await expect(fit((() => null) as never)).rejects.toThrow(/batches to iterate over/);
  });

  test("is told from arrays", () => {
    expect([[1], new Float32Array(1), null, {}, "x"].map(isBatchStream)).toEqual([false, false, false, false, false]);
    expect([() => [1], new Set([1]), [1].values()].map(isBatchStream)).toEqual([true, true, true]);
  });
});

describe("a callback that throws", () => {
  for (const hook of [
    "onTrainBegin",
    "onEpochBegin",
    "onTrainBatchBegin",
    "onTrainBatchEnd",
    "onTestBegin",
    "onEpochEnd",
    "onSettled",
  ] as const) {
    test(`in ${hook} ends training and closes the stream`, async () => {
      let closed = 0;
      const batches = { ...rows(2, 1), close: async () => void closed++ };
      const broken: Callback = { [hook]: () => Promise.reject(new Error("full disk")) };
      await expect(trainLoop(trainer(batches), options({ callbacks: [broken] }))).rejects.toThrow("full disk");
      expect(closed).toBe(1);
    });
  }
});

describe("a checkpoint", () => {
  const whole = async (epochs: number, callbacks: Callback[] = [], stepsPerEpoch?: number) => {
    const model = fakeModel();
    const batches = rowBatches({ rows: 10, batchSize: 2, shuffle: true, seed: 3 });
    const { history, epoch } = await trainLoop(
      trainer(batches, model),
      options({ epochs, callbacks: [...callbacks], stepsPerEpoch }),
    );
    return { weight: model.weight, history, epoch };
  };
  const taken = (into: Uint8Array[]): Callback => ({
    batchStride: 1,
    onSettled: (s) => void into.push(s.checkpoint()),
  });
  const from = (bytes: Uint8Array): Callback => ({ onTrainBegin: (s) => s.resume(bytes) });

  for (const stepsPerEpoch of [undefined, 3, 4]) {
    test(`taken after any batch or epoch leads to the same end (stepsPerEpoch ${stepsPerEpoch})`, async () => {
      const points: Uint8Array[] = [];
      const expected = await whole(4, [taken(points)], stepsPerEpoch);
      expect(points.length).toBeGreaterThan(12);
      for (const bytes of points) expect(await whole(4, [from(bytes)], stepsPerEpoch)).toEqual(expected);
    });
  }

  test("of a stream continues after the batches it had taken", async () => {
    const run = async (callbacks: Callback[]) => {
      const model = fakeModel();
      const stream = streamBatches((pass) => [1 + pass, 2, 3]);
      await trainLoop(trainer(stream, model), options({ epochs: 3, callbacks }));
      return model.weight;
    };
    const points: Uint8Array[] = [];
    const expected = await run([taken(points)]);
    for (const bytes of points) expect(await run([from(bytes)])).toBe(expected);
  });

  test("keeps what callbacks know, the order to stop, and NaN in history", async () => {
    const counter = (): Callback & { count: number } => ({
      count: 0,
      onEpochEnd(_, logs, s) {
        this.count++;
        logs.odd = Number.NaN;
        if (this.count === 2) s.stopTraining = true;
      },
      state() {
        return { count: this.count };
      },
      restore(saved) {
        this.count = (saved as { count: number }).count;
      },
    });
    const points: Uint8Array[] = [];
    const keep: Callback = { onSettled: (s) => void points.push(s.checkpoint()) };
    const expected = await whole(9, [counter(), keep]);
    expect(expected.history.odd).toEqual([Number.NaN, Number.NaN]);
    for (const bytes of points) expect(await whole(9, [counter(), from(bytes)])).toEqual(expected);
  });

  test("of another fit of the same model is refused", async () => {
    const points: Uint8Array[] = [];
    await whole(1, [taken(points)]);
    const model = Object.assign(fakeModel(), { taken: 5 });
    const again = trainLoop(trainer(rows(10, 2), model), options({ callbacks: [from(points[0])] }));
    await expect(again).rejects.toThrow(/has taken 0 steps, received one that has taken 5.\n.*a separate folder/);
  });

  test("amid an epoch of other data, or of other callbacks, is refused", async () => {
    const points: Uint8Array[] = [];
    await whole(1, [taken(points)]);
    const resume = (bytes: Uint8Array, batchSize: number, more: Callback[] = []) =>
      trainLoop(
        trainer(rowBatches({ rows: 10, batchSize, shuffle: true, seed: 3 })),
        options({ epochs: 2, callbacks: [from(bytes), ...more] }),
      );
    await expect(resume(points[1], 5)).rejects.toThrow(
      /expected data of 10 rows, batches of 2.*received 10 rows, batches of 5/,
    );
    await expect(resume(points[1], 2, [{}])).rejects.toThrow(/expected 1 callbacks, received 2/);
    await expect(resume(points.at(-1)!, 5)).resolves.toBeDefined(); // between epochs the data may change
    await expect(resume(points[1].slice(1), 2)).rejects.toThrow(/whole training checkpoint/);
    await expect(resume(points[1].slice(0, -1), 2)).rejects.toThrow(/damaged or cut short/);
  });
});

test("options out of range are DataErrors that name them", async () => {
  const fit = (given: object) => trainLoop(trainer(rows(2, 1)), options(given));
  await expect(fit({ initialEpoch: -1 })).rejects.toThrow(/initialEpoch: a whole number of 0 or more/);
  await expect(fit({ stepsPerEpoch: 0 })).rejects.toThrow(/stepsPerEpoch: a whole number of 1 or more, received 0/);
  for (const validationFreq of [0, 1.5, [0], "2"])
    await expect(fit({ validationFreq })).rejects.toThrow(/validationFreq: .* or a list of epochs/);
});
