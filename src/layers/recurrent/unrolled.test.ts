import { expect, test } from "vitest";
import { embedding, functional, input, type RecurrentOptions, sequential, simpleRnn } from "../../index.ts";

const words = [[3, 1, 0, 0]]; // two steps, then padding
const weights = [[[0.5], [-0.4], [0.9], [0.7]], [[0.3]], [[-0.6]], [0.1]];

async function outputs(options: RecurrentOptions): Promise<number[]> {
  const layers = [embedding(4, 1, { maskZero: true }), simpleRnn(1, { ...options, goBackwards: true })] as const;
  const model = sequential([input([4], { dtype: "i32" }), ...layers]);
  model.setWeights(weights);
  return [...(await model.predict(words)).data];
}

test("unrolled from the back, zeros stand where the mask has its padding, first step first: as Keras", async () => {
  const held = await outputs({ returnSequences: true }); // last step first: 0, 0, h, h
  expect(held.slice(0, 2)).toEqual([0, 0]);
  const zeros = { zeroOutputForMask: true };
  expect(await outputs({ returnSequences: true, ...zeros })).toEqual(held);
  expect(await outputs({ returnSequences: true, ...zeros, unroll: true })).toEqual([0, 0, 0, 0]);
  expect(await outputs({ ...zeros, unroll: true })).toEqual([held[3]]); // the first step counts
});

test("two models without a name stand in a third under names of their own", () => {
  const inner = () => functional(...through());
  const through = () => {
    const x = input([3, 1]);
    return [x, simpleRnn(1)(x)] as const;
  };
  const x = input([3, 1]);
  const model = functional(x, [inner()(x), inner()(x)]);
  expect(model.layers.map(({ name }) => name)).toEqual(["input_layer", "functional", "functional_1"]);
});
