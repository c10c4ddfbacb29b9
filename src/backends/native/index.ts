import { BackendError, counted, problem } from "../../errors.ts";
import { type Program, type Region, regions } from "../../program/program.ts";
import type { Numbers } from "../../tensor/nd-array.ts";
import type { Backend, Executable, Memory, ProfileLine } from "../backend.ts";
import { environment, sharesPadding } from "../environment.ts";
import { OutOfMemory, roomMaker } from "../room.ts";
import { encodeTape, opName, tapeSupports } from "../tape.ts";
import { chained } from "./chains.ts";

/** The addon's eight functions (kernels/node.cpp). Handles are opaque. */
interface Addon {
  allocate(words: number): object;
  write(memory: object, offset: number, values: Float32Array | Int32Array): void;
  read(memory: object, offset: number, into: Float32Array | Int32Array): void;
  load(
    tape: Int32Array,
    memories: object[],
    isa: string,
    threads: number,
    sharePadding: boolean,
    profile: boolean,
  ): object;
  run(executable: object, firstStep: number, times: number, seed: number): Promise<void>;
  free(handle: object): void;
  /** Bytes of all memories and executables. */
  held(): number;
  info(): { instructionSets: string[]; cores: number };
  info(executable: object): { op: number; milliseconds: number; flops: number; runs: number; peak: number }[];
}

export interface NativeOptions {
  /** Path of the addon; CELLSTATE_ADDON, or `build/cellstate.node` of the package, when absent. */
  readonly file?: string;
  /** Threads, 1 to 64. CELLSTATE_THREADS, or the physical cores this process may use, when absent. */
  readonly threads?: number;
  /** Use all threads for every instruction, however small; for tests. */
  readonly exactThreads?: boolean;
  /** `avx512`, `avx2`, `generic`, `neon`: narrower than the processor's widest, for tests. CELLSTATE_ISA when absent. */
  readonly isa?: string;
  /** Whether padding shared by rows is computed once; CELLSTATE_SHARE_PADDING=0 says no. */
  readonly sharePadding?: boolean;
  /** Whether formulas of large tensors go through memory once; false for tests, which compare the bits. */
  readonly chains?: boolean;
}

/**
 * The C++ kernels as a Node addon, or why they cannot be had here. Never throws: without a compiler at install time, on a
 * foreign platform or in a browser the answer is a reason, and the caller takes the WASM kernels.
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
  const { instructionSets, cores } = addon.info();
  const isa = options.isa ?? environment("CELLSTATE_ISA") ?? instructionSets[0];
  if (!instructionSets.includes(isa)) {
    const next = "Unset CELLSTATE_ISA to use the widest.";
    throw new BackendError(
      problem("native backend", `one of the instruction sets ${instructionSets.join(", ")}`, `"${isa}"`, next),
    );
  }
  const threads = threadCount(options.threads, cores);
  const settings = {
    isa,
    threads: options.exactThreads ? -threads : threads,
    sharePadding: options.sharePadding ?? sharesPadding(),
    profile: environment("CELLSTATE_PROFILE") === "1",
    chains: options.chains !== false,
  };
  return {
    name: "native",
    description: `C++ kernels, ${isa}, ${counted(threads, "thread")} (${file})`,
    precision: "f32",
    supports: tapeSupports,
    allocate: (words) => new NativeMemory(addon, words),
    makeRoom: roomMaker(() => addon.held(), false),
    load: (program, memories) => new NativeProgram(addon, program, memories, settings),
  };
}

/** Threads requested, at least 1 and at most 64; the physical cores for nothing, 0 or an invalid value. */
export function threadCount(asked: number | undefined, cores: number): number {
  const variable = environment("CELLSTATE_THREADS");
  const n = Math.floor(asked ?? (variable === undefined ? 0 : Number(variable)));
  return n >= 1 ? Math.min(64, n) : Math.max(1, Math.min(64, cores));
}

const rebuild = "Run `node scripts/build-native.mjs` (it needs a C++ compiler), or use the wasm backend.";

async function openAddon(given?: string): Promise<{ addon: Addon; file: string }> {
  const who = "native backend";
  const addonAt = "its addon, build/cellstate.node";
  if (typeof process === "undefined" || !process.versions?.node) {
    throw new BackendError(problem(who, "Node.js", "another runtime", "Use the wasm backend."));
  }
  const [{ existsSync }, { readFile }, { createRequire }, { fileURLToPath }] = await Promise.all([
    import("node:fs"),
    import("node:fs/promises"),
    import("node:module"),
    import("node:url"),
  ]);
  // src/backends/native and dist/backends/native lie equally deep
  const file =
    given ?? environment("CELLSTATE_ADDON") ?? fileURLToPath(new URL("../../../build/cellstate.node", import.meta.url));
  if (!existsSync(file)) throw new BackendError(problem(who, addonAt, `no file ${file}`, rebuild));
  if (isTruncated(await readFile(file)))
    throw new BackendError(problem(who, addonAt, `a truncated file ${file}`, rebuild));
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)(file) as Addon;
  } catch (error) {
    const cause = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new BackendError(problem(who, addonAt, `a file that does not load: ${cause}`, rebuild));
  }
  const functions = ["allocate", "write", "read", "load", "run", "free", "info", "held"] as const;
  if (functions.some((name) => typeof addon[name] !== "function")) {
    throw new BackendError(problem(who, addonAt, `${file}, which is another addon`, rebuild));
  }
  return { addon, file };
}

/** Whether an ELF file ends before its section table does: the system's loader would crash on it, not complain. */
function isTruncated(file: Uint8Array): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const elf64 = file.length >= 64 && view.getUint32(0) === 0x7f454c46 && file[4] === 2 && file[5] === 1;
  if (!elf64) return false;
  const tableAt = Number(view.getBigUint64(40, true)); // bytes
  return tableAt + view.getUint16(58, true) * view.getUint16(60, true) > file.length;
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
    settings: { isa: string; threads: number; sharePadding: boolean; profile: boolean; chains: boolean },
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
    const { isa, threads, sharePadding, profile } = settings;
    try {
      this.#memories = Object.fromEntries(regions.map((r) => [r, memoryOf(r)])) as Record<Region, NativeMemory>;
      const handles = regions.map((r) => this.#memories[r].handle);
      this.#handle = guarded(`load ${program.name}`, () =>
        addon.load(tape, handles, isa, threads, sharePadding, profile),
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
