import { expect, test } from "vitest";
import { functional, input, sgd, simpleRnn } from "../index.ts";

const x = [
  [
    [0.1, -0.4],
    [0.5, 0.2],
  ],
]; // [1, 2, 2]
const y = [
  [
    [0.3, 0.6],
    [-0.2, 0.7],
  ],
];
const weights = [[[0.3], [-0.6]], [[0.8]], [0.1]];

test("a stateful layer called twice continues from what its first call left: as Keras runs them, that of the later output", async () => {
  const sequence = () => input([2, 2], { batchSize: 1 });
  const [a, b, c] = [sequence(), sequence(), sequence()];
  const shared = simpleRnn(1, { stateful: true });
  const first = shared(a);
  const twice = functional([a, b], [first, shared(b)]);
  const once = functional(c, simpleRnn(1, { stateful: true })(c));
  for (const model of [twice, once]) model.setWeights(weights);
  const [ofX, ofY] = await twice.predict([x, y]);
  expect(ofY.toArray()).toEqual((await once.predict(y)).toArray());
  expect(ofX.toArray()).toEqual((await once.predict(x)).toArray());
});

test("what a call finds of an earlier one is a number: the loss teaches nothing through it", async () => {
  const sequence = () => input([2, 2], { batchSize: 1 });
  const [a, b, c, state] = [sequence(), sequence(), sequence(), input([1], { batchSize: 1 })];
  const shared = simpleRnn(1, { stateful: true });
  const twice = functional([a, b], [shared(b), shared(a)]); // a first
  const told = functional([c, state], simpleRnn(1)(c, { initialState: state }));
  for (const model of [twice, told]) {
    model.setWeights(weights);
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse" });
  }
  const [, left] = await twice.predict([x, y]);
  twice.resetStates();
  const loss = [[[0.7]], left]; // of b alone: a's output is what is wanted of it
  await twice.trainOnBatch([x, y], loss);
  await told.trainOnBatch([y, left], [[0.7]]);
  const [now, wanted] = [twice, told].map((model) => model.getWeights().map((w) => [...w.data]));
  now.slice(0, 3).forEach((w, k) => {
    w.forEach((v, i) => {
      expect(v).toBeCloseTo(wanted[k][i], 6); // f32, one step
    });
  });
});
