/** Thread counts nobody can mean, memory nobody has, and the switches of the environment, on native and wasm. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Backend, BackendName, Memory } from "../../src/backends/backend.ts";
import { loadNative, nativeBackend } from "../../src/backends/native/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { BackendError } from "../../src/errors.ts";
import { lstm } from "../../src/ops/lstm.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { distinct, type Formula, runFormula } from "../conformance/harness.ts";
import { thorough } from "../thorough.ts";

const native = await loadNative();
if ("reason" in native) console.warn(`limits of the native backend skipped: ${native.reason}`);
const makers: [BackendName, () => Promise<Backend>][] = [
  ["wasm", () => wasmBackend()],
  ...("backend" in native ? ([["native", () => nativeBackend()]] as [BackendName, () => Promise<Backend>][]) : []),
];
afterEach(() => vi.unstubAllEnvs());

const f32 = (a: NdArray) => new NdArray(Float32Array.from(a.data), a.shape);
const weights = (d: number, h: number) => ({
  wx: f32(distinct([d, 4 * h], 2, 0.6)),
  wh: f32(distinct([h, 4 * h], 3, 0.6)),
  b: f32(distinct([4 * h], 4, 0.5)),
});
/** Three rows of five steps; the first two steps of each are the same padding. */
const padded: Formula = {
  inputs: {
    x: new NdArray(
      Float32Array.from({ length: 3 * 5 * 2 }, (_, i) => (Math.floor(i / 2) % 5 < 2 ? 0.25 : Math.sin(i))),
      [3, 5, 2],
    ),
    prefix: new NdArray(Int32Array.of(2, 2, 2), [3]),
    ...weights(2, 3),
  },
  outputs: (t) => [lstm({ x: t.x, wx: t.wx, wh: t.wh, b: t.b, prefix: t.prefix }).last],
};
const seeds = [f32(distinct([3, 3], 9))];

for (const [name, make] of makers) {
  describe(name, () => {
    const all = [
      ["0", 1, 16],
      ["-1", 1, 16],
      ["abc", 1, 16],
      ["1", 1, 1],
      ["1000", 16, 64],
    ] as const;
    for (const [asked, least, most] of thorough ? all : all.slice(2, 4)) {
      test(`CELLSTATE_THREADS=${asked} runs, on ${least === most ? "one thread" : `${least} to ${most} threads`}`, async () => {
        vi.stubEnv("CELLSTATE_THREADS", asked);
        const backend = await make();
        const threads = Number(backend.description.match(/(\d+) thread/)?.[1]);
        expect(threads).toBeGreaterThanOrEqual(least);
        expect(threads).toBeLessThanOrEqual(most);
        const { outputs } = await runFormula(backend, padded);
        expect([...outputs[0].data].every(Number.isFinite)).toBe(true);
      }, 60_000);
    }

    test("memory that cannot be had is a BackendError, and what was there before still works", async () => {
      const backend = await make();
      for (const words of [2 ** 46, 2 ** 53, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => backend.allocate(words), `${words}`).toThrow(BackendError);
      }
      const memory = backend.allocate(3);
      expect(() => memory.read(0, 2 ** 40, "f32")).toThrow(BackendError);
      expect(() => memory.read(-1, 1, "f32")).toThrow(BackendError);
      expect(() => memory.write(4, new Float32Array(1))).toThrow(BackendError);
      memory.write(0, Float32Array.of(1, 2, 3));
      expect([...memory.read(0, 3, "f32")]).toEqual([1, 2, 3]);
      memory.free();
    });

    test("a program too large to load is a BackendError that names it, and gives back what it had taken", async () => {
      const backend = await make();
      const sizes = { weights: 0, gradients: 0, optimizer: 0, state: 1024, data: 0, feed: 0, scratch: 2 ** 46 };
      const program = { name: "giant", instructions: [], sizes, bindings: {} };
      expect(() => backend.load(program, {})).toThrow(BackendError);
      const { outputs } = await runFormula(backend, padded);
      expect(outputs[0].shape).toEqual([3, 3]);
    });

    test("an executable keeps the memory it was given, and refuses to run once it is freed", async () => {
      const backend = await make();
      const sizes = { weights: 0, gradients: 0, optimizer: 0, state: 4, data: 4, feed: 0, scratch: 0 };
      const at = (region: "state" | "data") => ({ region, offset: 0, shape: [4], dtype: "f32" as const });
      const copy = { op: "copy", inputs: [at("data")], outputs: [at("state")], attrs: {}, from: "test" };
      const data = backend.allocate(4);
      data.write(0, Float32Array.of(1, 2, 3, 4));
      const executable = backend.load({ name: "copy", instructions: [copy], sizes, bindings: {} }, { data });
      data.free();
      backend.allocate(4).write(0, Float32Array.of(9, 9, 9, 9)); // would lie in the same place
      await executable.run({ firstStep: 0, times: 1, seed: 1 });
      expect([...executable.memory("state").read(0, 4, "f32")]).toEqual([1, 2, 3, 4]);
      executable.free();
      executable.free();
      await expect(executable.run({ firstStep: 0, times: 1, seed: 1 })).rejects.toThrow(/freed/);
    });

    test("memory taken and given back in any order is zero when it comes, and never shared", async () => {
      const backend = await make();
      let state = 7; // the seed
      const draw = (n: number) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * n);
      };
      const live: { memory: Memory; tag: number }[] = [];
      for (let k = 1; k <= 600; k++) {
        if (live.length > 0 && draw(2)) {
          const [{ memory, tag }] = live.splice(draw(live.length), 1);
          expect([...new Set(memory.read(0, memory.words, "i32"))]).toEqual([tag]);
          memory.free();
        } else {
          const memory = backend.allocate(1 + draw(3) ** 6 * 40 + draw(300));
          expect([...new Set(memory.read(0, memory.words, "i32"))]).toEqual([0]);
          memory.write(0, new Int32Array(memory.words).fill(k));
          live.push({ memory, tag: k });
        }
      }
      for (const { memory } of live) memory.free();
    });

    test("CELLSTATE_SHARE_PADDING=0 computes shared padding for every row", async () => {
      const zeroRows = async () => {
        const { gradients } = await runFormula(await make(), padded, { seeds });
        return [0, 1, 2].map((b) => [...gradients.x.data.slice(b * 10, b * 10 + 4)].every((v) => v === 0));
      };
      expect(await zeroRows()).toEqual([false, true, true]); // the first row carries the gradient of the shared steps
      vi.stubEnv("CELLSTATE_SHARE_PADDING", "0");
      expect(await zeroRows()).toEqual([false, false, false]);
    });

    test.skipIf(!thorough)("CELLSTATE_FUSED=0 runs an lstm by its reference, with the same numbers", async () => {
      const { dense, lstm: lstmLayer } = await import("../../src/layers/index.ts");
      const { sequential } = await import("../../src/models/sequential.ts");
      const { chooseBackend } = await import("../../src/backends/choose.ts");
      const backend = (await chooseBackend(name)) as { -readonly [K in keyof Backend]: Backend[K] };
      const load = backend.load;
      const ops = new Set<string>();
      backend.load = (program, memories) => {
        for (const it of program.instructions) ops.add(it.op);
        return load(program, memories);
      };
      try {
        const predict = async () => {
          ops.clear();
          const model = sequential([lstmLayer(4, { inputShape: [5, 2] }), dense(1)]);
          model.compile({ loss: "meanSquaredError", optimizer: "sgd", backend: name as "wasm" });
          return (await model.predict(padded.inputs.x)).data;
        };
        const fused = [...(await predict())];
        expect(ops.has("lstm")).toBe(true);
        vi.stubEnv("CELLSTATE_FUSED", "0");
        const plain = [...(await predict())];
        expect(ops.has("lstm")).toBe(false);
        expect(ops.has("scan")).toBe(true);
        plain.forEach((v, i) => {
          expect(v).toBeCloseTo(fused[i], 5); // f32: the same sums in another order
        });
      } finally {
        backend.load = load;
      }
    });

    test("a masked step is never read: whatever lies there, values and gradients stay the same", async () => {
      const mask = Float32Array.of(0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
      const backend = await make();
      const withFiller = async (filler: number) => {
        const x = Float32Array.from(padded.inputs.x.data, (v, i) => (mask[Math.floor(i / 2)] ? v : filler));
        const formula: Formula = {
          inputs: { x: new NdArray(x, [3, 5, 2]), mask: new NdArray(mask, [3, 5]), ...weights(2, 3) },
          outputs: (t) => [lstm({ x: t.x, wx: t.wx, wh: t.wh, b: t.b, mask: t.mask }).y],
        };
        const { outputs, gradients } = await runFormula(backend, formula, { seeds: [f32(distinct([3, 5, 3], 9))] });
        return [outputs[0], ...Object.values(gradients)].map((a) => [...a.data]);
      };
      expect(await withFiller(Number.NaN)).toEqual(await withFiller(0));
    });
  });
}
