import { add, mul } from "../../ops/elementwise.ts";
import { lstmStep } from "../../ops/lstm.ts";
import { matmul } from "../../ops/matmul.ts";
import { gateSums, type NameGate } from "../../ops/recurrent.ts";
import { sliceAxis, split } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import type { CallContext, Weight } from "../layer.ts";
import { normalised } from "../normalization/normalised.ts";
import { type ConfigValue, positiveInteger } from "../options.ts";
import { type AddWeight, type CellFormula, type CellStart, namedIn } from "./cell.ts";
import type { WholeLayerOptions } from "./gate-cell.ts";
import { LstmCell, type LstmCellOptions, lstmKeys } from "./lstm.ts";

/**
 * LSTM whose gates also see the cell state (Gers, Schraudolph & Schmidhuber 2002), one weight for each unit and gate:
 *
 *   i = σ(zᵢ + pᵢ ∘ c₋₁)   f = σ(z_f + p_f ∘ c₋₁)   c = f ∘ c₋₁ + i ∘ φ(z_c)   o = σ(z_o + p_o ∘ c)   h = o ∘ φ(c)
 *
 * Weights: those of `lstmCell`, then peephole [3, units] (i f o). State h and c.
 *
 *   rnn(peepholeLstmCell(64), { returnSequences: true })
 */
export function peepholeLstmCell(units: number, options: LstmCellOptions = {}): LstmCell {
  return new PeepholeLstmCell(units, options, "peepholeLstmCell");
}
kerasForm(peepholeLstmCell, { className: "PeepholeLSTMCell", args: ["units"], options: lstmKeys, cell: true });

class PeepholeLstmCell extends LstmCell {
  override readonly className: string = "PeepholeLSTMCell";
  override readonly whole = undefined;
  #peephole!: Weight;

  override again(): LstmCell {
    return new PeepholeLstmCell(this.units, this.options, this.factory);
  }
  override build(inputSize: number, addWeight: AddWeight): void {
    super.build(inputSize, addWeight);
    this.#peephole = addWeight("peephole", [3, this.units], "zeros");
  }
  override begin(start: CellStart, context: CallContext): CellFormula {
    const { sequences, sums } = this.gateSums(start, context);
    const { sigma, phi } = this.activations;
    const p = context.weight(this.#peephole);
    const named = namedIn(context);
    const [pi, pf, po] = [0, 1, 2].map((k) => sliceAxis(p, 0, k, 1)); // [1, H]
    return {
      sequences,
      step: (x, [h, c], slices) => {
        const [zi, zf, zc, zo] = split(sums(x, h, slices), 4);
        const i = named("i", sigma(add(zi, mul(pi, c))));
        const f = named("f", sigma(add(zf, mul(pf, c))));
        const next = named("c", add(mul(f, c), mul(i, named("g", phi(zc)))));
        const o = named("o", sigma(add(zo, mul(po, next))));
        const output = named("h", mul(o, phi(next)));
        return { output, state: [output, next] };
      },
    };
  }
}

export interface ProjectedLstmOptions extends LstmCellOptions {
  /** Numbers in the output; fewer than units. */
  projSize: number;
}

/**
 * LSTM whose output is a projection of its units (Sak, Senior & Beaufays 2014; PyTorch's `proj_size`): many units cost
 * little where the output is small.
 *
 *   h = (o ∘ φ(c)) · wp        wp [units, projSize], state h [B, projSize] and c [B, units]
 *
 * Weights: kernel [D, 4·units], recurrent_kernel [projSize, 4·units], bias [4·units], projection [units, projSize].
 *
 *   rnn(projectedLstmCell(512, { projSize: 128 }))
 */
export function projectedLstmCell(units: number, options: ProjectedLstmOptions): LstmCell {
  const { projSize, ...own } = options;
  return new ProjectedLstmCell(units, positiveInteger(projSize, "projectedLstmCell", "projSize"), own);
}
kerasForm(projectedLstmCell, {
  className: "ProjectedLSTMCell",
  args: ["units"],
  options: [...lstmKeys, "proj_size"],
  cell: true,
});

class ProjectedLstmCell extends LstmCell {
  override readonly className: string = "ProjectedLSTMCell";
  override readonly whole = undefined;
  readonly projSize: number;
  #projection!: Weight;

  constructor(units: number, projSize: number, options: LstmCellOptions) {
    super(units, options, "projectedLstmCell");
    this.projSize = projSize;
  }
  override get stateSize(): readonly number[] {
    return [this.projSize, this.units];
  }
  override get outputSize(): number {
    return this.projSize;
  }
  override again(): LstmCell {
    return new ProjectedLstmCell(this.units, this.projSize, this.options);
  }
  override build(inputSize: number, addWeight: AddWeight): void {
    super.build(inputSize, addWeight);
    this.#projection = addWeight("projection", [this.units, this.projSize], "glorotUniform");
  }
  override begin(start: CellStart, context: CallContext): CellFormula {
    const { sequences, sums } = this.gateSums(start, context);
    const wp = context.weight(this.#projection);
    const named = namedIn(context);
    return {
      sequences,
      step: (x, [h, c], slices) => {
        const inner: NameGate = (name, value) => (name === "h" ? value : named(name, value)); // h is the projection
        const [wide, next] = lstmStep(sums(x, h, slices), c, this.activations, inner);
        const output = named("h", matmul(wide, wp));
        return { output, state: [output, next] };
      },
    };
  }
  override config(layer?: WholeLayerOptions): Record<string, ConfigValue> {
    return { ...super.config(layer), proj_size: this.projSize };
  }
}

/**
 * LSTM with layer normalisation (Ba, Kiros & Hinton 2016): the input's sums, the state's sums and the cell state are each
 * brought to mean 0 and variance 1 over their row, then scaled.
 *
 *   z = LN(x·wx) ∘ gx + LN(h·wh) ∘ gh + b        h = o ∘ φ(LN(c) ∘ gc + bc)
 *
 * Weights: those of `lstmCell`, then kernel_gain [4·units], recurrent_gain [4·units], state_gain [units],
 * state_bias [units]. State h and c.
 *
 *   rnn(layerNormLstmCell(64), { returnSequences: true })
 */
export function layerNormLstmCell(units: number, options: LstmCellOptions = {}): LstmCell {
  return new LayerNormLstmCell(units, options, "layerNormLstmCell");
}
kerasForm(layerNormLstmCell, { className: "LayerNormLSTMCell", args: ["units"], options: lstmKeys, cell: true });

class LayerNormLstmCell extends LstmCell {
  override readonly className: string = "LayerNormLSTMCell";
  override readonly whole = undefined;
  #gains: Weight[] = [];

  override again(): LstmCell {
    return new LayerNormLstmCell(this.units, this.options, this.factory);
  }
  override build(inputSize: number, addWeight: AddWeight): void {
    super.build(inputSize, addWeight);
    const { units } = this;
    this.#gains = [
      addWeight("kernel_gain", [4 * units], "ones"),
      addWeight("recurrent_gain", [4 * units], "ones"),
      addWeight("state_gain", [units], "ones"),
      addWeight("state_bias", [units], "zeros"),
    ];
  }
  override begin(start: CellStart, context: CallContext): CellFormula {
    const w = this.tensors(start, context);
    const [gx, gh, gc, bc] = this.#gains.map((gain) => context.weight(gain));
    const { sequences, at } = this.inputSums(start, w, null);
    const { sigma, phi } = this.activations;
    const biased = (z: Tensor) => (w.b ? add(z, w.b) : z);
    const named = namedIn(context);
    return {
      sequences,
      step: (x, [h, c], slices) => {
        const fromX = mul(normalised(at(x, slices)), gx);
        const fromH = mul(normalised(gateSums(h, w.wh, null, w.hDrop, 4)), gh);
        const [zi, zf, zg, zo] = split(biased(add(fromX, fromH)), 4);
        const f = named("f", sigma(zf));
        const next = named("c", add(mul(f, c), mul(named("i", sigma(zi)), named("g", phi(zg)))));
        const o = named("o", sigma(zo));
        const output = named("h", mul(o, phi(add(mul(normalised(next), gc), bc))));
        return { output, state: [output, next] };
      },
    };
  }
}
