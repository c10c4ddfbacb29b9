import { expect, test } from "vitest";
import { sequential } from "../../models/sequential.ts";
import { dense, input, normalization } from "../index.ts";

test("mean and variance are learned from data, in double precision, and stay in training", async () => {
  const times = [1.7e9 + 1, 1.7e9 + 2, 1.7e9 + 3]; // seconds: f32 has steps of 128 there
  const layer = normalization().adapt(times.map((t) => [t, 2 * (t - 1.7e9)]));
  const model = sequential([input([2]), layer, dense(1)]);
  const [mean, variance, count] = model.getWeights();
  expect(mean.toArray()).toEqual([Math.fround(1.7e9 + 2), 4]);
  expect(variance.at(0)).toBeCloseTo(2 / 3, 6);
  expect(variance.at(1)).toBeCloseTo(8 / 3, 6);
  expect(count.shape).toEqual([]);
  model.compile({ loss: "mse", backend: "js" });
  await model.fit([[1, 2]], [[3]], { epochs: 1, verbose: 0 });
  expect(model.getWeights()[1].toArray()).toEqual(variance.toArray());
});
test("what does not fit is refused", () => {
  expect(() => normalization({ mean: 2 })).toThrow(/the mean alone/);
  expect(() => normalization({ mean: 2, variance: -1 })).toThrow(/a variance of 0 or more/);
  const layer = normalization().adapt([[1, 2, 3]]);
  expect(() => sequential([input([2]), layer])).toThrow(/3 means, as adapted/);
  const used = normalization();
  sequential([input([2]), used]);
  expect(() => used.adapt([[1, 2]])).toThrow(/Adapt it first/);
});
