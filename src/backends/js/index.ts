import { BackendError, problem } from "../../errors.ts";
import { type Instruction, type Program, type Region, regions, type Slot } from "../../program/program.ts";
import type { Numbers } from "../../tensor/nd-array.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Backend, Executable, Memory } from "../backend.ts";
import { OutOfMemory } from "../room.ts";
import { elementwiseKernels } from "./elementwise.ts";
import type { Bind, Floats, Kernel, Run } from "./kernel.ts";
import { lstmKernels } from "./lstm.ts";
import { optimizerKernels } from "./optimizers.ts";
import { productKernels } from "./products.ts";
import { randomKernels } from "./random.ts";
import { scan } from "./scan.ts";
import { shapingKernels } from "./shaping.ts";
import { softmaxKernels } from "./softmax.ts";

const kernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...shapingKernels,
  ...productKernels,
  ...softmaxKernels,
  ...randomKernels,
  ...lstmKernels,
  ...optimizerKernels,
  scan,
};

/**
 * Plain TypeScript: slow, obviously right, everywhere. In f64 it is the reference for gradients.
 * `check` stops at the first instruction that makes a number that is not finite and names it (CELLSTATE_CHECK=1).
 */
export function jsBackend(options: { precision?: "f32" | "f64"; check?: boolean } = {}): Backend {
  const precision = options.precision ?? "f32";
  return {
    name: "js",
    description: `plain TypeScript, ${precision}, one thread`,
    precision,
    blocks: true,
    supports: (op, attrs) => op in kernels && !attrs.rounding && !(attrs.precision && op in lstmKernels),
    allocate: (words) => new JsMemory(words, precision),
    load: (program, memories) => new JsExecutable(program, memories, precision, options.check === true),
  };
}

class JsMemory implements Memory {
  readonly words: number;
  readonly floats: Floats;
  readonly ints: Int32Array;

  constructor(words: number, precision: "f32" | "f64") {
    this.words = words;
    try {
      this.floats = precision === "f64" ? new Float64Array(words) : new Float32Array(words);
    } catch {
      throw new OutOfMemory("js backend", `${words} numbers`);
    }
    this.ints = new Int32Array(this.floats.buffer);
  }

  /** An i32 slot at word `offset` begins at the same byte as a float would. */
  intView(offset: number, count: number): Int32Array {
    const perWord = this.floats.BYTES_PER_ELEMENT / 4;
    return this.ints.subarray(offset * perWord, offset * perWord + count);
  }

  write(offset: number, values: Numbers): void {
    if (values instanceof Int32Array) this.intView(offset, values.length).set(values);
    else this.floats.set(values, offset);
  }

  read(offset: number, count: number, dtype: "f32" | "i32"): Numbers {
    return dtype === "i32" ? this.intView(offset, count).slice() : this.floats.slice(offset, offset + count);
  }

  free(): void {}
}

class JsExecutable implements Executable {
  readonly #program: Program;
  readonly #memories: Record<Region, JsMemory>;
  readonly #turn: JsMemory; // the feed of the step that runs
  readonly #runs: Run[];

  constructor(program: Program, given: Partial<Record<Region, Memory>>, precision: "f32" | "f64", check: boolean) {
    this.#program = program;
    const own = (region: Region) => given[region] ?? new JsMemory(program.sizes[region], precision);
    this.#memories = Object.fromEntries(regions.map((r) => [r, own(r)])) as Record<Region, JsMemory>;
    this.#turn = new JsMemory(program.sizes.feed, precision);
    const place = (slot: Slot | null) => {
      if (!slot) throw new Error("an absent argument was read");
      return slot.region === "feed" ? this.#turn : this.#memories[slot.region];
    };
    const bind: Bind = {
      f: (slot) => place(slot).floats.subarray(slot!.offset, slot!.offset + sizeOf(slot!.shape)),
      i: (slot) => place(slot).intView(slot!.offset, sizeOf(slot!.shape)),
      work: (size) => (precision === "f64" ? new Float64Array(size) : new Float32Array(size)),
      list: (instructions) => {
        const runs = instructions.map(prepare);
        return (step, seed) => {
          for (const run of runs) run(step, seed);
        };
      },
    };
    const prepare = (it: Instruction): Run => {
      const kernel = kernels[it.op];
      if (!kernel)
        throw new BackendError(
          problem("js backend", `one of the ops ${Object.keys(kernels).join(", ")}`, `"${it.op}" from ${it.from}`),
        );
      const run = kernel(it, bind);
      return check ? checked(it, run, bind) : run;
    };
    this.#runs = program.instructions.map(prepare);
  }

  run({ firstStep, times, seed }: { firstStep: number; times: number; seed: number }): Promise<void> {
    const words = this.#program.sizes.feed;
    const feed = this.#memories.feed.floats;
    try {
      for (let k = 0; k < times; k++) {
        if (words > 0) this.#turn.floats.set(feed.subarray(k * words, (k + 1) * words));
        for (const run of this.#runs) run(firstStep + k, seed);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    return Promise.resolve();
  }

  memory(region: Region): Memory {
    return this.#memories[region];
  }

  free(): void {}
}

/** Runs one instruction and looks at every float it wrote. */
function checked(it: Instruction, run: Run, bind: Bind): Run {
  const outputs = it.outputs.filter((s) => s !== null && s.dtype === "f32").map((s) => bind.f(s));
  return (step, seed) => {
    run(step, seed);
    for (const y of outputs) {
      const bad = (y as Float32Array).findIndex((v) => !Number.isFinite(v));
      if (bad >= 0) {
        throw new BackendError(
          problem(
            `step ${step}, ${it.from || "program"}, instruction ${it.op}${it.attrs.fn ? ` ${it.attrs.fn}` : ""}`,
            "finite numbers",
            `${y[bad]} at element ${bad}`,
            "A smaller learning rate, clipnorm: 1, or scaled inputs usually help. Check the data for NaN.",
          ),
        );
      }
    }
  };
}
