/** Layers over images and videos: what they refuse, and what follows from the definition. */
import { describe, expect, test } from "vitest";
import {
  averagePooling2d,
  conv2d,
  convLstm1d,
  convLstm2d,
  dense,
  flatten,
  globalAveragePooling2d,
  input,
  lstm,
  masking,
  maxPooling2d,
  timeDistributed,
} from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import { sequential } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { sizeOf } from "../../tensor/shape.ts";

const random = new Random(4);
const floats = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)),
    shape,
  );
const close = (a: NdArray, b: NdArray) => {
  expect(a.shape).toEqual(b.shape);
  a.data.forEach((v, k) => void expect(v).toBeCloseTo(b.data[k], 5));
};

test("zeros around an image are never its largest number", async () => {
  const model = sequential([input([2, 2, 1]), maxPooling2d(3, { strides: 1, padding: "same" })]);
  const y = await model.predict([
    [
      [[-4], [-3]],
      [[-2], [-1]],
    ],
  ]);
  expect([...y.data]).toEqual([-1, -1, -1, -1]);
});

test("a window over an edge has the mean of what lies inside", async () => {
  const model = sequential([input([3, 1, 1]), averagePooling2d([2, 1], { padding: "same" })]);
  const y = await model.predict([[[[1]], [[3]], [[8]]]]);
  expect([...y.data]).toEqual([2, 8]);
});

test("a video model learns: convolutions of each frame, flattened, then an LSTM", async () => {
  const model = sequential([
    input([3, 6, 5, 1]),
    timeDistributed(conv2d(4, 3, { activation: "relu" })),
    timeDistributed(maxPooling2d(2)),
    timeDistributed(flatten()),
    lstm(4),
    dense(1),
  ]);
  model.compile({ optimizer: "adam", loss: "mse" });
  const { history } = await model.fit(floats(8, 3, 6, 5, 1), floats(8, 1), { epochs: 12, verbose: 0 });
  expect(history.loss.at(-1)).toBeLessThan(0.9 * history.loss[0]);
});

test("a state handed on: the second half continues the first", async () => {
  const clip = floats(2, 4, 3, 3, 2);
  const frames = input([4, 3, 3, 2]);
  const whole = functional(frames, convLstm2d(2, 2, { returnState: true })(frames));
  const [, h, c] = await whole.predict(clip);
  const begin = input([null, 3, 3, 2]);
  const before = [input([2, 2, 2]), input([2, 2, 2])];
  const layer = convLstm2d(2, 2, { returnState: true });
  const part = functional([begin, ...before], layer(begin, { initialState: before }));
  part.setWeights(whole.getWeights());
  const zero = new NdArray(new Float32Array(16), [2, 2, 2, 2]);
  const halves = [clip.slice(0, 2, 1), clip.slice(2, 4, 1)];
  const [, h1, c1] = await part.predict([halves[0], zero, zero]);
  const [, h2, c2] = await part.predict([halves[1], h1, c1]);
  close(h2, h);
  close(c2, c);
});

test("a stateful layer carries images from batch to batch", async () => {
  const clip = floats(1, 4, 3, 2);
  const once = sequential([input([4, 3, 2]), convLstm1d(2, 2)]);
  const carried = sequential([input([2, 3, 2], { batchSize: 1 }), convLstm1d(2, 2, { stateful: true })]);
  carried.setWeights(once.getWeights());
  await carried.predict(clip.slice(0, 2, 1));
  close(await carried.predict(clip.slice(2, 4, 1)), await once.predict(clip));
});

describe("refused, with what to do", () => {
  test("a shape of another rank", () => {
    expect(() => sequential([input([28, 28]), conv2d(4, 3)])).toThrow(
      /expected x \[B, H, W, C\], received \[\?, 28, 28\]\.\s+There is no channel axis/,
    );
    expect(() => sequential([input([4, 28, 28]), convLstm2d(4, 3)])).toThrow(/expected x \[B, T, H, W, C\]/);
    expect(() => sequential([input([4, null, 28, 1]), convLstm2d(4, 3)])).toThrow(
      /All sizes but the batch and the number of steps/,
    );
    expect(() => sequential([input([4, 4]), globalAveragePooling2d()])).toThrow(/expected x \[B, H, W, C\]/);
  });
  test("an image smaller than a window", () =>
    expect(() => sequential([input([8, 2, 1]), conv2d(4, 3)])).toThrow(/at least 3 columns.*\s.*larger images/));
  test("windows that are apart and have gaps", () =>
    expect(() => conv2d(4, 3, { strides: [2, 1], dilationRate: [1, 2] })).toThrow(/strides or dilationRate above 1/));
  test("three numbers for two axes, and a size that is none", () => {
    expect(() => conv2d(4, [3, 3, 3] as never)).toThrow(/kernelSize as a number or \[rows, columns\]/);
    expect(() => maxPooling2d([2, 0])).toThrow(/poolSize/);
    expect(() => convLstm2d(0, 3)).toThrow(/filters/);
    expect(() => convLstm2d(3, 3, { pading: "same" } as never)).toThrow(/Did you mean "padding"/);
  });
  test("channels that do not divide into groups", () => {
    expect(() => conv2d(3, 2, { groups: 2 })).toThrow(/filters divisible by 2 groups/);
    expect(() => sequential([input([4, 4, 3]), conv2d(4, 2, { groups: 2 })])).toThrow(/features divisible by 2 groups/);
  });
  test("a mask of pixels, and a state of another size", async () => {
    const model = sequential([input([2, 3, 3, 1]), masking(), convLstm2d(2, 2)]);
    await expect(model.predict(floats(1, 2, 3, 3, 1))).rejects.toThrow(/a mask \[B, T\], received \[1, 2, 3, 3\]/);
    const state = input([3, 3, 2]);
    const frames = input([2, 3, 3, 1]);
    expect(() => convLstm2d(2, 2)(frames, { initialState: [state, state] })).toThrow(
      /an initial state of \[\?, 2, 2, 2\], \[\?, 2, 2, 2\]/,
    );
  });
});
