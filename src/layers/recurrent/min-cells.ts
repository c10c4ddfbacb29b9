import { add, div, mul, sigmoid, sub } from "../../ops/elementwise.ts";
import { linear } from "../../ops/matmul.ts";
import { split } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import type { CallContext, Weight } from "../layer.ts";
import { type ConfigValue, initializerConfig, knownOptions, positiveInteger } from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import { type AddWeight, type CellFormula, type CellStart, type FormulaCell, namedIn } from "./cell.ts";

const minKeys = ["use_bias", "kernel_initializer", "bias_initializer"];

export interface MinCellOptions {
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Initializer of the kernel. Default `"glorotUniform"`. */
  kernelInitializer?: InitializerLike;
  /** Initializer of the bias. Default `"zeros"`. */
  biasInitializer?: InitializerLike;
}

/**
 * The smallest GRU (Feng et al. 2024, "Were RNNs All We Needed?"): gate and candidate see only the input.
 *
 *   z = σ(x·w_z + b_z)   g = x·w_h + b_h   h = (1 − z) ∘ h₋₁ + z ∘ g
 *
 * Weights: kernel [D, 2·units] (z h), bias [2·units]. State h.
 *
 *   rnn(minGruCell(64), { returnSequences: true })
 */
export function minGruCell(units: number, options: MinCellOptions = {}): FormulaCell {
  return new MinCell("minGruCell", "MinGRUCell", 2, units, options, (sums) => {
    const [z, g] = split(sums, 2);
    const open = sigmoid(z);
    return { keep: sub(1, open), take: mul(open, g) };
  });
}
kerasForm(minGruCell, { className: "MinGRUCell", args: ["units"], options: minKeys, cell: true });

/**
 * The smallest LSTM (Feng et al. 2024): gates see only the input, and their sum is 1.
 *
 *   f = σ(x·w_f + b_f)   i = σ(x·w_i + b_i)   g = x·w_h + b_h   h = f/(f+i) ∘ h₋₁ + i/(f+i) ∘ g
 *
 * Weights: kernel [D, 3·units] (i f h), bias [3·units]. State h.
 *
 *   rnn(minLstmCell(64), { returnSequences: true })
 */
export function minLstmCell(units: number, options: MinCellOptions = {}): FormulaCell {
  return new MinCell("minLstmCell", "MinLSTMCell", 3, units, options, (sums) => {
    const [i, f, g] = split(sums, 3);
    const [open, stay] = [sigmoid(i), sigmoid(f)];
    const both = add(open, stay);
    return { keep: div(stay, both), take: mul(div(open, both), g) };
  });
}
kerasForm(minLstmCell, { className: "MinLSTMCell", args: ["units"], options: minKeys, cell: true });

/** From x·w + b [..., G·H]: the fraction of the state kept, and the addend. */
type Mix = (sums: Tensor) => { keep: Tensor; take: Tensor };

class MinCell implements FormulaCell {
  readonly className: string;
  readonly stateSize: number;
  readonly outputSize: number;
  readonly again: () => MinCell;
  readonly options: MinCellOptions;
  readonly #gates: number;
  readonly #mix: Mix;
  #kernel!: Weight;
  #bias: Weight | null = null;

  constructor(factory: string, className: string, gates: number, units: number, options: MinCellOptions, mix: Mix) {
    knownOptions(options, ["useBias", "kernelInitializer", "biasInitializer"], factory);
    this.className = className;
    this.stateSize = positiveInteger(units, factory, "units");
    this.outputSize = units;
    this.options = options;
    this.#gates = gates;
    this.#mix = mix;
    this.again = () => new MinCell(factory, className, gates, units, options, mix);
  }
  build(inputSize: number, addWeight: AddWeight): void {
    const { useBias, kernelInitializer, biasInitializer } = this.options;
    const width = this.#gates * this.outputSize;
    this.#kernel = addWeight("kernel", [inputSize, width], kernelInitializer ?? "glorotUniform");
    if (useBias !== false) this.#bias = addWeight("bias", [width], biasInitializer ?? "zeros");
  }
  begin(start: CellStart, context: CallContext): CellFormula {
    const mixed = (x: Tensor) =>
      this.#mix(linear(x, context.weight(this.#kernel), this.#bias && context.weight(this.#bias)));
    const named = namedIn(context);
    const next = (keep: Tensor, take: Tensor, h: Tensor) => {
      const output = named("h", add(mul(named("keep", keep), h), named("take", take)));
      return { output, state: [output] };
    };
    if (start.x) {
      const { keep, take } = mixed(start.x); // gates of all steps at once: none waits for the state
      return { sequences: [keep, take], step: (_x, [h], [k, t]) => next(k, t, h) };
    }
    return {
      step: (x, [h]) => {
        const { keep, take } = mixed(x);
        return next(keep, take, h);
      },
    };
  }
  config(): Record<string, ConfigValue> {
    const { useBias = true, kernelInitializer = "glorotUniform", biasInitializer = "zeros" } = this.options;
    return {
      units: this.outputSize,
      use_bias: useBias,
      kernel_initializer: initializerConfig(kernelInitializer),
      bias_initializer: initializerConfig(biasInitializer),
    };
  }
}
