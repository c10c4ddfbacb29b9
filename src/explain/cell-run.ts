import type { CallContext } from "../layers/layer.ts";
import { keptWhere } from "../layers/masks.ts";
import { formulaOf, type RecurrentCell, zeroState } from "../layers/recurrent/cell.ts";
import { WeightDropped } from "../layers/recurrent/cell-wrappers.ts";
import { GateCell } from "../layers/recurrent/gate-cell.ts";
import { LstmCell } from "../layers/recurrent/lstm.ts";
import type { Ran, WholeRun } from "../layers/recurrent/whole-run.ts";
import { add, mul, where } from "../ops/elementwise.ts";
import { overTime } from "../ops/recurrent.ts";
import { scan } from "../ops/scan.ts";
import { concat, reshape, reverse, sliceAxis } from "../ops/view.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Values of a cell's steps by name, [B, T, N] each, in processing order. */
export type Values = Readonly<Record<string, Tensor>>;
/** The results of a cell's run, and the values of its steps. */
export interface Seen {
  readonly ran: Ran;
  readonly values: Values;
  /** Changes of names that the cell does not give. */
  readonly unused?: readonly Change[];
}

/** A change of one named value at every step: what the step continues with in its place. */
export interface Change {
  /** Of the value: `f`; in a stack of cells `0/f`. */
  readonly name: string;
  /** Sequences that run along with the steps, each [B, T, N] in processing order. */
  readonly sequences: readonly Tensor[];
  /** The value [B, N] and one step of each sequence, [B, N] → [B, N]. */
  apply(value: Tensor, slices: readonly Tensor[]): Tensor;
}

/**
 * A cell that has an op of its own for all steps, run by it, so that its outputs are those of a prediction bit for bit. The gates
 * follow from the states before each step, all steps at once; c then from the gates.
 */
export function seenWhole(cell: GateCell, run: WholeRun, context: CallContext): Seen {
  const { x, mask } = run;
  const [batch, time, inputSize] = x.shape;
  const plain = cell.whole!({ ...run, zeroOutput: false }, context);
  const on = mask && (run.reverse ? reverse(mask, 1) : mask); // in processing order
  const ran = run.zeroOutput && on ? withZeros(plain, on) : plain;
  const [h0, c0] = run.state.length > 0 ? run.state : zeroState(cell, x);
  if (context.training) return { ran, values: { h: ran.y } }; // what is dropped, is dropped inside the op
  const states = run.state.length > 0 && on ? where(begun(on, plain.y), plain.y, row(h0, plain.y)) : plain.y;
  const first = reshape(h0, [batch, 1, h0.shape[1]]);
  const before = time === 1 ? first : concat([first, sliceAxis(states, 1, 0, time - 1)], 1);
  const flat = (t: Tensor) => reshape(t, [batch * time, t.shape[2]]);
  const ordered = run.reverse ? reverse(x, 1) : x;
  const found: Record<string, Tensor> = {};
  const gate = (name: string, value: Tensor) => {
    found[name] = value;
    return value;
  };
  const start = {
    beside: x,
    x: reshape(ordered, [batch * time, 1, inputSize]),
    batch: batch * time,
    time: 1,
    inputSize,
  };
  const formula = cell.begin(start, { ...context, gate });
  const slices = (formula.sequences ?? []).map((s) => reshape(s, [batch * time, s.shape[2]]));
  const state = [flat(before), ...zeroState(cell, slices[0]).slice(1)]; // no gate of these cells looks at c
  formula.step(flat(ordered), state, slices);
  const values = Object.fromEntries(
    Object.entries(found).map(([name, value]) => [name, reshape(value, [batch, time, value.shape[1]])]),
  );
  if (cell instanceof LstmCell) values.c = cellStates(values, c0, on);
  return { ran, values: { ...values, h: ran.y } };
}

/** c of every step, from the gates: c = f ∘ c₋₁ + i ∘ g; a masked step leaves it. */
function cellStates({ i, f, g }: Values, c0: Tensor, on: Tensor | null): Tensor {
  const written = mul(i, g);
  const { results } = scan([c0], on ? [f, written, on] : [f, written], ([c], [ft, wt, flag]) => {
    const next = add(mul(ft, c), wt);
    const kept = flag ? where(reshape(flag, [flag.shape[0], 1]), next, c) : next;
    return { carries: [kept], results: [kept] };
  });
  return results[0];
}

/** 1 from the first step on that counts, [B, T, 1]. */
function begun(on: Tensor, beside: Tensor): Tensor {
  const none = reshape(sliceAxis(on, 1, 0, 1), [on.shape[0], 1]);
  const { results } = scan([none], [on], ([any], [flag]) => {
    const next = where(any, any, reshape(flag, any.shape));
    return { carries: [next], results: [next] };
  });
  return reshape(results[0], [beside.shape[0], beside.shape[1], 1]);
}

/** A state [B, N] beside states of all steps: [B, 1, N]. */
const row = (state: Tensor, beside: Tensor): Tensor => reshape(state, [beside.shape[0], 1, state.shape[1]]);

/** Zeros as the outputs of masked steps. */
function withZeros({ y, state }: Ran, on: Tensor): Ran {
  const zeros = keptWhere(on, y);
  const [batch, time, size] = y.shape;
  return { y: zeros, last: reshape(sliceAxis(zeros, 1, time - 1, 1), [batch, size]), state };
}

/** A cell step by step, its named values seen, and changed where a change says so. */
export function seenByStep(
  cell: RecurrentCell,
  run: WholeRun,
  context: CallContext,
  changes: readonly Change[] = [],
): Seen {
  const { x, mask, reverse: backwards, zeroOutput } = run;
  const [batch, time, inputSize] = x.shape;
  const used = new Set<Change>();
  let seen: Record<string, Tensor> = {};
  let along: readonly Tensor[] = [];
  const gate = (name: string, value: Tensor) => {
    let now = value;
    let at = 0;
    for (const change of changes) {
      const slices = along.slice(at, at + change.sequences.length);
      at += change.sequences.length;
      if (change.name !== name) continue;
      used.add(change);
      const flat = reshape(now, [batch, slices[0].shape[1]]);
      now = reshape(change.apply(flat, slices), value.shape);
    }
    seen[name] = now;
    return now;
  };
  const formula = formulaOf(cell, { beside: x, x, batch, time, inputSize }, { ...context, gate });
  const own = [x, ...(formula.sequences ?? [])];
  const ordered = (t: Tensor) => (backwards ? reverse(t, 1) : t); // scan turns all of its sequences round
  const sequences = [...own, ...changes.flatMap((change) => change.sequences.map(ordered))];
  const state = run.state.length > 0 ? run.state : zeroState(cell, x);
  const steps = { sequences, mask, reverse: backwards, zeroOutput, outputSize: cell.outputSize };
  let names: string[] = [];
  const ran = overTime(steps, state, ([xt, ...slices], before) => {
    seen = {};
    along = slices.slice(own.length - 1);
    const next = formula.step(xt, before, slices.slice(0, own.length - 1));
    names = Object.keys(seen);
    return {
      ...next,
      seen: Object.values(seen).map((t) => reshape(t, [batch, t.shape.slice(1).reduce((a, b) => a * b, 1)])),
    };
  });
  const values = Object.fromEntries(names.map((name, k) => [name, ran.seen[k]]));
  return { ran, values: { ...values, h: ran.y }, unused: changes.filter((change) => !used.has(change)) };
}

/** The cell inside what changes nothing at prediction. */
export const bareCell = (cell: RecurrentCell): RecurrentCell =>
  cell instanceof WeightDropped ? bareCell(cell.cell) : cell;

/** Whether the cell has an op of its own whose gates are known here. */
export const hasOp = (cell: RecurrentCell): cell is GateCell => cell instanceof GateCell && cell.whole !== undefined;
