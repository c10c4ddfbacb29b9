import type { Compiled } from "../../graph/compile.ts";
import { type Program, printProgram } from "../../program/program.ts";

/** Instructions and memory of one training step. */
export class StepReport {
  /** The instructions of the step, in order. */
  readonly program: Program;
  /** Bytes of scratch as planned, and as they would be without sharing. */
  readonly plannedBytes: number;
  /** Bytes of scratch memory without sharing. */
  readonly unplannedBytes: number;
  /** Milliseconds to trace, differentiate, plan, encode and load. */
  readonly milliseconds: number;

  constructor(compiled: Compiled, milliseconds: number, bytesPerWord: number) {
    this.program = compiled.program;
    this.plannedBytes = compiled.planned * bytesPerWord;
    this.unplannedBytes = compiled.unplanned * bytesPerWord;
    this.milliseconds = milliseconds;
  }

  /** The step as text, an instruction a line, with the memory that planning saved. */
  print(): string {
    const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
    return `${printProgram(this.program)}\nscratch ${mb(this.plannedBytes)} planned, ${mb(this.unplannedBytes)} without sharing; traced and planned in ${this.milliseconds.toFixed(1)} ms`;
  }
}
