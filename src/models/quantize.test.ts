import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import type { BackendName } from "../backends/choose.ts";
import {
  type AnyModel,
  bidirectional,
  dense,
  embedding,
  gru,
  languageModel,
  lstm,
  lstmCell,
  NdArray,
  rnn,
  sequential,
  simpleRnn,
} from "../index.ts";
import { rounded } from "../ops/rounded.ts";

const present = await presentBackends();
const names = present.map(({ name }) => name as BackendName);
const wide = names.filter((name) => name !== "js"); // those that have kernels
const fused = !present.some(({ description }) => description.includes("generic"));
if (!fused) console.warn("bits of native and WASM not compared: the generic kernels have no fused multiply-add");

/** Numbers between −1 and 1, the same in every run. */
function numbers(shape: readonly number[], seed: number): NdArray {
  const n = shape.reduce((a, b) => a * b, 1);
  return new NdArray(
    Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed)),
    [...shape],
  );
}
const wordsOf = (a: NdArray) => [...new Uint32Array(Float32Array.from(a.data).buffer)];
const largest = (a: NdArray, b: NdArray) =>
  Array.from(a.data, (v, i) => Math.abs(v - b.data[i])).reduce((m, d) => Math.max(m, d), 0);

/** A model with weights of this test, on a backend. */
function made(layers: Parameters<typeof sequential>[0], backend: BackendName, shape: (number | null)[]): AnyModel {
  const model = sequential(layers);
  model.build(shape);
  model.compile({ loss: "mse", backend });
  model.setWeights(model.getWeights().map((w, k) => numbers(w.shape, k + 1)));
  return model;
}

test("rounds as Keras does: the largest is 127, halves go to even, a group of zeros stays", () => {
  const { q, scale } = rounded(Float32Array.of(0.5, -1, 0.25, 0, 0, 0), [2, 3], "rows");
  expect([...q]).toEqual([63, -127, 32, 0, 0, 0]);
  expect(scale[0]).toBe(Math.fround(127 / Math.fround(1 + 1e-7)));
  expect(rounded(Float32Array.of(1, 10, -2, 5), [2, 2], "columns").q).toEqual(Float32Array.of(64, 127, -127, 64));
});

describe("a dense layer of 8 bits", () => {
  /** The same by integers of JavaScript, which are exact. */
  function byHand(x: NdArray, kernel: NdArray, scale: NdArray, bias: NdArray): Float32Array {
    const [rows, d] = x.shape;
    const n = kernel.shape[1];
    const y = new Float32Array(rows * n);
    for (let r = 0; r < rows; r++) {
      const row = Float32Array.from(x.data.slice(r * d, (r + 1) * d) as Float32Array);
      const own = rounded(row, [1, d], "rows");
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let from = 0; from < d; from += 1024) {
          let part = 0;
          for (let k = from; k < Math.min(d, from + 1024); k++) part += own.q[k] * kernel.data[k * n + j];
          sum = Math.fround(sum + part);
        }
        y[r * n + j] = Math.fround(sum / Math.fround(scale.data[j] * own.scale[0])) + bias.data[j];
      }
    }
    return y;
  }

  test.each([
    [3, 5, 4],
    [1, 1, 1],
    [7, 33, 19],
    [2, 1024, 3],
    [8, 16, 16], // whole tiles
    [40, 70, 130], // two blocks of rows, panels and what is left of them
    [33, 1024, 65],
    [2, 2100, 5], // more than one exact sum
  ])("is the same integers everywhere: %i rows of %i numbers, %i units", async (rows, d, units) => {
    const x = numbers([rows, d], 9);
    for (const backend of names) {
      const model = made([dense(units)], backend, [null, d]);
      await model.quantize("int8");
      const [kernel, bias, scale] = model.getWeights();
      expect(kernel.data.every((q) => Number.isInteger(q) && Math.abs(q) <= 127)).toBe(true);
      const y = await model.predict(x);
      expect(wordsOf(y as NdArray), backend).toEqual(
        wordsOf(new NdArray(byHand(x, kernel, scale, bias), [rows, units])),
      );
      for (const at of new Set([0, rows - 1])) {
        const alone = (await model.predict(x.slice(at, at + 1))) as NdArray;
        expect(wordsOf(alone), `${backend}, row ${at}`).toEqual(wordsOf((y as NdArray).slice(at, at + 1)));
      }
    }
  });
});

test.each(names)("a row of zeros is the bias: %s", async (backend) => {
  const model = made([dense(40)], backend, [null, 20]);
  await model.quantize("int8");
  const x = numbers([9, 20], 4);
  x.data.fill(0, 5 * 20, 6 * 20);
  const y = (await model.predict(x)) as NdArray;
  expect(wordsOf(y.slice(5, 6))).toEqual(wordsOf(model.getWeights()[1]));
});

test.each(names)("weights of 8 bits are whole numbers: %s", async (backend) => {
  const model = made([dense(4)], backend, [null, 3]);
  await model.quantize("int8");
  const weights = model.getWeights();
  for (const wrong of [0.5, 128, -128, Number.NaN]) {
    const kernel = new NdArray(Float32Array.from(weights[0].data), weights[0].shape);
    kernel.data[7] = wrong;
    expect(() => model.setWeights([kernel, ...weights.slice(1)])).toThrow(
      `setWeights: expected kernel [3, 4] for dense "dense" in whole numbers from -127 to 127, received ${wrong}`,
    );
  }
  expect(wordsOf(model.getWeights()[0])).toEqual(wordsOf(weights[0]));
  model.setWeights(weights);
});

const stacks = {
  lstm: () => [lstm(7, { returnSequences: true }), lstm(20)],
  gru: () => [gru(7, { returnSequences: true }), gru(18), dense(3)],
  "gru, reset before": () => [gru(7, { resetAfter: false }), dense(3)],
  simpleRnn: () => [simpleRnn(9, { returnSequences: true }), simpleRnn(21)],
  "both ways": () => [bidirectional(lstm(5, { returnSequences: true })), dense(3), gru(6)],
  "another activation": () => [lstm(6, { activation: "softsign" }), dense(2)],
};

describe.each(Object.entries(stacks))("%s of 8 bits", (_, layers) => {
  test("gives each row its bits, whatever rows stand beside it, and about what the floats gave", async () => {
    const x = numbers([6, 11, 4], 3);
    const found: NdArray[] = [];
    for (const backend of names) {
      const model = made(layers(), backend, [null, 11, 4]);
      const before = (await model.predict(x)) as NdArray;
      await model.quantize("int8");
      const after = (await model.predict(x)) as NdArray;
      expect(wordsOf(after)).not.toEqual(wordsOf(before));
      expect(largest(after, before), backend).toBeLessThan(0.12);
      for (const at of [0, 4]) {
        const alone = (await model.predict(x.slice(at, at + 1))) as NdArray;
        expect(wordsOf(alone), `${backend}, row ${at}`).toEqual(wordsOf(after.slice(at, at + 1)));
      }
      found.push(after);
    }
    for (const other of found.slice(1)) expect(largest(found[0], other)).toBeLessThan(0.03); // a rounding that falls the other way
    if (wide.length === 2 && fused)
      expect(wordsOf(found[names.indexOf("native")])).toEqual(wordsOf(found[names.indexOf("wasm")]));
  });
});

test("padding changes no bit of a row: words with and without a mask, alone and in a batch", async () => {
  for (const backend of names)
    for (const maskZero of [true, false]) {
      const model = made([embedding(12, 5, { maskZero }), lstm(8), dense(2)], backend, [null, 9]);
      await model.quantize();
      const rows = [
        [0, 0, 0, 0, 3, 4, 5, 6, 7],
        [0, 0, 0, 0, 0, 0, 0, 11, 2],
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
      ];
      const all = (await model.predict(rows)) as NdArray;
      for (const [k, row] of rows.entries()) {
        const alone = (await model.predict([row])) as NdArray;
        expect(wordsOf(alone), `${backend} ${maskZero} ${k}`).toEqual(wordsOf(all.slice(k, k + 1)));
      }
    }
});

test("a quantized model predicts and evaluates, and refuses to train", async () => {
  const model = made([lstm(3), dense(1)], "js", [null, 4, 2]);
  const x = numbers([4, 4, 2], 1);
  const y = numbers([4, 1], 2);
  await model.quantize("int8");
  expect(Object.keys(await model.evaluate(x, y))).toEqual(["loss"]);
  const refused = /a model with weights of floating-point numbers, received a quantized one/;
  await expect(model.fit(x, y, { epochs: 1 })).rejects.toThrow(refused);
  await expect(model.trainOnBatch(x, y)).rejects.toThrow(refused);
  await expect(model.quantize("int8")).rejects.toThrow(/a layer to quantize, received none/);
  await expect(model.quantize("int4" as "int8")).rejects.toThrow(/mode/);
});

test("a language model that reads a text as one stream is quantized after its training, and judged again", async () => {
  const text = "a b c d e f g h\n".repeat(6);
  const writer = languageModel({ ...{ scheme: "stream", units: 4, embedding: 4, steps: 5 }, seed: 1, backend: "js" });
  await writer.fit(text, { epochs: 1, batchSize: 2, verbose: 0 });
  const { perplexity } = await writer.evaluate(text);
  await writer.model.quantize("int8");
  expect((await writer.evaluate(text)).perplexity / perplexity).toBeCloseTo(1, 1);
});

test("says so where there is nothing to quantize", async () => {
  const model = made([rnn(lstmCell(3))], "js", [null, 4, 2]);
  await expect(model.quantize()).rejects.toThrow(/a layer to quantize/);
});

test("linear recurrent layers of 8 bits give the same bits on every backend, at any size, and what is infinite stays in its column", async () => {
  const sizes = fc.record({
    rows: fc.integer({ min: 1, max: 9 }),
    d: fc.integer({ min: 1, max: 40 }),
    units: fc.integer({ min: 1, max: 70 }),
  });
  const property = fc.asyncProperty(
    sizes,
    fc.integer({ min: 1, max: 3 }),
    fc.boolean(),
    async ({ rows, d, units }, steps, infinite) => {
      const found = [];
      for (const backend of names) {
        // neither its activation nor its sums round differently with fused multiply-adds, so plain arithmetic is a judge to the bit
        const model = made([simpleRnn(units, { activation: "linear" })], backend, [null, steps, d]);
        const [wx, ...others] = model.getWeights();
        if (infinite && steps === 1) wx.data[units - 1] = Number.POSITIVE_INFINITY;
        model.setWeights([wx, ...others]);
        await model.quantize("int8");
        found.push((await model.predict(numbers([rows, steps, d], rows))) as NdArray);
      }
      const nones = (a: NdArray) => Array.from(a.data, Number.isNaN);
      for (const other of found) {
        expect(nones(other)).toEqual(nones(found[0]));
        expect([...other.data]).toEqual([...found[0].data]);
      }
      if (infinite && steps === 1) expect(nones(found[0]).filter(Boolean)).toHaveLength(rows);
    },
  );
  await fc.assert(property, { numRuns: 12, seed: 19 });
});
