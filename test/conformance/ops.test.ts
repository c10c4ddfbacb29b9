import { describe, expect, test } from "vitest";
import { jsBackend } from "../../src/backends/js/index.ts";
import { presentBackends } from "../backends.ts";
import { everyOther, thorough } from "../thorough.ts";
import { cases } from "./cases.ts";
import { expectAsReference, seedsFor } from "./expect-as-reference.ts";
import { difference, finiteDifferences, runFormula } from "./harness.ts";

const f64 = jsBackend({ precision: "f64" });

describe("every op in float64 on the js backend", () => {
  for (const c of everyOther(cases, 3)) {
    test(`${c.name}: kernel, reference and finite differences agree`, async () => {
      const seeds = c.differentiable === false ? undefined : await seedsFor(c);
      const kernel = await runFormula(f64, c, { seeds });
      const reference = await runFormula(f64, c, { seeds, fused: false });
      kernel.outputs.forEach((o, k) => {
        expect(difference(o.data, reference.outputs[k].data), `output ${k}`).toBeLessThan(1e-12); // f64, short sums
      });
      if (!seeds) return;
      expect(Object.keys(kernel.gradients).length).toBeGreaterThan(0);
      for (const [name, slopes] of Object.entries(await finiteDifferences(c, seeds, thorough ? 12 : 3))) {
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
    for (const c of backend.name === "js" ? everyOther(cases, 3, 1) : cases)
      test(`${c.name}: values and gradients as the float64 reference`, () => expectAsReference(backend, c));
  });
}
