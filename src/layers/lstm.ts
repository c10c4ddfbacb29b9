import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import { type GateActivation, gateActivations } from "../ops/activation.ts";
import { lstm as lstmOp } from "../ops/lstm.ts";
import { dropoutMask } from "../ops/random.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Initializer, type InitializerLike, initializer } from "./initializers.ts";
import { type CallContext, Layer, type Weight } from "./layer.ts";
import {
  type ConfigValue,
  dropRate,
  initializerConfig,
  kerasName,
  knownOptions,
  type LayerOptions,
  positiveInteger,
} from "./options.ts";

export interface LstmOptions extends LayerOptions {
  activation?: GateActivation;
  /** `hardSigmoid` is Keras 3's, `hardSigmoid2` that of Keras 1 and 2. */
  recurrentActivation?: GateActivation;
  useBias?: boolean;
  kernelInitializer?: InitializerLike;
  recurrentInitializer?: InitializerLike;
  biasInitializer?: InitializerLike;
  /** The forget gate's bias begins at 1 (Jozefowicz et al. 2015). */
  unitForgetBias?: boolean;
  /** Share of the input dropped, one mask for all steps of a row. */
  dropout?: number;
  /** Share of the previous output dropped, likewise; then each gate has masks of its own, as in Keras. */
  recurrentDropout?: number;
  /** The output of every step instead of the last one's. Needed before another recurrent layer. */
  returnSequences?: boolean;
  goBackwards?: boolean;
  zeroOutputForMask?: boolean;
}

const optionNames = [
  "activation",
  "recurrentActivation",
  "useBias",
  "kernelInitializer",
  "recurrentInitializer",
  "biasInitializer",
  "unitForgetBias",
  "dropout",
  "recurrentDropout",
  "returnSequences",
  "goBackwards",
  "zeroOutputForMask",
];

/**
 * Long short-term memory: [B, T, D] → [B, units], or [B, T, units] with `returnSequences`.
 * Weights as in Keras: kernel [D, 4·units], recurrent_kernel [units, 4·units], bias [4·units], gates i f c o.
 *
 *   lstm(128, { dropout: 0.2, recurrentDropout: 0.2 })
 */
export function lstm(units: number, options: LstmOptions = {}): Layer {
  return new Lstm(units, options);
}

export class Lstm extends Layer {
  readonly className = "LSTM";
  readonly factory = "lstm";
  readonly units: number;
  readonly options: LstmOptions;
  readonly #dropout: number;
  readonly #recurrentDropout: number;
  #kernel!: Weight;
  #recurrent!: Weight;
  #bias: Weight | null = null;

  constructor(units: number, options: LstmOptions) {
    super(options);
    knownOptions(options, optionNames, "lstm");
    this.units = positiveInteger(units, "lstm", "units");
    this.options = options;
    this.#dropout = dropRate(options.dropout ?? 0, "lstm", "dropout");
    this.#recurrentDropout = dropRate(options.recurrentDropout ?? 0, "lstm", "recurrentDropout");
    for (const key of ["activation", "recurrentActivation"] as const) {
      const value = options[key];
      if (value !== undefined && !gateActivations.includes(value)) {
        throw new DataError(problem("lstm", `${key} as one of ${gateActivations.join(", ")}`, `"${value}"`));
      }
    }
  }

  override build(input: PartialShape): void {
    sequenceShape(this, input);
    const d = input[2]!;
    const { units, options } = this;
    this.#kernel = this.addWeight("kernel", [d, 4 * units], options.kernelInitializer ?? "glorotUniform");
    this.#recurrent = this.addWeight(
      "recurrent_kernel",
      [units, 4 * units],
      options.recurrentInitializer ?? "orthogonal",
    );
    if (options.useBias !== false) {
      const init = initializer(options.biasInitializer ?? "zeros", this.label);
      this.#bias = this.addWeight(
        "bias",
        [4 * units],
        options.unitForgetBias === false ? init : forgetOne(init, units),
      );
    }
  }

  override computeOutputShape(input: PartialShape): PartialShape {
    return this.options.returnSequences ? [input[0], input[1], this.units] : [input[0], this.units];
  }

  override forward(x: Tensor, context: CallContext): Tensor {
    const [b, , d] = x.shape;
    const { activation, recurrentActivation, goBackwards, returnSequences, zeroOutputForMask } = this.options;
    const drops = context.training;
    // As Keras: without recurrent dropout one input mask serves all gates, with it every gate has its own.
    const gates = this.#recurrentDropout > 0 ? 4 : 1;
    const xDrop =
      drops && this.#dropout > 0 ? dropoutMask(x, [gates, b, d], this.#dropout, context.stream("input")) : null;
    const hDrop =
      drops && this.#recurrentDropout > 0
        ? dropoutMask(x, [4, b, this.units], this.#recurrentDropout, context.stream("recurrent"))
        : null;
    const prefix = xDrop || hDrop || goBackwards || x.mask ? undefined : x.prefix;
    const run = lstmOp(
      {
        x,
        wx: context.weight(this.#kernel),
        wh: context.weight(this.#recurrent),
        b: this.#bias && context.weight(this.#bias),
        mask: x.mask,
        xDrop,
        hDrop,
        prefix,
      },
      {
        activation: activation ?? "tanh",
        recurrentActivation: recurrentActivation ?? "sigmoid",
        reverse: goBackwards === true,
        zeroOutput: zeroOutputForMask === true,
      },
    );
    if (!returnSequences) return run.last;
    run.y.mask = x.mask;
    run.y.prefix = prefix;
    return run.y;
  }

  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      return_sequences: o.returnSequences ?? false,
      return_state: false,
      go_backwards: o.goBackwards ?? false,
      stateful: false,
      unroll: false,
      zero_output_for_mask: o.zeroOutputForMask ?? false,
      units: this.units,
      activation: kerasName(o.activation ?? "tanh"),
      recurrent_activation: kerasName(o.recurrentActivation ?? "sigmoid"),
      use_bias: o.useBias ?? true,
      kernel_initializer: initializerConfig(o.kernelInitializer ?? "glorotUniform"),
      recurrent_initializer: initializerConfig(o.recurrentInitializer ?? "orthogonal"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      unit_forget_bias: o.unitForgetBias ?? true,
      kernel_regularizer: null,
      recurrent_regularizer: null,
      bias_regularizer: null,
      activity_regularizer: null,
      kernel_constraint: null,
      recurrent_constraint: null,
      bias_constraint: null,
      dropout: this.#dropout,
      recurrent_dropout: this.#recurrentDropout,
      seed: null,
    };
  }
}

/** Refuses what is not [B, T, D], and says what was probably meant. */
export function sequenceShape(layer: Layer, input: PartialShape): void {
  if (input.length === 3 && input[2] !== null) return;
  const next =
    input.length === 2
      ? "There is no feature axis. For word ids, put embedding(vocabulary, 64) before it; for a series of numbers, reshape to [rows, steps, 1]."
      : input.length === 3
        ? "The number of features must be known: input([null, features])."
        : "A recurrent layer reads [rows, steps, features].";
  throw new ShapeError(problem(layer.label, "x [B, T, D]", showShape(input), next));
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
