import { describe, expect, test } from "vitest";
import { compile } from "../../src/graph/compile.ts";
import { asNdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { alignWords, inTrace, Trace } from "../../src/tensor/tensor.ts";
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  ftrl,
  lamb,
  lion,
  nadam,
  rmsprop,
  sgd,
} from "../../src/train/optimizers/index.ts";
import type { Optimizer, OptimizerOptions } from "../../src/train/optimizers/optimizer.ts";
import { recordUpdate } from "../../src/train/optimizers/update.ts";
import { initialSlots, optimizerVariables } from "../../src/train/optimizers/variables.ts";
import { presentBackends } from "../backends.ts";
import { golden } from "./golden.ts";

type Pair = [NestedNumbers, NestedNumbers];
interface Case {
  name: string;
  config: Record<string, number | boolean | string | null>;
  variable_names: string[];
  params_after_each_step: Pair[];
  state_after: NestedNumbers[];
}
const files = golden<{ p0: Pair; grads: Pair[]; cases: Case[] }>("optimizers.json");

const factories: [prefix: string, make: (options: OptimizerOptions) => Optimizer][] = [
  ["sgd", sgd],
  ["rmsprop", rmsprop],
  ["adamw", adamw],
  ["adamax", adamax],
  ["adam", adam],
  ["nadam", nadam],
  ["adagrad", adagrad],
  ["adadelta", adadelta],
  ["adafactor", adafactor],
  ["ftrl", ftrl],
  ["lion", lion],
  ["lamb", lamb],
];

/** The optimizer of a case, from Keras's config: every key in camelCase is an option of ours. */
function made(c: Case): Optimizer {
  const options = Object.entries(c.config)
    .filter(([key]) => key !== "name" && key !== "loss_scale_factor")
    .map(([key, value]) => [key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()), value]);
  return factories.find(([prefix]) => c.name.startsWith(prefix))![1](Object.fromEntries(options));
}

const flat = (v: NestedNumbers) => asNdArray(v as number[]).data;
const backends = await presentBackends();

for (const { where, file, backend } of files.flatMap((f) => backends.map((backend) => ({ ...f, backend })))) {
  const shapes = file.p0.map((p) => asNdArray(p as number[]).shape);
  const sizes = shapes.map(sizeOf);
  const offsets = [0, alignWords(sizes[0])];
  const words = offsets[1] + alignWords(sizes[1]);
  for (const fused of [true, false]) {
    describe(`Keras's ${where}optimizers on ${backend.name}${fused ? "" : ", by reference"}`, () => {
      for (const c of file.cases) {
        test(`${c.name}: weights after every step, state and its order after the last`, async () => {
          const optimizer = made(c);
          const trace = new Trace();
          const leaf = (region: "weights" | "gradients" | "optimizer" | "feed", size: number, name: string) =>
            trace.leaf(region, [size], { name });
          const learningRate = leaf("feed", 1, "rate");
          const iteration = leaf("feed", 1, "iteration");
          const gradient = leaf("gradients", words, "gradient");
          const weights = leaf("weights", words, "weights");
          const slots = optimizer.slots.map((name) => leaf("optimizer", words, `slot ${name}`));
          const segments = shapes.map((shape, k) => ({ offset: offsets[k], shape, name: ["kernel", "bias"][k] }));
          inTrace(trace, () => {
            recordUpdate(optimizer, { gradient, weights, learningRate, iteration, slots, segments });
          });
          const target = { supports: (op: string, attrs: never) => backend.supports(op, attrs), fused };
          const executable = backend.load(compile(c.name, target, trace).program, {});
          const memory = (region: "weights" | "gradients" | "optimizer" | "feed") => executable.memory(region);
          file.p0.forEach((p, k) => {
            memory("weights").write(offsets[k], Float32Array.from(flat(p)));
          });
          const initial = initialSlots(optimizer, words);
          if (initial) memory("optimizer").write(0, initial);
          const rate = c.config.learning_rate as number;
          for (let step = 0; step < file.grads.length; step++) {
            file.grads[step].forEach((g, k) => {
              memory("gradients").write(offsets[k], Float32Array.from(flat(g)));
            });
            memory("feed").write(learningRate.location!.offset, Float32Array.of(rate));
            memory("feed").write(iteration.location!.offset, Float32Array.of(step + 1));
            await executable.run({ firstStep: step, times: 1, seed: 0 });
            c.params_after_each_step[step].forEach((p, k) => {
              // f32 updates of size 0.1 on numbers of size 1; 1 - 0.999^t, of size 0.003, has five digits left in Keras's f32
              compare(
                memory("weights").read(offsets[k], sizes[k], "f32"),
                flat(p),
                4e-6,
                `step ${step} parameter ${k}`,
              );
            });
          }
          const variables = optimizerVariables(optimizer, shapes);
          expect(variables.map((v) => keras[v.name] ?? v.name)).toEqual(c.variable_names.slice(2).map(slotName));
          expect(variables.length).toBe(c.state_after.length - 2);
          for (const [k, v] of variables.entries()) {
            const expected = asNdArray(c.state_after[k + 2] as number[]);
            expect(v.shape, v.name).toEqual(expected.shape);
            const at = v.slot * words + offsets[v.parameter ?? 0];
            // f32 sums of a few products; ftrl's are of size 10
            compare(memory("optimizer").read(at, sizeOf(v.shape), "f32"), expected.data, 3e-6, v.name);
          }
          executable.free();
        });
      }
    });
  }
}

/** `adam_1/variable_12_momentum` → `momentum`; Keras leaves some without a name of their own. */
const slotName = (path: string) => path.match(/variable_\d+_(\w+)$/)?.[1] ?? "";
const keras: Record<string, string> = { row: "", column: "", u_product: "" };

/** Differences as a fraction of the largest number, beyond the last of the 9 decimals that are printed. */
function compare(seen: ArrayLike<number>, expected: ArrayLike<number>, limit: number, what: string): void {
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(seen[i] - expected[i]), `${what}[${i}]: ${seen[i]} for ${expected[i]}`).toBeLessThan(
      limit * scale + 1e-9,
    );
}

test("all 22 golden optimizer cases are here", () => {
  for (const { file } of files) expect(file.cases.length).toBe(22);
});
