/** Files of Keras's `model.export(format="onnx")` give ONNX Runtime's numbers (test/judges/make-keras-onnx.py), loops and masks too. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { NdArray } from "../../tensor/nd-array.ts";
import { loadModel } from "../load-model.ts";

interface Exported {
  name: string;
  model: string;
  inputs: { shape: number[]; data: number[] }[];
  outputs: { shape: number[]; data: number[] }[];
}
const file = new URL("../../../test/fixtures/keras-onnx.json", import.meta.url);
const exported: Exported[] = JSON.parse(readFileSync(file, "utf8"));

for (const { name, model: bytes, inputs, outputs } of exported)
  test(name, async () => {
    const model = await loadModel(Uint8Array.from(Buffer.from(bytes, "base64")));
    const xs = inputs.map(({ shape, data }) => new NdArray(Float32Array.from(data), shape));
    const found = [await model.predict(xs.length > 1 ? xs : xs[0])].flat() as NdArray[];
    outputs.forEach(({ shape, data }, k) => {
      expect(found[k].shape).toEqual(shape);
      data.forEach((v, i) => void expect(Math.abs(found[k].data[i] - v)).toBeLessThan(1e-5)); // f32, sums of up to 72 products
    });
    expect(model.rowsTogether).toBe(false);
  });
