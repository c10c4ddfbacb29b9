import { expect, test } from "vitest";
import type { BackendName } from "../backends/choose.ts";
import { dense, input, lstm } from "../layers/index.ts";
import { mean, square } from "../ops/index.ts";
import { NdArray } from "../tensor/nd-array.ts";
import type { Models } from "./model.ts";
import { sequential } from "./sequential.ts";
import { trainStep } from "./train-step.ts";

const make = (seed: number, backend: BackendName = "js", stateful = false) => {
  const layer = lstm(8, stateful ? { stateful, batchShape: [8, 6, 4] } : { inputShape: [6, 4] });
  const model = sequential([layer, dense(2)], { seed });
  model.compile({ loss: "mse", optimizer: "sgd", backend });
  return model;
};
const x = new NdArray(
  Float32Array.from({ length: 8 * 24 }, (_, i) => Math.sin(i)),
  [8, 6, 4],
);
const y = new NdArray(new Float32Array(16).fill(0.5), [8, 2]);
const quiet = { verbose: 0 } as const;
const busy = /expected the model at rest, received one that is busy with/;

test.each(["js", "native", "wasm"] as const)(
  "%s: weights set while predictions run are read at once, and used by the predictions asked for after them",
  async (backend) => {
    const [a, b] = [make(1, backend), make(2, backend)];
    const [of1, of2] = [await a.predict(x), await b.predict(x)];
    const running = [a.predict(x, { batchSize: 2 }), a.predict(x)];
    await null;
    a.setWeights(b.getWeights());
    expect(a.getWeights()).toEqual(b.getWeights());
    const after = a.predict(x);
    for (const p of running) expect(await p).toEqual(of1);
    expect(await after).toEqual(of2);
    expect(await a.predict(x)).toEqual(of2);
    expect(a.getWeights()).toEqual(b.getWeights());
  },
);

test("of several writes during a prediction the last one stays, and one that does not fit changes nothing", async () => {
  const [a, b, c] = [make(1), make(2), make(3)];
  const running = a.predict(x);
  a.setWeights(b.getWeights());
  a.setWeights(c.getWeights());
  expect(() => a.setWeights([...b.getWeights().slice(0, -1), [1, 2, 3]])).toThrow(/dense/);
  expect(a.getWeights()).toEqual(c.getWeights());
  await running;
  expect(await a.predict(x)).toEqual(await c.predict(x));
});

test("while a model trains, whatever reads or writes its weights or compiles it is refused, and the training is as if alone", async () => {
  const [alone, model] = [make(1), make(1)];
  const options = { ...quiet, epochs: 200, batchSize: 2 };
  const { history } = await alone.fit(x, y, options);
  const training = model.fit(x, y, options);
  const refused: [string, () => unknown][] = [
    ["compile", () => model.compile({ loss: "mse" })],
    ["setWeights", () => model.setWeights(alone.getWeights())],
    ["getWeights", () => model.getWeights()],
    ["resetStates", () => model.resetStates()],
    ["optimizerState", () => model.optimizerState],
    ["snapshot", () => model.snapshot()],
  ];
  for (let round = 0; round < 2; round++) {
    for (const [who, act] of refused) {
      expect(act, who).toThrow(busy);
      expect(act, who).toThrow(/busy with fit\.\n.*Await the call before/);
    }
    await expect(model.restore(alone.snapshot())).rejects.toThrow(busy);
    await expect(model.restoreOptimizer(alone.optimizerState!)).rejects.toThrow(busy);
    await expect(model.save("out/never.keras")).rejects.toThrow(busy);
    await expect(model.predict(x)).rejects.toThrow(busy);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await training).history).toEqual(history);
  expect(model.getWeights()).toEqual(alone.getWeights());
});

test("an evaluation and predictions keep compile away, and let weights be read", async () => {
  const model = make(1);
  await model.predict(x);
  const evaluation = model.evaluate(x, y, quiet);
  expect(() => model.compile({ loss: "mse" })).toThrow(/busy with evaluate/);
  expect(() => model.setWeights(model.getWeights())).toThrow(/busy with evaluate/);
  await evaluation;
  const prediction = model.predict(x);
  expect(() => model.compile({ loss: "mse" })).toThrow(/busy with predict/);
  expect(model.getWeights()).toHaveLength(5);
  await prediction;
  model.compile({ loss: "mse" });
  expect((await model.predict(x)).shape).toEqual([8, 2]);
});

test("carried states are reset in turn, and not read while predictions change them", async () => {
  const model = make(1, "js", true);
  const first = await model.predict(x, { batchSize: 8 });
  model.resetStates();
  const running = model.predict(x, { batchSize: 8 });
  expect(() => model.snapshot()).toThrow(busy);
  model.resetStates();
  const next = model.predict(x, { batchSize: 8 });
  expect(await running).toEqual(first);
  expect(await next).toEqual(first);
  expect(await model.predict(x, { batchSize: 8 })).not.toEqual(first);
});

test("a callback and a maker of batches may read and write weights; compiling waits until training has ended", async () => {
  const model = make(1);
  const seen: number[] = [];
  const batches = function* () {
    model.setWeights(model.getWeights().map((w) => new NdArray(w.data.map((v) => v / 2) as Float32Array, w.shape)));
    yield [x, y] as const;
    expect(() => model.compile({ loss: "mse" })).toThrow(/busy with fit/);
    yield [x, y] as const;
  };
  const onEpochEnd = () => {
    seen.push(model.getWeights()[0].data[0]);
    expect(() => model.compile({ loss: "mse" })).toThrow(/busy with fit/);
  };
  await model.fit(batches, { ...quiet, epochs: 2, callbacks: [{ onEpochEnd }] });
  expect(Math.abs(seen[1])).toBeLessThan(Math.abs(seen[0]));
});

test("training goes on when what a callback asked for and did not wait for has ended", async () => {
  const model = make(1);
  const order: string[] = [];
  const callback = {
    onTrainBatchEnd: (batch: number) =>
      void model.predict(x, { batchSize: 1 }).then(() => order.push(`predicted ${batch}`)),
    onTrainBatchBegin: (batch: number) => void order.push(`step ${batch}`),
  };
  await model.fit(x, y, { ...quiet, batchSize: 4, callbacks: [callback] });
  await null;
  expect(order).toEqual(["step 0", "predicted 0", "step 1", "predicted 1"]);
});

test("a model that shares layers with one in training is not run on weights in motion", async () => {
  const body = [input([6, 4]), lstm(8)];
  const trained = sequential([...body, dense(2)], { seed: 1 });
  const other = sequential([...body, dense(1)], { seed: 2 });
  for (const model of [trained, other] as Models[]) model.compile({ loss: "mse", backend: "js" });
  await trained.fit(x, y, quiet);
  const before = await other.predict(x);
  await trained.fit(x, y, quiet);
  const training = trained.fit(x, y, { ...quiet, epochs: 60, batchSize: 2 });
  await expect(other.predict(x)).rejects.toThrow(/predict: .*busy with fit/);
  expect(() => other.getWeights()).toThrow(/busy with fit/);
  await training;
  expect(await other.predict(x)).not.toEqual(before);
  expect(other.getWeights()[0]).toEqual(trained.getWeights()[0]);

  const running = trained.predict(x, { batchSize: 2 });
  const old = await make(1).predict(x);
  other.setWeights(other.getWeights().map(({ shape, size }) => new NdArray(new Float32Array(size), shape)));
  expect((await running).shape).toEqual(old.shape);
  expect(trained.getWeights()[0].data.every((v) => v === 0)).toBe(true);
});

test("two steps of a training of one's own do not run at once", async () => {
  const model = sequential([input([6, 4]), lstm(3)], { seed: 1 });
  const step = await trainStep([model], ([a], run) => mean(square(run(model, a)[0])), { backend: "js" });
  const first = step(x);
  await expect(step(x)).rejects.toThrow(/trainStep: .*busy with trainStep/);
  expect(await first).toBeGreaterThan(await step(x));
});
