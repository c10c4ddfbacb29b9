import { expect, test } from "vitest";
import { dense, dropout, lstm } from "../layers/index.ts";
import { mul, square, sub } from "../ops/elementwise.ts";
import { mean } from "../ops/reduce.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { CustomModel, type RunLayer } from "./custom-model.ts";
import { sequential } from "./sequential.ts";
import { trainStep } from "./train-step.ts";

const random = new Random(3);
const array = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)),
    shape,
  );
const quiet = { verbose: 0 as const };

class Twice extends CustomModel {
  readonly reader = lstm(4);
  readonly heads = [dense(3, { activation: "tanh" }), dense(1)];
  formula(x: Tensor, run: RunLayer): Tensor {
    return run(this.heads[1], run(this.heads[0], mul(run(this.reader, x), 2)));
  }
}

test("a custom model is built by its data, trains, counts, and names its layers", async () => {
  const model = new Twice();
  model.compile({ loss: "mse", optimizer: "adam", backend: "js" });
  const [x, y] = [array(8, 5, 2), array(8, 1)];
  const { history } = await model.fit(x, y, { epochs: 20, ...quiet });
  expect(history.loss.at(-1)!).toBeLessThan(history.loss[0]);
  expect(model.countParams()).toBe(4 * 4 * (2 + 4 + 1) + 4 * 3 + 3 + 3 + 1);
  expect(model.layers.map((l) => l.name)).toEqual(["lstm", "dense", "dense_1"]);
  expect((await model.predict(x)).shape).toEqual([8, 1]);
  expect(model.summary({ print: () => {} })).toContain("dense_1 (Dense)");
});

test("trainStep does what fit does for the same loss, and the models keep what they learned", async () => {
  const [x, y] = [array(6, 3, 2), array(6, 1)];
  const make = () => sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 5 });
  const fitted = make();
  fitted.compile({ loss: "mse", optimizer: "adam", backend: "js" });
  const { history } = await fitted.fit(x, y, { epochs: 4, shuffle: false, ...quiet });
  const stepped = make();
  const loss = ([a, b]: Tensor[], run: (m: typeof stepped, t: Tensor) => Tensor[]) =>
    mean(square(sub(run(stepped, a)[0], b)));
  const step = await trainStep([stepped], loss, { optimizer: "adam", backend: "js" });
  for (let k = 0; k < 4; k++) expect(await step(x, y)).toBeCloseTo(history.loss[k], 6);
  stepped.getWeights().forEach((w, k) => {
    const wanted = fitted.getWeights()[k].data;
    w.data.forEach((v, i) => {
      expect(v).toBeCloseTo(wanted[i], 5); // the same sums in another order
    });
  });
  await expect(step(x, array(5, 1))).rejects.toThrow(/same number of rows/);
});

test("two models learn together: only the weights of the models given move", async () => {
  const encoder = sequential([dense(3, { inputShape: [2] }), dropout(0.1)]);
  const decoder = sequential([dense(2, { inputShape: [3] })]);
  const x = array(16, 2);
  const both = await trainStep(
    [encoder, decoder],
    ([a], run) => mean(square(sub(run(decoder, run(encoder, a)[0])[0], a))),
    { backend: "js", optimizer: "adam" },
  );
  const first = await both(x);
  for (let k = 0; k < 200; k++) await both(x);
  expect(await both(x)).toBeLessThan(first / 2);
});
