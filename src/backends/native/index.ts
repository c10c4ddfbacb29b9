import { BackendError, counted, problem } from "../../errors.ts";
import { type Program, type Region, regions } from "../../program/program.ts";
import type { Numbers } from "../../tensor/nd-array.ts";
import type { Backend, Executable, Memory, ProfileLine } from "../backend.ts";
import { environment, sharesPadding } from "../environment.ts";
import { OutOfMemory, roomMaker } from "../room.ts";
import { encodeTape, opName, tapeSupports } from "../tape.ts";
import { type Addon, openAddon } from "./addon.ts";
import { chained } from "./chains.ts";

export { openAddon };

export interface NativeOptions {
  /** Path of the addon; CELLSTATE_ADDON, or the one built here, or the package's for this system, when absent. */
  readonly file?: string;
  /** Threads, 1 to 64. CELLSTATE_THREADS, or the physical cores this process may use, when absent. */
  readonly threads?: number;
  /** Use all threads for every instruction, however small; for tests. */
  readonly exactThreads?: boolean;
  /** `avx512`, `avx2`, `generic`, `neon`: narrower than the processor's widest, for tests. CELLSTATE_ISA when absent. */
  readonly isa?: string;
  /** Whether padding shared by rows is computed once; CELLSTATE_SHARE_PADDING=0 says no. */
  readonly sharePadding?: boolean;
  /** Order of sums of bfloat16: `tiles` by AMX, where it can be had. CELLSTATE_BF16 when absent, else what is faster here. */
  readonly bf16?: "floats" | "tiles";
  /** Whether formulas of large tensors go through memory once; false for tests, which compare the bits. */
  readonly chains?: boolean;
}

/**
 * The C++ kernels as a Node addon, or why they cannot be had here. Never throws: on a system that none is
 * built for, or in a browser, the answer is a reason, and the caller takes the WASM kernels.
 *
 *   const found = await loadNative();
 *   const backend = "backend" in found ? found.backend : await wasmBackend();
 */
export async function loadNative(options: NativeOptions = {}): Promise<{ backend: Backend } | { reason: string }> {
  try {
    return { backend: await nativeBackend(options) };
  } catch (error) {
    if (error instanceof BackendError) return { reason: error.message };
    throw error;
  }
}

/** The same, for when it was requested by name: throws BackendError with the cause and the next step. */
export async function nativeBackend(options: NativeOptions = {}): Promise<Backend> {
  const { addon, file } = await openAddon(options.file);
  const { instructionSets, cores, tiles, refusal } = addon.info();
  const isa = options.isa ?? environment("CELLSTATE_ISA") ?? instructionSets[0];
  if (!instructionSets.includes(isa)) {
    const next = "Unset CELLSTATE_ISA to use the widest.";
    throw new BackendError(
      problem("native backend", `one of the instruction sets ${instructionSets.join(", ")}`, `"${isa}"`, next),
    );
  }
  const bf16 = options.bf16 ?? environment("CELLSTATE_BF16") ?? "tiles";
  if (bf16 !== "floats" && bf16 !== "tiles") {
    const next = "Unset CELLSTATE_BF16 for the faster one.";
    throw new BackendError(problem("native backend: CELLSTATE_BF16", '"floats" or "tiles"', `"${bf16}"`, next));
  }
  const byTiles = bf16 === "tiles" && isa === "avx512" && tiles;
  const threads = threadCount(options.threads, await shareOf(cores));
  const settings = {
    isa,
    threads: options.exactThreads ? -threads : threads,
    sharePadding: options.sharePadding ?? sharesPadding(),
    profile: environment("CELLSTATE_PROFILE") === "1",
    tiles: byTiles,
    chains: options.chains !== false,
  };
  return {
    name: "native",
    description: `C++ kernels, ${isa}, ${byTiles ? "tiles for bfloat16, " : ""}${counted(threads, "thread")} (${file}${refusal ? `; ${refusal}` : ""})`,
    precision: "f32",
    bf16: byTiles ? "tiles" : "floats",
    supports: tapeSupports,
    allocate: (words) => new NativeMemory(addon, words),
    makeRoom: roomMaker(() => addon.held(), false),
    load: (program, memories) => new NativeProgram(addon, program, memories, settings),
  };
}

/** Ranks that mpirun started on one machine share its cores, unless each was bound to some of its own. */
async function shareOf(cores: number): Promise<number> {
  const local = Number(environment("OMPI_COMM_WORLD_LOCAL_SIZE") ?? environment("MPI_LOCALNRANKS") ?? 1);
  if (!(local > 1)) return cores;
  const { availableParallelism, cpus } = await import("node:os");
  const bound = availableParallelism() < cpus().length;
  return bound ? cores : Math.max(1, Math.floor(cores / local));
}

/** Threads requested, at least 1 and at most 64; the physical cores for nothing, 0 or an invalid value. */
export function threadCount(asked: number | undefined, cores: number): number {
  const variable = environment("CELLSTATE_THREADS");
  const n = Math.floor(asked ?? (variable === undefined ? 0 : Number(variable)));
  return n >= 1 ? Math.min(64, n) : Math.max(1, Math.min(64, cores));
}

class NativeMemory implements Memory {
  readonly words: number;
  readonly handle: object;
  readonly #addon: Addon;

  constructor(addon: Addon, words: number) {
    this.words = words;
    this.#addon = addon;
    try {
      this.handle = addon.allocate(words);
    } catch {
      throw new OutOfMemory("native backend", `${words} numbers`);
    }
  }

  write(offset: number, values: Numbers): void {
    const words = values instanceof Float64Array ? Float32Array.from(values) : values;
    guarded("write", () => this.#addon.write(this.handle, offset, words));
  }

  read(offset: number, count: number, dtype: "f32" | "i32"): Numbers {
    if (!(count <= this.words)) {
      throw new BackendError(problem("native backend: read", `at most ${this.words} numbers`, `${count}`));
    }
    const into = dtype === "i32" ? new Int32Array(count) : new Float32Array(count);
    guarded("read", () => this.#addon.read(this.handle, offset, into));
    return into;
  }

  exchange(other: NativeMemory): void {
    guarded("exchange", () => this.#addon.exchange(this.handle, other.handle));
  }

  add(other: NativeMemory): void {
    guarded("add", () => this.#addon.add(this.handle, other.handle));
  }

  free(): void {
    this.#addon.free(this.handle);
  }
}

class NativeProgram implements Executable {
  readonly #addon: Addon;
  readonly #program: Program;
  readonly #handle: object;
  readonly #memories: Record<Region, NativeMemory>;
  readonly #own: NativeMemory[] = [];
  readonly #threads: number;
  #last: Promise<void> = Promise.resolve();

  constructor(
    addon: Addon,
    program: Program,
    given: Partial<Record<Region, Memory>>,
    settings: {
      isa: string;
      threads: number;
      sharePadding: boolean;
      profile: boolean;
      tiles: boolean;
      chains: boolean;
    },
  ) {
    this.#addon = addon;
    this.#program = settings.chains && !given.scratch ? chained(program) : program; // scratch of another program is read there too
    this.#threads = Math.abs(settings.threads);
    const tape = encodeTape(this.#program);
    const memoryOf = (region: Region): NativeMemory => {
      const found = given[region];
      if (found instanceof NativeMemory) return found;
      if (found) throw new BackendError(problem("native backend", `its own memory for ${region}`, "another backend's"));
      const made = new NativeMemory(addon, this.#program.sizes[region]);
      this.#own.push(made);
      return made;
    };
    const { isa, threads, sharePadding, profile, tiles } = settings;
    try {
      this.#memories = Object.fromEntries(regions.map((r) => [r, memoryOf(r)])) as Record<Region, NativeMemory>;
      const handles = regions.map((r) => this.#memories[r].handle);
      this.#handle = guarded(`load ${program.name}`, () =>
        addon.load(tape, handles, isa, threads, sharePadding, profile, tiles),
      );
    } catch (error) {
      for (const memory of this.#own) memory.free();
      throw error;
    }
  }

  /** Runs follow one another, also when they were requested at the same time. */
  run({ firstStep, times, seed }: { firstStep: number; times: number; seed: number }): Promise<void> {
    const begin = () =>
      guarded(`run ${this.#program.name}`, () =>
        this.#addon.run(this.#handle, firstStep >>> 0, times >>> 0, seed >>> 0),
      );
    const done = this.#last.then(begin);
    this.#last = done.catch(() => {});
    return done;
  }

  memory(region: Region): Memory {
    return this.#memories[region];
  }

  profile(): ProfileLine[] {
    return this.#addon.info(this.#handle).map((line, k) => ({
      ...line,
      peak: line.peak * this.#threads,
      op: opName(line.op),
      from: this.#program.instructions[k].from,
    }));
  }

  free(): void {
    this.#addon.free(this.#handle);
    for (const memory of this.#own) memory.free();
  }
}

/** Turns an error of the addon into a BackendError. */
function guarded<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && error.message === "not enough memory") throw new OutOfMemory("native backend", what);
    throw new BackendError(`native backend: ${what}: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
