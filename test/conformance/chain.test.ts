import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { chained } from "../../src/backends/native/chains.ts";
import { loadNative } from "../../src/backends/native/index.ts";
import { compile } from "../../src/graph/compile.ts";
import { assign } from "../../src/ops/assign.ts";
import { binary, constant, unary, where } from "../../src/ops/elementwise.ts";
import { reshape } from "../../src/ops/view.ts";
import type { BinaryFn, UnaryFn } from "../../src/program/functions.ts";
import type { Program, Slot } from "../../src/program/program.ts";
import { inTrace, type Tensor, Trace } from "../../src/tensor/tensor.ts";
import { optimizerOf } from "../../src/train/optimizers/named.ts";
import { recordUpdate } from "../../src/train/optimizers/update.ts";
import { thorough } from "../thorough.ts";

const [native, plain] = await Promise.all(
  [true, false].map((chains) => loadNative({ threads: 2, exactThreads: true, chains })),
);
if (!("backend" in native)) console.warn(`chains are not tested: ${native.reason}`);

// all that kernels have, also where they are not defined: log of a negative number is not a number either way
const unaries: readonly UnaryFn[] = [
  ...([
    "neg",
    "sqrt",
    "square",
    "abs",
    "sign",
    "reciprocal",
    "relu",
    "tanh",
    "exp",
    "log",
    "sigmoid",
    "softplus",
  ] as const),
  ...(["log1p", "expm1", "sin", "cos", "floor", "round"] as const),
];
const binaries: readonly BinaryFn[] = ["add", "sub", "mul", "div", "max", "min", "equal", "greater", "greaterEqual"];

const n = 5001; // neither whole vectors nor whole pieces
const words = 5008;
const leaves = 4;

/** A line of a formula: a function of earlier values, or an assign. Numbers choose by remainder. */
const line = fc.record({
  kind: fc.constantFrom("unary", "binary", "binary", "binary", "where", "assign", "scalar", "reshape"),
  fn: fc.nat(63),
  operands: fc.tuple(fc.nat(63), fc.nat(63), fc.nat(63)),
  target: fc.nat(63),
});
type Line = typeof line extends fc.Arbitrary<infer T> ? T : never;

/** Records the lines over leaves that lie one after the other, and one that overlaps two of them. */
function record(lines: readonly Line[]): Trace {
  const trace = new Trace();
  trace.from = "case";
  const leafAt = (offset: number) => trace.leaf("state", [n], { offset });
  const targets = [...Array.from({ length: leaves }, (_, k) => leafAt(k * words)), leafAt(words / 2)];
  const values: Tensor[] = [...targets];
  for (const { kind, fn, operands, target } of lines) {
    const [a, b, c] = operands.map((k) => values[k % values.length]);
    if (kind === "unary") values.push(unary(unaries[fn % unaries.length], a));
    else if (kind === "binary") values.push(binary(binaries[fn % binaries.length], a, b));
    else if (kind === "where") values.push(where(a, b, c));
    else if (kind === "scalar") values.push(binary("mul", constant(fn / 16, a), constant(1.5, a)));
    else if (kind === "reshape")
      values.push(a.shape.length === 0 ? a : reshape(a, a.shape.length === 1 ? [1, n] : [n]));
    else if (a.shape.length === 1 && !a.location) assign(targets[target % targets.length], a);
  }
  const last = values[values.length - 1];
  const shown = trace.leaf("state", [n], { offset: leaves * words });
  assign(shown, last.shape.length === 0 ? binary("add", last, constant(0, last, [n])) : reshape(last, [n]));
  return trace;
}

const programOf = (backend: Backend, lines: readonly Line[]): Program =>
  compile("case", { supports: backend.supports }, record(lines)).program;

async function bitsOf(backend: Backend, program: Program): Promise<Int32Array> {
  const executable = backend.load(program, {});
  const state = executable.memory("state");
  const all = (leaves + 1) * words;
  state.write(
    0,
    Float32Array.from({ length: leaves * words }, (_, i) => Math.sin(i * 1.7) * 2),
  );
  await executable.run({ firstStep: 0, times: 2, seed: 0 });
  const bits = new Int32Array(new Float32Array(state.read(0, all, "f32")).buffer);
  executable.free();
  return bits;
}

describe.skipIf(!("backend" in native))("formulas in one pass", () => {
  const [one, many] = [native, plain].map((found) => (found as { backend: Backend }).backend);

  test("give the bits of one pass after the other, whatever is read and written", async () => {
    let chains = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 2, maxLength: 40 }), async (lines) => {
        const program = programOf(one, lines);
        chains += chained(program).instructions.filter(({ op }) => op === "chain").length;
        const [a, b] = [await bitsOf(one, program), await bitsOf(many, program)];
        expect(a.findIndex((bits, i) => bits !== b[i])).toBe(-1);
      }),
      { numRuns: thorough ? 1000 : 60, seed: 7 },
    );
    expect(chains).toBeGreaterThan(15);
  }, 300_000);

  test.each(["rmsprop", "nadam", "adagrad", "lion", "adamw", "adamax", "ftrl"] as const)("%s is one pass", (name) => {
    const trace = new Trace();
    trace.from = "optimizer";
    const optimizer = optimizerOf(name);
    const [weights, gradient] = (["weights", "gradients"] as const).map((region) => trace.leaf(region, [n]));
    const slots = optimizer.slots.map(() => trace.leaf("optimizer", [n]));
    const [learningRate, iteration] = [0, 1].map(() => trace.leaf("feed", [1]));
    const segments = [{ name: "kernel", offset: 0, shape: [n] }];
    inTrace(trace, () =>
      recordUpdate(optimizer, { gradient, learningRate, iteration, weights, slots, segments } as never),
    );
    const { program } = compile("step", { supports: one.supports }, trace);
    const large = ({ outputs }: { outputs: readonly (Slot | null)[] }) => outputs.some((s) => s?.shape[0] === n);
    const passes = chained(program).instructions.filter(large);
    expect(passes.map(({ op }) => op)).toEqual(name === "adamw" ? ["chain", "adam"] : ["chain"]);
  });
});
