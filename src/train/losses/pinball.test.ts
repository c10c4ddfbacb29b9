import { expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { distinct, finiteDifferences, runFormula } from "../../../test/conformance/harness.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { DataError } from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { pinball } from "./pinball.ts";

const f64 = jsBackend({ precision: "f64" });
const loss = pinball({ quantiles: [0.1, 0.8] });
const formula = (y: NdArray, p: NdArray) => ({
  inputs: { y, p },
  outputs: (t: Record<string, Tensor>) => [loss.formula(t.y, t.p)],
});

test("the pinball loss by hand, on every backend", async () => {
  const y = new NdArray(Float32Array.from([3, 5]), [1, 2]);
  const p = new NdArray(Float32Array.from([1, 6, 4, 2]), [1, 4]);
  // q 0.1: 0.1 · 2, 0.9 · 1; q 0.8: 0.2 · 1, 0.8 · 3; the mean of four
  for (const backend of [f64, ...(await presentBackends())]) {
    const { outputs } = await runFormula(backend, formula(y, p));
    expect(outputs[0].data[0]).toBeCloseTo((0.2 + 0.9 + 0.2 + 2.4) / 4, 6);
  }
});

test("the pinball loss has the slopes of finite differences", async () => {
  const [y, p] = [distinct([3, 2], 1), distinct([3, 4], 2)];
  const seeds = [distinct([3], 9)];
  const { gradients } = await runFormula(f64, formula(y, p), { seeds });
  const { p: slopes } = await finiteDifferences(formula(y, p), seeds, 12);
  // central differences with step 1e-5 in float64
  for (const s of slopes) expect(Math.abs(gradients.p.data[s.index] - s.slope)).toBeLessThan(1e-5);
});

test("targets are as wide as one quantile, and quantiles lie between 0 and 1", () => {
  expect(loss.targets([null, 6]).shape).toEqual([null, 3]);
  for (const quantiles of [[], [0], [1.5], undefined as never]) expect(() => pinball({ quantiles })).toThrow(DataError);
});
