import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gunzipSync } from "node:zlib";
import { describe, expect, test, vi } from "vitest";
import { cases as allCases } from "../../../test/conformance/cases.ts";
import { expectAsReference } from "../../../test/conformance/expect-as-reference.ts";
import { oneOfEach, thorough } from "../../../test/thorough.ts";
import type { Program } from "../../program/program.ts";
import type { Backend } from "../backend.ts";
import { wasmBackend } from "./index.ts";
import { packed as relaxedBuild } from "./kernels-relaxed.ts";
import { packed as simdBuild } from "./kernels-simd.ts";

/** One case of each op, all of them in the long form. */
const cases = oneOfEach(allCases, (c) => c.name.split(/[\s,:]/)[0]);

// The relaxed build is tested in test/conformance, on any number of threads (determinism.test.ts): left is the plain one.
const backends: [string, Backend][] = [
  ["plain SIMD", await wasmBackend({ threads: 1, relaxed: false })],
  ...(thorough
    ? ([["relaxed SIMD, three threads", await wasmBackend({ threads: 3, exactThreads: true })]] as [string, Backend][])
    : []),
];

for (const [name, backend] of backends) {
  describe(`the wasm backend, ${name}`, () => {
    for (const c of cases)
      test(`${c.name}: values and gradients as the float64 reference`, () => expectAsReference(backend, c));
  });
}

test("neither build of the kernels is larger than 91,500 bytes", () => {
  for (const text of [relaxedBuild, simdBuild])
    expect(gunzipSync(Buffer.from(text, "base64")).length).toBeLessThan(91_501);
});

test("memory that cannot be had, and numbers outside it, are refused by name", async () => {
  const backend = backends[0][1];
  expect(() => backend.allocate(2 ** 40)).toThrow(/none left/);
  const memory = backend.allocate(4);
  expect(() => memory.write(2, new Float32Array(3))).toThrow(/memory's 4/);
  memory.free();
  expect(() => memory.read(0, 1, "f32")).toThrow(/was freed/);
});

/** Lets the collector and what it calls have their turn. */
async function collect(): Promise<void> {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  await new Promise((resolve) => setTimeout(resolve));
}

test.skipIf(!thorough)(
  "what nobody refers to any more is given back: more than WASM can hold passes through it",
  async () => {
    const backend = backends[0][1];
    const words = 2 ** 26; // 256 MiB; WASM holds 4 GiB
    const sizes = { weights: 1, gradients: 1, optimizer: 1, state: 1, data: 1, feed: 1, scratch: words };
    const program: Program = { name: "nothing", instructions: [], sizes, bindings: {} };
    for (let k = 0; k < 18; k++) {
      await backend.load(program, { weights: backend.allocate(1) }).run({ firstStep: 0, times: 1, seed: 1 });
      await collect();
    }
  },
);

test("an engine whose relaxed SIMD rounds twice, or whose page forbids the question, gets the plain kernels", async () => {
  const instance = vi.spyOn(WebAssembly, "Instance");
  instance.mockImplementation(function Twice() {
    return { exports: { madd: () => 0 } };
  });
  expect((await wasmBackend({ threads: 1 })).description).toBe("C++ kernels in WASM, SIMD, 1 thread");
  instance.mockImplementation(function Forbidden() {
    throw new WebAssembly.CompileError("forbidden");
  });
  expect((await wasmBackend({ threads: 1 })).description).toBe("C++ kernels in WASM, SIMD, 1 thread");
  instance.mockRestore();
  expect((await wasmBackend({ threads: 1 })).description).toBe("C++ kernels in WASM, relaxed SIMD, 1 thread");
});
