import { DataError, problem } from "../errors.ts";
import type { AnyLayer, CallContext } from "../layers/layer.ts";
import { type RecurrentCell, runCell, stateSizes } from "../layers/recurrent/cell.ts";
import { RecurrentLayer } from "../layers/recurrent/recurrent.ts";
import { cellClass, StackedRnnCells } from "../layers/recurrent/stacked-rnn-cells.ts";
import type { Ran, WholeRun } from "../layers/recurrent/whole-run.ts";
import type { AnyModel } from "../models/model.ts";
import { cast } from "../ops/elementwise.ts";
import { reverse } from "../ops/view.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bareCell, type Change, hasOp, type Seen, seenByStep, seenWhole, type Values } from "./cell-run.ts";

/** One run of a recurrent layer's cell inside a model: a layer called twice has two, a stack of cells one for each. */
export interface CellPlace {
  /** Path from the model: `lstm`, `bidirectional/backward_lstm`, `encoder/lstm`, `rnn/0` for the first cell of a stack. */
  readonly name: string;
  /** `lstm`, `gru`, `simpleRnn`, or the class of another cell. */
  readonly kind: string;
  /** Whether the steps are read from the first to the last, or from the last to the first. */
  readonly direction: "forward" | "backward";
  /** The number of the layer's call, from 0, where the model calls it more than once. */
  readonly call: number;
}

/** A cell's run with the tensors of its steps, [B, T, N] each, in the order of the input's steps. */
export interface SeenCell extends CellPlace {
  readonly values: Values;
  readonly mask: Tensor | null; // f32 [B, T]
  /** The layer's own input [B, T, D]. */
  readonly x: Tensor;
  /** The state the layer begins with, part by part; empty where it is zeros. */
  readonly state: readonly Tensor[];
  /** Changes of names that the cell does not give. */
  readonly unused: readonly Change[];
}

/** The recurrent layers of a model, however deep, by their paths. Throws DataError where there are none. */
export function recurrentLayers(model: AnyModel, who: string): Map<RecurrentLayer, string> {
  const found = new Map<RecurrentLayer, string>();
  const walk = (layers: readonly AnyLayer[], above: string) => {
    for (const layer of layers) {
      const path = above + (layer.name || layer.factory);
      if (layer instanceof RecurrentLayer && !found.has(layer)) found.set(layer, path);
      walk(layer.sublayers, `${path}/`);
    }
  };
  walk(model.layers, "");
  if (found.size > 0) return found;
  const layers = model.layers.map((layer) => layer.factory).join(", ");
  const next =
    "Gates are in lstm, gru, simpleRnn and rnn, alone or inside bidirectional, timeDistributed or another model.";
  throw new DataError(problem(who, "a model with a recurrent layer", layers, next));
}

/** The layers to look at, and changes of what they compute. */
export interface Looking {
  /** The layers to be looked at; the others run as ever. */
  readonly names: ReadonlyMap<RecurrentLayer, string>;
  /** Changes of a cell's values, for steps that are run one by one; null: by the layer's own op where it has one. */
  readonly changes: ((place: CellPlace, run: WholeRun, cell: RecurrentCell) => readonly Change[]) | null;
}

/** Runs recurrent layers for someone who looks at their steps, and collects what is seen. */
export function looking({ names, changes }: Looking, seen: SeenCell[]): CallContext["recurrence"] {
  const calls = new Map<AnyLayer, number>();
  return (layer, run, context) => {
    const recurrent = layer as RecurrentLayer;
    const name = names.get(recurrent);
    if (name === undefined) return runCell(recurrent.cell, run, context);
    const call = calls.get(layer) ?? 0;
    calls.set(layer, call + 1);
    const direction = run.reverse ? "backward" : "forward";
    return runSeen(recurrent.cell, run, context, { name, direction, call });
  };

  function runSeen(given: RecurrentCell, run: WholeRun, context: CallContext, at: Omit<CellPlace, "kind">): Ran {
    const cell = bareCell(given);
    if (cell instanceof StackedRnnCells && (changes || cell.whole)) return chain(cell, run, context, at);
    const place = { ...at, kind: kindOf(cell) };
    const {
      ran,
      values,
      unused = [],
    }: Seen = !changes && hasOp(cell)
      ? seenWhole(cell, run, context)
      : seenByStep(cell, run, context, changes?.(place, run, cell));
    const turned = (t: Tensor) => (run.reverse ? reverse(t, 1) : t);
    const ordered = Object.fromEntries(Object.entries(values).map(([name, t]) => [name, turned(t)]));
    const inner = Object.keys(values).some((name) => name.includes("/"));
    for (const part of inner ? cellsOfStack(cell as StackedRnnCells, ordered, place) : [{ ...place, values: ordered }])
      seen.push({ ...part, mask: run.mask && cast(run.mask, "f32"), x: run.x, state: run.state, unused });
    return ran;
  }

  /** Cell by cell over the whole sequence, which gives the same numbers as step by step. */
  function chain(stack: StackedRnnCells, run: WholeRun, context: CallContext, at: Omit<CellPlace, "kind">): Ran {
    const rest = [...run.state];
    let { x, prefix } = run;
    const all = stack.cells.map((cell, k) => {
      const state = rest.splice(0, stateSizes(cell).length);
      const ran = runSeen(cell, { ...run, x, prefix, state }, context, { ...at, name: `${at.name}/${k}` });
      x = run.reverse ? reverse(ran.y, 1) : ran.y;
      prefix = ran.y.prefix;
      return ran;
    });
    const { y, last } = all[all.length - 1];
    return { y, last, state: all.flatMap((ran) => ran.state) };
  }
}

/** The cells of a stack that was run step by step, whose values are named `0/f`. */
function cellsOfStack(stack: StackedRnnCells, values: Values, place: CellPlace): (CellPlace & { values: Values })[] {
  return stack.cells.map((cell, k) => {
    const own = Object.entries(values).filter(([name]) => name.startsWith(`${k}/`));
    const named = Object.fromEntries(own.map(([name, t]) => [name.slice(`${k}/`.length), t]));
    if (k === stack.cells.length - 1) named.h = values.h;
    return { ...place, name: `${place.name}/${k}`, kind: kindOf(bareCell(cell)), values: named };
  });
}

const kinds: Readonly<Record<string, string>> = { LSTMCell: "lstm", GRUCell: "gru", SimpleRNNCell: "simpleRnn" };

const kindOf = (cell: RecurrentCell): string => kinds[cellClass(cell)] ?? cellClass(cell);
