import { describe, expect, test } from "vitest";
import { jsBackend } from "../../src/backends/js/index.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { presentBackends } from "../backends.ts";
import { cases } from "./cases.ts";
import { difference, distinct, type Formula, finiteDifferences, runFormula } from "./harness.ts";

const f64 = jsBackend({ precision: "f64" });

/** Seeds for every f32 output that the formula really gives. */
async function seedsFor(formula: Formula): Promise<(NdArray | null)[]> {
  const { outputs } = await runFormula(f64, formula);
  return outputs.map((o, k) => (o.dtype === "f32" && o.size > 0 ? distinct(o.shape, 11 + k) : null));
}

const as32 = (inputs: Record<string, NdArray>): Record<string, NdArray> =>
  Object.fromEntries(
    Object.entries(inputs).map(([k, a]) => [
      k,
      a.dtype === "i32" ? a : new NdArray(Float32Array.from(a.data), a.shape),
    ]),
  );

describe("every op in float64 on the js backend", () => {
  for (const c of cases) {
    test(`${c.name}: kernel, reference and finite differences agree`, async () => {
      const seeds = c.differentiable === false ? undefined : await seedsFor(c);
      const kernel = await runFormula(f64, c, { seeds });
      const reference = await runFormula(f64, c, { seeds, fused: false });
      kernel.outputs.forEach((o, k) => {
        expect(difference(o.data, reference.outputs[k].data), `output ${k}`).toBeLessThan(1e-12); // f64, short sums
      });
      if (!seeds) return;
      expect(Object.keys(kernel.gradients).length).toBeGreaterThan(0);
      for (const [name, slopes] of Object.entries(await finiteDifferences(c, seeds, 12))) {
        const analytic = kernel.gradients[name];
        if (!analytic) {
          for (const s of slopes) expect(Math.abs(s.slope), `d ${name}[${s.index}] has no gradient`).toBeLessThan(1e-9);
          continue;
        }
        expect(
          difference(analytic.data, reference.gradients[name].data),
          `d ${name} against the reference`,
        ).toBeLessThan(1e-11); // f64
        for (const s of slopes) {
          // central differences with step 1e-5: error about 1e-10 times the third derivative
          expect(Math.abs(analytic.data[s.index] - s.slope), `d ${name}[${s.index}]`).toBeLessThan(
            1e-6 * Math.max(1, Math.abs(s.slope)),
          );
        }
      }
    });
  }
});

for (const backend of await presentBackends()) {
  describe(`every op in float32 on ${backend.name}`, () => {
    for (const c of cases) {
      test(`${c.name}: values and gradients as the float64 reference`, async () => {
        const inputs = as32(c.inputs);
        const seeds =
          c.differentiable === false
            ? undefined
            : (await seedsFor(c)).map((s) => s && new NdArray(Float32Array.from(s.data), s.shape));
        const judge = await runFormula(f64, { inputs, outputs: c.outputs }, { seeds, fused: false });
        const seen = await runFormula(backend, { inputs, outputs: c.outputs }, { seeds });
        const limit = c.tolerance ?? 1e-5; // f32: sums of up to a few hundred terms of size 1
        seen.outputs.forEach((o, k) => {
          expect(difference(o.data, judge.outputs[k].data), `output ${k}`).toBeLessThan(limit);
        });
        for (const [name, d] of Object.entries(seen.gradients)) {
          expect(difference(d.data, judge.gradients[name].data), `d ${name}`).toBeLessThan(limit);
        }
      });
    }
  });
}
