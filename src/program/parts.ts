import { sizeOf } from "../tensor/shape.ts";
import { type Instruction, isScanBody, type Program, type Slot } from "./program.ts";

/** Recurrent ops by name, with their number of states: inputs x wx wh b states mask xDrop hDrop prefix, outputs y last states saved. */
const states: Readonly<Record<string, number>> = { lstm: 2, gru: 1, simpleRnn: 1 };

/**
 * Programs that run one after the other over the same memories as `program` does alone, with its bits: each of about `most`
 * multiplications, or of one instruction that cannot be cut. Recurrent ops and dense layers are cut into groups of rows, and of
 * one row into stretches of time that hand on their states. Numbers are of 32 bits.
 */
export function inParts(program: Program, most: number): Program[] {
  const room = { words: program.sizes.scratch };
  const parts: Instruction[][] = [[]];
  let work = 0;
  for (const it of program.instructions.flatMap((one) => pieces(one, most, room))) {
    const own = workOf(it);
    if (work > 0 && work + own > most) {
      parts.push([]);
      work = 0;
    }
    parts[parts.length - 1].push(it);
    work += own;
  }
  const sizes = { ...program.sizes, scratch: room.words };
  return parts.length === 1 ? [program] : parts.map((instructions) => ({ ...program, instructions, sizes }));
}

/** Multiplications, roughly; of what only moves numbers, or adds them, eight for each. */
function workOf({ op, inputs, outputs, attrs }: Instruction): number {
  const words = (slot: Slot | null) => (slot ? sizeOf(slot.shape) : 0);
  const most = 8 * Math.max(0, ...[...inputs, ...outputs].map(words));
  if (isScanBody(attrs.body))
    return (attrs.length as number) * attrs.body.instructions.reduce((n, it) => n + workOf(it), 0);
  const [a, b, c] = inputs;
  if (op in states) return a!.shape[0] * a!.shape[1] * (words(b) + words(c));
  if (op === "linear") return Math.max(most, (words(a) / a!.shape[a!.shape.length - 1]) * words(b));
  if (op === "matmul") return Math.max(most, Math.sqrt(words(a) * words(b) * words(outputs[0])));
  return most;
}

function pieces(it: Instruction, most: number, room: { words: number }): Instruction[] {
  const work = workOf(it);
  if (work <= most) return [it];
  const [x] = it.inputs;
  if (it.op === "linear") return rowsOfLinear(it, groups(sizeOf(x!.shape.slice(0, -1)), work / most));
  if (isScanBody(it.attrs.body)) return x?.shape[0] === 1 ? scanInTime(it, work / most, room) : [it];
  const count = states[it.op];
  if (count === undefined || it.outputs[2 + count]) return [it];
  const [mask, xDrop, hDrop, prefix] = it.inputs.slice(4 + count);
  if (xDrop || hDrop) return [it];
  const [batch, time] = x!.shape;
  if (batch > 1) return rowsOfRecurrent(it, count, groups(batch, work / most));
  return mask || prefix ? [it] : recurrentInTime(it, count, groups(time, work / most), room);
}

/** [from, to) of so many rows in about so many groups; of even numbers, for plain TypeScript computes rows in pairs. */
function groups(rows: number, count: number): [number, number][] {
  const size = Math.max(2, 2 * Math.floor(rows / count / 2));
  return Array.from({ length: Math.ceil(rows / size) }, (_, k) => [k * size, Math.min(rows, (k + 1) * size)]);
}

/** Rows of a slot along its first axis. */
function rowsOf<S extends Slot | null>(slot: S, from: number, to: number): S {
  if (slot === null) return slot;
  const [, ...rest] = slot.shape;
  return { ...slot, offset: slot.offset + from * sizeOf(rest), shape: [to - from, ...rest] };
}

/** Steps of a slot [1, T, ...]. */
function stepsOf<S extends Slot | null>(slot: S, from: number, to: number): S {
  if (slot === null) return slot;
  const [, , ...rest] = slot.shape;
  return { ...slot, offset: slot.offset + from * sizeOf(rest), shape: [1, to - from, ...rest] };
}

function rowsOfLinear(it: Instruction, cuts: [number, number][]): Instruction[] {
  const [x, w, b] = it.inputs;
  const flat = (slot: Slot): Slot => {
    const width = slot.shape[slot.shape.length - 1];
    return { ...slot, shape: [sizeOf(slot.shape) / width, width] };
  };
  return cuts.map(([from, to]) => ({
    ...it,
    inputs: [rowsOf(flat(x!), from, to), w, b],
    outputs: [rowsOf(flat(it.outputs[0]!), from, to)],
  }));
}

function rowsOfRecurrent(it: Instruction, count: number, cuts: [number, number][]): Instruction[] {
  const [x, wx, wh, b, ...others] = it.inputs;
  return cuts.map(([from, to]) => {
    const cut = (slot: Slot | null) => rowsOf(slot, from, to);
    const rest = others.map((slot, k) => (k < count + 1 || k === count + 3 ? cut(slot) : slot)); // states, mask, prefix
    return { ...it, inputs: [cut(x), wx, wh, b, ...rest], outputs: it.outputs.map(cut) };
  });
}

/** Slots of these shapes behind what the program uses. */
function made(shapes: readonly (Slot | null)[], room: { words: number }): Slot[] {
  return shapes.map((like) => {
    const slot: Slot = { ...like!, region: "scratch", offset: room.words };
    room.words += sizeOf(slot.shape);
    return slot;
  });
}

function recurrentInTime(
  it: Instruction,
  count: number,
  cuts: [number, number][],
  room: { words: number },
): Instruction[] {
  const [x, wx, wh, b] = it.inputs;
  const begin = it.inputs.slice(4, 4 + count);
  const [y, last] = it.outputs;
  const [, time] = x!.shape;
  const like: Slot = { ...x!, shape: [1, wh!.shape[0]] };
  const between = [0, 1].map(() => made(Array<Slot>(count).fill(like), room));
  return cuts.map(([from, to], k) => {
    const ends = k === cuts.length - 1;
    const steps = it.attrs.reverse ? stepsOf(x, time - to, time - from) : stepsOf(x, from, to);
    const state = k === 0 ? begin : between[(k - 1) % 2];
    const next = ends ? it.outputs.slice(2, 2 + count) : between[k % 2];
    return {
      ...it,
      inputs: [steps, wx, wh, b, ...state, null, null, null, null],
      outputs: [stepsOf(y, from, to), ends ? last : null, ...next, null], // y is in processing order
    };
  });
}

function scanInTime(it: Instruction, count: number, room: { words: number }): Instruction[] {
  const { carries, sequences, length, reverse } = it.attrs as Record<string, number>;
  const cuts = groups(length, count);
  const between = made(it.inputs.slice(0, carries), room);
  return cuts.map(([from, to], k) => {
    const cut = (slot: Slot | null) => (reverse ? stepsOf(slot, length - to, length - from) : stepsOf(slot, from, to));
    const ends = k === cuts.length - 1;
    return {
      ...it,
      attrs: { ...it.attrs, length: to - from },
      inputs: [
        ...(k === 0 ? it.inputs.slice(0, carries) : between),
        ...it.inputs.slice(carries, carries + sequences).map(cut),
        ...it.inputs.slice(carries + sequences),
      ],
      outputs: [...(ends ? it.outputs.slice(0, carries) : between), ...it.outputs.slice(carries).map(cut)],
    };
  });
}
