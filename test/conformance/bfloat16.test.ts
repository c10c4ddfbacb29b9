/** Products of numbers rounded to bfloat16: against references, on every backend and instruction set, row by row. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { loadNative, nativeBackend } from "../../src/backends/native/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { gru } from "../../src/ops/gru.ts";
import { lstm } from "../../src/ops/lstm.ts";
import { linear, matmul } from "../../src/ops/matmul.ts";
import { simpleRnn } from "../../src/ops/simple-rnn.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { withPrecision } from "../../src/tensor/tensor.ts";
import { presentBackends } from "../backends.ts";
import { thorough } from "../thorough.ts";
import { cases } from "./cases.ts";
import { difference, distinct, type Formula, runFormula } from "./harness.ts";

const native = await loadNative();
const withProducts = cases.filter((c) => /^(linear|matmul|lstm|gru|simpleRnn)\b/.test(c.name));

/** The formula with rounded products, its inputs in f32. */
const rounded = ({ inputs, outputs }: Formula): Formula => ({
  inputs: Object.fromEntries(
    Object.entries(inputs).map(([k, a]) => [
      k,
      a.dtype === "i32" ? a : new NdArray(Float32Array.from(a.data), a.shape),
    ]),
  ),
  outputs: (t) => withPrecision("bfloat16", () => outputs(t)),
});
const single = (x: readonly number[], w: readonly number[]): Formula =>
  rounded({
    inputs: {
      x: new NdArray(Float32Array.from(x), [x.length, 1]),
      w: new NdArray(Float32Array.from(w), [1, w.length]),
    },
    outputs: ({ x, w }) => [linear(x, w), matmul(x, w)],
  });

async function numbersOf(backend: Backend, formula: Formula): Promise<Int32Array> {
  const { outputs } = await runFormula(backend, formula);
  const seeds = outputs.map((o, k) =>
    o.dtype === "f32" && o.size > 0 ? new NdArray(Float32Array.from(distinct(o.shape, 3 + k).data), o.shape) : null,
  );
  const seen = await runFormula(backend, formula, { seeds });
  const all = [...seen.outputs, ...Object.values(seen.gradients)].flatMap((a) => [...a.data]);
  return new Int32Array(Float32Array.from(all).buffer);
}

const hasTiles = existsSync("/proc/cpuinfo") && /\bamx_bf16\b/.test(readFileSync("/proc/cpuinfo", "utf8"));
if (!hasTiles)
  console.warn("products by tiles skipped: the processor has no AMX; what asks for them is tried with floats");

const named = (await presentBackends()).map((backend) => [backend.name, backend] as const);
if (hasTiles && "backend" in native) named.push(["native by tiles", await nativeBackend({ bf16: "tiles" })] as never);

for (const [name, backend] of named) {
  describe(`bfloat16 on ${name}`, () => {
    test("the nearest, of two as near the even one; denormals are 0, infinities and what is no number stay", async () => {
      const half = 2 ** -8; // of the distance of two neighbours from 1 on
      const x = [1, 1 + half, 1 + 3 * half, 1 + half * 1.001, -1 - half, 3.3e38, 3.4e38, 1e-39, Number.NaN, -0];
      const far = [248 * 2 ** 120, Number.POSITIVE_INFINITY];
      const want = [1, 1, 1 + 4 * half, 1 + 2 * half, -1, ...far, 0, Number.NaN, 0];
      const { outputs } = await runFormula(backend, single(x, [1]));
      for (const y of outputs) {
        for (const [k, v] of want.entries()) {
          if (Number.isFinite(v) && v !== 0) expect(Math.abs(y.data[k] / v - 1), `${x[k]}`).toBeLessThan(1e-6);
          else expect(y.data[k] + 0, `${x[k]}`).toEqual(v);
        }
      }
    });

    test("the second operand is rounded too, and sums are floats", async () => {
      const w = Array.from({ length: 300 }, (_, i) => 1 + (i % 128) / 128 + 2 ** -9);
      const formula = rounded({
        inputs: {
          x: new NdArray(new Float32Array(300).fill(1), [1, 300]),
          w: new NdArray(Float32Array.from(w), [300, 1]),
        },
        outputs: ({ x, w }) => [linear(x, w), matmul(w, x, true, true)],
      });
      const want = w.reduce((sum, v) => sum + (v - 2 ** -9), 0); // a quarter of a step above a bfloat16; their sums are whole 128ths
      for (const y of (await runFormula(backend, formula)).outputs) expect(y.data[0]).toBe(want);
    });

    for (const c of backend.name === "js" ? withProducts.filter((_, k) => k % 4 === 0) : withProducts)
      test(`${c.name}: values and gradients as the reference's`, async () => {
        const f = rounded(c);
        const { outputs } = await runFormula(backend, f);
        const seeds =
          c.differentiable === false
            ? undefined
            : outputs.map((o, k) => (o.dtype === "f32" && o.size > 0 ? distinct(o.shape, 3 + k) : null));
        const got = await runFormula(backend, f, { seeds });
        const want = await runFormula(jsBackend(), f, { seeds, fused: false });
        const plain = await runFormula(backend, { ...f, outputs: c.outputs }, { seeds });
        const scale = (a: NdArray) => Math.max(1, ...Array.from(a.data, Math.abs));
        // A last bit may round a state or a gradient to its other neighbour, 2⁻⁸ of it away, and sums have up to 32 of them
        got.outputs.forEach((o, k) => {
          expect(difference(o.data, want.outputs[k].data) / scale(o), `output ${k}`).toBeLessThan(2e-2);
          expect(difference(o.data, plain.outputs[k].data) / scale(o), `output ${k} in f32`).toBeLessThan(4e-2);
        });
        for (const [name, d] of Object.entries(got.gradients)) {
          expect(difference(d.data, want.gradients[name].data) / scale(d), `d ${name}`).toBeLessThan(2e-2);
          expect(difference(d.data, plain.gradients[name].data) / scale(d), `d ${name} in f32`).toBeLessThan(4e-2);
        }
      });
  });
}

describe.skipIf(!("backend" in native))("bits of bfloat16", () => {
  test("by tiles are those of one thread on three and of a row alone, and near those of floats", async () => {
    const by = async (bf16: "floats" | "tiles", threads: number) =>
      nativeBackend({ bf16, threads, exactThreads: true });
    for (const [op, gates] of [[lstm, 4] as const, [gru, 3] as const, [simpleRnn, 1] as const]) {
      for (const [rows, d, h] of [
        [1, 16, 16],
        [70, 33, 70],
        [37, 128, 100],
        [9, 17, 330],
      ]) {
        const inputs = (n: number) => ({
          x: new NdArray(distinct([rows, 5, d], 1).data.slice(0, n * 5 * d), [n, 5, d]),
          wx: distinct([d, gates * h], 2, 1 / d),
          wh: distinct([h, gates * h], 3, 1 / h),
          b: distinct(gates === 3 ? [2, 3 * h] : [gates * h], 4, 0.5),
        });
        const outputs: Formula["outputs"] = (t) => [op(t as never, { zeroOutput: false } as never).y];
        const f = rounded({ inputs: inputs(rows), outputs });
        const seeds = [distinct([rows, 5, h], 7)];
        const ran = [];
        for (const backend of [await by("tiles", 1), await by("tiles", 3), await by("floats", 1)])
          ran.push(await runFormula(backend, f, { seeds }));
        const [one, three, floats] = ran.map(({ outputs }) => outputs[0]);
        expect(three.data).toEqual(one.data);
        expect(ran[1].gradients).toEqual(ran[0].gradients);
        for (const [name, d] of Object.entries(ran[0].gradients)) {
          const most = Math.max(1, ...Array.from(d.data, Math.abs));
          const off = difference(d.data, ran[2].gradients[name].data) / most;
          // as of outputs, and back through 5 steps
          expect(off, `d ${name}, ${gates} gates, ${rows} x ${d.shape}, ${h} units`).toBeLessThan(1e-2);
        }
        const alone = await runFormula(await by("tiles", 1), rounded({ inputs: inputs(1), outputs }));
        expect(alone.outputs[0].data).toEqual(one.data.slice(0, 5 * h));
        // sums of up to 330 products in another order, then another neighbour of 8 bits here and there
        expect(difference(one.data, floats.data), `${gates} gates, ${rows} x ${d}, ${h} units`).toBeLessThan(4e-3);
      }
    }
  }, 60_000);

  test("of a dense layer by tiles are those of one thread on three and of a row alone, and near those of floats", async () => {
    for (const [rows, d, n] of [
      [1, 16, 16],
      [70, 33, 283],
      [37, 128, 100],
      [50, 17, 1],
    ]) {
      const inputs = (count: number) => ({
        x: new NdArray(distinct([rows, d], 1).data.slice(0, count * d), [count, d]),
        w: distinct([d, n], 2, 1 / d),
        b: distinct([n], 3, 0.5),
      });
      const outputs: Formula["outputs"] = ({ x, w, b }) => [linear(x, w, b), linear(x, w)];
      const by = async (bf16: "floats" | "tiles", threads: number, count = rows) => {
        const backend = await nativeBackend({ bf16, threads, exactThreads: true });
        return (await runFormula(backend, rounded({ inputs: inputs(count), outputs }))).outputs.map((o) => o.data);
      };
      const one = await by("tiles", 1);
      expect(await by("tiles", 3)).toEqual(one);
      expect(await by("tiles", 1, 1)).toEqual(one.map((y) => y.slice(0, n)));
      const floats = await by("floats", 1);
      // the same products in another order
      for (const [k, y] of one.entries()) expect(difference(y, floats[k]), `${rows} x ${d} x ${n}`).toBeLessThan(1e-5);
    }
  }, 60_000);

  test("as floats are those of one thread on three, of the widest set on AVX2 and, with relaxed SIMD, on WASM", async () => {
    const floats = { bf16: "floats" } as const;
    const one = await nativeBackend({ ...floats, threads: 1, exactThreads: true });
    const widest = one.description.includes("avx512") ? ["avx2"] : [];
    const others = [
      await nativeBackend({ ...floats, threads: 3, exactThreads: true }),
      ...(await Promise.all(widest.map((isa) => nativeBackend({ ...floats, isa })))),
      ...(one.description.includes("generic") ? [] : [await wasmBackend({ threads: 1 })]), // without fused multiply-add there is none
    ];
    // the short form takes every fourth: the bits are those of kernels that float32's tests run in full
    for (const c of withProducts.filter((_, k) => thorough || k % 4 === 0)) {
      const f = rounded(c);
      const want = await numbersOf(one, f);
      for (const backend of others)
        expect(await numbersOf(backend, f), `${c.name}: ${backend.description}`).toEqual(want);
    }
  }, 120_000);
});
