import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { loadNative, type NativeOptions, nativeBackend } from "../../src/backends/native/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { mul } from "../../src/ops/elementwise.ts";
import { gather } from "../../src/ops/gather.ts";
import { gru } from "../../src/ops/gru.ts";
import { lstm } from "../../src/ops/lstm.ts";
import { commonPrefix } from "../../src/ops/prefix.ts";
import { simpleRnn } from "../../src/ops/simple-rnn.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { oneOfEach, thorough } from "../thorough.ts";
import { cases as allCases } from "./cases.ts";
import { difference, distinct, type Formula, runFormula } from "./harness.ts";

/** One case of each op, all of them in the long form. */
const cases = oneOfEach(allCases, (c) => c.name.split(/[\s,:]/)[0]);

const native = await loadNative();
if (!("backend" in native)) console.warn(`determinism of the native backend skipped: ${native.reason}`);

const as32 = (a: NdArray) => (a.dtype === "i32" ? a : new NdArray(Float32Array.from(a.data), a.shape));

/** The bits of every number a formula gives on a backend, gradients included. */
async function numbersOf(formula: Formula, differentiable: boolean, on: NativeOptions | Backend): Promise<Int32Array> {
  const inputs = Object.fromEntries(Object.entries(formula.inputs).map(([k, a]) => [k, as32(a)]));
  const backend = "allocate" in on ? on : await nativeBackend(on);
  const f = { inputs, outputs: formula.outputs };
  const { outputs } = await runFormula(backend, f);
  const seeds = differentiable
    ? outputs.map((o, k) => (o.dtype === "f32" && o.size > 0 ? as32(distinct(o.shape, 3 + k)) : null))
    : undefined;
  const seen = await runFormula(backend, f, { seeds });
  const all = [...seen.outputs, ...Object.values(seen.gradients)].flatMap((a) => [...a.data]);
  return new Int32Array(Float32Array.from(all).buffer);
}
const asFloats = (bits: Int32Array) => new Float32Array(bits.buffer);

/** A pre-padded batch through two layers, as the next-word labs have it. */
function padded(op: "lstm" | "gru" | "simpleRnn", rows: number, time: number, hidden: number): Formula {
  const gates = { lstm: 4, gru: 3, simpleRnn: 1 }[op];
  const run = { lstm, gru, simpleRnn }[op];
  const bias = (h: number) => (op === "gru" ? [2, gates * h] : [gates * h]);
  const ids = Int32Array.from({ length: rows * time }, (_, i) => {
    const [b, t] = [Math.floor(i / time), i % time];
    const begins = b === 0 ? time : (b * 5) % time; // the first row is all padding
    return t < begins ? 0 : 1 + ((b * 3 + t * t) % 6);
  });
  const d = 5;
  return {
    inputs: {
      ids: new NdArray(ids, [rows, time]),
      table: distinct([7, d], 1),
      w1: distinct([d, gates * hidden], 2, 0.6),
      u1: distinct([hidden, gates * hidden], 3, 0.6),
      b1: distinct(bias(hidden), 4, 0.5),
      w2: distinct([hidden, gates * 3], 5, 0.6),
      u2: distinct([3, gates * 3], 6, 0.6),
      b2: distinct(bias(3), 7, 0.5),
    },
    outputs: (t) => {
      const prefix = commonPrefix(t.ids);
      const first = run({ x: gather(t.table, t.ids), wx: t.w1, wh: t.u1, b: t.b1, prefix });
      const second = run({ x: first.y, wx: t.w2, wh: t.u2, b: t.b2, prefix });
      return [first.y, second.last];
    },
  };
}

describe.skipIf(!("backend" in native))("the native backend", () => {
  const sets =
    "backend" in native ? (native.backend.description.match(/avx512|avx2|neon|generic/)?.[0] ?? "generic") : "";
  const narrower = sets === "avx512" ? ["avx2"] : [];

  const counts = thorough ? [2, 3, 4] : [3];
  test(`gives the same bits on 1, ${counts.join(", ")} threads, case by case`, async () => {
    for (const c of cases) {
      const one = await numbersOf(c, c.differentiable !== false, { threads: 1, exactThreads: true });
      for (const threads of counts) {
        expect(
          await numbersOf(c, c.differentiable !== false, { threads, exactThreads: true }),
          `${c.name} on ${threads} threads`,
        ).toEqual(one);
      }
    }
  }, 120_000);

  for (const isa of narrower) {
    test(`gives the same bits with ${isa} as with ${sets}, case by case`, async () => {
      for (const c of cases) {
        const wide = await numbersOf(c, c.differentiable !== false, { isa: sets });
        expect(await numbersOf(c, c.differentiable !== false, { isa }), c.name).toEqual(wide);
      }
    }, 120_000);
  }

  for (const [op, rows, time, hidden] of [
    ["lstm", 4, 6, 3],
    ["lstm", 33, 9, 20],
    ["lstm", 70, 12, 17],
    ["lstm", 9, 11, 70], // enough weights that members split panels
    ["gru", 33, 9, 20],
    ["simpleRnn", 33, 9, 20],
  ] as const) {
    test(`shares padding exactly: ${op}, ${rows} rows of ${time} steps, ${hidden} units`, async () => {
      const formula = padded(op, rows, time, hidden);
      const shared = await numbersOf(formula, true, { sharePadding: true });
      const dense = await numbersOf(formula, true, { sharePadding: false });
      expect(difference(asFloats(shared), asFloats(dense))).toBeLessThan(2e-5); // f32, sums in another order
      const one = await numbersOf(formula, true, { sharePadding: true, threads: 1, exactThreads: true });
      expect(await numbersOf(formula, true, { sharePadding: true, threads: 3, exactThreads: true })).toEqual(one);
    });
  }
});

describe("the wasm backend", () => {
  const counts = thorough ? [2, 4] : [3];
  test(`gives the same bits on 1, ${counts.join(", ")} threads, case by case`, async () => {
    const [one, ...more] = await Promise.all(
      [1, ...counts].map((threads) => wasmBackend({ threads, exactThreads: threads > 1 })),
    );
    expect(more.map((b) => b.description.match(/\d+ thread/)?.[0])).toEqual(
      counts.map((threads) => `${threads} thread`),
    );
    for (const c of cases) {
      const expected = await numbersOf(c, c.differentiable !== false, one);
      for (const backend of more) {
        expect(await numbersOf(c, c.differentiable !== false, backend), `${c.name}: ${backend.description}`).toEqual(
          expected,
        );
      }
    }
  }, 120_000);

  const fuses = "backend" in native && !native.backend.description.includes("generic");
  if (!fuses) console.warn("relaxed SIMD beside native skipped: no addon, or a processor without fused multiply-add");
  test.skipIf(!fuses)(
    "gives the bits of the native kernels with relaxed SIMD, case by case",
    async () => {
      const relaxed = await wasmBackend({ threads: 1 });
      expect(relaxed.description).toContain("relaxed SIMD"); // Node 20 has it behind a flag that the backend sets
      for (const c of cases) {
        const expected = await numbersOf(c, c.differentiable !== false, { threads: 1 });
        expect(await numbersOf(c, c.differentiable !== false, relaxed), c.name).toEqual(expected);
      }
    },
    120_000,
  );
});

describe("numbers too small for a float's exponent", () => {
  const tiny: Formula = {
    inputs: {
      a: new NdArray(Float32Array.of(1e-30, -1e-30, 1), [3]),
      b: new NdArray(Float32Array.of(1e-10, 1e-10, 1), [3]),
    },
    outputs: (t) => [mul(t.a, t.b)],
  };

  test.skipIf(!("backend" in native))(
    "count as 0 in every native thread, and leave the caller's arithmetic alone",
    async () => {
      for (const threads of [1, 3]) {
        const backend = await nativeBackend({ threads, exactThreads: true });
        expect((await runFormula(backend, tiny)).outputs[0].data).toEqual(Float32Array.of(0, -0, 1));
        expect(Number.MIN_VALUE * 1.5).toBe(2 * Number.MIN_VALUE); // 0 where denormals are flushed
      }
    },
  );

  test("stay what they are in WASM, which has no such mode; recurrent gradients are flushed by hand", async () => {
    const { outputs } = await runFormula(await wasmBackend({ threads: 1 }), tiny);
    expect(outputs[0].data).toEqual(Float32Array.of(1e-40, -1e-40, 1));
  });
});

test("determinism was tested, or its absence said", () => {
  expect("backend" in native || native.reason.length > 0).toBe(true);
});
