import { expect, test } from "vitest";
import { sequential } from "../../models/sequential.ts";
import { dense, dropout, initializers, input, leakyRelu, lstm, prelu } from "../index.ts";

test("gelu is Keras's, the exact form", async () => {
  const model = sequential([input([5]), dense(5, { activation: "gelu", kernelInitializer: initializers.identity() })]);
  const y = await model.predict([[-3, -1, 0, 1, 3]]);
  const keras = [-0.00404951, -0.15865529, 0, 0.8413447, 2.9959507]; // printed by Keras; the tanh form differs by 4e-4
  keras.forEach((value, i) => void expect(Math.abs(y.at(0, i) - value)).toBeLessThan(1e-6)); // erf to 1.5e-7, in f32
});

test("a layer is an activation too, and glu halves the features", () => {
  expect(sequential([input([3]), dense(8, { activation: "glu" })]).outputs![0].shape).toEqual([null, 4]);
  expect(() => sequential([input([3]), dense(7, { activation: "glu" })])).toThrow(/an even number of features for glu/);
  const model = sequential([input([3]), dense(2, { activation: leakyRelu({ negativeSlope: 0.1 }) })]);
  const { activation } = model.layers[0].config() as { activation: { class_name: string; config: object } };
  expect(activation.class_name).toBe("LeakyReLU");
  expect(activation.config).toMatchObject({ negative_slope: 0.1, trainable: true });
});
test("an activation that is not one is refused, and the message says what to do", () => {
  const relu = (x: number) => Math.max(0, x);
  const refused: [unknown, RegExp][] = [
    ["leakyrelu", /a known activation.*received "leakyrelu".*leakyRelu/s],
    ["threshold", /relu\(\{ threshold: 0.5 \}\)/],
    [relu, /an activation by its name, or a layer/],
    [prelu(), /an activation without weights.*Put it behind this layer/s],
  ];
  for (const [activation, message] of refused)
    expect(() => sequential([input([3]), dense(2, { activation: activation as "relu" })])).toThrow(message);
  expect(() => lstm(4, { activation: "glu" })).toThrow(/one that changes the shape/);
  expect(() => lstm(4, { activation: dropout(0.5) })).toThrow(/a layer that differs while training/);
});
