import type { CallContext } from "../layers/layer.ts";
import { formulaOf, type RecurrentCell, zeroState } from "../layers/recurrent/cell.ts";
import { WeightDropped } from "../layers/recurrent/cell-wrappers.ts";
import { GateCell } from "../layers/recurrent/gate-cell.ts";
import type { Ran, WholeRun } from "../layers/recurrent/whole-run.ts";
import { overTime } from "../ops/recurrent.ts";
import { reshape, reverse } from "../ops/view.ts";
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

/** A cell that has an op of its own for all steps, run by it: its outputs are those of a prediction bit for bit, its gates those it used. */
export function seenWhole(cell: GateCell, run: WholeRun, context: CallContext): Seen {
  const ran = cell.whole!({ ...run, showGates: true }, context);
  const gates = (ran.gates ?? []).map((t, k) => [gateNames[cell.gates]![k], t]);
  return { ran, values: { ...Object.fromEntries(gates), h: ran.y } };
}

/** The gates that an op shows, by how many there are in its weights. */
const gateNames: Readonly<Record<number, readonly string[]>> = { 4: ["i", "f", "g", "o", "c"], 3: ["z", "r", "g"] };

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
