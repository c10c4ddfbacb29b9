import { DataError, problem } from "../../errors.ts";
import { reverse } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { CallContext, Weight } from "../layer.ts";
import type { ConfigValue } from "../options.ts";
import {
  type AddWeight,
  buildCell,
  type CellFormula,
  type CellStart,
  type FormulaCell,
  formulaOf,
  type RecurrentCell,
  stateSizes,
} from "./cell.ts";
import type { Ran, WholeRun } from "./whole-run.ts";

/**
 * Cells one above the other as one cell: each reads the output of the one before, all in the same step. The state is
 * theirs in order.
 *
 *   rnn(stackedRnnCells([lstmCell(64), gruCell(32)]))
 */
export function stackedRnnCells(cells: readonly RecurrentCell[]): StackedRnnCells {
  return new StackedRnnCells(cells);
}

/** Cells one above the other as one cell; made by `stackedRnnCells`. */
export class StackedRnnCells implements FormulaCell {
  readonly className = "StackedRNNCells";
  /** The cells, first to last. */
  readonly cells: readonly RecurrentCell[];
  readonly stateSize: readonly number[];
  readonly outputSize: number;
  readonly whole?: (run: WholeRun, context: CallContext) => Ran;
  readonly again?: () => StackedRnnCells;

  constructor(cells: readonly RecurrentCell[]) {
    if (!Array.isArray(cells) || cells.length === 0)
      throw new DataError(
        problem(
          "stackedRnnCells",
          "a list of cells",
          Array.isArray(cells) ? "an empty one" : typeof cells,
          "rnn([lstmCell(64), lstmCell(32)]), for example.",
        ),
      );
    for (const [k, cell] of cells.entries()) checkCell(cell, `stackedRnnCells, cell ${k}`);
    if (new Set(cells).size < cells.length)
      throw new DataError(problem("stackedRnnCells", "a different cell at each position", "one cell twice"));
    this.cells = cells;
    this.stateSize = cells.flatMap((cell) => stateSizes(cell));
    this.outputSize = cells[cells.length - 1].outputSize;
    if (cells.every((cell) => "begin" in cell && cell.whole)) this.whole = (run, context) => this.#layers(run, context);
    if (cells.every((cell) => cell.again)) this.again = () => new StackedRnnCells(cells.map((cell) => cell.again!()));
  }

  /** The weights of each cell; known once built. */
  readonly cellWeights: Weight[][] = [];

  build(inputSize: number, addWeight: AddWeight): void {
    let size = inputSize;
    for (const cell of this.cells) {
      const own: Weight[] = [];
      this.cellWeights.push(own);
      buildCell(cell, size, (...given) => {
        own.push(addWeight(...given));
        return own[own.length - 1];
      });
      size = cell.outputSize;
    }
  }

  begin(start: CellStart, context: CallContext): CellFormula {
    let { inputSize } = start;
    const formulas = this.cells.map((cell, k) => {
      const within = { ...start, x: k === 0 ? start.x : undefined, inputSize };
      const gate = context.gate && ((name: string, value: Tensor) => context.gate!(`${k}/${name}`, value));
      const formula = formulaOf(cell, within, gate ? { ...context, gate } : context);
      inputSize = cell.outputSize;
      return { formula, states: stateSizes(cell).length };
    });
    return {
      sequences: formulas.flatMap(({ formula }) => formula.sequences ?? []),
      step: (x, state, slices) => {
        const rest = [...state];
        const restSlices = [...slices];
        let output = x;
        const next = formulas.flatMap(({ formula, states }) => {
          const own = restSlices.splice(0, formula.sequences?.length ?? 0);
          const after = formula.step(output, rest.splice(0, states), own);
          output = after.output;
          return after.state;
        });
        return { output, state: next };
      },
    };
  }

  /** Cell by cell over the whole sequence, which gives the same numbers: a masked step exists for none of them. */
  #layers(run: WholeRun, context: CallContext): Ran {
    const rest = [...run.state];
    let { x, prefix } = run;
    const state = this.cells.map((cell) => {
      const own = rest.splice(0, stateSizes(cell).length);
      const ran = (cell as FormulaCell).whole!({ ...run, x, prefix, state: own }, context);
      x = run.reverse ? reverse(ran.y, 1) : ran.y; // y is in processing order
      prefix = ran.y.prefix;
      return ran;
    });
    const { y, last } = state[state.length - 1];
    return { y, last, state: state.flatMap((ran) => ran.state) };
  }

  config(): Record<string, ConfigValue> {
    return { cells: this.cells.map(cellObject) };
  }
}

/** The class that files know a cell by. */
export const cellClass = (cell: RecurrentCell): string => cell.className ?? cell.constructor.name;

/** A cell as an object of a config. */
export function cellObject(cell: RecurrentCell): ConfigValue {
  return { module: "keras.layers", class_name: cellClass(cell), config: cell.config?.() ?? {}, registered_name: null };
}

/** Refuses what is not a cell, and says what one is. */
export function checkCell(cell: unknown, who: string): asserts cell is RecurrentCell {
  const c = (cell ?? {}) as Partial<FormulaCell> & { step?: unknown };
  const next = "A cell states stateSize, outputSize and step(x, state, context); lstmCell(64) is one.";
  if (typeof c.step !== "function" && typeof c.begin !== "function")
    throw new DataError(problem(who, "a cell", typeof cell, next));
  const sizes = typeof c.stateSize === "number" ? [c.stateSize] : (c.stateSize ?? []);
  const whole = (n: unknown) => typeof n === "number" && Number.isInteger(n) && n > 0;
  if (sizes.length === 0 || ![...sizes, c.outputSize].every(whole)) {
    const found = `stateSize ${JSON.stringify(c.stateSize)} and outputSize ${c.outputSize}`;
    throw new DataError(problem(who, "stateSize and outputSize as whole numbers above 0", found, next));
  }
}
