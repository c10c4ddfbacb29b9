import { DataError, problem } from "../../errors.ts";
import { type GateActivation, type Gates, gateActivations } from "../../ops/activation.ts";
import { dropoutMask } from "../../ops/random.ts";
import { gateProduct } from "../../ops/recurrent.ts";
import { type Shape, sameShape } from "../../tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../../tensor/tensor.ts";
import { type ActivationLike, activationOf, type UsedActivation } from "../core/activations.ts";
import type { CallContext, Weight } from "../layer.ts";
import { type ConfigValue, dropRate, initializerConfig, knownOptions, positiveInteger } from "../options.ts";
import type { Initializer, InitializerLike } from "../weights/initializers.ts";
import { type PenaltyOptions, penaltiesOf, penaltyConfig, penaltyNames } from "../weights/penalties.ts";
import type { AddWeight, CellFormula, CellStart, FormulaCell, RecurrentCell } from "./cell.ts";
import type { Ran, WholeRun } from "./whole-run.ts";

const penalised = ["kernel", "recurrent", "bias"] as const;
type PenalisedWeight = (typeof penalised)[number];

/** Options that lstm, gru and simpleRnn and their cells share. */
export interface CellOptions extends Omit<PenaltyOptions<PenalisedWeight>, "activityRegularizer"> {
  /** Activation of the candidate and the output. Default `"tanh"`. */
  activation?: ActivationLike;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Initializer of the kernel. Default `"glorotUniform"`. */
  kernelInitializer?: InitializerLike;
  /** Initializer of the recurrent kernel. Default `"orthogonal"`. */
  recurrentInitializer?: InitializerLike;
  /** Initializer of the bias. Default `"zeros"`. */
  biasInitializer?: InitializerLike;
  /** Fraction of the input dropped while training, one mask for all steps of a row. Default 0. */
  dropout?: number;
  /**
   * Fraction of the previous output dropped while training, one mask for all steps; each gate then has masks of its own, as in
   * Keras. Default 0.
   */
  recurrentDropout?: number;
  /** Kept for Keras's files; random numbers follow the seed of the model. Default null. */
  seed?: number | null;
}
export interface GatedCellOptions extends CellOptions {
  /** Activation of the gates. `"hardSigmoid"` is Keras 3's, `"hardSigmoid2"` that of Keras 1 and 2. Default `"sigmoid"`. */
  recurrentActivation?: ActivationLike;
}

export const cellOptions = [
  "activation",
  "useBias",
  "kernelInitializer",
  "recurrentInitializer",
  "biasInitializer",
  ...penaltyNames(penalised).filter((name) => name !== "activityRegularizer"), // the whole layer's
  "dropout",
  "recurrentDropout",
  "seed",
];
export const gatedCellOptions = [...cellOptions, "recurrentActivation"];

/** The options among a cell's config keys that a cell alone does not have. */
export type WholeLayerOptions = Pick<PenaltyOptions<never>, "activityRegularizer">;

/** A cell's tensors in one trace; the masks are null where nothing is dropped. */
export interface CellTensors {
  readonly wx: Tensor; // [D, G·H]
  readonly wh: Tensor; // [H, G·H]
  readonly b: Tensor | null;
  readonly xDrop: Tensor | null; // [1 or G, B, D]
  readonly hDrop: Tensor | null; // [G, B, H]
}

/** The input's part of the gates' sums: what runs along with x, and the sums of one step. */
export interface InputSums {
  readonly sequences: readonly Tensor[];
  at(x: Tensor, slices: Tensor[]): Tensor;
}

/** Base of Keras's cells: packed weights of G gates, dropout masks that hold for all steps, options. */
export abstract class GateCell<Options extends GatedCellOptions = GatedCellOptions> implements FormulaCell {
  abstract readonly className: string;
  abstract readonly stateSize: number | readonly number[];
  readonly units: number;
  readonly options: Options;
  /** Number of gates in the packed weights. */
  readonly gates: number;
  readonly factory: string;
  protected readonly activations: Gates;
  readonly #phi: UsedActivation;
  readonly #sigma: UsedActivation;
  readonly whole: ((run: WholeRun, context: CallContext) => Ran) | undefined;
  #kernel!: Weight;
  #recurrent!: Weight;
  #bias: Weight | null = null;

  constructor(factory: string, gates: number, units: number, options: Options, known: readonly string[]) {
    knownOptions(options, known, factory);
    this.factory = factory;
    this.gates = gates;
    this.units = positiveInteger(units, factory, "units");
    this.options = options;
    dropRate(options.dropout ?? 0, factory, "dropout");
    dropRate(options.recurrentDropout ?? 0, factory, "recurrentDropout");
    for (const weight of penalised) penaltiesOf(options, weight, factory); // refuses unknown ones
    const { activation = "tanh", recurrentActivation = "sigmoid" } = options;
    this.#phi = activationOf(activation, `${factory} activation`);
    this.#sigma = activationOf(recurrentActivation, `${factory} recurrentActivation`);
    this.activations = {
      phi: gateActivation(this.#phi, units, factory),
      sigma: gateActivation(this.#sigma, units, factory),
    };
    const inKernels = (name: ActivationLike) => gateActivations.includes(name as GateActivation);
    if (inKernels(activation) && inKernels(recurrentActivation)) {
      this.whole = (run, context) => {
        const [batch, , inputSize] = run.x.shape;
        const w = this.tensors({ beside: run.x, batch, inputSize }, context);
        const prefix = w.xDrop || w.hDrop ? undefined : run.prefix;
        const ran = this.fused(
          run,
          { ...w, prefix },
          {
            activation: activation as GateActivation,
            recurrentActivation: recurrentActivation as GateActivation,
            reverse: run.reverse,
            zeroOutput: run.zeroOutput,
            ...run.rounding?.attributes(run.x, w, this.units),
            ...(run.showGates ? { showGates: true } : {}),
          },
        );
        ran.y.prefix = prefix;
        return ran;
      };
    }
  }

  get outputSize(): number {
    return this.units;
  }

  build(inputSize: number, addWeight: AddWeight): void {
    const { units, options: o } = this;
    const width = this.gates * units;
    const penalties = (weight: PenalisedWeight) => penaltiesOf(o, weight, this.factory);
    const { kernel, recurrent } = this.kernelShapes(inputSize, width);
    const recurrentInitializer = o.recurrentInitializer ?? "orthogonal";
    this.#kernel = addWeight("kernel", kernel, o.kernelInitializer ?? "glorotUniform", penalties("kernel"));
    this.#recurrent = addWeight("recurrent_kernel", recurrent, recurrentInitializer, penalties("recurrent"));
    if (o.useBias === false) return;
    this.#bias = addWeight("bias", this.biasShape(width), this.biasInitializer(), penalties("bias"));
  }

  abstract begin(start: CellStart, context: CallContext): CellFormula;
  abstract again(): RecurrentCell;
  /** The whole sequence by the op of this cell. */
  protected abstract fused(
    run: WholeRun,
    w: CellTensors & { prefix?: Tensor },
    attrs: {
      activation: GateActivation;
      recurrentActivation: GateActivation;
      reverse: boolean;
      zeroOutput: boolean;
      rounding?: "int8";
      deep?: boolean;
      showGates?: boolean;
    },
  ): Ran;
  protected kernelShapes(inputSize: number, width: number): { kernel: Shape; recurrent: Shape } {
    return { kernel: [inputSize, width], recurrent: [this.outputSize, width] };
  }
  /** As Keras: without recurrent dropout one input mask serves all gates, with it every gate has its own. */
  protected get inputMasks(): number {
    return (this.options.recurrentDropout ?? 0) > 0 ? this.gates : 1;
  }
  protected biasShape(width: number): readonly number[] {
    return [width];
  }
  protected biasInitializer(): Initializer | InitializerLike {
    return this.options.biasInitializer ?? "zeros";
  }

  /** Weights and, while training, dropout masks: drawn once for all steps of a batch. */
  protected tensors(
    { beside, batch, inputSize }: Pick<CellStart, "beside" | "batch" | "inputSize">,
    context: CallContext,
  ): CellTensors {
    const { dropout = 0, recurrentDropout = 0 } = this.options;
    const draw = (purpose: string, rate: number, gates: number, size: number) =>
      context.training && rate > 0 ? dropoutMask(beside, [gates, batch, size], rate, context.stream(purpose)) : null;
    return {
      wx: context.weight(this.#kernel),
      wh: context.weight(this.#recurrent),
      b: this.#bias && context.weight(this.#bias),
      xDrop: draw("input", dropout, this.inputMasks, inputSize),
      hDrop: draw("recurrent", recurrentDropout, this.gates, this.outputSize),
    };
  }

  /** x·wx + b for all gates: one product for all steps where the whole input is known, else step by step. */
  protected inputSums(start: CellStart, { wx, xDrop }: CellTensors, b: Tensor | null): InputSums {
    const product = gateProduct(wx, xDrop, this.gates, start.rounding);
    const sums = (x: Tensor) => product(x, b); // [..., G·H]
    return start.x ? { sequences: [sums(start.x)], at: (_x, slices) => slices[0] } : { sequences: [], at: sums };
  }

  /** Keras's keys in Keras's order; `layer` holds the options that only a whole layer has. */
  config(layer?: WholeLayerOptions): Record<string, ConfigValue> {
    const o = this.options;
    return {
      units: this.units,
      activation: this.#phi.config,
      ...(this.gates > 1 ? { recurrent_activation: this.#sigma.config } : {}),
      use_bias: o.useBias ?? true,
      kernel_initializer: initializerConfig(o.kernelInitializer ?? "glorotUniform"),
      recurrent_initializer: initializerConfig(o.recurrentInitializer ?? "orthogonal"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...this.ownConfig("bias"),
      ...penaltyConfig({ ...o, ...layer }, penalised, layer ? "always" : "given"),
      dropout: o.dropout ?? 0,
      recurrent_dropout: o.recurrentDropout ?? 0,
      ...this.ownConfig("dropout"),
      seed: o.seed ?? null,
    };
  }
  /** Keys of this cell alone, after the bias's or the dropouts' ones. */
  protected ownConfig(_after: "bias" | "dropout"): Record<string, ConfigValue> {
    return {};
  }
}

/** An activation of one step [B, H] inside a cell. Throws for one that changes the shape, or is more than a formula. */
function gateActivation(used: UsedActivation, units: number, who: string): (x: Tensor) => Tensor {
  const refuse = (found: string): never => {
    throw new DataError(
      problem(who, "an activation that is a formula of each number", found, "Put it behind the layer."),
    );
  };
  if (!sameShape(used.outputShape([1, units]) as number[], [1, units])) refuse("one that changes the shape");
  const nothing = () => refuse("a layer that differs while training");
  const context = {
    get training() {
      return nothing();
    },
    weight: nothing,
    stream: nothing,
    update: nothing,
    addLoss: nothing,
  };
  const trace = new Trace();
  inTrace(trace, () => used.formula(trace.leaf("data", [1, units]), context)); // refuses now, not when it runs
  return (x) => used.formula(x, context);
}
