import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { dense, input, lstm } from "../layers/index.ts";
import { asNdArray, NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { sequential } from "./sequential.ts";

const random = new Random(11);
const array = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)),
    shape,
  );
const [x, y] = [array(10, 4, 2), array(10, 1)];
const make = (layers = [input([4, 2]), lstm(3), dense(1)]) => {
  const model = sequential(layers);
  model.compile({ loss: "mse", optimizer: "adam", metrics: ["mae"], backend: "js" });
  return model;
};
const quiet = { verbose: 0 as const };
const weights = (model: ReturnType<typeof make>) => model.getWeights().map((w) => w.toArray());
function* batches() {
  for (let from = 0; from < 10; from += 4) yield [x.slice(from, from + 4), y.slice(from, from + 4)] as const;
}

test("a stream of batches trains as the arrays do, with the same history, validation and evaluation", async () => {
  const [whole, streamed] = [make(), make()];
  const options = { epochs: 3, shuffle: false, validationData: [x, y] as const, ...quiet };
  const a = await whole.fit(x, y, { batchSize: 4, ...options });
  const b = await streamed.fit(batches, { epochs: 3, validationData: batches, ...quiet });
  expect(weights(streamed)).toEqual(weights(whole));
  expect(b.history.loss).toEqual(a.history.loss);
  // the rows in other batches: the same sums in another order
  b.history.val_mae.forEach((v, k) => {
    expect(v).toBeCloseTo(a.history.val_mae[k], 6);
  });
  const evaluated = await streamed.evaluate(batches, quiet);
  expect(evaluated.loss).toBeCloseTo((await whole.evaluate(x, y, quiet)).loss, 6);
});

test("validationSteps evaluates the first batches only, of arrays and of streams", async () => {
  for (const validationData of [[x, y] as const, batches]) {
    const model = make();
    const { history } = await model.fit(x, y, { batchSize: 4, validationData, validationSteps: 1, ...quiet });
    const { loss } = await model.evaluate(x.slice(0, 4), y.slice(0, 4), quiet);
    expect(history.val_loss[0]).toBeCloseTo(loss, 6); // the same four rows
    await expect(model.fit(x, y, { validationData, validationSteps: 0, ...quiet })).rejects.toThrow(/validationSteps/);
    await expect(model.fit(x, y, { callbacks: [{ on_epoch_end: () => {} } as never], ...quiet })).rejects.toThrow(
      /"onEpochEnd"/,
    );
  }
});

test("async iterables, records and weights come in too, and an unbuilt model learns its shape from them", async () => {
  const model = make([lstm(3), dense(1)]);
  async function* records() {
    for (const [a, b] of batches()) yield { x: a, y: b, sampleWeight: asNdArray(new Float32Array(a.shape[0]).fill(0)) };
  }
  const { history } = await model.fit(records, { epochs: 2, ...quiet });
  expect(history.loss).toEqual([0, 0]);
  const endless = function* () {
    for (;;) yield* batches();
  };
  const { history: longer } = await model.fit(endless(), { epochs: 2, stepsPerEpoch: 5, ...quiet });
  expect(longer.loss).toHaveLength(2);
});

test("what is no stream of batches is refused with a next step", async () => {
  const model = make();
  await expect(model.fit([] as never, { epochs: 1 } as never)).rejects.toThrow(DataError);
  await expect(model.fit((() => 7) as never, quiet)).rejects.toThrow(/iterable/);
  await expect(model.fit(new Set([[x]]) as never, quiet)).rejects.toThrow(/batches \[x, y\]/);
  await expect(model.fit(batches, { validationSplit: 0.2, ...quiet })).rejects.toThrow(/validationData/);
  await expect(make([lstm(3), dense(1)]).fit(batches(), quiet)).rejects.toThrow(/input\(shape\)/);
  await expect(model.fit(batches(), { epochs: 2, ...quiet })).rejects.toThrow(/generator function/);
  await expect(model.predict(x)).resolves.toBeDefined();
});
