import type { Instruction, Slot } from "../../program/program.ts";

export type Floats = Float32Array | Float64Array;

/** One instruction made ready to run: reads and writes the views it closed over. */
export type Run = (step: number, seed: number) => void;

/** Access to a kernel's arguments. A null slot must not be read. */
export interface Bind {
  f(slot: Slot | null): Floats;
  i(slot: Slot | null): Int32Array;
  /** Working memory of the executable's own, allocated once. */
  work(size: number): Floats;
  /** Nested instructions (a scan's body) as one Run. */
  list(instructions: readonly Instruction[]): Run;
}

export type Kernel = (it: Instruction, bind: Bind) => Run;
