import { problem, ShapeError, showShape } from "../../errors.ts";
import { add, mul, tanh } from "../../ops/elementwise.ts";
import { matmul } from "../../ops/matmul.ts";
import { sum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { type CallContext, Layer, type SymbolicTensor, type Weight } from "../layer.ts";
import { keptWhere } from "../masks.ts";
import { type ConfigValue, dropRate, knownOptions, type LayerOptions, oneOf } from "../options.ts";
import { attend, attentionCall, visible } from "./attention-scores.ts";

/** Options that Keras stores with the call of an attention layer. */
export const attentionCallKeys = ["use_causal_mask", "return_attention_scores"];

export interface AdditiveAttentionOptions extends LayerOptions {
  /** Whether scores have a learned scale [D]. Default true. */
  useScale?: boolean;
  /** Fraction of the attention weights dropped while training. Default 0. */
  dropout?: number;
  /** No step attends to a later one. In Keras an argument of the call. Default false. */
  useCausalMask?: boolean;
  /** Gives the weights [B, Tq, Tv] as a second result. In Keras an argument of the call. Default false. */
  returnAttentionScores?: boolean;
}
export interface AttentionOptions extends AdditiveAttentionOptions {
  /** `dot`: q · k. `concat`: the sum of tanh(q + k). Default `"dot"`. */
  scoreMode?: "dot" | "concat";
}
type WithScores = { returnAttentionScores: true };

/**
 * Dot-product attention (Luong et al. 2015): query [B, Tq, D], value [B, Tv, E], key [B, Tv, D] (the value, if not given)
 * → softmax(q · k) · value [B, Tq, E]. Masked values get no attention, masked queries give zeros.
 *
 *   attention()([decoded, encoded])
 */
export function attention(options: AttentionOptions & WithScores): Layer<[y: SymbolicTensor, scores: SymbolicTensor]>;
export function attention(options?: AttentionOptions): Layer;
export function attention(options: AttentionOptions = {}): Layer | Layer<[SymbolicTensor, SymbolicTensor]> {
  return new Attention(options);
}
kerasForm(attention, {
  className: "Attention",
  options: ["use_scale", "score_mode", "dropout"],
  call: attentionCallKeys,
});

/**
 * Additive attention (Bahdanau et al. 2015): scores Σ scale · tanh(q + k), otherwise as `attention`. Weight: scale [D].
 *
 *   additiveAttention()([decoded, encoded])
 */
export function additiveAttention(
  options: AdditiveAttentionOptions & WithScores,
): Layer<[y: SymbolicTensor, scores: SymbolicTensor]>;
export function additiveAttention(options?: AdditiveAttentionOptions): Layer;
export function additiveAttention(
  options: AdditiveAttentionOptions = {},
): Layer | Layer<[SymbolicTensor, SymbolicTensor]> {
  return new AdditiveAttention(options);
}
kerasForm(additiveAttention, {
  className: "AdditiveAttention",
  options: ["use_scale", "dropout"],
  call: attentionCallKeys,
});

abstract class AttentionLayer extends Layer {
  readonly options: AttentionOptions;
  readonly dropout: number;

  constructor(options: AttentionOptions, names: readonly string[], who: string) {
    super(options);
    knownOptions(options, ["useScale", "dropout", "useCausalMask", "returnAttentionScores", ...names], who);
    this.options = options;
    this.dropout = dropRate(options.dropout ?? 0, who, "dropout");
  }
  /** query, key → scores [B, Tq, Tv] */
  protected abstract scores(q: Tensor, k: Tensor, context: CallContext): Tensor;

  override get arity(): readonly [number, number] {
    return [2, 3];
  }
  override get callNames(): readonly string[] {
    return ["mask"];
  }
  override callConfig(): Record<string, ConfigValue> {
    return attentionCall(this.options);
  }
  override buildAll(inputs: readonly PartialShape[]): void {
    const [query, value, key = value] = inputs;
    const fits =
      inputs.every((s) => s.length === 3) && query[2] === key[2] && (key[1] === value[1] || !key[1] || !value[1]);
    if (!fits) {
      const next =
        "Bring query and key to the same features with dense(units); give sequences, [rows, steps, features].";
      throw new ShapeError(
        problem(
          this.label,
          "query [B, Tq, D], value [B, Tv, E], key [B, Tv, D]",
          inputs.map((s) => showShape(s)).join(", "),
          next,
        ),
      );
    }
    this.build(query);
    this.builtFor = inputs;
  }
  override computeOutputShapes([query, value]: readonly PartialShape[]): PartialShape[] {
    const y = [query[0], query[1], value[2]];
    return this.options.returnAttentionScores ? [y, [query[0], query[1], value[1]]] : [y];
  }
  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    const [q, v, k = v] = inputs;
    const scores = this.scores(q, k, context);
    const seen = visible(scores, { value: v.mask }, this.options.useCausalMask === true);
    const weights = attend(scores, seen, this.dropout, context);
    const found = matmul(weights, v); // [B, Tq, E]
    const y = q.mask ? keptWhere(q.mask, found) : found;
    y.mask = q.mask;
    return this.options.returnAttentionScores ? [y, weights] : [y];
  }
}

export class Attention extends AttentionLayer {
  readonly className = "Attention";
  readonly factory = "attention";
  readonly scoreMode: "dot" | "concat";
  #scale: Weight | null = null;
  #concat: Weight | null = null;

  constructor(options: AttentionOptions) {
    super(options, ["scoreMode"], "attention");
    this.scoreMode = oneOf(options.scoreMode ?? "dot", ["dot", "concat"], "attention", "scoreMode");
  }
  override build(): void {
    if (this.options.useScale) this.#scale = this.addWeight("scale", [], "ones");
    if (this.scoreMode === "concat") this.#concat = this.addWeight("concat_score_weight", [], "ones");
  }
  protected override scores(q: Tensor, k: Tensor, context: CallContext): Tensor {
    const scaled = (t: Tensor) => (this.#scale ? mul(t, context.weight(this.#scale)) : t);
    if (!this.#concat) return scaled(matmul(q, k, false, true));
    return mul(sum(tanh(scaled(pairSums(q, k))), [-1]), context.weight(this.#concat));
  }
  config(): Record<string, ConfigValue> {
    return { use_scale: this.options.useScale ?? false, score_mode: this.scoreMode, dropout: this.dropout };
  }
}

export class AdditiveAttention extends AttentionLayer {
  readonly className = "AdditiveAttention";
  readonly factory = "additiveAttention";
  #scale: Weight | null = null;

  constructor(options: AdditiveAttentionOptions) {
    super(options, [], "additiveAttention");
  }
  override build(query: PartialShape): void {
    const d = query[2];
    if (this.options.useScale === false) return;
    if (d === null)
      throw new ShapeError(
        problem(this.label, "a known number of features", showShape(query), "Give input(...) the number of features."),
      );
    this.#scale = this.addWeight("scale", [d], "glorotUniform");
  }
  protected override scores(q: Tensor, k: Tensor, context: CallContext): Tensor {
    const heights = tanh(pairSums(q, k));
    return sum(this.#scale ? mul(heights, context.weight(this.#scale)) : heights, [-1]);
  }
  config(): Record<string, ConfigValue> {
    return { use_scale: this.options.useScale ?? true, dropout: this.dropout };
  }
}

/** q + k for every pair of steps: [B, Tq, D], [B, Tv, D] → [B, Tq, Tv, D]. */
function pairSums(q: Tensor, k: Tensor): Tensor {
  const [b, tq, d] = q.shape;
  return add(reshape(q, [b, tq, 1, d]), reshape(k, [b, 1, k.shape[1], d]));
}
