import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { dense, lstm } from "../layers/index.ts";
import { adam, rmsprop } from "../train/optimizers/index.ts";
import { sequential } from "./sequential.ts";

const model = () => sequential([lstm(2, { inputShape: [3, 1] }), dense(1)]);

test.each([
  [
    "fitDataset",
    "Write model.fit(dataset, { epochs }), dataset an iterable of { x, y } that is no array: a generator.",
  ],
  ["evaluateDataset", "Write model.evaluate(dataset)."],
  ["add", "Write sequential([layer, layer])."],
  ["loadWeights", "Write loadWeights(model, path)."],
])("%s, a call of Keras or tfjs, is told the call here", (name, next) => {
  const call = (model() as unknown as Record<string, (...all: unknown[]) => unknown>)[name];
  expect(() => call([[[[1], [2], [3]]], [1]])).toThrow(new DataError(`model: there is no ${name} here.\n  ${next}`));
});

test("a class of one's own may have a method of that name, and a model lists none of them", () => {
  const mine = Object.assign(model(), { add: () => 3 });
  expect(mine.add()).toBe(3);
  expect(Object.keys(model())).not.toContain("fitDataset");
});

test("options of other libraries are told their name here, where the function has it", () => {
  const wrong = (make: () => unknown) => expect(make);
  wrong(() => adam({ lr: 0.1 } as never)).toThrow('adam: unknown option "lr". Did you mean "learningRate"?');
  wrong(() => adam({ eps: 1e-8 } as never)).toThrow('adam: unknown option "eps". Did you mean "epsilon"?');
  wrong(() => rmsprop({ decay: 0.9 } as never)).toThrow('Did you mean "rho"?');
  wrong(() => adam({ decay: 0.9 } as never)).toThrow('adam: unknown option "decay".\n');
  wrong(() => lstm(2, { bias: false } as never)).toThrow('Did you mean "useBias"?');
  wrong(() => lstm(2, { rate: 0.2 } as never)).toThrow('Did you mean "dropout"?');
  wrong(() => lstm(2, { batch_input_shape: [1, 2, 3] } as never)).toThrow('Did you mean "batchShape"?');
});

test("brain.js's iterations are epochs", async () => {
  const compiled = model();
  compiled.compile({ optimizer: "adam", loss: "mse" });
  const fitted = compiled.fit([[[1], [2], [3]]], [1], { iterations: 5 } as never);
  await expect(fitted).rejects.toThrow('fit: unknown option "iterations". Did you mean "epochs"?');
});
