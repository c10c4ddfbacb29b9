import { describe, expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import type { BackendName } from "../backends/choose.ts";
import { DataError } from "../errors.ts";
import { dense, dropout, input, lstm } from "../layers/index.ts";
import { forecaster } from "../tasks/index.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { terminateOnNaN } from "../train/callbacks.ts";
import { adam, sgd } from "../train/optimizers.ts";
import { exponentialDecay } from "../train/schedules.ts";
import { functional } from "./functional.ts";
import type { FitOptions } from "./model-options.ts";
import { sequential } from "./sequential.ts";

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
  });
}

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
    /weights that are finite numbers, received others after the step taken in epoch 1, step 1\./,
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

test("a task keeps what it knew", async () => {
  const series = Array.from({ length: 60 }, (_, t) => Math.sin(t / 3));
  const task = forecaster({ units: 2, horizon: 1, window: 4, optimizer: sgd({ learningRate: 1e30 }), backend: "js" });
  expect(await stopped(task.fit(series, { epochs: 2, verbose: 0 }))).toMatch(/epoch 1, step \d+\./);
  expect(() => task.model).toThrow(DataError);
});
