/** Names and numbers of several outputs in logs; the lists of names are those of Keras 3.15. */
import { expect, test } from "vitest";
import type { JsonObject } from "../formats/json.ts";
import { modelConfig } from "../formats/keras/config.ts";
import { kerasBytes } from "../formats/keras/keras.ts";
import { readModel } from "../formats/keras/read-model.ts";
import { openModel } from "../formats/model-file.ts";
import { constraints, dense, input, lstm } from "../layers/index.ts";
import type { CompileOptions } from "../train/compiled.ts";
import { adamw, ftrl } from "../train/optimizers/index.ts";
import { functional } from "./functional.ts";
import type { AnyModel } from "./model.ts";

const x = [
  [1, 2, -1],
  [0, 1, 3],
];
const one = [[1], [-2]];
const two = [
  [1, 0],
  [0, 1],
];

async function evaluated(model: AnyModel, y: never, options: Partial<CompileOptions>, given: unknown = x) {
  model.compile({ optimizer: "sgd", loss: "mse", ...options });
  return model.evaluate(given as never, y, { verbose: 0 }) as Promise<Record<string, number>>;
}
const branches = () => {
  const begin = input([3]);
  return functional(begin, [dense(1, { name: "a" })(begin), dense(2, { name: "b" })(begin)]) as unknown as AnyModel;
};

test("a layer used twice: metrics are counted, and of the losses the last has the name", async () => {
  const begins = [input([3]), input([3])];
  const layer = dense(2, { name: "d" });
  const model = functional(
    begins,
    begins.map((t) => layer(t)),
  ) as unknown as AnyModel;
  const other = [
    [3, 0, 1],
    [1, -1, 0],
  ];
  const metrics = [["mae"], ["mae"]] as const;
  const logs = await evaluated(model, [two, two] as never, { metrics }, [x, other]);
  expect(Object.keys(logs).sort()).toEqual(["d_loss", "d_mae", "d_mae_1", "loss"]);
  const last = await evaluated(functional(begins[1], layer(begins[1])) as unknown as AnyModel, two as never, {}, other);
  expect(logs.d_loss).toBeCloseTo(last.loss, 6);
});

test("the states of a recurrent layer", async () => {
  const begin = input([3, 1]);
  const model = functional(begin, lstm(2, { returnState: true, name: "r" })(begin)) as unknown as AnyModel;
  const metrics = [["mae"], ["mse"], ["mae"]] as const;
  const steps = x.map((row) => row.map((v) => [v]));
  const logs = await evaluated(model, [two, two, two] as never, { metrics }, steps);
  expect(Object.keys(logs).sort()).toEqual(["loss", "r_loss", "r_mae", "r_mae_1", "r_mse"]);
});

test("an output without a loss has its metrics all the same; one loss alone is the whole", async () => {
  const options: Partial<CompileOptions> = { loss: ["mse", null], metrics: [["mae"], ["mae", "accuracy"]] };
  const logs = await evaluated(branches(), [one, two] as never, options);
  expect(Object.keys(logs).sort()).toEqual(["a_mae", "b_accuracy", "b_mae", "loss"]);
  const both = await evaluated(branches(), [one, two] as never, { metrics: [[], ["mae", "accuracy"]] });
  expect(logs.b_mae).toBeCloseTo(both.b_mae, 6);
  expect(logs.b_accuracy).toBe(both.b_accuracy);
  const classes = await evaluated(branches(), [one, [0, 1]] as never, {
    loss: ["mse", null],
    metrics: [[], ["accuracy"]],
  });
  expect(classes.b_accuracy).toBe(both.b_accuracy);
  await expect(evaluated(branches(), { a: one } as never, options)).rejects.toThrow(/"b"/);
  expect(Object.keys(await evaluated(branches(), { a: one } as never, { loss: { a: "mse" } }))).toEqual(["loss"]);
});

test("what no loss reaches stays as it is: it does not decay, and no constraint moves it", async () => {
  for (const optimizer of [adamw({ learningRate: 0.1, weightDecay: 0.5 }), ftrl({ learningRate: 0.1 })]) {
    const begin = input([3]);
    const still = dense(2, { name: "b", kernelConstraint: constraints.maxNorm({ maxValue: 0.1 }) });
    const model = functional(begin, [dense(1, { name: "a" })(begin), still(begin)]);
    model.compile({ optimizer, loss: ["mse", null], metrics: [[], ["mae"]] });
    const before = still.getWeights().map((w) => [...w.data]);
    await model.fit(x, [one, two] as never, { epochs: 3, verbose: 0 });
    expect(still.getWeights().map((w) => [...w.data])).toEqual(before);
  }
});

test("outputs in a dictionary keep its keys: for losses, targets and logs, and in the file", async () => {
  const described = JSON.parse(JSON.stringify(modelConfig(branches()))) as { config: JsonObject };
  described.config.output_layers = { q: ["b", 0, 0], p: ["a", 0, 0] };
  const model = readModel(described as never, "dictionary", { major: 3, numbers: 100 });
  const options: Partial<CompileOptions> = { loss: { p: "mse", q: "mse" }, metrics: { q: ["mae"] } };
  const logs = await evaluated(model, { p: one, q: two } as never, options);
  expect(Object.keys(logs).sort()).toEqual(["loss", "p_loss", "q_loss", "q_mae"]);
  const again = await openModel({ bytes: await kerasBytes(model), who: "again.keras" });
  expect(modelConfig(again)).toEqual(modelConfig(model));
  expect(await again.evaluate(x, { p: one, q: two } as never, { verbose: 0 })).toEqual(logs);
});
