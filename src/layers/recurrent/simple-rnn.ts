import { add } from "../../ops/elementwise.ts";
import { gateProduct } from "../../ops/recurrent.ts";
import { simpleRnn as simpleRnnOp } from "../../ops/simple-rnn.ts";
import { cellKeys, kerasForm, recurrentKeys } from "../keras-form.ts";
import type { CallContext, Layer, SymbolicTensor } from "../layer.ts";
import { type CellFormula, type CellStart, namedIn } from "./cell.ts";
import { type CellOptions, type CellTensors, cellOptions, GateCell } from "./gate-cell.ts";
import { RecurrentLayer, type RecurrentOptions, splitOptions } from "./recurrent.ts";
import type { Ran, WholeRun } from "./whole-run.ts";

export interface SimpleRnnOptions extends CellOptions, RecurrentOptions {}

/**
 * The plain recurrent layer (Elman 1990), h = tanh(x·wx + h₋₁·wh + b): [B, T, D] → [B, units], or [B, T, units] with
 * `returnSequences`; with `returnState` also the last h [B, units]. Weights as in Keras: kernel [D, units],
 * recurrent_kernel [units, units], bias [units].
 *
 *   simpleRnn(32)
 */
export function simpleRnn(
  units: number,
  options: SimpleRnnOptions & { returnState: true },
): Layer<[y: SymbolicTensor, h: SymbolicTensor]>;
export function simpleRnn(units: number, options?: SimpleRnnOptions): Layer;
export function simpleRnn(units: number, options: SimpleRnnOptions = {}): RecurrentLayer {
  const { own, flags } = splitOptions(options, cellOptions, "simpleRnn");
  const cell = new SimpleRnnCell(units, own, "simpleRnn");
  return new RecurrentLayer(
    "SimpleRNN",
    "simpleRnn",
    cell,
    flags,
    (changes) => simpleRnn(units, { ...options, ...changes }) as RecurrentLayer,
  );
}
kerasForm(simpleRnn, { className: "SimpleRNN", args: ["units"], options: [...cellKeys, ...recurrentKeys] });

/**
 * One step of a plain recurrent layer as a cell for `rnn`: state h [B, units].
 *
 *   rnn(simpleRnnCell(32))
 */
export function simpleRnnCell(units: number, options: CellOptions = {}): SimpleRnnCell {
  return new SimpleRnnCell(units, options, "simpleRnnCell");
}
kerasForm(simpleRnnCell, { className: "SimpleRNNCell", args: ["units"], options: cellKeys, cell: true });

/** The cell of a simple recurrent layer; made by `simpleRnnCell`. */
export class SimpleRnnCell extends GateCell<CellOptions> {
  readonly className = "SimpleRNNCell";
  readonly stateSize: number;

  constructor(units: number, options: CellOptions, factory: string) {
    super(factory, 1, units, options, cellOptions);
    this.stateSize = units;
  }
  again(): SimpleRnnCell {
    return new SimpleRnnCell(this.units, this.options, this.factory);
  }

  begin(start: CellStart, context: CallContext): CellFormula {
    const w = this.tensors(start, context);
    const { sequences, at } = this.inputSums(start, w, w.b);
    const ofState = gateProduct(w.wh, w.hDrop, 1, start.rounding);
    return {
      sequences,
      step: (x, [h], slices) => {
        const sums = add(at(x, slices), ofState(h));
        const output = namedIn(context)("h", this.activations.phi(sums));
        return { output, state: [output] };
      },
    };
  }

  protected fused(
    run: WholeRun,
    w: CellTensors,
    { recurrentActivation: _, showGates: __, ...attrs }: Parameters<GateCell["fused"]>[2],
  ): Ran {
    const inputs = { ...w, x: run.x, mask: run.mask, h0: run.state[0] };
    const { y, last, h } = simpleRnnOp(inputs, attrs);
    return { y, last, state: [h] };
  }
}
