import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { loadNative } from "../../src/backends/native/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { type UnaryFn, unary } from "../../src/ops/elementwise.ts";
import { NdArray, type Numbers } from "../../src/tensor/nd-array.ts";
import { thorough } from "../thorough.ts";
import { type Formula, runFormula } from "./harness.ts";

const stride = thorough ? 4099 : 65537; // primes: every bit pattern of the low bits comes up
const evenly = thorough ? 200_000 : 50_000;

/** A function, its values in float64, its largest error in units in the last place (kernels/README.md states the same), its range. */
interface Row {
  readonly fn: UnaryFn;
  readonly exact: (x: number) => number;
  readonly ulps: number;
  readonly from: number;
  readonly to: number;
}
const rows: readonly Row[] = [
  { fn: "exp", exact: Math.exp, ulps: 1, from: -87.33, to: 88.72 },
  { fn: "log", exact: Math.log, ulps: 1, from: 1.1755e-38, to: 3.4e38 },
  { fn: "tanh", exact: Math.tanh, ulps: 1.6, from: -3.4e38, to: 3.4e38 },
  { fn: "sigmoid", exact: (x) => 1 / (1 + Math.exp(-x)), ulps: 2.5, from: -87.32, to: 3.4e38 },
  { fn: "softplus", exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), ulps: 2, from: -87.3, to: 3e38 },
  { fn: "log1p", exact: Math.log1p, ulps: 1.6, from: -0.99999994, to: 3.4e38 },
  { fn: "expm1", exact: Math.expm1, ulps: 1.6, from: -3.4e38, to: 88.72 },
  { fn: "sqrt", exact: Math.sqrt, ulps: 0.5, from: 0, to: 3.4e38 },
  { fn: "reciprocal", exact: (x) => 1 / x, ulps: 0.5, from: -8e37, to: 8e37 },
];
/** Extra tolerance of a float without fused multiply-add. */
const withoutFma = 1;
const smallest = 2 ** -126; // below it lie the denormals, which count as 0

const native = await loadNative();
if ("reason" in native) console.warn(`elementary functions on native skipped: ${native.reason}`);
const usual = await wasmBackend({ threads: 1 });
const relaxed = usual.description.includes("relaxed SIMD"); // not where the processor has no fused multiply-add: those before AVX2
const backends: [string, Backend, number][] = [
  ...(relaxed ? ([["wasm with relaxed SIMD", usual, 0]] as [string, Backend, number][]) : []),
  ["wasm with plain SIMD", await wasmBackend({ threads: 1, relaxed: false }), withoutFma],
  ...("backend" in native
    ? ([["native", native.backend, native.backend.description.includes("generic") ? withoutFma : 0]] as [
        string,
        Backend,
        number,
      ][])
    : []),
];

/** Every 4099th float (every 65537th in the short form) of the range, all exponents and both signs, and as many evenly over its middle. */
function inputs({ from, to }: Row): Float32Array {
  const found: number[] = [];
  const word = new Uint32Array(1);
  const number = new Float32Array(word.buffer);
  for (let bits = 0; bits < 2 ** 32; bits += stride) {
    word[0] = bits;
    const x = number[0];
    if (x >= from && x <= to && (x === 0 || Math.abs(x) >= smallest)) found.push(x);
  }
  const [low, high] = [Math.max(from, -90), Math.min(to, 90)];
  for (let i = 0; i < evenly; i++) found.push(Math.fround(low + ((high - low) * i) / evenly));
  return Float32Array.from(found.filter((x) => x >= from && x <= to));
}

async function apply(backend: Backend, fn: UnaryFn, x: Float32Array): Promise<Numbers> {
  const formula: Formula = { inputs: { x: new NdArray(x, [x.length]) }, outputs: (t) => [unary(fn, t.x)] };
  return (await runFormula(backend, formula)).outputs[0].data;
}

/** Error of `seen` in units in the last place of the f32 nearest to `exact`. */
function ulps(seen: number, exact: number): number {
  if (Math.abs(exact) < smallest) return Math.abs(seen) <= smallest ? 0 : Number.POSITIVE_INFINITY;
  const error = Math.abs(seen - exact);
  return error === 0 ? 0 : error / 2 ** (Math.floor(Math.log2(Math.abs(exact))) - 23);
}

for (const [name, backend, more] of backends) {
  describe(`elementary functions on ${name}`, () => {
    for (const row of rows) {
      test(`${row.fn} errs by at most ${row.ulps + (row.ulps > 0.5 ? more : 0)} ulp over its whole range`, async () => {
        const x = inputs(row);
        const y = await apply(backend, row.fn, x);
        let worst = { error: -1, x: 0, seen: 0 };
        for (let i = 0; i < x.length; i++) {
          const error = ulps(y[i], row.exact(x[i]));
          if (!(error <= worst.error)) worst = { error, x: x[i], seen: y[i] };
        }
        expect(x.length).toBeGreaterThan(evenly);
        // half an ulp more at powers of two, where the unit itself is half as large on one side
        expect(worst.error, JSON.stringify(worst)).toBeLessThanOrEqual(row.ulps + (row.ulps > 0.5 ? more : 1e-7));
      });
    }

    test("sin and cos err by at most 2e-7 up to 8192", async () => {
      const x = Float32Array.from({ length: 300_000 }, (_, i) => (i - 150_000) * 0.0546);
      for (const [fn, exact] of [
        ["sin", Math.sin],
        ["cos", Math.cos],
      ] as const) {
        const y = await apply(backend, fn, x);
        const worst = x.reduce((w, v, i) => Math.max(w, Math.abs(y[i] - exact(v))), 0);
        expect(worst, fn).toBeLessThan(2e-7); // f32: an ulp at 1 is 1.2e-7
      }
    });

    test("what is not a number stays so, and infinities and zeros give the limits", async () => {
      const x = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0);
      for (const { fn, exact } of rows) {
        const y = [...(await apply(backend, fn, x))];
        if (fn === "sigmoid" || fn === "softplus") expect(y[2], `${fn}(-infinity)`).toBeLessThan(1.2e-38);
        y.forEach((v, i) => {
          if (i !== 2 || !["sigmoid", "softplus"].includes(fn))
            expect(v, `${fn}(${x[i]})`).toBe(Math.fround(exact(x[i])));
        });
      }
    });
  });
}
