import { expect, test } from "vitest";
import { sequential } from "../models/sequential.ts";
import { dense, initializers, input } from "./index.ts";

test("gelu is Keras's, the exact form", async () => {
  const model = sequential([input([5]), dense(5, { activation: "gelu", kernelInitializer: initializers.identity() })]);
  const y = await model.predict([[-3, -1, 0, 1, 3]]);
  const keras = [-0.00404951, -0.15865529, 0, 0.8413447, 2.9959507]; // printed by Keras; the tanh form differs by 4e-4
  keras.forEach((value, i) => void expect(Math.abs(y.at(0, i) - value)).toBeLessThan(1e-6)); // erf to 1.5e-7, in f32
});
