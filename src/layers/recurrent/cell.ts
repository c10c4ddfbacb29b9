import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { constant } from "../../ops/elementwise.ts";
import { overTime } from "../../ops/recurrent.ts";
import { type Shape, sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { CallContext, Constraint, Regularizer, Weight } from "../layer.ts";
import type { ConfigValue } from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import type { Ran, WholeRun } from "./whole-run.ts";

/** Declares a weight of the layer that a cell belongs to. `existing` is one that another layer has already. */
export type AddWeight = (
  name: string,
  shape: Shape,
  init: InitializerLike,
  options?: {
    trainable?: boolean;
    regularizer?: Regularizer | null;
    constraint?: Constraint | null;
    existing?: Weight;
  },
) => Weight;

/** Properties of every cell. */
export interface AnyCell {
  /** Numbers in each part of the state: 64, or [64, 64] for h and c. */
  readonly stateSize: number | readonly number[];
  /** Numbers in the output of a step. */
  readonly outputSize: number;
  /** Keras's class name, for files: `LSTMCell`. The class's own name when absent. */
  readonly className?: string;
  /** Declares the weights for inputs [B, inputSize]; called once. */
  build?(inputSize: number, addWeight: AddWeight): void;
  /** Config keys and values for files. */
  config?(): Record<string, ConfigValue>;
  /** A new cell with the same options; `bidirectional` needs it. */
  again?(): RecurrentCell;
}

/** Results of one step: the output [B, outputSize] and the state after it, part by part [B, size]. */
export interface CellStep {
  /** Output of the layer at this step, [B, H]. */
  readonly output: Tensor;
  /** The state for the next step, one tensor for each part. */
  readonly state: readonly Tensor[];
}

/** Services for the step of a cell of your own. */
export interface StepContext extends CallContext {
  /**
   * Names a value of the step [B, N], a gate or a part of the state, and returns it: `trace` of `cellstate/explain` shows it under
   * this name, and an intervention may change it.
   */
  gate(name: string, value: Tensor): Tensor;
}

/**
 * A cell of your own: the formula of one step, over ops. `rnn` repeats it over time; gradients, masks and every backend
 * follow. Random draws inside `step` are the same at each step of a batch.
 */
export interface StepCell extends AnyCell {
  /** x [B, D], the state before. */
  step(x: Tensor, state: readonly Tensor[], context: StepContext): CellStep;
}

/** A cell that prepares something once for all steps: dropout masks, draws for each step, dropped weights. */
export interface FormulaCell extends AnyCell {
  /** Computes the values that all steps share, and returns the formula of one step. */
  begin(start: CellStart, context: CallContext): CellFormula;
  /** Runs all steps at once, by one op. */
  readonly whole?: ((run: WholeRun, context: CallContext) => Ran) | undefined;
}
/** A cell for `rnn`: one step's formula, with or without something prepared for all steps. */
export type RecurrentCell = StepCell | FormulaCell;

/** Sizes and inputs known before the first step. */
export interface CellStart {
  /** Any tensor of the trace: where draws are recorded. */
  readonly beside: Tensor;
  /** The whole input [B, T, D] where it is known beforehand: not for a cell that reads another cell's output. */
  readonly x?: Tensor;
  /** Rows of the batch, B. */
  readonly batch: number;
  /** Steps, T. */
  readonly time: number;
  /** Features of a step, D. */
  readonly inputSize: number;
  /** Rounding of products with the cell's kernels. */
  readonly rounding?: string | undefined;
}
/** The formula of one step, and its inputs beside x and the state. */
export interface CellFormula {
  /** Inputs that change from step to step, each [B, T, ...]. */
  readonly sequences?: readonly Tensor[];
  /** x [B, D], the state before, one step of each of `sequences`. */
  step(x: Tensor, state: Tensor[], slices: Tensor[]): CellStep;
}

const builtCells = new WeakMap<RecurrentCell, { inputSize: number; weights: Weight[] }>();

/** Declares a cell's weights where it is used first; everywhere else it has the same ones. */
export function buildCell(cell: RecurrentCell, inputSize: number, addWeight: AddWeight): void {
  const before = builtCells.get(cell);
  if (!before) {
    const weights: Weight[] = [];
    cell.build?.(inputSize, (...given) => {
      weights.push(addWeight(...given));
      return weights[weights.length - 1];
    });
    builtCells.set(cell, { inputSize, weights });
    return;
  }
  if (before.weights.length > 0 && before.inputSize !== inputSize) {
    const next = "Make a second cell for another number of features.";
    throw new ShapeError(
      problem("a shared cell", `x of ${before.inputSize} features, as before`, `${inputSize}`, next),
    );
  }
  for (const existing of before.weights) addWeight(existing.name, existing.shape, existing.initializer, { existing });
}

export const stateSizes = (cell: RecurrentCell): readonly number[] =>
  typeof cell.stateSize === "number" ? [cell.stateSize] : cell.stateSize;

/** All steps of a cell: by its own op where it has one, otherwise step by step. */
export function runCell(cell: RecurrentCell, run: WholeRun, context: CallContext): Ran {
  if ("begin" in cell && cell.whole) return cell.whole(run, context);
  const { x, mask, reverse, zeroOutput } = run;
  const [batch, time, inputSize] = x.shape;
  const formula = formulaOf(cell, { beside: x, x, batch, time, inputSize, rounding: run.rounding?.name }, context);
  const sequences = [x, ...(formula.sequences ?? [])];
  const state = run.state.length > 0 ? run.state : zeroState(cell, x);
  return overTime({ sequences, mask, reverse, zeroOutput, outputSize: cell.outputSize }, state, ([xt, ...slices], s) =>
    formula.step(xt, s, slices),
  );
}

/** Makes the formula of a cell's step, of either kind. */
export function formulaOf(cell: RecurrentCell, start: CellStart, context: CallContext): CellFormula {
  if ("begin" in cell) return cell.begin(start, context);
  // A step may be traced more than once (its gradient repeats it): each time it must get the same streams.
  const streams: number[] = [];
  let drawn = 0;
  const refuse = (what: string) => () => {
    const next = "Return the value as part of the state or the output, and use it after the layer.";
    throw new DataError(problem("a recurrent cell", `no ${what} inside a step`, "one", next));
  };
  const inside: StepContext = {
    gate: namedIn(context),
    training: context.training,
    weight: (w) => context.weight(w),
    stream: (purpose) => {
      if (drawn === streams.length) streams.push(context.stream(purpose));
      return streams[drawn++];
    },
    update: refuse("update"),
    addLoss: refuse("addLoss"),
  };
  return {
    step: (x, state) => {
      drawn = 0;
      const next = cell.step(x, state, inside);
      checkStep(cell, next, start.batch);
      return next;
    },
  };
}

/** Names the values of a step for whoever looks at them; returns them as they are where nobody does. */
export const namedIn =
  (context: CallContext) =>
  (name: string, value: Tensor): Tensor =>
    context.gate?.(name, value) ?? value;

/** Zeros [B, size] for each part of the state. */
export function zeroState(cell: RecurrentCell, x: Tensor): Tensor[] {
  return stateSizes(cell).map((size) => constant(0, x, [x.shape[0], size]));
}

/** Checks that the results of a custom cell have the sizes it states. */
function checkStep(cell: StepCell, next: CellStep, batch: number): void {
  const wanted = [cell.outputSize, ...stateSizes(cell)].map((size) => [batch, size]);
  const given = [next?.output, ...(next?.state ?? [])].map((t) => t?.shape ?? []);
  if (given.length === wanted.length && given.every((shape, k) => sameShape(shape, wanted[k]))) return;
  const show = ([output, ...state]: readonly Shape[]) =>
    `an output ${showShape(output)} and a state of ${state.map(showShape).join(", ") || "nothing"}`;
  const advice = "step returns { output, state } of the sizes that outputSize and stateSize state.";
  throw new ShapeError(problem("a recurrent cell", show(wanted), show(given), advice));
}
