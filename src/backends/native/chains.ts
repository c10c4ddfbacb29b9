import { binaryFunctions, unaryFunctions } from "../../program/functions.ts";
import { type Instruction, isScanBody, type Program, type Slot } from "../../program/program.ts";
import { sameShape, sizeOf } from "../../tensor/shape.ts";

/**
 * A program whose formulas of large tensors, number by number, go through memory once: instructions that follow one another and
 * take each place of tensors of one size by itself become one `chain` (kernels/chain.h), which goes through them piece by piece.
 * An optimizer's rule is such a formula. Each number is computed by the same operations in the same order, so no bit changes;
 * values that nothing else reads are not stored. Instructions between them that touch none of it, on scalars mostly, come before.
 */
export function chained(given: Program): Program {
  if (given.instructions.filter((it) => sizeOfStep(it) > 0).length < 2) return given;
  const program = withOwnScalars(given);
  const all = program.instructions;
  const made: Instruction[] = [];
  let group: Group | null = null;
  const close = (next: number) => {
    if (group) made.push(...group.instructions(all, next));
    group = null;
  };
  for (const [at, it] of all.entries()) {
    const size = sizeOfStep(it);
    const open: Group | null = group;
    if (open && (size > 0 ? open.suits(it, size) && open.take(it) : open.letPass(it))) continue;
    close(at);
    const fresh = size > 0 ? new Group(size, it.from) : null;
    if (fresh?.take(it)) group = fresh;
    else made.push(it);
  }
  close(all.length);
  return { ...program, instructions: made };
}

/** The program with a place of its own for each single number in scratch: the plan has them share memory with what chains read. */
function withOwnScalars(program: Program): Program {
  let end = Math.ceil(program.sizes.scratch / line) * line;
  let moved: { readonly from: Slot; readonly offset: number }[] = [];
  const instructions = program.instructions.map((it, at) => {
    const inputs = it.inputs.map((s) => {
      const found = s && moved.find(({ from }) => same(from, s));
      return s && found ? { ...s, offset: found.offset } : s;
    });
    moved = moved.filter(({ from }) => !it.outputs.some((s) => s && overlap(s, from)));
    const outputs = it.outputs.map((s) => {
      if (s?.region !== "scratch" || sizeOf(s.shape) !== 1 || !isReadAlone(program.instructions, at + 1, s)) return s;
      moved.push({ from: s, offset: end });
      end += line;
      return { ...s, offset: end - line };
    });
    return { ...it, inputs, outputs };
  });
  return { ...program, instructions, sizes: { ...program.sizes, scratch: end } };
}
const line = 16; // numbers

/** Whether whoever reads the number, before another takes its place, reads it alone. */
function isReadAlone(all: readonly Instruction[], next: number, slot: Slot): boolean {
  for (const it of all.slice(next)) {
    if (slotsRead(it).some((s) => overlap(s, slot) && !(same(s, slot) && it.inputs.includes(s)))) return false;
    if (it.outputs.some((s) => s && overlap(s, slot))) return true;
  }
  return true;
}

/** Numbers below which a pass of its own costs next to nothing: they stay in the first-level cache. */
const least = 4096;
const mostSteps = 24; // as in kernels/chain.h: their values stay in the first-level cache

const unaries = Object.keys(unaryFunctions);
const binaries = Object.keys(binaryFunctions);
const codeOf: Readonly<Record<string, (fn: string) => number>> = {
  unary: (fn) => unaries.indexOf(fn),
  binary: (fn) => unaries.length + binaries.indexOf(fn),
  where: () => unaries.length + binaries.length,
};
const isCopy = ({ op }: Instruction) => op === "assign" || op === "copy";

/** The numbers of an instruction that takes them place by place; 0 for any other. */
function sizeOfStep(it: Instruction): number {
  const { op, inputs, outputs } = it;
  const [y] = outputs;
  if (!(op in codeOf || isCopy(it)) || !y || y.dtype !== "f32") return 0;
  const size = sizeOf(y.shape);
  const wide = (s: Slot) => sizeOf(s.shape) === 1 || sameShape(withoutOnes(s), withoutOnes(y));
  return size >= least && inputs.every((s) => s !== null && s.dtype === "f32" && wide(s)) ? size : 0;
}
const withoutOnes = ({ shape }: Slot) => shape.filter((n) => n !== 1);

interface Written {
  readonly slot: Slot;
  readonly step: number;
  /** Whether the memory was given to another value since: nobody can read this one there. */
  gone: boolean;
}
type Operand = { readonly step: number } | { readonly input: Slot };

/** Instructions on the way to become one chain. */
class Group {
  readonly #size: number;
  readonly #from: string;
  readonly #all: Instruction[] = []; // as they were
  readonly #before: Instruction[] = [];
  readonly #inputs: Slot[] = [];
  readonly #code: number[][] = []; // function, operands: inputs from 0 up, steps from −1 down
  readonly #written: Written[] = [];
  #members = 0;

  constructor(size: number, from: string) {
    this.#size = size;
    this.#from = from;
  }

  suits(it: Instruction, size: number): boolean {
    return size === this.#size && it.from === this.#from && this.#code.length < mostSteps;
  }

  /** Takes an instruction in; false where memory forbids it. */
  take(it: Instruction): boolean {
    const y = it.outputs[0]!;
    const found = it.inputs.map((slot) => this.#operandOf(slot!));
    if (found.includes(null)) return false;
    const operands = found as Operand[];
    const reads = [...this.#inputs, ...operands.flatMap((o) => ("input" in o ? [o.input] : []))];
    if (isCopy(it) && !("step" in operands[0])) return false; // memory moved as it is
    if (y.region !== "scratch" && [...reads, ...this.#live()].some((s) => overlap(s, y) && !same(s, y))) return false;
    this.#overwrite(y);
    this.#written.push({ slot: y, step: this.#stepOf(it, operands), gone: false });
    this.#all.push(it);
    this.#members++;
    return true;
  }

  /** Whether an instruction may come before the group: it reads nothing of it, and overwrites nothing that the group reads. */
  letPass(it: Instruction): boolean {
    const outputs = it.outputs.filter((s) => s !== null);
    if (Object.values(it.attrs).some(isScanBody) || outputs.some((s) => s.region !== "scratch")) return false;
    if (it.inputs.some((s) => s && this.#live().some((w) => overlap(w, s)))) return false;
    if (outputs.some((s) => this.#inputs.some((read) => overlap(read, s)))) return false;
    for (const s of outputs) this.#overwrite(s);
    this.#before.push(it);
    this.#all.push(it);
    return true;
  }

  /** The chain, and what comes before it; the instructions as they were where a chain gains nothing or cannot be. */
  instructions(all: readonly Instruction[], next: number): readonly Instruction[] {
    const kept = this.#written.filter(
      ({ slot, gone }) => !gone && (slot.region !== "scratch" || isRead(all, next, slot)),
    );
    const outputs = kept.map(({ slot }) => slot);
    // each place is read before it is written, and no other place is
    const apart = outputs.every((s) => this.#inputs.every((read) => !overlap(read, s) || same(read, s)));
    if (this.#members < 2 || outputs.length === 0 || !apart) return this.#all;
    const inputs = this.#inputs;
    const operand = (k: number) => (k < 0 ? inputs.length - 1 - k : k);
    const code = this.#code.flatMap(([fn, ...operands]) => [fn, ...[0, 1, 2].map((k) => operand(operands[k] ?? 0))]);
    const attrs = { code, results: kept.map(({ step }) => step) };
    return [...this.#before, { op: "chain", inputs, outputs, attrs, from: this.#from }];
  }

  #live(): Slot[] {
    return this.#written.filter(({ gone }) => !gone).map(({ slot }) => slot);
  }

  /** Values whose memory is written again are read no more: the plan gives away only what nobody needs. */
  #overwrite(y: Slot): void {
    for (const w of this.#written) if (overlap(w.slot, y)) w.gone = true;
  }

  #operandOf(slot: Slot): Operand | null {
    const found = this.#written.find(({ slot: s, gone }) => !gone && overlap(s, slot));
    if (!found) return { input: slot };
    return same(found.slot, slot) ? { step: found.step } : null;
  }

  /** The step that gives the instruction's value: a new one, or for a copy the one that it copies. */
  #stepOf(it: Instruction, operands: readonly Operand[]): number {
    if (isCopy(it)) return (operands[0] as { step: number }).step;
    const numbers = operands.map((o) => ("step" in o ? -1 - o.step : this.#inputOf(o.input)));
    return this.#code.push([codeOf[it.op](String(it.attrs.fn)), ...numbers]) - 1;
  }
  #inputOf(slot: Slot): number {
    const known = this.#inputs.findIndex((s) => same(s, slot));
    return known >= 0 ? known : this.#inputs.push(slot) - 1;
  }
}

/** Whether a value in scratch is read by an instruction from number `next` on, before another takes its place. */
function isRead(all: readonly Instruction[], next: number, slot: Slot): boolean {
  for (const it of all.slice(next)) {
    if (slotsRead(it).some((s) => overlap(s, slot))) return true;
    if (it.outputs.some((s) => s && covers(s, slot))) return false;
  }
  return false;
}

/** Every slot that an instruction reads, inside a scan's body too. */
function slotsRead(it: Instruction): Slot[] {
  const bodies = Object.values(it.attrs).filter(isScanBody);
  const inner = bodies.flatMap((body) => [
    ...body.instructions.flatMap(slotsRead),
    ...[body.carries, body.nextCarries, body.slices, body.results].flat(),
  ]);
  return [...it.inputs.filter((s) => s !== null), ...inner];
}

const endOf = ({ offset, shape }: Slot) => offset + sizeOf(shape);
const overlap = (a: Slot, b: Slot) => a.region === b.region && a.offset < endOf(b) && b.offset < endOf(a);
const covers = (a: Slot, b: Slot) => a.region === b.region && a.offset <= b.offset && endOf(a) >= endOf(b);
const same = (a: Slot, b: Slot) => a.region === b.region && a.offset === b.offset && endOf(a) === endOf(b);
