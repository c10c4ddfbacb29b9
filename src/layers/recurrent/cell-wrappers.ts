import { DataError, problem } from "../../errors.ts";
import { add, greaterEqual, mul, where } from "../../ops/elementwise.ts";
import { dropoutMask, random } from "../../ops/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { CallContext, Weight } from "../layer.ts";
import { type ConfigValue, dropRate } from "../options.ts";
import {
  type AddWeight,
  buildCell,
  type CellFormula,
  type CellStart,
  type FormulaCell,
  formulaOf,
  namedIn,
  type RecurrentCell,
  stateSizes,
} from "./cell.ts";
import { cellObject, checkCell } from "./stacked-rnn-cells.ts";
import type { Ran, WholeRun } from "./whole-run.ts";

/**
 * Zoneout (Krueger et al. 2017): while training each number of the state keeps its old value with probability `rate`,
 * drawn at every step; otherwise the expected value is taken. `rate` is one number, or one for each part of the state.
 *
 *   training: s = m ? s₋₁ : ŝ      otherwise: s = rate · s₋₁ + (1 − rate) · ŝ
 *
 *   rnn(zoneout(lstmCell(64), [0.05, 0.5])) // h and c
 */
export function zoneout(cell: RecurrentCell, rate: number | readonly number[]): FormulaCell {
  checkCell(cell, "zoneout");
  const sizes = stateSizes(cell);
  const rates = typeof rate === "number" ? sizes.map(() => rate) : [...rate];
  if (rates.length !== sizes.length)
    throw new DataError(problem("zoneout", `${sizes.length} rates, one for each part of the state`, `${rates.length}`));
  for (const r of rates) dropRate(r, "zoneout", "rate");
  return new Zoneout(cell, rates);
}

/** A cell that changes what another one does. */
abstract class WrappedCell implements FormulaCell {
  abstract readonly className: string;
  readonly cell: RecurrentCell;
  readonly stateSize: number | readonly number[];
  readonly outputSize: number;
  readonly again?: () => FormulaCell;

  constructor(cell: RecurrentCell, wrap: (cell: RecurrentCell) => FormulaCell) {
    this.cell = cell;
    this.stateSize = cell.stateSize;
    this.outputSize = cell.outputSize;
    if (cell.again) this.again = () => wrap(cell.again!());
  }
  build(inputSize: number, addWeight: AddWeight): void {
    buildCell(this.cell, inputSize, addWeight);
  }
  abstract begin(start: CellStart, context: CallContext): CellFormula;
  abstract config(): Record<string, ConfigValue>;
}

class Zoneout extends WrappedCell {
  readonly className = "ZoneoutCell";
  readonly rates: readonly number[];

  constructor(cell: RecurrentCell, rates: readonly number[]) {
    super(cell, (inner) => new Zoneout(inner, rates));
    this.rates = rates;
  }
  begin(start: CellStart, context: CallContext): CellFormula {
    const { beside, batch, time } = start;
    const names = new Map<Tensor, string>(); // parts of the state are named when they are mixed
    const gate = (name: string, value: Tensor) => {
      if (name !== "h" && name !== "c") return namedIn(context)(name, value);
      names.set(value, name);
      return value;
    };
    const formula = formulaOf(this.cell, start, { ...context, gate });
    const inner = formula.sequences ?? [];
    // 1 where a number of the state is new, drawn for every step: [B, T, size]
    const renewed = !context.training
      ? []
      : stateSizes(this.cell).map((size, k) => {
          const draws = random("uniform", beside, [batch, time, size], context.stream(`zoneout ${k}`));
          return greaterEqual(draws, this.rates[k]);
        });
    return {
      sequences: [...inner, ...renewed],
      step: (x, state, slices) => {
        const next = formula.step(x, state, slices.slice(0, inner.length));
        const flags = slices.slice(inner.length);
        const mixed = next.state.map((after, k) => {
          const rate = this.rates[k];
          const value =
            flags.length > 0 ? where(flags[k], after, state[k]) : add(mul(state[k], rate), mul(after, 1 - rate));
          const name = names.get(after);
          return name === undefined ? value : namedIn(context)(name, value);
        });
        // The output of most cells is a part of their state.
        const shown = next.state.indexOf(next.output);
        return { output: shown < 0 ? next.output : mixed[shown], state: mixed };
      },
    };
  }
  config(): Record<string, ConfigValue> {
    return { cell: cellObject(this.cell), rates: this.rates };
  }
}

/**
 * A cell with dropped recurrent weights (DropConnect as in the AWD-LSTM, Merity, Keskar & Socher 2018): while training, each
 * number of its `recurrent_kernel` is dropped with probability `rate` for all steps of a batch, the rest scaled up by
 * 1 / (1 − rate). The cell keeps its own kernels.
 *
 *   rnn(weightDropped(lstmCell(1150), 0.5), { returnSequences: true })
 */
export function weightDropped(cell: RecurrentCell, rate: number): FormulaCell {
  checkCell(cell, "weightDropped");
  return new WeightDropped(cell, dropRate(rate, "weightDropped", "rate"));
}

export class WeightDropped extends WrappedCell {
  readonly className = "WeightDroppedCell";
  readonly rate: number;
  readonly whole?: (run: WholeRun, context: CallContext) => Ran;
  readonly #recurrent: Weight[] = [];

  constructor(cell: RecurrentCell, rate: number) {
    super(cell, (inner) => new WeightDropped(inner, rate));
    this.rate = rate;
    const whole = "begin" in cell ? cell.whole : undefined;
    if (whole) this.whole = (run, context) => whole(run, this.#dropping(run.x, context));
  }
  override build(inputSize: number, addWeight: AddWeight): void {
    super.build(inputSize, (name, ...rest) => {
      const weight = addWeight(name, ...rest);
      if (name === "recurrent_kernel") this.#recurrent.push(weight);
      return weight;
    });
    if (this.#recurrent.length > 0) return;
    const next = 'Name the weights that multiply the state "recurrent_kernel".';
    throw new DataError(problem("weightDropped", "a cell with recurrent weights", "one that has none", next));
  }
  begin(start: CellStart, context: CallContext): CellFormula {
    return formulaOf(this.cell, start, this.#dropping(start.beside, context));
  }

  /** The context with masked recurrent weights, drawn now: once for all steps. */
  #dropping(beside: Tensor, context: CallContext): CallContext {
    if (!context.training || this.rate === 0) return context;
    const dropped = new Map(
      this.#recurrent.map((w) => {
        const mask = dropoutMask(beside, w.shape, this.rate, context.stream(w.name));
        return [w, mul(context.weight(w), mask)];
      }),
    );
    return { ...context, weight: (w) => dropped.get(w) ?? context.weight(w) };
  }
  config(): Record<string, ConfigValue> {
    return { cell: cellObject(this.cell), rate: this.rate };
  }
}
