import { expect } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { type Case, difference, distinct, type Formula, runFormula } from "./harness.ts";

const f64 = jsBackend({ precision: "f64" });

/** Seeds for every f32 output that the formula really gives. */
export async function seedsFor(formula: Formula): Promise<(NdArray | null)[]> {
  const { outputs } = await runFormula(f64, formula);
  return outputs.map((o, k) => (o.dtype === "f32" && o.size > 0 ? distinct(o.shape, 11 + k) : null));
}

const as32 = (a: NdArray): NdArray => (a.dtype === "i32" ? a : new NdArray(Float32Array.from(a.data), a.shape));

/** Expected values of a case in float32: the same for every backend. */
async function expectedOf(c: Case) {
  const inputs = Object.fromEntries(Object.entries(c.inputs).map(([name, a]) => [name, as32(a)]));
  const formula = { inputs, outputs: c.outputs };
  const seeds = c.differentiable === false ? undefined : (await seedsFor(c)).map((s) => s && as32(s));
  return { formula, seeds, wanted: await runFormula(f64, formula, { seeds, fused: false }) };
}
const known = new WeakMap<Case, ReturnType<typeof expectedOf>>();

/** The case in float32 on a backend gives the values and gradients of its reference in float64. */
export async function expectAsReference(backend: Backend, c: Case): Promise<void> {
  if (!known.has(c)) known.set(c, expectedOf(c));
  const { formula, seeds, wanted } = await known.get(c)!;
  const seen = await runFormula(backend, formula, { seeds });
  const limit = c.tolerance ?? 1e-5; // f32: sums of up to a few hundred terms of size 1
  seen.outputs.forEach((o, k) => {
    expect(difference(o.data, wanted.outputs[k].data), `output ${k}`).toBeLessThan(limit);
  });
  for (const [name, d] of Object.entries(seen.gradients)) {
    expect(difference(d.data, wanted.gradients[name].data), `d ${name}`).toBeLessThan(limit);
  }
}
