import { describe, expect, test } from "vitest";
import { compile } from "../../src/graph/compile.ts";
import { asNdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import { alignWords, inTrace, Trace } from "../../src/tensor/tensor.ts";
import { adam, clipGradients, type Optimizer, rmsprop, sgd } from "../../src/train/optimizers.ts";
import { presentBackends } from "../backends.ts";
import { golden } from "./golden.ts";

type Pair = [NestedNumbers, NestedNumbers];
interface File {
  p0: Pair;
  grads: Pair[];
  cases: {
    name: string;
    config: Record<string, number>;
    params_after_each_step: Pair[];
    state_after: NestedNumbers[];
  }[];
}
const file = golden<File>("optimizers.json");

const made: Record<string, (c: Record<string, number>) => Optimizer> = {
  sgd: (c) => sgd({ learningRate: c.learning_rate }),
  sgd_momentum: (c) => sgd({ learningRate: c.learning_rate, momentum: c.momentum }),
  sgd_nesterov: (c) => sgd({ learningRate: c.learning_rate, momentum: c.momentum, nesterov: true }),
  sgd_clipvalue: (c) => sgd({ learningRate: c.learning_rate, clipvalue: c.clipvalue }),
  rmsprop: (c) => rmsprop({ learningRate: c.learning_rate }),
  rmsprop_centered_momentum: (c) => rmsprop({ learningRate: c.learning_rate, momentum: c.momentum, centered: true }),
  adam: (c) => adam({ learningRate: c.learning_rate }),
  adam_clipnorm: (c) => adam({ learningRate: c.learning_rate, clipnorm: c.clipnorm }),
  adam_global_clipnorm: (c) => adam({ learningRate: c.learning_rate, globalClipnorm: c.global_clipnorm }),
};
const flat = (v: NestedNumbers) => asNdArray(v as number[]).data;

for (const backend of file ? await presentBackends() : []) {
  for (const fused of [true, false]) {
    describe(`Keras's optimizers on ${backend.name}${fused ? "" : ", by reference"}`, () => {
      for (const c of file!.cases) {
        const make = made[c.name];
        test.skipIf(make === undefined)(
          `${c.name}${c.name in made ? "" : " (skipped: not an optimizer of this version)"}`,
          async () => {
            const optimizer = make(c.config);
            const sizes = file!.p0.map((p) => flat(p).length);
            const offsets = [0, alignWords(sizes[0])];
            const n = offsets[1] + alignWords(sizes[1]);
            const trace = new Trace();
            const leaf = (region: "weights" | "gradients" | "optimizer" | "feed", size: number, name: string) =>
              trace.leaf(region, [size], { name });
            const weights = leaf("weights", n, "weights");
            const raw = leaf("gradients", n, "gradient");
            const learningRate = leaf("feed", 1, "rate");
            const iteration = leaf("feed", 1, "iteration");
            const slots = optimizer.slots.map((name) => leaf("optimizer", n, name));
            inTrace(trace, () => {
              const gradient = clipGradients(raw, optimizer.clipping, { offsets, sizes });
              optimizer.update({ gradient, weights, learningRate, iteration, slots });
            });
            const target = { supports: (op: string, attrs: never) => backend.supports(op, attrs), fused };
            const executable = backend.load(compile(c.name, target, trace).program, {});
            file!.p0.forEach((p, k) => {
              executable.memory("weights").write(offsets[k], Float32Array.from(flat(p)));
            });
            for (let step = 0; step < file!.grads.length; step++) {
              file!.grads[step].forEach((g, k) => {
                executable.memory("gradients").write(offsets[k], Float32Array.from(flat(g)));
              });
              executable.memory("feed").write(learningRate.place!.offset, Float32Array.of(c.config.learning_rate));
              executable.memory("feed").write(iteration.place!.offset, Float32Array.of(step + 1));
              await executable.run({ firstStep: step, times: 1, seed: 0 });
              c.params_after_each_step[step].forEach((p, k) => {
                const expected = flat(p);
                const seen = executable.memory("weights").read(offsets[k], sizes[k], "f32");
                // f32 updates of size 0.01 to 0.1 on numbers of size 1, printed with 9 digits
                for (let i = 0; i < expected.length; i++)
                  expect(Math.abs(seen[i] - expected[i]), `step ${step} parameter ${k}[${i}]`).toBeLessThan(2e-6);
              });
            }
            executable.free();
          },
        );
      }
    });
  }
}

test("the golden optimizer cases are here or their absence was said", () => {
  expect(file === null || Object.keys(made).every((name) => file.cases.some((c) => c.name === name))).toBe(true);
});
