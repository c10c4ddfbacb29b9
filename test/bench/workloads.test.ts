import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as library from "cellstate";
import { afterAll, describe, expect, test } from "vitest";
// @ts-expect-error: the bench is plain JavaScript
import { difference, readCase, writeCase } from "../../bench/case.mjs";
// @ts-expect-error: the bench is plain JavaScript
import { buildModel, setGiven } from "../../bench/our-model.mjs";
// @ts-expect-error: the bench is plain JavaScript
import { taskFlops, workloads } from "../../bench/workloads.mjs";

const folder = mkdtempSync(join(tmpdir(), "cellstate-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("every workload of the bench, made tiny, on the js backend", () => {
  for (const whole of workloads) {
    test(`${whole.name}: written as a case, read back, it predicts the same and trains`, async () => {
      const rows = whole.rows === "IMDb" || whole.rows === "FAQ" ? "full" : whole.rows;
      const small = { ...whole, rows, batch: rows === "toy" ? 5 : whole.batch === 1 ? 1 : 2, steps: 1 };
      const tiny = {
        ...small,
        time: Math.min(small.time, 3),
        units: small.units.map(() => 3),
        out: Math.min(small.out, 7),
      };
      const w = { ...tiny, depth: Math.min(tiny.depth, 4), vocabulary: Math.min(tiny.vocabulary, 11) };
      await writeCase(w, folder, "js", library);
      const read = readCase(folder);
      const each = w.layer === "bidirectional" ? 6 : 3;
      expect(read.weights.length).toBe((w.depth ? 1 : 0) + each * w.units.length + 2);

      const model = buildModel(read.w, "js", library);
      setGiven(model, read.weights, library);
      const x = new library.NdArray(read.x, [read.w.rowCount, w.time, ...(w.depth ? [] : [1])]);
      const y = new library.NdArray(read.y, w.every ? [read.w.rowCount, w.time] : [read.w.rowCount]);
      const { data } = await model.predictOnBatch(x.slice(0, w.batch));
      expect(difference(read.expected, data)).toBe(0); // the same program on the same numbers
      const { history } = await model.fit(x, y, { batchSize: w.batch, verbose: 0 });
      expect(Number.isFinite(history.loss[0])).toBe(true);
    });
  }
});

test("the bench counts W1's arithmetic as two operations for each weight, row and step", () => {
  const w = workloads.find((each: { name: string }) => each.name === "W1");
  const lstm = 64 * 200 * 2 * (4 * 128 * (128 + 128));
  const dense = 64 * 2 * 128;
  expect(taskFlops(w, "infer")).toBe(lstm + dense);
  expect(taskFlops(w, "train")).toBe(3 * (lstm + dense));
});

test("outputs that differ by more than the tolerance are seen, and so are missing ones", () => {
  const expected = Float32Array.of(0.5, 0.25);
  expect(difference(expected, Float32Array.of(0.5, 0.375))).toBe(0.25); // 0.125 of the largest, 0.5
  expect(difference(expected, Float32Array.of(0.5))).toBe(Number.POSITIVE_INFINITY);
});
