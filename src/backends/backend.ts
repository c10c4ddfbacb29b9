import type { Attributes, Program, Region } from "../program/program.ts";
import type { Numbers } from "../tensor/nd-array.ts";

/** The backends there are: plain JavaScript, WebAssembly, native kernels. */
export type BackendName = "js" | "wasm" | "native";

/**
 * A backend runs programs; it knows nothing of layers, models or gradients. Memory is whole regions: the model allocates one
 * per region that programs share (weights, optimizer, ...) and binds them when it loads a program. A backend is not a tensor
 * library: it has no user-visible tensors and nothing to dispose of but memories and executables, which the model owns.
 */
export interface Backend {
  /** The backend's name. */
  readonly name: BackendName;
  /** One line for people: instruction set, threads. */
  readonly description: string;
  /** Of its floating-point numbers; f64 is for tests. */
  readonly precision: "f32" | "f64";
  /** Order in which products of bfloat16 are added, of which their bits depend. Absent: as floats. */
  readonly bf16?: "floats" | "tiles";
  /** Whether large runs hold up the event loop: they happen in the calling thread. */
  readonly blocks?: boolean;
  /** Whether this backend has a kernel for the op; without one the graph lowers the op to its reference. */
  supports(op: string, attrs: Attributes): boolean;
  /** Zeroed memory of `words` numbers. Throws BackendError when it cannot be had. */
  allocate(words: number): Memory;
  /** Lets unreferenced memory be freed, if there is much of it; `now`: in any case. Absent where the collector does it. */
  makeRoom?(now: boolean): Promise<void>;
  /** Prepares a program over the given memories. Regions not given (scratch, gradients) are allocated and owned by the executable. */
  load(program: Program, memories: Partial<Record<Region, Memory>>): Executable;
}

export interface Memory {
  readonly words: number;
  /** Copies `values` to `offset` (in words). An Int32Array is stored as i32, anything else as numbers of the backend's precision. */
  write(offset: number, values: Numbers): void;
  /** Copies `count` numbers from `offset`. */
  read(offset: number, count: number, dtype: "f32" | "i32"): Numbers;
  /** Swaps the numbers with another memory of this size, without copying; absent where programs know their addresses. */
  exchange?(other: Memory): void;
  /** Adds the numbers of another memory of this size. */
  add?(other: Memory): void;
  free(): void;
}

export interface Executable {
  /**
   * Runs `times` consecutive steps. Step k has the number `firstStep + k` (dropout draws depend on it, and on `seed`) and reads
   * the feed region at `k * program.sizes.feed`. Resolves when done; on the js backend the work happens before it returns.
   */
  run(options: { firstStep: number; times: number; seed: number }): Promise<void>;
  /** Memory of a region this executable owns or was given. */
  memory(region: Region): Memory;
  /** Time by op, with CELLSTATE_PROFILE=1; absent on a backend that does not measure. */
  profile?(): ProfileLine[];
  free(): void;
}

/** An instruction and what it took over all runs of its executable. */
export interface ProfileLine {
  readonly op: string;
  /** The layer or pass it belongs to. */
  readonly from: string;
  readonly runs: number;
  /** In all runs together. */
  readonly milliseconds: number;
  /** Arithmetic of one run. */
  readonly flops: number;
  /** GFLOP/s that the threads of this backend could do at most; 0: unknown. */
  readonly peak: number;
}
