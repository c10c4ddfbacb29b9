/** Keras's policy mixed_bfloat16 in files: Keras's own model, ours in Keras. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { judge as asking, python } from "../../test/judges/ask.mjs";
import { bidirectional, dense, embedding, gru, loadModel, lstm, type NdArray, sequential } from "../index.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures/mixed");
const folder = mkdtempSync(join(tmpdir(), "cellstate-mixed-"));
const judge = asking("mixed.py");
afterAll(() => {
  judge.end();
  rmSync(folder, { recursive: true, force: true });
});

const flat = (nested: unknown): number[] => [nested].flat(Number.POSITIVE_INFINITY) as number[];
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (v, i) => Math.abs(v - b[i])).reduce((m, d) => Math.max(m, d), 0);

test("a model that Keras made under mixed_bfloat16 predicts and trains within 2e-2 of it", async () => {
  const said = JSON.parse(readFileSync(join(fixtures, "keras-mixed.json"), "utf8"));
  const model = await loadModel(join(fixtures, "keras-mixed.keras"));
  const products = Object.fromEntries(model.layers.map((layer) => [layer.name, layer.products]));
  expect(products).toMatchObject({ both: "bfloat16", steps: "bfloat16", gru: "bfloat16", classes: null });
  const predicted = async () => ((await model.predict(said.x)) as NdArray).data;
  // 8 bits of fraction: 2⁻⁹ of each factor; gates and states are rounded too in Keras, not here
  expect(largest(await predicted(), flat(said.before))).toBeLessThan(2e-2);
  const losses: number[] = [];
  for (let k = 0; k < said.steps; k++) losses.push((await model.trainOnBatch(said.x, said.y)).loss);
  expect(largest(losses, said.losses)).toBeLessThan(2e-2);
  expect(largest(await predicted(), flat(said.after))).toBeLessThan(4e-2); // after 20 steps of Adam, whose steps follow signs
});

function classifier() {
  const model = sequential(
    [
      embedding(30, 12, { maskZero: true }),
      bidirectional(lstm(9, { returnSequences: true })),
      gru(8),
      dense(4, { activation: "softmax" }),
    ],
    { seed: 5 },
  );
  model.build([null, 10]);
  return model;
}
const words = Array.from({ length: 6 }, (_, r) =>
  Array.from({ length: 10 }, (_, t) => (t < 10 - r ? 1 + ((7 * r + 11 * t) % 29) : 0)),
);

test("compile({ dtype }) rounds what products multiply, comes back from a file, and is taken back", async () => {
  const model = classifier();
  const compiled = { optimizer: "adam", loss: "sparseCategoricalCrossentropy" } as const;
  model.compile(compiled);
  const floats = ((await model.predict(words)) as NdArray).data;
  model.compile({ ...compiled, dtype: "mixedBfloat16" });
  const mixed = ((await model.predict(words)) as NdArray).data;
  expect(mixed).not.toEqual(floats);
  expect(largest(mixed, floats)).toBeLessThan(2e-2);
  const path = join(folder, "mixed.keras");
  await model.save(path);
  const again = await loadModel(path);
  expect(((await again.predict(words)) as NdArray).data).toEqual(mixed);
  again.compile({ ...compiled, dtype: "float32" });
  expect(((await again.predict(words)) as NdArray).data).toEqual(floats);
  expect(() => model.compile({ ...compiled, dtype: "float16" as never })).toThrow(/"float32" or "mixedBfloat16"/);
});

test.skipIf(!python())(
  "our file opens in Keras under the policy, and predicts within 2e-2 of ours",
  async () => {
    const model = classifier();
    model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", dtype: "mixedBfloat16" });
    const path = join(folder, "ours.keras");
    await model.save(path);
    const said = await judge({ what: "predict", path, x: words });
    const { y, policies } = said as { y: number[][]; policies: string[] };
    expect(new Set(policies)).toEqual(new Set(["mixed_bfloat16"]));
    expect(largest(((await model.predict(words)) as NdArray).data, flat(y))).toBeLessThan(2e-2);
  },
  60_000,
);
