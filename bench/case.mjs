// A workload as a folder that a contestant in any language can read: case.json, x, y, the weights and what comes out.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dataOf } from "./data.mjs";
import { buildModel } from "./our-model.mjs";

/** Writes the folder; the outputs for the first batch are those of `backend`. Returns what case.json says. */
export async function writeCase(w, folder, backend, library) {
  const data = await dataOf(w, library);
  const described = { ...w, rowCount: data.rowCount, steps: w.steps ?? Math.ceil(data.rowCount / w.batch) };
  const model = buildModel({ ...described, stateless: true }, backend, library);
  const drawn = model.getWeights();
  // larger than the initializers draw them, so that outputs differ between rows and a wrong gate would show
  const weights = drawn.map((a, k) => a.data.map((v) => v * (w.depth && k === 0 ? 10 : 1.5)));
  model.setWeights(weights.map((v, k) => new library.NdArray(v, drawn[k].shape)));
  const first = new library.NdArray(data.x, [data.rowCount, w.time, ...(w.depth ? [] : [1])]).slice(0, w.batch);
  const expected = (await model.predictOnBatch(first)).data;
  const put = (name, values) =>
    writeFileSync(join(folder, name), new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  put("x", data.x);
  put("y", data.y);
  put("expected", expected);
  for (const [k, v] of weights.entries()) put(`w${k}`, v);
  const description = { ...described, tokens: data.tokens, note: data.note, weights: drawn.map((a) => a.shape) };
  writeFileSync(join(folder, "case.json"), JSON.stringify(description));
  return description;
}

/** The folder read back: { w, x, y, expected, weights: [{ data, shape }] }. */
export function readCase(folder) {
  const bytes = (name) => {
    const file = readFileSync(join(folder, name));
    return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  };
  const w = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
  return {
    w,
    x: w.depth ? new Int32Array(bytes("x")) : new Float32Array(bytes("x")),
    y: w.out === 1 ? new Float32Array(bytes("y")) : new Int32Array(bytes("y")),
    expected: new Float32Array(bytes("expected")),
    weights: w.weights.map((shape, k) => ({ data: new Float32Array(bytes(`w${k}`)), shape })),
  };
}

/** Largest difference to the expected outputs, as a share of the largest of them. */
export function difference(expected, got) {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    most = Math.max(most, Math.abs(expected[i] - got[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return most / largest;
}
