import { problem, ShapeError, showShape } from "../errors.ts";
import { mul, sigmoid } from "../ops/elementwise.ts";
import { linear, matmul } from "../ops/matmul.ts";
import { reshape, transpose } from "../ops/view.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { attend, attentionCall, visible } from "./attention-scores.ts";
import type { InitializerLike } from "./initializers.ts";
import { type CallContext, Layer, type SymbolicTensor, type Weight } from "./layer.ts";
import {
  type ConfigValue,
  type DrawOptions,
  dropRate,
  initializerConfig,
  knownOptions,
  positiveInteger,
} from "./options.ts";
import { type PenaltyOptions, penaltiesOf, penaltyConfig, penaltyNames } from "./penalties.ts";

export interface MultiHeadAttentionOptions extends DrawOptions, PenaltyOptions<"kernel" | "bias"> {
  /** Features of a head's values; keyDim, if not said. */
  valueDim?: number | null;
  /** Share of the attention weights dropped while training. */
  dropout?: number;
  useBias?: boolean;
  /** Features that come out; those of the query, if not said. */
  outputShape?: number | null;
  kernelInitializer?: InitializerLike;
  biasInitializer?: InitializerLike;
  /** A step sees only those less than so many steps away. */
  slidingWindow?: number | null;
  /** Each head's result is multiplied by a sigmoid of the query (Qiu et al. 2025): gate/kernel and gate/bias. */
  useGate?: boolean;
  /** No step sees a later one. An argument of the call in Keras. */
  useCausalMask?: boolean;
  /** Gives the weights [B, heads, Tq, Tv] as a second result. An argument of the call in Keras. */
  returnAttentionScores?: boolean;
}

const weights = ["kernel", "bias"];
const optionNames = [
  ...["valueDim", "dropout", "useBias", "outputShape", "kernelInitializer", "biasInitializer", "seed"],
  ...["slidingWindow", "useGate"],
  ...["useCausalMask", "returnAttentionScores", ...penaltyNames(weights)],
];

/**
 * Several attentions side by side, each over projections of its own (Vaswani et al. 2017): query [B, Tq, D], value [B, Tv, E],
 * key (the value, if not given) → [B, Tq, D]. Weights as in Keras: query/kernel [D, heads, keyDim], query/bias [heads, keyDim],
 * likewise key and value, attention_output/kernel [heads, valueDim, D], attention_output/bias [D].
 *
 *   multiHeadAttention(4, 16, { useCausalMask: true })([h, h])
 */
export function multiHeadAttention(
  numHeads: number,
  keyDim: number,
  options: MultiHeadAttentionOptions & { returnAttentionScores: true },
): Layer<SymbolicTensor[]>;
export function multiHeadAttention(numHeads: number, keyDim: number, options?: MultiHeadAttentionOptions): Layer;
export function multiHeadAttention(
  numHeads: number,
  keyDim: number,
  options: MultiHeadAttentionOptions = {},
): Layer | Layer<SymbolicTensor[]> {
  return new MultiHeadAttention(numHeads, keyDim, options);
}

interface Projection {
  readonly kernel: Weight;
  readonly bias: Weight | null;
}

export class MultiHeadAttention extends Layer {
  readonly className = "MultiHeadAttention";
  readonly factory = "multiHeadAttention";
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly dropout: number;
  readonly options: MultiHeadAttentionOptions;
  #query!: Projection;
  #key!: Projection;
  #value!: Projection;
  #gate: Projection | null = null;
  #output!: Projection;

  constructor(numHeads: number, keyDim: number, options: MultiHeadAttentionOptions) {
    super(options);
    const who = "multiHeadAttention";
    knownOptions(options, optionNames, who);
    this.numHeads = positiveInteger(numHeads, who, "numHeads");
    this.keyDim = positiveInteger(keyDim, who, "keyDim");
    this.valueDim = positiveInteger(options.valueDim ?? keyDim, who, "valueDim");
    this.dropout = dropRate(options.dropout ?? 0, who, "dropout");
    if (options.slidingWindow) positiveInteger(options.slidingWindow, who, "slidingWindow");
    if (options.outputShape) positiveInteger(options.outputShape, who, "outputShape");
    this.options = options;
  }

  override get arity(): readonly [number, number] {
    return [2, 3];
  }

  override get callNames(): readonly string[] {
    return ["valueMask", "keyMask"];
  }
  override callConfig(): Record<string, ConfigValue> {
    return attentionCall(this.options);
  }
  override buildAll(inputs: readonly PartialShape[]): void {
    const [query, value, key = value] = inputs;
    const known = inputs.every((s) => s.length === 3 && s[2] !== null);
    if (!known || (key[1] !== value[1] && key[1] !== null && value[1] !== null)) {
      const next = "Call it on [query, value], or [query, value, key]; for self-attention, on [x, x].";
      throw new ShapeError(
        problem(
          this.label,
          "query [B, Tq, D], value [B, Tv, E], key [B, Tv, F]",
          inputs.map((s) => showShape(s)).join(", "),
          next,
        ),
      );
    }
    const n = this.numHeads;
    this.#query = this.#projection("query", [query[2]!, n, this.keyDim], [n, this.keyDim]);
    this.#key = this.#projection("key", [key[2]!, n, this.keyDim], [n, this.keyDim]);
    const { useGate } = this.options;
    if (useGate) this.#gate = this.#projection("gate", [query[2]!, n, this.valueDim], [n, this.valueDim]);
    this.#value = this.#projection("value", [value[2]!, n, this.valueDim], [n, this.valueDim]);
    const out = this.options.outputShape ?? query[2]!;
    this.#output = this.#projection("attention_output", [n, this.valueDim, out], [out]);
    this.builtFor = inputs;
  }

  #projection(name: string, kernel: readonly number[], bias: readonly number[]): Projection {
    const { kernelInitializer, biasInitializer, useBias } = this.options;
    const add = (what: "kernel" | "bias", shape: readonly number[], init: InitializerLike) =>
      this.addWeight(`${name}/${what}`, shape, init, penaltiesOf(this.options, what, this.label));
    return {
      kernel: add("kernel", kernel, kernelInitializer ?? "glorotUniform"),
      bias: useBias === false ? null : add("bias", bias, biasInitializer ?? "zeros"),
    };
  }

  override computeOutputShapes([query, value]: readonly PartialShape[]): PartialShape[] {
    const y = [query[0], query[1], this.options.outputShape ?? query[2]];
    return this.options.returnAttentionScores ? [y, [query[0], this.numHeads, query[1], value[1]]] : [y];
  }

  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    const [query, value, key = value] = inputs;
    const q = mul(this.#heads(query, this.#query, context), 1 / Math.sqrt(this.keyDim)); // [B, heads, Tq, keyDim]
    const k = this.#heads(key, this.#key, context);
    const v = this.#heads(value, this.#value, context); // [B, heads, Tv, valueDim]
    const scores = matmul(q, k, false, true); // [B, heads, Tq, Tv]
    const masks = { query: query.mask, value: value.mask, key: inputs.length === 3 ? key.mask : undefined };
    const seen = visible(scores, masks, this.options.useCausalMask === true, this.options.slidingWindow);
    // As Keras, which computes the scores another way where they are asked for or dropped.
    const zeros = this.dropout > 0 || this.options.returnAttentionScores === true;
    const found = attend(scores, seen, this.dropout, context, { zeros });
    const open = matmul(found, v); // [B, heads, Tq, valueDim]
    const heads = this.#gate ? mul(open, sigmoid(this.#heads(query, this.#gate, context))) : open;
    const [b, n, t, d] = heads.shape;
    const together = reshape(transpose(heads, [0, 2, 1, 3]), [b, t, n * d]);
    const { kernel, bias } = this.#output;
    const out = kernel.shape[2];
    const y = linear(together, reshape(context.weight(kernel), [n * d, out]), bias && context.weight(bias));
    y.mask = query.mask;
    return this.options.returnAttentionScores ? [y, found] : [y];
  }

  /** x [B, T, D] → [B, heads, T, dim] */
  #heads(x: Tensor, { kernel, bias }: Projection, context: CallContext): Tensor {
    const [d, n, dim] = kernel.shape;
    const wide = n * dim;
    const z = linear(x, reshape(context.weight(kernel), [d, wide]), bias && reshape(context.weight(bias), [wide]));
    return transpose(reshape(z, [x.shape[0], x.shape[1], n, dim]), [0, 2, 1, 3]);
  }

  config(): Record<string, ConfigValue> {
    const o = this.options;
    return {
      num_heads: this.numHeads,
      key_dim: this.keyDim,
      value_dim: this.valueDim,
      dropout: this.dropout,
      use_bias: o.useBias ?? true,
      ...(o.useGate ? { use_gate: true } : {}), // older Keras does not know them
      ...(o.slidingWindow ? { sliding_window: o.slidingWindow } : {}),
      output_shape: o.outputShape ? [o.outputShape] : null,
      attention_axes: [1],
      kernel_initializer: initializerConfig(o.kernelInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...penaltyConfig(o, weights, "always"),
      seed: o.seed ?? null,
    };
  }
}
