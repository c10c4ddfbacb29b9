import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { cases } from "../../../test/conformance/cases.ts";
import { difference, distinct, type Formula, runFormula } from "../../../test/conformance/harness.ts";
import { thorough } from "../../../test/thorough.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Backend } from "../backend.ts";
import { jsBackend } from "../js/index.ts";
import { wasmBackend } from "./index.ts";
import { packed as relaxedBuild } from "./kernels-relaxed.ts";
import { packed as simdBuild } from "./kernels-simd.ts";

const f64 = jsBackend({ precision: "f64" });
// The relaxed build is judged in test/conformance, on any number of threads (determinism.test.ts): left is the plain one.
const backends: [string, Backend][] = [
  ["plain SIMD", await wasmBackend({ threads: 1, relaxed: false })],
  ...(thorough
    ? ([["relaxed SIMD, three threads", await wasmBackend({ threads: 3, exactThreads: true })]] as [string, Backend][])
    : []),
];

const as32 = (inputs: Record<string, NdArray>): Record<string, NdArray> =>
  Object.fromEntries(
    Object.entries(inputs).map(([k, a]) => [
      k,
      a.dtype === "i32" ? a : new NdArray(Float32Array.from(a.data), a.shape),
    ]),
  );

async function prepare(
  c: (typeof cases)[number],
): Promise<{ formula: Formula; seeds: (NdArray | null)[] | undefined }> {
  const formula = { inputs: as32(c.inputs), outputs: c.outputs };
  if (c.differentiable === false) return { formula, seeds: undefined };
  const { outputs } = await runFormula(f64, formula);
  const seeds = outputs.map((o, k) => (o.dtype === "f32" && o.size > 0 ? distinct(o.shape, 11 + k) : null));
  return { formula, seeds: seeds.map((s) => s && new NdArray(Float32Array.from(s.data), s.shape)) };
}

for (const [name, backend] of backends) {
  describe(`the wasm backend, ${name}`, () => {
    for (const c of cases) {
      test(`${c.name}: values and gradients as the float64 reference`, async () => {
        const { formula, seeds } = await prepare(c);
        const judge = await runFormula(f64, formula, { seeds, fused: false });
        const seen = await runFormula(backend, formula, { seeds });
        const limit = c.tolerance ?? 1e-5; // f32: sums of up to a few hundred terms of size 1
        seen.outputs.forEach((o, k) => {
          expect(difference(o.data, judge.outputs[k].data), `output ${k}`).toBeLessThan(limit);
        });
        for (const [key, d] of Object.entries(seen.gradients)) {
          expect(difference(d.data, judge.gradients[key].data), `d ${key}`).toBeLessThan(limit);
        }
      });
    }
  });
}

test("neither build of the kernels is larger than 80,000 bytes", () => {
  for (const text of [relaxedBuild, simdBuild])
    expect(gunzipSync(Buffer.from(text, "base64")).length).toBeLessThan(80_001);
});

test("memory that cannot be had, and numbers outside it, are refused by name", async () => {
  const backend = backends[0][1];
  expect(() => backend.allocate(2 ** 40)).toThrow(/none left/);
  const memory = backend.allocate(4);
  expect(() => memory.write(2, new Float32Array(3))).toThrow(/memory's 4/);
  memory.free();
  expect(() => memory.read(0, 1, "f32")).toThrow(/was freed/);
});
