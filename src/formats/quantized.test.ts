/** Models with weights of 8 bits in files: Keras's own, ours in Keras, ours in ONNX Runtime. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { judge as asking, python } from "../../test/judges/ask.mjs";
import {
  type AnyModel,
  bidirectional,
  dense,
  embedding,
  gru,
  loadModel,
  loadWeights,
  lstm,
  NdArray,
  sequential,
  simpleRnn,
} from "../index.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures/quantized");
const folder = mkdtempSync(join(tmpdir(), "cellstate-int8-"));
const judge = asking("quantized.py");
afterAll(() => {
  judge.end();
  rmSync(folder, { recursive: true, force: true });
});

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (v, i) => Math.abs(v - b[i])).reduce((m, d) => Math.max(m, d), 0);
const flat = (nested: unknown): number[] => [nested].flat(Number.POSITIVE_INFINITY) as number[];

/** Words → embedding, both ways, steps, an answer; weights of a seed. */
function classifier(seed = 5): AnyModel {
  const layers = [
    embedding(40, 12, { maskZero: true }),
    bidirectional(lstm(9, { returnSequences: true })),
    dense(7, { activation: "tanh" }),
    gru(8, { returnSequences: true }),
    simpleRnn(6),
    dense(4, { activation: "softmax" }),
  ];
  const model = sequential(layers, { seed });
  model.build([null, 10]);
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
  return model;
}
const words = Array.from({ length: 6 }, (_, r) =>
  Array.from({ length: 10 }, (_, t) => (t < 10 - r ? 1 + ((7 * r + 11 * t) % 39) : 0)),
);

test("a model that Keras quantized and saved predicts as it does there", async () => {
  const said = JSON.parse(readFileSync(join(fixtures, "keras-int8.json"), "utf8"));
  const model = await loadModel(join(fixtures, "keras-int8.keras"));
  const y = (await model.predict(said.x)) as NdArray;
  // Keras's LSTM and GRU compute in floats; those of a file without our word do here, too.
  expect(largest(y.data, flat(said.after))).toBeLessThan(2e-6);
  expect(largest(y.data, flat(said.before))).toBeLessThan(0.02);
  await expect(model.fit(said.x, said.before)).rejects.toThrow(/a quantized one/);
  const [kernel, bias, scale] = model.getLayer("classes").getWeights();
  expect([kernel.shape, bias.shape, scale.shape]).toEqual([[4, 3], [3], [3]]);
  expect(kernel.data.every(Number.isInteger)).toBe(true);
});

describe("ours", () => {
  test("comes back bit for bit from .keras and .weights.h5, a fraction as large; other formats refuse it", async () => {
    const model = classifier();
    const plain = join(folder, "plain.keras");
    await model.save(plain, { includeOptimizer: false });
    await model.quantize("int8");
    const y = (await model.predict(words)) as NdArray;
    const path = join(folder, "small.keras");
    await model.save(path);
    await model.save(join(folder, "small.weights.h5"));
    const again = await loadModel(path);
    expect(((await again.predict(words)) as NdArray).data).toEqual(y.data);
    expect(again.layers.map((layer) => layer.rounding)).toEqual(model.layers.map((layer) => layer.rounding));
    const other = classifier(8);
    await other.quantize();
    await loadWeights(other, join(folder, "small.weights.h5"));
    expect(((await other.predict(words)) as NdArray).data).toEqual(y.data);
    await expect(loadWeights(classifier(8), join(folder, "small.weights.h5"))).rejects.toThrow(/./);
    for (const ending of ["h5", "safetensors", "json"])
      await expect(model.save(join(folder, `no.${ending}`))).rejects.toThrow(/weights of floating-point numbers/);
    const large = sequential([embedding(4000, 64), dense(8)], { seed: 1 });
    large.build([null, 5]);
    await large.save(join(folder, "large.keras"));
    await large.quantize();
    await large.save(join(folder, "quarter.keras"));
    const [before, after] = ["large", "quarter"].map((name) => statSync(join(folder, `${name}.keras`)).size);
    expect(after / before).toBeLessThan(0.3);
  });

  test("a file that says another mode, or rounds in another way, is refused by name", async () => {
    const { readKerasArchive, writeKerasArchive } = await import("./keras/archive.ts");
    const archive = await readKerasArchive(readFileSync(join(fixtures, "keras-int8.keras")), "it");
    const changed = async (from: string, to: string) =>
      loadModel(
        await writeKerasArchive({
          ...archive,
          config: JSON.parse(JSON.stringify(archive.config).replaceAll(from, to)),
        }),
      );
    await expect(changed('"mode":"int8"', '"mode":"float8"')).rejects.toThrow(/float32 or int8 weights.*float8/);
    await expect(changed("[-127,127]", "[-7,7]")).rejects.toThrow(/float32 or int8 weights/);
  });
});

describe.skipIf(!python())("judged", () => {
  test("Keras opens ours: Dense and Embedding of 8 bits there, too", { timeout: 120_000 }, async () => {
    const model = sequential([embedding(40, 12), dense(7, { activation: "tanh" }), dense(4)], { seed: 3 });
    model.build([null, 10]);
    await model.quantize("int8");
    const path = join(folder, "exact.keras");
    await model.save(path);
    const { y, policies } = await judge({ what: "predict", path, x: words, dtype: "int32" });
    expect(policies).toEqual(["int8_from_float32", "int8_from_float32", "int8_from_float32"]);
    expect(largest(flat(y), ((await model.predict(words)) as NdArray).data)).toBeLessThan(5e-7);
    const whole = classifier();
    await whole.quantize("int8");
    await whole.save(join(folder, "whole.keras"));
    const there = await judge({ what: "predict", path: join(folder, "whole.keras"), x: words, dtype: "int32" });
    expect(largest(flat(there.y), ((await whole.predict(words)) as NdArray).data)).toBeLessThan(0.01);
  });

  test("and made anew by Keras, its file opens here", { timeout: 120_000 }, async () => {
    const path = join(folder, "theirs.keras");
    const rows = words.map((row) => row.slice(1).map((id) => id % 30));
    const said = await judge({ what: "make", path, x: rows });
    const y = (await (await loadModel(path)).predict(rows)) as NdArray;
    expect(largest(y.data, flat(said.after))).toBeLessThan(2e-6);
  });

  test("ONNX Runtime runs ours, Dense with our bits", { timeout: 120_000 }, async () => {
    const x = new NdArray(
      Float32Array.from({ length: 30 * 70 }, (_, i) => Math.sin(i)),
      [30, 70],
    );
    const exact = sequential([dense(33), dense(5)], { seed: 3 });
    exact.build([null, 70]);
    await exact.quantize("int8");
    const path = join(folder, "exact.onnx");
    await exact.save(path);
    const { y } = await judge({ what: "onnx", path, x: x.toArray(), dtype: "float32" });
    expect(largest(flat(y), ((await exact.predict(x)) as NdArray).data)).toBeLessThan(1e-6);
    const back = (await (await loadModel(path)).predict(x)) as NdArray;
    expect(largest(flat(y), back.data)).toBeLessThan(1e-6);
    const whole = classifier();
    await whole.quantize("int8");
    const wholePath = join(folder, "whole.onnx");
    await whole.save(wholePath);
    const there = await judge({ what: "onnx", path: wholePath, x: words, dtype: "int32" });
    expect(largest(flat(there.y), ((await whole.predict(words)) as NdArray).data)).toBeLessThan(0.01);
  });
});
