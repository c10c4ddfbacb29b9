import { expect, test } from "vitest";
import { functional, input, simpleRnn } from "../index.ts";

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

test("a stateful layer called twice goes on from what its first call left", async () => {
  const sequence = () => input([2, 2], { batchSize: 1 });
  const [a, b, c] = [sequence(), sequence(), sequence()];
  const shared = simpleRnn(1, { stateful: true });
  const first = shared(a);
  const twice = functional([a, b], [first, shared(b)]);
  const once = functional(c, simpleRnn(1, { stateful: true })(c));
  for (const model of [twice, once]) model.setWeights(weights);
  const [ofX, ofY] = await twice.predict([x, y]);
  expect(ofX.toArray()).toEqual((await once.predict(x)).toArray());
  expect(ofY.toArray()).toEqual((await once.predict(y)).toArray());
});
