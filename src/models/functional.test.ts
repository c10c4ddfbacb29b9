import { describe, expect, test } from "vitest";
import { dense, dropout, embedding, input, type Layer, lstm } from "../layers/index.ts";
import { add, mul } from "../ops/elementwise.ts";
import { asNdArray, NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { functional } from "./functional.ts";
import { sequential } from "./sequential.ts";

const quiet = { verbose: 0 as const };
const random = new Random(7);
const array = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)),
    shape,
  );

/** a + 2b: two inputs, one output, no weights. */
async function addTwice(): Promise<Layer> {
  const { Layer } = await import("../layers/layer.ts");
  class AddTwice extends Layer {
    readonly className = "AddTwice";
    readonly factory = "addTwice";
    override get arity() {
      return 2;
    }
    override forwardAll([a, b]: readonly Tensor[]) {
      return [add(a, mul(b, 2))];
    }
    config() {
      return {};
    }
  }
  return new AddTwice();
}

describe.each(["js", "wasm"] as const)("functional models on %s", (backend) => {
  test("a straight line of layers is the sequential model of them", async () => {
    const x = array(6, 4, 3);
    const y = array(6, 1);
    const stack = sequential([input([4, 3]), lstm(5), dense(1)]);
    const begin = input([4, 3]);
    const line = functional(begin, dense(1)(lstm(5)(begin)));
    expect(line.layers.map((l) => l.className)).toEqual(["InputLayer", "LSTM", "Dense"]);
    for (const model of [stack, line]) {
      model.compile({ optimizer: "adam", loss: "mse", backend });
      await model.fit(x, y, { epochs: 3, ...quiet });
    }
    expect((await line.predict(x)).toArray()).toEqual((await stack.predict(x)).toArray());
  });

  test("several inputs and outputs, by list and by name, each with its own loss, weight and metrics", async () => {
    const [a, b] = [array(8, 3), array(8, 3)];
    const [p, q] = [array(8, 2), asNdArray(Array.from({ length: 8 }, (_, i) => i % 3))];
    const [left, right] = [input([3], { name: "left" }), input([3], { name: "right" })];
    const both = (await addTwice())([left, right]);
    const model = functional(
      [left, right],
      [dense(2, { name: "numbers" })(both), dense(3, { name: "kind", activation: "softmax" })(both)],
    );
    model.compile({
      optimizer: "sgd",
      loss: { numbers: "mse", kind: "sparseCategoricalCrossentropy" },
      lossWeights: { numbers: 1, kind: 0.5 },
      metrics: { kind: ["accuracy"] },
      backend,
    });
    const byList = await model.evaluate([a, b], [p, q], quiet);
    const byName = await model.evaluate({ left: a, right: b }, { numbers: p, kind: q }, quiet);
    expect(byName).toEqual(byList);
    expect(Object.keys(byList)).toEqual(["loss", "numbers_loss", "kind_loss", "kind_accuracy"]);
    expect(byList.loss).toBeCloseTo(byList.numbers_loss + 0.5 * byList.kind_loss, 5);
    const { history } = await model.fit([a, b], [p, q], { epochs: 30, ...quiet });
    expect(history.loss.at(-1)!).toBeLessThan(history.loss[0]);
    const [numbers, kind] = await model.predict({ right: b, left: a });
    expect([numbers.shape, kind.shape]).toEqual([
      [8, 2],
      [8, 3],
    ]);
    const again = functional([left, right], [both]);
    const sum = (await again.predict([a, b]))[0];
    expect(sum.at(1, 2)).toBeCloseTo(a.at(1, 2) + 2 * b.at(1, 2), 5);
  });

  test("a layer used twice has its weights once and learns from both uses", async () => {
    const shared = dense(1, { useBias: false, kernelInitializer: "ones" });
    const [a, b] = [input([1]), input([1])];
    const model = functional([a, b], (await addTwice())([shared(a), shared(b)]));
    expect(model.getWeights().map((w) => w.shape)).toEqual([[1, 1]]);
    model.compile({ optimizer: "sgd", loss: "mse", backend });
    // y = w·(a + 2b); at w = 1, a = 1, b = 2 the gradient of (y − 0)² is 2·5·5 = 50
    await model.fit([[[1]], [[2]]], [[0]], quiet);
    expect(model.getWeights()[0].at(0, 0)).toBeCloseTo(1 - 0.01 * 50, 5);
  });

  test("a model is a layer: nested models share their weights with themselves", async () => {
    const inner = sequential([input([3]), dense(4, { activation: "tanh" })]);
    const before = inner.getWeights()[0].toArray();
    const outer = sequential([input([3]), inner, dense(1)]);
    expect(outer.getWeights().map((w) => w.shape)).toEqual([[3, 4], [4], [4, 1], [1]]);
    expect(outer.getWeights()[0].toArray()).toEqual(before);
    outer.compile({ optimizer: "sgd", loss: "mse", backend });
    const x = array(5, 3);
    await outer.fit(x, array(5, 1), { epochs: 2, ...quiet });
    expect(inner.getWeights()[0].toArray()).not.toEqual(before);
    expect(inner.getWeights()[0].toArray()).toEqual(outer.getWeights()[0].toArray());
    inner.setWeights([array(3, 4), array(4)]);
    expect(outer.getWeights()[0].toArray()).toEqual(inner.getWeights()[0].toArray());
    const hidden = await inner.predict(x);
    const [w, c] = outer.getWeights().slice(2);
    const expected = [0, 1, 2, 3].reduce((s, j) => s + hidden.at(2, j) * w.at(j, 0), c.at(0));
    expect((await outer.predict(x)).at(2, 0)).toBeCloseTo(expected, 5);
  });

  test("part of a trained model is a model", async () => {
    const x = input([4, 2]);
    const h = lstm(3)(x);
    const whole = functional(x, dense(1)(h));
    const encoder = functional(x, h);
    whole.compile({ optimizer: "adam", loss: "mse", backend });
    await whole.fit(array(6, 4, 2), array(6, 1), { epochs: 2, ...quiet });
    expect(encoder.getWeights().map((w) => w.toArray())).toEqual(
      whole
        .getWeights()
        .slice(0, 3)
        .map((w) => w.toArray()),
    );
  });

  test("a frozen layer keeps its weights, and freezing asks for compile again", async () => {
    const first = dense(3);
    const model = sequential([input([2]), first, dense(1)]);
    const x = array(4, 2);
    const y = array(4, 1);
    model.compile({ loss: "mse", optimizer: "sgd", backend });
    await model.fit(x, y, quiet);
    first.trainable = false;
    const before = model.getWeights();
    model.compile({ loss: "mse", optimizer: "sgd", backend });
    await model.fit(x, y, quiet);
    const after = model.getWeights();
    expect(after[0].toArray()).toEqual(before[0].toArray());
    expect(after[2].toArray()).not.toEqual(before[2].toArray());
  });

  test("trainOnBatch steps as fit does; testOnBatch and classWeight count", async () => {
    const x = array(4, 3, 2);
    const y = asNdArray([0, 1, 1, 0]);
    const make = () => {
      const model = sequential([input([3, 2]), lstm(3), dense(1, { activation: "sigmoid" })]);
      model.compile({ loss: "binaryCrossentropy", optimizer: "adam", metrics: ["accuracy"], backend });
      return model;
    };
    const [fitted, stepped] = [make(), make()];
    await fitted.fit(x, y, { epochs: 3, shuffle: false, ...quiet });
    for (let k = 0; k < 3; k++) await stepped.trainOnBatch(x, y);
    expect(stepped.getWeights().map((w) => w.toArray())).toEqual(fitted.getWeights().map((w) => w.toArray()));
    const plain = await stepped.testOnBatch(x, y);
    const doubled = await stepped.testOnBatch(x, y, { classWeight: { 0: 2, 1: 2 } });
    expect(doubled.loss).toBeCloseTo(2 * plain.loss, 5);
    expect(doubled.accuracy).toBe(plain.accuracy);
  });
});

test("layers stand by depth as in Keras: a shared one where its deepest use is, equals as met from the outputs back", () => {
  const x = input([3], { name: "x" });
  const shared = dense(3, { name: "shared" });
  const mid = dense(3, { name: "mid" });
  const again = shared(mid(shared(x)));
  const model = functional(x, [dense(1, { name: "b" })(again), dense(1, { name: "a" })(again)]);
  expect(model.layers.map((layer) => layer.name)).toEqual(["x", "shared", "mid", "b", "a"]);
});

test("what does not make a model is refused with a next step", async () => {
  const x = input([3]);
  const other = input([3]);
  expect(() => functional(x, dense(1)(other))).toThrow(/every input that the outputs need/);
  expect(() => functional(dense(2)(x) as never, dense(1)(x))).toThrow(/input\(shape\)/);
  expect(() => functional(x, undefined as never)).toThrow(/functional: outputs/);
  const two = functional([x, other], (await addTwice())([x, other]));
  two.compile({ loss: "mse" });
  await expect(two.predict(array(2, 3))).rejects.toThrow(/a list of 2 arrays/);
  await expect(two.predict([array(2, 3), array(1, 3)])).rejects.toThrow(/as many rows/);
  await expect(two.predict({ input_layer: array(2, 3), typo: array(2, 3) })).rejects.toThrow(/typo/);
  expect(() => two.compile({ loss: { nothing: "mse" } })).toThrow(/names of outputs/);
  expect(() => dropout(0.5)([x, other])).toThrow(/1 input/);
  const shared = dense(2);
  shared(x);
  expect(() => shared(input([4]))).toThrow(/its weights are for/);
  expect(() => embedding(5, 2)({} as never)).toThrow(/functional model/);
});
