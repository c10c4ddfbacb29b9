// Kernels keep packed copies of weights from run to run. Whoever writes the weights, they must notice.
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { loadNative } from "../../src/backends/native/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import { compile } from "../../src/graph/compile.ts";
import { assign } from "../../src/ops/assign.ts";
import { add } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { inTrace, type Tensor, Trace } from "../../src/tensor/tensor.ts";

const size = 4;
const words = size * size;

/** A program over weights of two matrices; `build` sees both. */
function program(backend: Backend, build: (trace: Trace, first: Tensor, second: Tensor) => void) {
  const trace = new Trace();
  const first = trace.leaf("weights", [size, size]);
  const second = trace.leaf("weights", [size, size]);
  inTrace(trace, () => build(trace, first, second));
  return compile("test", backend, trace).program;
}

function setUp(backend: Backend, changeFirst: boolean) {
  const weights = backend.allocate(2 * words);
  weights.write(0, new Float32Array(2 * words).fill(1));
  const product = () =>
    backend.load(
      program(backend, (trace, first) => {
        const x = trace.leaf("data", [size, size], { name: "x" });
        assign(trace.leaf("state", [size, size], { name: "y" }), matmul(x, first));
      }),
      { weights },
    );
  const change = (offset: number) =>
    backend.load(
      program(backend, (_, first, second) => {
        const target = offset === 0 ? first : second;
        assign(target, add(target, 1));
      }),
      { weights },
    );
  const early = changeFirst ? change(0) : null;
  const multiply = product();
  multiply.memory("data").write(0, new Float32Array(words).fill(1));
  const run = (executable: typeof multiply) => executable.run({ firstStep: 0, times: 1, seed: 1 });
  return {
    write: (values: Float32Array) => weights.write(0, values),
    change: early ?? change(0),
    changeOther: change(words),
    run,
    /** Every entry is the sum of a column of the first matrix. */
    async answer() {
      await run(multiply);
      return multiply.memory("state").read(0, 1, "f32")[0];
    },
  };
}

for (const name of ["native", "wasm"]) {
  describe(name, async () => {
    const found = name === "native" ? await loadNative() : { backend: await wasmBackend({ threads: 1 }) };
    if (!("backend" in found)) {
      console.log(`skipped: ${found.reason}`);
      test.skip(found.reason);
      return;
    }
    for (const changeFirst of [true, false]) {
      test(`a product sees what another program wrote, loaded ${changeFirst ? "before" : "after"} it`, async () => {
        const all = setUp(found.backend, changeFirst);
        expect(await all.answer()).toBe(4);
        await all.run(all.change);
        expect(await all.answer()).toBe(8);
        await all.run(all.changeOther); // beside it: nothing changes
        expect(await all.answer()).toBe(8);
        await all.run(all.change);
        expect(await all.answer()).toBe(12);
        all.write(new Float32Array(words).fill(5));
        expect(await all.answer()).toBe(20);
        await all.run(all.change);
        expect(await all.answer()).toBe(24);
      });
    }
  });
}
