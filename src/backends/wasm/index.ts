import { BackendError, counted, problem } from "../../errors.ts";
import { type Program, type Region, regions } from "../../program/program.ts";
import type { Numbers } from "../../tensor/nd-array.ts";
import type { Backend, Executable, Memory, ProfileLine } from "../backend.ts";
import { environment, sharesPadding } from "../environment.ts";
import { OutOfMemory, roomMaker } from "../room.ts";
import { encodeTape, opName, wasmSupports } from "../tape.ts";
import { type Instance, startTeam, type Team } from "./team.ts";

export interface WasmOptions {
  /** Threads, 1 to 16. CELLSTATE_THREADS, or the processors there are (half of them where they may be hyperthreads), when absent. */
  readonly threads?: number;
  /** Use all threads for every program and instruction, however small; for tests. */
  readonly exactThreads?: boolean;
  /** `false` takes the build without relaxed SIMD (no fused multiply-add) also where it exists. */
  readonly relaxed?: boolean;
  /** Whether padding shared by rows is computed once; CELLSTATE_SHARE_PADDING=0 says no. */
  readonly sharePadding?: boolean;
}

/**
 * The C++ kernels as WASM: Node, Bun, Deno and browsers, the same bits as native where relaxed SIMD exists and rounds once.
 * Several threads on Node and on cross-origin-isolated pages, one elsewhere (said in the description). Throws BackendError
 * where WASM with SIMD cannot be had.
 *
 *   const backend = await wasmBackend();
 *   backend.description;   // "C++ kernels in WASM, relaxed SIMD, 2 threads"
 */
export async function wasmBackend(options: WasmOptions = {}): Promise<Backend> {
  const { bytes, relaxed } = await kernels(options.relaxed !== false);
  const memory = sharedMemory();
  let instance: Instance;
  try {
    const made = await WebAssembly.instantiate(bytes, { env: { memory, now: () => performance.now() } });
    instance = made.instance as unknown as Instance;
  } catch (error) {
    const next = "Use a browser or runtime of 2022 or later, or the js backend.";
    throw new BackendError(problem("wasm backend", "WebAssembly with SIMD and shared memory", String(error), next));
  }
  const wanted = await threadCount(options.threads);
  const team = wanted > 1 ? await startTeam(bytes, memory, instance, wanted) : null;
  const threads = team?.threads ?? 1;
  const engine: Engine = {
    instance,
    memory,
    team,
    threads: options.exactThreads ? -threads : threads,
    exact: options.exactThreads === true,
    sharePadding: options.sharePadding ?? sharesPadding(),
    profile: environment("CELLSTATE_PROFILE") === "1",
    queue: { last: Promise.resolve() },
    held: { bytes: 0 },
  };
  const alone = wanted > 1 && !team ? " (no shared memory between threads here)" : "";
  return {
    name: "wasm",
    description: `C++ kernels in WASM, ${relaxed ? "relaxed SIMD" : "SIMD"}, ${counted(threads, "thread")}${alone}`,
    precision: "f32",
    blocks: team === null,
    supports: wasmSupports,
    allocate: (words) => new WasmMemory(engine, words),
    makeRoom: roomMaker(() => engine.held.bytes, true),
    load: (program, memories) => new WasmProgram(engine, program, memories),
  };
}

interface Engine {
  readonly instance: Instance;
  readonly memory: WebAssembly.Memory;
  readonly team: Team | null;
  readonly threads: number;
  readonly exact: boolean;
  readonly sharePadding: boolean;
  readonly profile: boolean;
  /** One run at a time. */
  readonly queue: { last: Promise<unknown> };
  /** By memories that have not been given back. */
  readonly held: { bytes: number };
}

/** Below this many operations a run takes well under a millisecond, and the way to a worker and back would cost as much. */
const worthATeam = 2e6;

/** Each is a worker of its own, with a copy of the compiled kernels. */
const mostThreads = 16;

async function threadCount(asked: number | undefined): Promise<number> {
  const variable = environment("CELLSTATE_THREADS");
  const n = Math.floor(asked ?? (variable === undefined ? 0 : Number(variable)));
  if (n >= 1) return Math.min(mostThreads, n);
  const processors = globalThis.navigator?.hardwareConcurrency ?? (await import("node:os")).availableParallelism();
  return Math.max(1, Math.min(mostThreads, processors <= 4 ? processors : Math.floor(processors / 2)));
}

/** The build this engine can compile. Node 20 has relaxed SIMD behind a flag that must be set before the first compilation. */
async function kernels(wantRelaxed: boolean): Promise<{ bytes: Uint8Array<ArrayBuffer>; relaxed: boolean }> {
  if (wantRelaxed) {
    if (!WebAssembly.validate(relaxedProbe) && typeof process !== "undefined" && process.versions?.v8) {
      const v8 = await import("node:v8");
      v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
    }
    if (fuses()) return { bytes: await unpack(() => import("./kernels-relaxed.ts")), relaxed: true };
  }
  return { bytes: await unpack(() => import("./kernels-simd.ts")), relaxed: false };
}

/** Whether f32x4.relaxed_madd rounds once, as native kernels do. An engine may as well round twice (Bun 1.4 does): other bits. */
function fuses(): boolean {
  if (!WebAssembly.validate(relaxedProbe)) return false;
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(relaxedProbe));
    const a = 1 + 2 ** -12;
    return (exports.madd as (a: number, b: number, c: number) => number)(a, a, -1 - 2 ** -11) === 2 ** -24;
  } catch {
    return false; // a page that forbids WASM: said when the kernels are loaded
  }
}

/** A module whose one function, `madd` of three numbers, is f32x4.relaxed_madd. */
const relaxedProbe = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 8, 1, 0x60, 3, 0x7d, 0x7d, 0x7d, 1, 0x7d, 3, 2, 1, 0],
  ...[7, 8, 1, 4, 0x6d, 0x61, 0x64, 0x64, 0, 0, 10, 22, 1, 20, 0],
  ...[0x20, 0, 0xfd, 0x13, 0x20, 1, 0xfd, 0x13, 0x20, 2, 0xfd, 0x13, 0xfd, 0x85, 2, 0xfd, 0x1f, 0, 0x0b],
);

async function unpack(load: () => Promise<{ packed: string }>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const packed = Uint8Array.from(atob((await load()).packed), (c) => c.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await bytesOf(unpacked.getReader());
  } catch (error) {
    const next = "Install the package again, or use the js backend.";
    throw new BackendError(
      problem("wasm backend", "its kernels, a module beside it", `none that loads: ${error}`, next),
    );
  }
}

/** As `new Response(stream).arrayBuffer()`, which on Node would load an HTTP client, with a WASM module of its own. */
async function bytesOf(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for (let part = await reader.read(); part.value; part = await reader.read()) parts.push(part.value);
  const bytes = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function sharedMemory(): WebAssembly.Memory {
  for (const maximum of [65536, 32768, 16384]) {
    try {
      return new WebAssembly.Memory({ initial: 32, maximum, shared: true });
    } catch {}
  }
  throw new BackendError(
    problem("wasm backend", "WebAssembly memory", "none", "Close other pages, or use the js backend."),
  );
}

/** The collector does not see the kernels' memory: that of a dropped model is freed here. */
const forgotten = new FinalizationRegistry<() => void>((giveBack) => giveBack());

/** A stretch of the kernels' memory, given back when its owner and every executable that has it let go of it. */
interface Stretch {
  readonly handle: number;
  readonly bytes: number;
  users: number;
}

/**
 * Makes the function that frees an object's memory and unloads its program; outside the class, so that no `this` keeps the
 * object alive.
 */
function parting({ instance: { exports }, held }: Engine, stretches: readonly Stretch[], program?: number): () => void {
  return () => {
    if (program !== undefined) exports.unload(program);
    for (const stretch of stretches) {
      if (--stretch.users > 0) continue;
      exports.drop(stretch.handle);
      held.bytes -= stretch.bytes;
    }
  };
}

class WasmMemory implements Memory {
  readonly words: number;
  readonly stretch: Stretch;
  readonly #engine: Engine;
  readonly #data: number; // byte offset
  #freed = false;

  constructor(engine: Engine, words: number) {
    this.words = words;
    this.#engine = engine;
    const handle = engine.instance.exports.allocate(words) >>> 0;
    if (handle === 0) {
      throw new OutOfMemory("wasm backend", `${words} numbers`);
    }
    const stretch: Stretch = { handle, bytes: 4 * words, users: 1 };
    engine.held.bytes += stretch.bytes;
    this.stretch = stretch;
    this.#data = engine.instance.exports.data(handle) >>> 0;
    forgotten.register(this, parting(engine, [stretch]), this);
  }

  write(offset: number, values: Numbers): void {
    this.#check("write", offset, values.length);
    const at = this.#data + 4 * offset;
    const { buffer } = this.#engine.memory;
    if (values instanceof Int32Array) new Int32Array(buffer, at, values.length).set(values);
    else new Float32Array(buffer, at, values.length).set(values);
    this.#engine.instance.exports.written(this.stretch.handle);
  }

  read(offset: number, count: number, dtype: "f32" | "i32"): Numbers {
    this.#check("read", offset, count);
    const at = this.#data + 4 * offset;
    const { buffer } = this.#engine.memory;
    // copied, not sliced: a slice of shared memory would be shared as well
    return dtype === "i32"
      ? new Int32Array(new Int32Array(buffer, at, count))
      : new Float32Array(new Float32Array(buffer, at, count));
  }

  #check(what: string, offset: number, count: number): void {
    if (this.#freed) throw new BackendError(`wasm backend: ${what}: the memory was freed.`);
    if (!(offset >= 0 && offset + count <= this.words)) {
      const seen = `numbers ${offset} to ${offset + count}`;
      throw new BackendError(problem(`wasm backend: ${what}`, `numbers within the memory's ${this.words}`, seen));
    }
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    forgotten.unregister(this);
    parting(this.#engine, [this.stretch])();
  }
}

class WasmProgram implements Executable {
  readonly #engine: Engine;
  readonly #program: Program;
  readonly #handle: number;
  readonly #memories: Record<Region, WasmMemory>;
  readonly #own: WasmMemory[] = [];
  readonly #flops: number;
  readonly #giveBack: () => void;
  #freed = false;

  constructor(engine: Engine, program: Program, given: Partial<Record<Region, Memory>>) {
    this.#engine = engine;
    this.#program = program;
    const memoryOf = (region: Region): WasmMemory => {
      const found = given[region];
      if (found instanceof WasmMemory) return found;
      if (found) throw new BackendError(problem("wasm backend", `its own memory for ${region}`, "another backend's"));
      const made = new WasmMemory(engine, program.sizes[region]);
      this.#own.push(made);
      return made;
    };
    try {
      this.#memories = Object.fromEntries(regions.map((r) => [r, memoryOf(r)])) as Record<Region, WasmMemory>;
      this.#handle = this.#load(program);
    } catch (error) {
      for (const memory of this.#own) memory.free();
      throw error;
    }
    this.#flops = engine.instance.exports.flops(this.#handle);
    const stretches = regions.map((r) => this.#memories[r].stretch);
    for (const stretch of stretches) stretch.users++;
    this.#giveBack = parting(engine, stretches, this.#handle);
    forgotten.register(this, this.#giveBack, this);
  }

  #load(program: Program): number {
    const { instance, memory, threads, sharePadding, profile } = this.#engine;
    const k = instance.exports;
    const tape = encodeTape(program);
    const errorBytes = 160;
    const room = k.room(4 * tape.length + 4 * regions.length + errorBytes) >>> 0;
    if (room === 0) throw new OutOfMemory("wasm backend", program.name);
    const list = room + 4 * tape.length;
    const error = list + 4 * regions.length;
    new Int32Array(memory.buffer, room, tape.length).set(tape);
    new Uint32Array(memory.buffer, list, regions.length).set(regions.map((r) => this.#memories[r].stretch.handle));
    const handle =
      k.load(room, tape.length, list, threads, sharePadding ? 1 : 0, profile ? 1 : 0, error, errorBytes) >>> 0;
    const message = handle === 0 ? this.#text(error) : "";
    k.release(room);
    if (message === "not enough memory") throw new OutOfMemory("wasm backend", program.name);
    if (message) throw new BackendError(`wasm backend: load ${program.name}: ${message}.`);
    return handle;
  }

  /** Large runs go to the workers; small ones, and all without workers, happen here. */
  run({ firstStep, times, seed }: { firstStep: number; times: number; seed: number }): Promise<void> {
    const act = async () => {
      if (this.#freed) throw new BackendError(`wasm backend: run ${this.#program.name}: the executable was freed.`);
      const { team, exact } = this.#engine;
      const numbers = [this.#handle, firstStep >>> 0, times >>> 0, seed >>> 0] as const;
      const away = team && (exact || this.#flops * times > worthATeam);
      const error = (away ? await team.run(...numbers).catch(this.#lost) : this.#runHere(numbers)) >>> 0;
      if (error) throw new BackendError(`wasm backend: run ${this.#program.name}: ${this.#text(error)}.`);
    };
    const done = this.#engine.queue.last.then(act);
    this.#engine.queue.last = done.catch(() => {});
    return done;
  }

  #runHere(numbers: readonly number[]): number {
    const { instance, team } = this.#engine;
    try {
      return instance.exports.run(...numbers, team?.leadable ? 0 : 1);
    } catch (error) {
      throw new BackendError(`wasm backend: run ${this.#program.name}: ${error}.`);
    }
  }

  #lost = (cause: Error): never => {
    throw new BackendError(`wasm backend: run ${this.#program.name}: a worker is lost: ${cause.message}.`);
  };

  #text(at: number): string {
    const bytes = new Uint8Array(this.#engine.memory.buffer, at, 160);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(new Uint8Array(bytes.subarray(0, end < 0 ? 160 : end)));
  }

  memory(region: Region): Memory {
    return this.#memories[region];
  }

  /** Time of each instruction over all runs, with CELLSTATE_PROFILE=1. */
  profile(): ProfileLine[] {
    const k = this.#engine.instance.exports;
    const room = k.room(32) >>> 0;
    const lines = this.#program.instructions.map((it, i) => {
      k.profile(this.#handle, i, room);
      const [op, milliseconds, flops, runs] = new Float64Array(this.#engine.memory.buffer, room, 4);
      return { op: opName(op), from: it.from, milliseconds, flops, runs, peak: 0 };
    });
    k.release(room);
    return lines;
  }

  free(): void {
    if (this.#freed) return;
    this.#freed = true;
    forgotten.unregister(this);
    // after a run that may still be in progress
    void this.#engine.queue.last.then(() => {
      this.#giveBack();
      for (const memory of this.#own) memory.free();
    });
  }
}
