import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { mul, sigmoid } from "../../ops/elementwise.ts";
import { linear, matmul } from "../../ops/matmul.ts";
import { reshape } from "../../ops/view.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm, kernelKeys } from "../keras-form.ts";
import { type CallContext, Layer, type SymbolicTensor, type Weight } from "../layer.ts";
import {
  type ConfigValue,
  type DrawOptions,
  dropRate,
  initializerConfig,
  knownOptions,
  positiveInteger,
} from "../options.ts";
import type { InitializerLike } from "../weights/initializers.ts";
import { type PenaltyOptions, penaltiesOf, penaltyConfig, penaltyNames } from "../weights/penalties.ts";
import { attentionCallKeys } from "./attention.ts";
import { asSteps, attentionAxes, besideScores, checkAttentionMask, fromSteps } from "./attention-axes.ts";
import { attend, attentionCall, visible } from "./attention-scores.ts";

export interface MultiHeadAttentionOptions extends DrawOptions, PenaltyOptions<"kernel" | "bias"> {
  /** Features of a head's values. Default: `keyDim`. */
  valueDim?: number | null;
  /** Fraction of the attention weights dropped while training. Default 0. */
  dropout?: number;
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Features of the output, on one axis or several. Default: those of the query. */
  outputShape?: number | readonly number[] | null;
  /** For inputs with several axes of steps, the axes that a query attends over: `[1]`. Default: all between batch and features. */
  attentionAxes?: number | readonly number[] | null;
  /** Initializer of the kernel. Default `"glorotUniform"`. */
  kernelInitializer?: InitializerLike;
  /** Initializer of the bias. Default `"zeros"`. */
  biasInitializer?: InitializerLike;
  /** A step sees only steps nearer than this. Default null: all of them. */
  slidingWindow?: number | null;
  /** Each head's result is multiplied by a sigmoid of the query (Qiu et al. 2025): gate/kernel and gate/bias. Default false. */
  useGate?: boolean;
  /** No step attends to a later one. In Keras an argument of the call. Default false. */
  useCausalMask?: boolean;
  /** Gives the weights [B, heads, Tq, Tv] as a second result. In Keras an argument of the call. Default false. */
  returnAttentionScores?: boolean;
}

const weights = ["kernel", "bias"];
const optionNames = [
  ...["valueDim", "dropout", "useBias", "outputShape", "kernelInitializer", "biasInitializer", "seed"],
  ...["slidingWindow", "useGate", "attentionAxes"],
  ...["useCausalMask", "returnAttentionScores", ...penaltyNames(weights)],
];

/**
 * Several attention heads in parallel, each with its own projections (Vaswani et al. 2017): query [B, Tq, D], value [B, Tv, E],
 * key (the value, if not given) → [B, Tq, D]. Weights as in Keras: query/kernel [D, heads, keyDim], query/bias [heads, keyDim],
 * likewise key and value, attention_output/kernel [heads, valueDim, D], attention_output/bias [D]. Inputs [B, X, Y, D] attend
 * over both axes, or `attentionAxes`. The call takes an `attentionMask` of 1 and 0, [B, Tq, Tv].
 *
 *   multiHeadAttention(4, 16, { useCausalMask: true })([h, h])
 */
export function multiHeadAttention(
  numHeads: number,
  keyDim: number,
  options: MultiHeadAttentionOptions & { returnAttentionScores: true },
): Layer<[y: SymbolicTensor, scores: SymbolicTensor]>;
export function multiHeadAttention(numHeads: number, keyDim: number, options?: MultiHeadAttentionOptions): Layer;
export function multiHeadAttention(
  numHeads: number,
  keyDim: number,
  options: MultiHeadAttentionOptions = {},
): Layer | Layer<[SymbolicTensor, SymbolicTensor]> {
  return new MultiHeadAttention(numHeads, keyDim, options);
}
kerasForm(multiHeadAttention, {
  className: "MultiHeadAttention",
  args: ["num_heads", "key_dim"],
  options: [
    ...["value_dim", "dropout", "seed", "sliding_window", "use_gate", "output_shape", "attention_axes"],
    ...kernelKeys.filter((key) => key !== "activation"),
  ],
  call: attentionCallKeys,
  refused: ["flash_attention"],
});

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
  #axes: number[] | null = null;

  constructor(numHeads: number, keyDim: number, options: MultiHeadAttentionOptions) {
    super(options);
    const who = "multiHeadAttention";
    knownOptions(options, optionNames, who);
    this.numHeads = positiveInteger(numHeads, who, "numHeads");
    this.keyDim = positiveInteger(keyDim, who, "keyDim");
    this.valueDim = positiveInteger(options.valueDim ?? keyDim, who, "valueDim");
    this.dropout = dropRate(options.dropout ?? 0, who, "dropout");
    if (options.slidingWindow) positiveInteger(options.slidingWindow, who, "slidingWindow");
    for (const d of listOf(options.outputShape) ?? []) positiveInteger(d, who, "outputShape");
    const axes = listOf(options.attentionAxes) ?? [];
    if (!axes.every(Number.isInteger))
      throw new DataError(problem(who, "attentionAxes as whole numbers", JSON.stringify(options.attentionAxes)));
    this.options = options;
  }

  override get arity(): readonly [number, number] {
    return [2, 3];
  }

  override get callNames(): readonly string[] {
    return ["valueMask", "keyMask", "attentionMask"];
  }
  override checkAttentionMask(mask: PartialShape, inputs: readonly PartialShape[]): void {
    const axes = attentionAxes(listOf(this.options.attentionAxes), inputs[0].length, this.label);
    checkAttentionMask(mask, axes, inputs, this.numHeads, this.label);
  }
  override callConfig(): Record<string, ConfigValue> {
    return attentionCall(this.options);
  }
  override buildAll(inputs: readonly PartialShape[]): void {
    const [query, value, key = value] = inputs;
    const same = (a: number | null, b: number | null) => a === b || a === null || b === null;
    const rank = query.length;
    const known = rank > 2 && inputs.every((s) => s.length === rank && s[rank - 1] !== null);
    const alike = known && value.slice(1, -1).every((d, i) => same(d, key[i + 1]));
    if (!alike) {
      const next = "Call it on [query, value], or [query, value, key]; for self-attention, on [x, x].";
      const found = inputs.map((s) => showShape(s)).join(", ");
      throw new ShapeError(problem(this.label, "query [B, Tq, D], value [B, Tv, E], key [B, Tv, F]", found, next));
    }
    this.#axes = attentionAxes(listOf(this.options.attentionAxes), rank, this.label);
    const apart = query.findIndex((d, i) => i > 0 && i < rank - 1 && !this.#axes!.includes(i) && !same(d, value[i]));
    if (apart > 0) {
      const next = "Along axes that are not among attentionAxes query and value have the same size.";
      throw new ShapeError(
        problem(this.label, `${query[apart]} along axis ${apart} of the value`, `${value[apart]}`, next),
      );
    }
    if (this.#axes.length > 1 && (this.options.useCausalMask || this.options.slidingWindow)) {
      const next = "Name the one axis of steps in attentionAxes.";
      throw new ShapeError(
        problem(this.label, "one axis for useCausalMask and slidingWindow", showShape(this.#axes), next),
      );
    }
    const n = this.numHeads;
    this.#query = this.#projection("query", [query[rank - 1]!, n, this.keyDim], [n, this.keyDim]);
    this.#key = this.#projection("key", [key[rank - 1]!, n, this.keyDim], [n, this.keyDim]);
    const { useGate } = this.options;
    if (useGate) this.#gate = this.#projection("gate", [query[rank - 1]!, n, this.valueDim], [n, this.valueDim]);
    this.#value = this.#projection("value", [value[rank - 1]!, n, this.valueDim], [n, this.valueDim]);
    const out = this.#outputShape(query) as number[];
    this.#output = this.#projection("attention_output", [n, this.valueDim, ...out], out);
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

  #outputShape(query: PartialShape): PartialShape {
    return listOf(this.options.outputShape) ?? query.slice(-1);
  }
  override computeOutputShapes([query, value]: readonly PartialShape[]): PartialShape[] {
    const y = [...query.slice(0, -1), ...this.#outputShape(query)];
    if (!this.options.returnAttentionScores) return [y];
    const axes = attentionAxes(listOf(this.options.attentionAxes), query.length, this.label);
    const lead = query.slice(0, -1).filter((_, i) => !axes.includes(i));
    return [y, [...lead, this.numHeads, ...axes.map((a) => query[a]), ...axes.map((a) => value[a])]];
  }

  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    const [query, value, key = value] = inputs;
    const axes = this.#axes!;
    const q = mul(this.#heads(query, this.#query, context), 1 / Math.sqrt(this.keyDim)); // [B, ..., heads, Tq, keyDim]
    const k = this.#heads(key, this.#key, context);
    const v = this.#heads(value, this.#value, context); // [B, ..., heads, Tv, valueDim]
    const scores = matmul(q, k, false, true); // [B, ..., heads, Tq, Tv]
    const seen = this.#seen(scores, inputs, context);
    // As Keras, which computes the scores another way where they are returned, dropped, or over axes beside.
    const zeros = this.dropout > 0 || this.options.returnAttentionScores === true || query.shape.length > 3;
    const found = attend(scores, seen, this.dropout, context, { zeros });
    const open = matmul(found, v); // [B, ..., heads, Tq, valueDim]
    const heads = this.#gate ? mul(open, sigmoid(this.#heads(query, this.#gate, context))) : open;
    const between = query.shape.slice(0, -1);
    const together = reshape(fromSteps(heads, axes, between), [...between, this.numHeads * this.valueDim]);
    const { kernel, bias } = this.#output;
    const [n, d, ...out] = kernel.shape;
    const flat = linear(
      together,
      reshape(context.weight(kernel), [n * d, sizeOf(out)]),
      bias && reshape(context.weight(bias), [sizeOf(out)]),
    );
    const y = reshape(flat, [...between, ...out]);
    y.mask = query.mask;
    if (!this.options.returnAttentionScores) return [y];
    const ends = [query, value].flatMap(({ shape }) => axes.map((a) => shape[a]));
    return [y, reshape(found, [...found.shape.slice(0, -2), ...ends])];
  }

  /** Combines all masks into one of the keys that each query may attend to. */
  #seen(scores: Tensor, inputs: readonly Tensor[], { attentionMask }: CallContext): Tensor | null {
    const [query, value, key] = inputs;
    const masks = { query: query.mask, value: value.mask, key: key?.mask };
    const axes = this.#axes!;
    const carried = Object.values(masks).filter((mask) => mask !== undefined);
    if (carried.some((mask) => mask.shape.length !== 2) || (carried.length > 0 && axes.join() !== "1")) {
      const next = "Pass it as attentionMask instead, and give inputs that carry no mask.";
      throw new ShapeError(problem(this.label, "masks [B, T] where attention goes over axis 1", `${axes}`, next));
    }
    const seen = visible(scores, masks, this.options.useCausalMask === true, this.options.slidingWindow);
    if (!attentionMask) return seen;
    if (carried.length > 0 && attentionMask.shape.length > 3) {
      const next = "Leave the heads out, or give inputs that carry no mask: Keras would take heads for rows.";
      throw new ShapeError(
        problem(this.label, "an attentionMask [B, T, S] beside other masks", showShape(attentionMask.shape), next),
      );
    }
    const given = besideScores(attentionMask, scores, axes, query, value);
    return seen ? mul(given, seen) : given;
  }

  /** x [B, ..., D] → [B, other axes, heads, T, dim] */
  #heads(x: Tensor, { kernel, bias }: Projection, context: CallContext): Tensor {
    const [d, n, dim] = kernel.shape;
    const wide = n * dim;
    const z = linear(x, reshape(context.weight(kernel), [d, wide]), bias && reshape(context.weight(bias), [wide]));
    return asSteps(reshape(z, [...x.shape.slice(0, -1), n, dim]), this.#axes!);
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
      output_shape: listOf(o.outputShape),
      attention_axes: this.#axes ?? listOf(o.attentionAxes),
      kernel_initializer: initializerConfig(o.kernelInitializer ?? "glorotUniform"),
      bias_initializer: initializerConfig(o.biasInitializer ?? "zeros"),
      ...penaltyConfig(o, weights, "always"),
      seed: o.seed ?? null,
    };
  }
}

const listOf = (value: number | readonly number[] | null | undefined): number[] | null =>
  value === null || value === undefined || value === 0 ? null : ([value].flat() as number[]);
