import { type Region, regions } from "../tensor/region.ts";
import type { DType, Shape } from "../tensor/shape.ts";

export { type Region, regions };

/**
 * The narrow waist between graph and backends: a training step (or a prediction) as a flat list of instructions over a
 * few memory regions. Plain data, so it can be printed, tested, sent to a worker, encoded for a kernel.
 */
export interface Program {
  readonly name: string;
  readonly instructions: readonly Instruction[];
  /** Words needed of each region. A word is one number of the backend's precision (4 bytes in f32, 8 in f64). */
  readonly sizes: Readonly<Record<Region, number>>;
  /** Slots that the caller writes (data, feed) and reads (state, scratch is never read), by name. */
  readonly bindings: Readonly<Record<string, Slot>>;
}

/** A tensor's location: row-major, `offset` in words from the start of its region. An i32 slot uses the first 4 bytes per element
 * of its words, seen through an Int32Array over the same memory. */
export interface Slot {
  readonly region: Region;
  readonly offset: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

export type Attribute = number | string | boolean | readonly number[] | ScanBody;
export type Attributes = Readonly<Record<string, Attribute>>;

export interface Instruction {
  readonly op: string;
  /** Optional arguments that are absent, and unused results, are null. */
  readonly inputs: readonly (Slot | null)[];
  readonly outputs: readonly (Slot | null)[];
  readonly attrs: Attributes;
  /** The layer or step it belongs to, for messages and profiles: `lstm "encoder"`, `loss`, `optimizer`. */
  readonly from: string;
}

/** The body of a `scan`, planned inside the same scratch region: slots the loop fills before and reads after each turn. */
export interface ScanBody {
  readonly instructions: readonly Instruction[];
  readonly carries: readonly Slot[]; // value on entry
  readonly nextCarries: readonly Slot[]; // value on exit
  readonly slices: readonly Slot[]; // x[:, t] of each sequence
  readonly results: readonly Slot[]; // stored at y[:, t]
}

export function isScanBody(a: Attribute | undefined): a is ScanBody {
  return typeof a === "object" && a !== null && "instructions" in a;
}

/** One line per instruction, with slots, shapes and origin; what `program.print()` of a model shows. */
export function printProgram(program: Program): string {
  const lines = [`program ${program.name}: ${program.instructions.length} instructions`];
  for (const region of regions) {
    if (program.sizes[region] > 0)
      lines.push(`  ${region.padEnd(10)} ${program.sizes[region].toLocaleString("en-US")} words`);
  }
  const show = (list: readonly Instruction[], indent: string) => {
    list.forEach((it, i) => {
      const outs = it.outputs.map(showSlot).join(", ");
      const ins = it.inputs.map(showSlot).join(", ");
      const attrs = Object.entries(it.attrs)
        .filter(([, v]) => !isScanBody(v))
        .map(([k, v]) => ` ${k}=${Array.isArray(v) ? `[${v}]` : v}`)
        .join("");
      lines.push(`${indent}${String(i).padStart(3)}  ${outs || "·"} = ${it.op}(${ins})${attrs}   # ${it.from}`);
      for (const a of Object.values(it.attrs)) if (isScanBody(a)) show(a.instructions, `${indent}      `);
    });
  };
  show(program.instructions, "");
  return lines.join("\n");
}

function showSlot(slot: Slot | null): string {
  return slot ? `${slot.region}+${slot.offset}${slot.dtype === "i32" ? ":i32" : ""}[${slot.shape.join(",")}]` : "-";
}
