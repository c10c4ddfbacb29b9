import { add } from "../../ops/elementwise.ts";
import { type LstmAttributes, lstm as lstmOp, lstmStep } from "../../ops/lstm.ts";
import { gateProduct } from "../../ops/recurrent.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { gatedCellKeys, kerasForm, recurrentKeys } from "../keras-form.ts";
import type { CallContext, Layer, SymbolicTensor } from "../layer.ts";
import type { ConfigValue } from "../options.ts";
import { type Initializer, initializer } from "../weights/initializers.ts";
import { type CellFormula, type CellStart, namedIn } from "./cell.ts";
import { type CellTensors, GateCell, type GatedCellOptions, gatedCellOptions } from "./gate-cell.ts";
import { RecurrentLayer, type RecurrentOptions, splitOptions } from "./recurrent.ts";
import type { Ran, WholeRun } from "./whole-run.ts";

/** Keys of LSTM cells in Keras's files. */
export const lstmKeys = [...gatedCellKeys, "unit_forget_bias"];

export interface LstmCellOptions extends GatedCellOptions {
  /** The bias of the forget gate begins at 1 (Jozefowicz et al. 2015). Default true. */
  unitForgetBias?: boolean;
}
export interface LstmOptions extends LstmCellOptions, RecurrentOptions {}

const known = [...gatedCellOptions, "unitForgetBias"];

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997): [B, T, D] → [B, units], or [B, T, units] with `returnSequences`;
 * with `returnState` also the last h and c, [B, units] each. Weights as in Keras: kernel [D, 4·units],
 * recurrent_kernel [units, 4·units], bias [4·units], gates i f c o.
 *
 *   lstm(128, { dropout: 0.2, recurrentDropout: 0.2 })
 */
export function lstm(
  units: number,
  options: LstmOptions & { returnState: true },
): Layer<[y: SymbolicTensor, h: SymbolicTensor, c: SymbolicTensor]>;
export function lstm(units: number, options?: LstmOptions): Layer;
export function lstm(units: number, options: LstmOptions = {}): RecurrentLayer {
  const { own, flags } = splitOptions(options, known, "lstm");
  const cell = new LstmCell(units, own, "lstm");
  return new RecurrentLayer(
    "LSTM",
    "lstm",
    cell,
    flags,
    (changes) => lstm(units, { ...options, ...changes }) as RecurrentLayer,
  );
}
kerasForm(lstm, { className: "LSTM", args: ["units"], options: [...lstmKeys, ...recurrentKeys] });

/**
 * One step of an LSTM as a cell for `rnn`, alone or in a stack: state h and c, [B, units] each.
 *
 *   rnn([lstmCell(64), lstmCell(32)], { returnSequences: true })
 */
export function lstmCell(units: number, options: LstmCellOptions = {}): LstmCell {
  return new LstmCell(units, options, "lstmCell");
}
kerasForm(lstmCell, { className: "LSTMCell", args: ["units"], options: lstmKeys, cell: true });

/** The cell of an LSTM; made by `lstmCell`. */
export class LstmCell extends GateCell<LstmCellOptions> {
  readonly className: string = "LSTMCell";

  constructor(units: number, options: LstmCellOptions, factory: string) {
    super(factory, 4, units, options, known);
  }
  get stateSize(): readonly number[] {
    return [this.units, this.units];
  }
  again(): LstmCell {
    return new LstmCell(this.units, this.options, this.factory);
  }

  begin(start: CellStart, context: CallContext): CellFormula {
    const { sequences, sums } = this.gateSums(start, context);
    return {
      sequences,
      step: (x, [h, c], slices) => {
        const state = lstmStep(sums(x, h, slices), c, this.activations, namedIn(context));
        return { output: state[0], state };
      },
    };
  }

  /** x·wx + h·wh + b for all gates. */
  protected gateSums(start: CellStart, context: CallContext) {
    const w = this.tensors(start, context);
    const { sequences, at } = this.inputSums(start, w, w.b);
    const ofState = gateProduct(w.wh, w.hDrop, 4, start.rounding);
    const sums = (x: Tensor, h: Tensor, slices: Tensor[]) => add(at(x, slices), ofState(h)); // [B, 4H]
    return { sequences, sums };
  }

  protected fused(run: WholeRun, w: CellTensors, attrs: LstmAttributes): Ran {
    const [h0, c0] = run.state;
    const { y, last, h, c, gates } = lstmOp({ ...w, x: run.x, mask: run.mask, h0, c0 }, attrs);
    return { y, last, state: [h, c], gates };
  }

  protected override biasInitializer(): Initializer {
    const init = initializer(this.options.biasInitializer ?? "zeros", `${this.factory} biasInitializer`);
    return this.options.unitForgetBias === false ? init : forgetOne(init, this.units);
  }
  protected override ownConfig(after: "bias" | "dropout"): Record<string, ConfigValue> {
    return after === "bias" ? { unit_forget_bias: this.options.unitForgetBias ?? true } : {};
  }
}

/** Zeros (or another initializer) with ones in the forget gate's quarter. */
function forgetOne(init: Initializer, units: number): Initializer {
  return {
    ...init,
    fill: (shape, random) => {
      const bias = init.fill(shape, random);
      bias.fill(1, units, 2 * units);
      return bias;
    },
  };
}
