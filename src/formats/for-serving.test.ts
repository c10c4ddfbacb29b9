/** Files for serving: written without optimizer, or read without compiling. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dense, loadModel, loadWeights, lstm, type Model, sequential } from "../index.ts";
import { modelBytes } from "./model-file.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-serving-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const x = [[[1], [2], [3]], [[3], [2], [1]]]; // biome-ignore format: one line
const layers = () => [lstm(32, { inputShape: [3, 1] }), dense(1)];
let model: Model;
let y: number[];
beforeAll(async () => {
  model = sequential(layers());
  model.compile({ optimizer: "adam", loss: "mse" });
  await model.fit(x, [0, 1], { epochs: 2, verbose: 0 });
  y = [...(await model.predict(x)).data];
});

for (const ending of [".keras", ".h5", ".safetensors"]) {
  test(`${ending} without optimizer predicts the same, is not compiled, and is smaller`, async () => {
    const [whole, light] = ["whole", "light"].map((name) => join(folder, name + ending));
    await model.save(whole);
    await model.save(light, { includeOptimizer: false });
    const again = await loadModel(light);
    expect([...(await again.predict(x)).data]).toEqual(y);
    expect([again.compiled, again.notCompiled]).toEqual([null, null]);
    await expect(again.fit(x, [0, 1])).rejects.toThrow(/compile/);
    const part = statSync(light).size / statSync(whole).size;
    expect(part).toBeLessThan(ending === ".safetensors" ? 1 : 0.5); // adam: three times the weights; safetensors: options alone
  });

  test(`${ending} read with compile: false predicts the same on the backend asked for, and keeps no optimizer`, async () => {
    const again = await loadModel(await modelBytes(model, `m${ending}`), { compile: false, backend: "js" });
    expect(again.compiled).toBe(null);
    expect(again.optimizerState).toBe(null);
    const there = [...(await again.predict(x)).data];
    expect(again.backendName).toBe("js");
    for (const [k, v] of there.entries()) expect(v).toBeCloseTo(y[k], 5); // f32, another backend
  });
}

test(".weights.h5 without optimizer has the weights alone", async () => {
  const bytes = await modelBytes(model, "m.weights.h5", undefined, { includeOptimizer: false });
  expect(bytes.length).toBeLessThan((await modelBytes(model, "m.weights.h5")).length / 2);
  const other = sequential(layers());
  await loadWeights(other, bytes);
  expect([...(await other.predict(x)).data]).toEqual(y);
});
