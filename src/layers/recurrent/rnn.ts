import { DataError, problem } from "../../errors.ts";
import type { Layer, SymbolicTensor } from "../layer.ts";
import type { ConfigValue } from "../options.ts";
import { penaltyConfig } from "../weights/penalties.ts";
import type { RecurrentCell } from "./cell.ts";
import { RecurrentLayer, type RecurrentOptions, splitOptions } from "./recurrent.ts";
import { cellObject, checkCell, stackedRnnCells } from "./stacked-rnn-cells.ts";

/**
 * Any cell over the steps of a sequence, or a list of cells one above the other: [B, T, D] → [B, outputSize], or
 * [B, T, outputSize] with `returnSequences`. A cell of your own states its sizes and one step over ops; masks, gradients,
 * saving and every backend follow:
 *
 *   const runningSum: StepCell = { stateSize: 1, outputSize: 1, step: (x, [sum]) => {
 *     const next = ops.add(sum, x);
 *     return { output: next, state: [next] };
 *   } };
 *   const model = sequential([input([3, 1]), rnn(runningSum, { returnSequences: true })]);
 *   await model.predict([[[1], [2], [3]]]); // [[[1], [3], [6]]]
 *
 * Weights are declared in `build(inputSize, addWeight)` and read by `context.weight(w)`.
 */
export function rnn(
  cell: RecurrentCell | readonly RecurrentCell[],
  options: RecurrentOptions & { returnState: true },
): Layer<[y: SymbolicTensor, ...states: SymbolicTensor[]]>;
export function rnn(cell: RecurrentCell | readonly RecurrentCell[], options?: RecurrentOptions): Layer;
export function rnn(cell: RecurrentCell | readonly RecurrentCell[], options: RecurrentOptions = {}): RecurrentLayer {
  const { flags } = splitOptions(options, [], "rnn");
  if (Array.isArray(cell)) return new Rnn(stackedRnnCells(cell), flags);
  checkCell(cell, "rnn");
  return new Rnn(cell, flags);
}

export class Rnn extends RecurrentLayer {
  constructor(cell: RecurrentCell, options: RecurrentOptions) {
    super("RNN", "rnn", cell, options, (changes) => new Rnn(this.#anotherCell(), { ...options, ...changes }));
  }
  #anotherCell(): RecurrentCell {
    if (this.cell.again) return this.cell.again();
    const next = "Give the cell a method again() that makes another like it, or give bidirectional a backwardLayer.";
    throw new DataError(problem(this.label, "a cell that can be copied", "one that cannot", next));
  }
  protected override cellConfig(): Record<string, ConfigValue> {
    return { ...penaltyConfig(this.options, []), cell: cellObject(this.cell) };
  }
}
