import { type GruAttributes, gru as gruOp, gruResetBeforeStep, gruStep, rowsOf } from "../../ops/gru.ts";
import { gatedCellKeys, kerasForm, recurrentKeys } from "../keras-form.ts";
import type { CallContext, Layer, SymbolicTensor } from "../layer.ts";
import type { ConfigValue } from "../options.ts";
import { type CellFormula, type CellStart, namedIn } from "./cell.ts";
import { type CellTensors, GateCell, type GatedCellOptions, gatedCellOptions } from "./gate-cell.ts";
import { RecurrentLayer, type RecurrentOptions, splitOptions } from "./recurrent.ts";
import type { Ran, WholeRun } from "./whole-run.ts";

export interface GruCellOptions extends GatedCellOptions {
  /** The reset gate acts after the product with the recurrent kernel (as in cuDNN), or on the state before it. Default true. */
  resetAfter?: boolean;
}
export interface GruOptions extends GruCellOptions, RecurrentOptions {}

const known = [...gatedCellOptions, "resetAfter"];

/**
 * Gated recurrent unit (Cho et al. 2014): [B, T, D] → [B, units], or [B, T, units] with `returnSequences`; with
 * `returnState` also the last h [B, units]. Weights as in Keras: kernel [D, 3·units], recurrent_kernel [units, 3·units],
 * bias [2, 3·units] ([3·units] without `resetAfter`), gates z r h.
 *
 *   gru(64, { returnSequences: true })
 */
export function gru(
  units: number,
  options: GruOptions & { returnState: true },
): Layer<[y: SymbolicTensor, h: SymbolicTensor]>;
export function gru(units: number, options?: GruOptions): Layer;
export function gru(units: number, options: GruOptions = {}): RecurrentLayer {
  const { own, flags } = splitOptions(options, known, "gru");
  const cell = new GruCell(units, own, "gru");
  return new RecurrentLayer(
    "GRU",
    "gru",
    cell,
    flags,
    (changes) => gru(units, { ...options, ...changes }) as RecurrentLayer,
  );
}
kerasForm(gru, {
  className: "GRU",
  args: ["units"],
  options: [...gatedCellKeys, "reset_after", ...recurrentKeys],
  before3: { reset_after: false },
});

/**
 * One step of a GRU as a cell for `rnn`: state h [B, units].
 *
 *   rnn(gruCell(64), { returnSequences: true })
 */
export function gruCell(units: number, options: GruCellOptions = {}): GruCell {
  return new GruCell(units, options, "gruCell");
}
kerasForm(gruCell, {
  className: "GRUCell",
  args: ["units"],
  options: [...gatedCellKeys, "reset_after"],
  before3: { reset_after: false },
  cell: true,
});

/** The cell of a GRU; made by `gruCell`. */
export class GruCell extends GateCell<GruCellOptions> {
  readonly className = "GRUCell";
  readonly stateSize: number;

  constructor(units: number, options: GruCellOptions, factory: string) {
    super(factory, 3, units, options, known);
    this.stateSize = units;
  }
  again(): GruCell {
    return new GruCell(this.units, this.options, this.factory);
  }
  get #resetAfter(): boolean {
    return this.options.resetAfter !== false;
  }

  begin(start: CellStart, context: CallContext): CellFormula {
    const w = this.tensors(start, context);
    const { wh, b, hDrop } = w;
    const [bx, bh] = b && this.#resetAfter ? rowsOf(b) : [b, null];
    const makeStep = this.#resetAfter ? gruStep : gruResetBeforeStep;
    const next = makeStep({ wh, bh, hDrop, rounding: start.rounding }, this.activations);
    const { sequences, at } = this.inputSums(start, w, bx);
    return {
      sequences,
      step: (x, [h], slices) => {
        const output = next(at(x, slices), h, namedIn(context));
        return { output, state: [output] };
      },
    };
  }

  protected fused(run: WholeRun, w: CellTensors, attrs: GruAttributes): Ran {
    const all = { ...attrs, resetAfter: this.#resetAfter };
    const { y, last, h, gates } = gruOp({ ...w, x: run.x, mask: run.mask, h0: run.state[0] }, all);
    return { y, last, state: [h], gates };
  }

  protected override biasShape(width: number): readonly number[] {
    return this.#resetAfter ? [2, width] : [width];
  }
  protected override ownConfig(after: "bias" | "dropout"): Record<string, ConfigValue> {
    return after === "dropout" ? { reset_after: this.#resetAfter } : {};
  }
}
