/** zeroOutputForMask in exported files: the last output is zeros where the last step processed is masked, as the model says itself. */
import * as ort from "onnxruntime-web";
import { describe, expect, test } from "vitest";
import { everyOther } from "../../../test/thorough.ts";
import * as l from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { openModel } from "../model-file.ts";
import { onnxBytes } from "./export.ts";

const rows = [[1, 2, 0, 0], [0, 0, 1, 2], [1, 0, 2, 0], [0, 1, 0, 2], [0, 0, 0, 0], [1, 2, 3, 4]]; // biome-ignore format: one line
type Make = (units: number, options?: object) => l.Layer;
const layers = { lstm: l.lstm, gru: l.gru, simpleRnn: l.simpleRnn } as Record<string, Make>;

describe.each(Object.keys(layers))("%s", (name) => {
  const zeros = { zeroOutputForMask: true };
  const kinds: Record<string, () => Parameters<typeof sequential>[0]> = {
    "forwards": () => [layers[name](3, zeros)],
    "backwards": () => [layers[name](3, { ...zeros, goBackwards: true })],
    "both ways": () => [l.bidirectional(layers[name](3, zeros) as never)],
    "both ways, summed": () => [l.bidirectional(layers[name](3, zeros) as never, { mergeMode: "sum" })],
    "sequences": () => [layers[name](3, { ...zeros, returnSequences: true })],
    "without zeros": () => [layers[name](3)],
  }; // biome-ignore format: one a line
  test.each(everyOther(Object.keys(kinds), 3, Object.keys(layers).indexOf(name)))("%s", async (kind) => {
    const model = sequential(
      [l.input([4], { dtype: "i32" }), l.embedding(5, 2, { maskZero: true }), ...kinds[kind]()],
      { seed: 1 },
    );
    model.compile({ loss: "mse" });
    const bytes = onnxBytes(model);
    const right = [...(await model.predict(rows)).data];
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
    const ids = new ort.Tensor("int32", Int32Array.from(rows.flat()), [rows.length, 4]);
    const there = await session.run({ [session.inputNames[0]]: ids });
    const back = await openModel({ bytes, who: "zeros.onnx" });
    const here = [...((await back.predict(rows)) as NdArray).data];
    const found = [...(there[session.outputNames[0]].data as Float32Array)];
    right.forEach((v, k) => {
      expect(found[k], `onnxruntime, number ${k}`).toBeCloseTo(v, 5); // f32, other order of sums
      expect(here[k], `read back, number ${k}`).toBeCloseTo(v, 5);
    });
  });
});
