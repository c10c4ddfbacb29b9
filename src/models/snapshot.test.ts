import { expect, test } from "vitest";
import { FormatError } from "../errors.ts";
import { dense, input, lstm } from "../layers/index.ts";
import { sequential } from "./sequential.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.ts";

const x = [
  [[1], [2]],
  [[3], [1]],
  [[0], [1]],
];
const y = [3, 4, 1];
const make = () => {
  const model = sequential([input([2, 1]), lstm(4, { dropout: 0.2 }), dense(1)]);
  model.compile({ optimizer: "adam", loss: "mse", backend: "js" });
  return model;
};
const weights = (model: ReturnType<typeof make>) => model.getWeights().map((w) => w.toArray());
const quiet = { verbose: 0 as const };

test("training continues from a snapshot bit for bit, in another model too", async () => {
  const whole = make();
  await whole.fit(x, y, { epochs: 6, ...quiet });
  const first = make();
  await first.fit(x, y, { epochs: 3, ...quiet });
  const second = make();
  await second.restore(Buffer.from(first.snapshot())); // as a file gives it
  await second.fit(x, y, { initialEpoch: 3, epochs: 6, ...quiet });
  expect(weights(second)).toEqual(weights(whole));
});

test("bytes that are no snapshot, or one of another model, are refused and change nothing", async () => {
  const model = make();
  const before = weights(model);
  const bytes = model.snapshot();
  const other = sequential([input([2, 1]), lstm(3), dense(1)]);
  for (const wrong of [new Uint8Array(3), bytes.subarray(0, bytes.length - 1), bytes.slice(1), other.snapshot()])
    await expect(model.restore(wrong)).rejects.toThrow(FormatError);
  const later = bytes.slice();
  later.set(new TextEncoder().encode('{"iterations":9'), 12);
  await expect(model.restore(later)).resolves.toBeUndefined();
  expect(weights(model)).toEqual(before);
  expect(decodeSnapshot(encodeSnapshot({ iterations: 7, arrays: [] }))).toEqual({ iterations: 7, arrays: [] });
});

test("a callback may use the model, change its learning rate, and break off", async () => {
  const model = make();
  const losses: number[] = [];
  await model.fit(x, y, {
    epochs: 2,
    callbacks: [
      {
        onEpochEnd: async () => {
          losses.push((await model.evaluate(x, y, quiet)).loss);
          model.learningRate = 0;
        },
      },
    ],
    ...quiet,
  });
  expect(losses[0]).toBe(losses[1]); // nothing moves at a rate of 0
  const broken = { onEpochEnd: () => Promise.reject(new Error("full disk")) };
  await expect(model.fit(x, y, { callbacks: [broken], ...quiet })).rejects.toThrow("full disk");
  await expect(model.predict(x)).resolves.toBeDefined();
});
