import { describe, expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import type { BackendName } from "../backends/choose.ts";
import { DataError } from "../errors.ts";
import { dense, dropout, input, lstm } from "../layers/index.ts";
import * as ops from "../ops/index.ts";
import { forecaster, languageModel, sequenceClassifier, textClassifier } from "../tasks/index.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { terminateOnNaN } from "../train/callbacks/index.ts";
import type { FitOptions } from "../train/fit/fit-options.ts";
import type { History } from "../train/fit/history.ts";
import { adam, sgd } from "../train/optimizers/index.ts";
import { exponentialDecay } from "../train/schedules.ts";
import { functional } from "./functional.ts";
import { sequential } from "./sequential.ts";
import { trainStep } from "./train-step.ts";

const rows = 240;
const r = new Random(5);
const x = new NdArray(
  Float32Array.from({ length: rows * 3 }, () => r.normal()),
  [rows, 3, 1],
);
/** The target of one row makes the square of its error infinite. */
const targets = (bad: number) => Float32Array.from({ length: rows }, (_, i) => (i === bad ? 1e30 : Math.sin(i)));
const make = (backend: BackendName) => {
  const model = sequential([input([3, 1]), lstm(4, { dropout: 0.2 }), dropout(0.1), dense(1)]);
  const learningRate = exponentialDecay(0.01, { decaySteps: 20, decayRate: 0.9 });
  model.compile({ loss: "mse", optimizer: adam({ learningRate }), backend });
  return model;
};
const usual: FitOptions = { batchSize: 1, shuffle: false, verbose: 0 };
const stopped = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
};
const bits = (model: ReturnType<typeof make>) => model.getWeights().map((w) => [...w.data]);

for (const { name: backend } of await presentBackends()) {
  describe(`a loss that is no number, on ${backend}`, () => {
    test("ends fit with epoch and step, and the weights are those of before the crossing", async () => {
      const model = make(backend);
      const said = await stopped(model.fit(x, targets(171), { ...usual, epochs: 2 }));
      expect(said).toMatch(/a loss that is a finite number, received Infinity in epoch 1, step 172\.\n.*learningRate/);
      expect(model.iterations).toBeLessThanOrEqual(171);
      const twin = make(backend);
      if (model.iterations > 0)
        await twin.fit(x.slice(0, model.iterations), targets(171).subarray(0, model.iterations), usual);
      expect(bits(model)).toEqual(bits(twin));
      expect(model.optimizerState).toEqual(twin.optimizerState);
    });

    test("with a hook for every batch, of the step before", async () => {
      const model = make(backend);
      const said = await stopped(model.fit(x, targets(17), { ...usual, callbacks: { onTrainBatchEnd() {} } }));
      expect(said).toContain("epoch 1, step 18.");
      expect(model.iterations).toBe(17);
    });

    test("in batches that a generator fills again and again", async () => {
      const y = targets(23);
      const stream = function* () {
        const [a, b] = [new NdArray(new Float32Array(3), [1, 3, 1]), new NdArray(new Float32Array(1), [1])];
        for (let i = 0; i < 40; i++) {
          a.data.set(x.row(i).data);
          b.data[0] = y[i];
          yield [a, b] as const;
        }
      };
      const model = make(backend);
      expect(await stopped(model.fit(stream, { verbose: 0 }))).toContain("epoch 1, step 24.");
      const twin = make(backend);
      await twin.fit(x.slice(0, 23), y.subarray(0, 23), usual);
      expect(model.iterations).toBe(23);
      expect(bits(model)).toEqual(bits(twin));
    });

    test("rejects trainOnBatch with the step, the batch does not count, and training continues from the weights before it", async () => {
      const [model, twin] = [make(backend), make(backend)];
      const y = targets(7);
      for (let i = 0; i < 12; i++) {
        const [a, b] = [x.slice(i, i + 1), y.subarray(i, i + 1)];
        if (i === 7) expect(await stopped(model.trainOnBatch(a, b))).toMatch(/^trainOnBatch: .*Infinity in step 8\./);
        else expect(await model.trainOnBatch(a, b)).toEqual(await twin.trainOnBatch(a, b));
      }
      expect(model.iterations).toBe(11);
      expect(bits(model)).toEqual(bits(twin));
      expect(model.optimizerState).toEqual(twin.optimizerState);
    });
  });
}

test("what happens between two calls of trainOnBatch is not lost: weights written, a fit, a carried state", async () => {
  const of = () => {
    const model = sequential([input([2, 1], { batchSize: 1 }), lstm(3, { stateful: true }), dense(1)]);
    model.compile({ loss: "mse", optimizer: "adam", backend: "js" });
    return model;
  };
  const [model, twin] = [of(), of()];
  const [a, good, bad] = [[[[1], [2]]], [1], [1e30]];
  const acts: (() => (m: typeof model) => unknown)[] = [
    () => (m) => m.trainOnBatch(a, good),
    () => (m) =>
      m.setWeights(m.getWeights().map((w) => new NdArray(w.data.map((v) => v / 2) as Float32Array, w.shape))),
    () => (m) => m.fit(a, good, { ...usual, epochs: 3 }),
    () => (m) => m.testOnBatch(a, good),
    () => (m) => m.predict(a, { batchSize: 1 }),
    () => (m) => m.resetStates(),
    () => (m) => m.trainOnBatch(a, good),
  ];
  for (const act of acts) {
    for (const m of [model, twin]) await act()(m);
    await stopped(model.trainOnBatch(a, bad));
    expect(model.snapshot()).toEqual(twin.snapshot());
  }
});

test("weights that trainOnBatch broke are found in the next call, and those from before are put back", async () => {
  const model = sequential([input([1]), dense(1, { kernelInitializer: "ones" })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 1e38 }) });
  expect((await model.trainOnBatch([[3]], [1])).loss).toBe(4);
  expect(await stopped(model.trainOnBatch([[3]], [1]))).toMatch(/finite numbers, received others after step 1\./);
  expect(model.getWeights()[0].data).toEqual(new Float32Array([1]));
  expect(model.iterations).toBe(0);
});

test('trainOnBatch with onNaN: "continue" gives what Keras gives', async () => {
  const model = make("js");
  const { loss } = await model.trainOnBatch(x.slice(0, 1), [1e30], { onNaN: "continue" });
  expect(loss).toBe(Number.POSITIVE_INFINITY);
  expect(model.iterations).toBe(1);
  expect(model.optimizerState!.slots.every((slot) => slot.every(Number.isFinite))).toBe(false);
  expect(await stopped(model.trainOnBatch(x.slice(0, 1), [1], { onNaN: "ignore" as never }))).toContain('"continue"');
  expect(await stopped(model.testOnBatch(x.slice(0, 1), [1], { onNaN: "error" } as never))).toContain('"onNaN"');
});

test("trainStep rejects likewise, for all of its models", async () => {
  const [one, other] = [sequential([input([1]), dense(2)]), sequential([input([2]), dense(1)])];
  const formula: Parameters<typeof trainStep>[1] = ([a, b], run) =>
    ops.mean(ops.square(ops.sub(run(other, run(one, a)[0])[0], b)));
  const step = await trainStep([one, other], formula, { backend: "js" });
  const last = await step([[1]], [[1]]);
  const before = [one, other].map((m) => m.getWeights());
  expect(await stopped(step([[1]], [[1e30]]))).toMatch(/^trainStep: .*Infinity in step 2\./);
  expect([one, other].map((m) => m.getWeights())).toEqual(before);
  expect(await step([[1]], [[1]])).toBeLessThan(last);
  const asKeras = await trainStep([one, other], formula, {
    backend: "js",
    optimizer: sgd({ learningRate: 1e10 }),
    onNaN: "continue",
  });
  expect(await asKeras([[1]], [[1e30]])).toBe(Number.POSITIVE_INFINITY);
  expect(one.getWeights()[0].data.every(Number.isFinite)).toBe(false);
});

test("a guarded training has the bits of one that is not", async () => {
  const [one, other] = [make("js"), make("js")];
  const y = targets(-1);
  await one.fit(x, y, { batchSize: 8, epochs: 3, verbose: 0 });
  await other.fit(x, y, { batchSize: 8, epochs: 3, verbose: 0, onNaN: "continue" });
  expect(bits(one)).toEqual(bits(other));
});

test('onNaN: "continue" trains on as Keras does; terminateOnNaN ends training as Keras does', async () => {
  const y = targets(100);
  const history = (options: FitOptions) => make("js").fit(x, y, { ...usual, epochs: 2, ...options });
  expect((await history({ onNaN: "continue" })).history.loss.map(Number.isFinite)).toEqual([false, false]);
  const said: string[] = [];
  const ended = await history({ callbacks: terminateOnNaN(), verbose: 1, write: (text) => said.push(text) });
  expect(said.join("")).toContain("Batch 100: Invalid loss, terminating training");
  expect(ended.epoch).toEqual([0]);
  expect(await stopped(history({ callbacks: terminateOnNaN(), onNaN: "error" }))).toContain("step 101.");
  expect(await stopped(history({ onNaN: "ignore" as never }))).toContain('"continue"');
});

test("what a callback writes in between is not lost", async () => {
  const model = make("js");
  const zeros = (weights: NdArray[]) => weights.map((w) => new NdArray(new Float32Array(w.size), w.shape));
  let written: number[][] = [];
  const callbacks = {
    onTrainBatchEnd: (batch: number) => {
      if (batch !== 9) return;
      model.setWeights(zeros(model.getWeights()));
      written = bits(model);
    },
  };
  await stopped(model.fit(x, targets(10), { ...usual, callbacks }));
  expect(bits(model)).toEqual(written);
});

test("weights that a step breaks are put back, and that step is named", async () => {
  const model = sequential([input([1]), dense(1, { kernelInitializer: "ones" })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 1e38 }) });
  expect(await stopped(model.fit([[3], [4]], [1, 1], { batchSize: 1, shuffle: false, verbose: 0, epochs: 1 }))).toMatch(
    /weights that are finite numbers, received others after epoch 1, step 1\./,
  );
  expect(model.getWeights().every((w) => w.data.every(Number.isFinite))).toBe(true);
});

test("so are those of the last step of all, which no loss tells of", async () => {
  const model = sequential([input([1]), dense(1, { kernelInitializer: "ones" })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 1e38 }) });
  const before = model.getWeights().map((w) => [...w.data]);
  expect(await stopped(model.fit([[3]], [1], { verbose: 0, epochs: 1 }))).toMatch(/epoch 1, step 1\./);
  expect(model.getWeights().map((w) => [...w.data])).toEqual(before);
});

test("of several outputs the sum counts; a loss of validation alone ends nothing", async () => {
  const i = input([1]);
  const model = functional(i, [dense(1, { name: "a" })(i), dense(1, { name: "b" })(i)]);
  model.compile({ loss: "mse", optimizer: "sgd" });
  expect(await stopped(model.fit([[1]], [[1], [1e30]], { verbose: 0 }))).toContain("epoch 1, step 1.");
  const plain = sequential([input([1]), dense(1)]);
  plain.compile({ loss: "mse" });
  const { history } = await plain.fit([[1]], [1], { verbose: 0, validationData: [[[1]], [1e30]] });
  expect(history.val_loss).toEqual([Number.POSITIVE_INFINITY]);
});

const wild = () => ({ optimizer: sgd({ learningRate: 1e38 }), backend: "js", units: 2 }) as const;
const texts = Array.from({ length: 20 }, (_, i) => (i % 2 ? "so good a day" : "such a bad night"));
const letters = texts.map((_, i) => (i % 2 ? "up" : "down"));
type TaskFit = Pick<FitOptions, "onNaN" | "callbacks" | "epochs" | "batchSize" | "verbose">;
const tasks: [string, () => { readonly model: unknown; fit(options: TaskFit): Promise<History> }][] = [
  [
    "forecaster",
    () => {
      const series = Array.from({ length: 60 }, (_, t) => Math.sin(t / 3));
      const task = forecaster({ ...wild(), horizon: 1, window: 4 });
      return { model: () => task.model, fit: (options) => task.fit(series, options) };
    },
  ],
  [
    "textClassifier",
    () => {
      const task = textClassifier(wild());
      return { model: () => task.model, fit: (options) => task.fit(texts, letters, options) };
    },
  ],
  [
    "sequenceClassifier",
    () => {
      const task = sequenceClassifier(wild());
      const rows = texts.map((_, i) => [[i % 2], [1], [i % 3]]);
      return { model: () => task.model, fit: (options) => task.fit(rows, letters, options) };
    },
  ],
  ...(["prefixes", "lines", "stream"] as const).map((scheme): (typeof tasks)[number] => [
    `languageModel (${scheme})`,
    () => {
      const task = languageModel({ ...wild(), scheme });
      const text = scheme === "stream" ? texts.join(" ") : texts;
      return { model: () => task.model, fit: (options) => task.fit(text, options) };
    },
  ]),
];

describe.each(tasks)("%s", (name, make) => {
  test("ends by a loss that is no number and keeps what it knew; onNaN and terminateOnNaN go to its training", async () => {
    const quiet = { epochs: 9, batchSize: 2, verbose: 0 } as const;
    const task = make();
    expect(await stopped(task.fit(quiet))).toMatch(/epoch \d, step \d+\./);
    if (name === "forecaster") {
      const refused = /^forecaster: expected a network that forecasts finite numbers, received/;
      expect(await stopped(make().fit({ ...quiet, onNaN: "continue" }))).toMatch(refused);
      expect(await stopped(make().fit({ ...quiet, callbacks: terminateOnNaN() }))).toMatch(refused);
    } else {
      const { history } = await make().fit({ ...quiet, onNaN: "continue" });
      expect(history.loss).toHaveLength(9);
      expect(history.loss.every(Number.isFinite)).toBe(false);
      const ended = await make().fit({ ...quiet, callbacks: terminateOnNaN() });
      expect(ended.epoch.length).toBeLessThan(9);
    }
    expect(await stopped(make().fit({ ...quiet, onNaN: "never" as never }))).toContain('"continue"');
  });
});

test("a task keeps what it knew", async () => {
  const series = Array.from({ length: 60 }, (_, t) => Math.sin(t / 3));
  const task = forecaster({ units: 2, horizon: 1, window: 4, optimizer: sgd({ learningRate: 1e30 }), backend: "js" });
  expect(await stopped(task.fit(series, { epochs: 2, verbose: 0 }))).toMatch(/epoch 1, step \d+\./);
  expect(() => task.model).toThrow(DataError);
});
