import { createRequire } from "node:module";
import { expect, test } from "vitest";
import type { Backend } from "../../src/backends/backend.ts";
import { loadNative } from "../../src/backends/native/index.ts";
import { encodeTape } from "../../src/backends/tape.ts";
import { type Program, regions, type Slot } from "../../src/program/program.ts";
import { thorough } from "../thorough.ts";
import { cases } from "./cases.ts";
import { type Case, distinct, runFormula } from "./harness.ts";

/** The addon's functions as they are: a backend would refuse to encode what these tests write. */
interface Addon {
  allocate(words: number): object;
  load(
    tape: Int32Array,
    memories: object[],
    isa: string,
    threads: number,
    share: boolean,
    profile: boolean,
    tiles: boolean,
  ): object;
  run(executable: object, firstStep: number, times: number, seed: number): Promise<void>;
  free(handle: object): void;
}

const native = await loadNative();
const reason = "reason" in native ? native.reason : "";
if (reason) console.warn(`hostile tapes skipped: ${reason}`);
const addon = (): Addon => {
  if (!("backend" in native)) throw new Error(reason);
  return createRequire(import.meta.url)(native.backend.description.match(/\((.*)\)/)![1]);
};

/** Loads a tape and runs it if it is accepted; returns what it was refused for. */
async function attempt(tape: Int32Array, sizes: Program["sizes"], threads = 1): Promise<string> {
  const kernels = addon();
  const memories = regions.map((r) => kernels.allocate(sizes[r]));
  try {
    const executable = kernels.load(tape, memories, "", -threads, true, false, false);
    await kernels.run(executable, 0, 1, 1);
    kernels.free(executable);
    return "";
  } catch (error) {
    return (error as Error).message;
  } finally {
    for (const m of memories) kernels.free(m);
  }
}

/** The program of a case as the native backend gets it, gradients included. */
async function programOf(c: Case): Promise<Program> {
  if (!("backend" in native)) throw new Error(reason);
  const programs: Program[] = [];
  const spy: Backend = {
    ...native.backend,
    load: (program, memories) => {
      programs.push(program);
      return native.backend.load(program, memories);
    },
  };
  const { outputs } = await runFormula(spy, c);
  const seeds = outputs.map((o, k) => (o.dtype === "f32" && o.size > 0 ? distinct(o.shape, 3 + k) : null));
  if (c.differentiable !== false) await runFormula(spy, c, { seeds });
  return programs[programs.length - 1];
}
const whole = (): Promise<Program> => programOf(cases.find((c) => c.name.startsWith("lstm"))!);

test.skipIf(reason)("a tape is refused, with a reason, when its header or its ends are wrong", async () => {
  const program = await whole();
  const tape = encodeTape(program);
  expect(await attempt(tape, program.sizes)).toBe("");
  const changed = (at: number, to: number) => tape.map((w, i) => (i === at ? to : w));
  expect(await attempt(new Int32Array(0), program.sizes)).toMatch(/not a tape/);
  expect(await attempt(changed(0, 7), program.sizes)).toMatch(/not a tape/);
  expect(await attempt(changed(1, 99), program.sizes)).toMatch(/not a tape/);
  expect(await attempt(changed(2, 1_000_000), program.sizes)).toMatch(/damaged/);
  expect(await attempt(changed(2, -1), program.sizes)).toMatch(/damaged/);
  expect(await attempt(changed(5, 2 ** 31 - 1), program.sizes)).toMatch(/smaller than the program/);
  expect(await attempt(tape.slice(0, -3), program.sizes)).toMatch(/damaged/);
  expect(await attempt(Int32Array.of(...tape, 0), program.sizes)).toMatch(/goes on/);
});

test.skipIf(reason)("an offset outside its region, a region and an op that do not exist are refused", async () => {
  const program = await whole();
  const tape = encodeTape(program);
  const first = 5 + regions.length; // of the first instruction; its first slot follows five words
  const slot = first + 5;
  const changed = (at: number, to: number) => tape.map((w, i) => (i === at ? to : w));
  expect(await attempt(changed(first, 1000), program.sizes)).toMatch(/op does not exist/);
  expect(await attempt(changed(slot, 7), program.sizes)).toMatch(/region does not exist/);
  for (const offset of [-1, 2 ** 30])
    expect(await attempt(changed(slot + 1, offset), program.sizes)).toMatch(/outside/);
  expect(await attempt(changed(slot + 2, -1), program.sizes)).toMatch(/outside/);
  expect(await attempt(changed(slot + 4, 9), program.sizes)).toMatch(/count is out of range/);
  expect(await attempt(changed(slot + 5, -4), program.sizes)).toMatch(/negative/);
});

test("a size that 32 bits do not hold is refused by name before there is a tape", async () => {
  const at = (shape: number[]): Slot => ({ region: "scratch", offset: 0, shape, dtype: "f32" });
  const none = { weights: 0, gradients: 0, optimizer: 0, state: 0, data: 0, feed: 0, scratch: 8 };
  const copy = (shape: number[], scratch = 8): Program => ({
    name: "predict",
    sizes: { ...none, scratch },
    bindings: {},
    instructions: [{ op: "copy", attrs: {}, from: 'repeatVector "again"', inputs: [at([1])], outputs: [at(shape)] }],
  });
  for (const n of [2 ** 31, 2 ** 32 + 3])
    expect(() => encodeTape(copy([1, n, 1]))).toThrow(
      /repeatVector "again": expected sizes below 2\^31, received \[1, /,
    );
  expect(() => encodeTape(copy([1], 2 ** 32 + 3))).toThrow(/predict: expected fewer than 2\^32 numbers/);
  expect(encodeTape(copy([1])).length).toBeGreaterThan(12);
});

test.skipIf(reason)("sizes and steps whose product is more than 64 bits hold are refused", async () => {
  const program = await whole();
  const memories = regions.map((r) => addon().allocate(program.sizes[r] + 16));
  const tape = encodeTape(program);
  const most = tape.map((w, i) => (i === 3 ? -1 : w)); // 2^32 - 1 feed words a step
  const executable = addon().load(most, memories, "", 1, true, false, false);
  await expect(addon().run(executable, 0, 2 ** 32 - 1, 1)).rejects.toThrow(/does not hold so many steps/);

  // [2^20, 2^20, 0] x [0, 2^24]: 2^64 numbers, which 64 bits take for none
  const data = (shape: number[]): Slot => ({ region: "data", offset: 0, shape, dtype: "f32" });
  const product: Program = {
    ...program,
    instructions: [
      {
        op: "matmul",
        attrs: { transposeA: false, transposeB: false },
        from: "",
        inputs: [data([2 ** 20, 2 ** 20, 0]), data([0, 2 ** 24])],
        outputs: [data([0])],
      },
    ],
  };
  expect(await attempt(encodeTape(product), program.sizes)).toMatch(/shapes of an instruction do not fit/);
});

test.skipIf(reason)(
  "whatever is written over a tape, it is refused or stays within its memories",
  async () => {
    let state = 20261121; // the seed
    const draw = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    const words = [0, 1, -1, 2, 3, 5, 17, 64, 255, 65536, 2 ** 24, 2 ** 31 - 1, -(2 ** 31)];
    const tries = thorough ? 40 : 4; // for each case
    let refused = 0;
    let accepted = 0;
    for (const c of cases) {
      const program = await programOf(c);
      const tape = encodeTape(program);
      for (let k = 0; k < tries; k++) {
        const hostile = tape.slice();
        for (let n = 1 + draw(3); n > 0; n--) {
          const at = 5 + regions.length + draw(tape.length - 5 - regions.length);
          hostile[at] = draw(2) ? words[draw(words.length)] : tape[draw(tape.length)];
        }
        if (await attempt(hostile, program.sizes, 1 + (k % 2))) refused++;
        else accepted++;
      }
    }
    expect(refused).toBeGreaterThan(20 * tries);
    expect(accepted).toBeGreaterThan(2 * tries); // the run itself is tried as well
  },
  120_000,
);
