import { FormatError, problem } from "../../errors.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import type { JsonObject } from "../json.ts";
import { savedWeights } from "../keras/paths.ts";
import { type OnnxBuilder, type OnnxMask, once, type Traced } from "./builder.ts";
import { compactSteps } from "./masks.ts";
import type { OnnxContext } from "./recurrent.ts";

/** Attention of Luong's and Bahdanau's kind and with several heads, over [query, value] or [query, value, key]. */
export function exportAttention(layer: AnyLayer, inputs: readonly Traced[], context: OnnxContext): Traced[] {
  const { b, who, read } = context;
  const call = layer.callConfig() as JsonObject;
  if (call.return_attention_scores === true) {
    throw new FormatError(problem(who, "attention without its scores", "returnAttentionScores"));
  }
  const { use_gate, sliding_window, output_shape } = layer.config() as JsonObject;
  const wide = inputs[0].shape.length > 3 || (Array.isArray(output_shape) && output_shape.length > 1);
  if (wide) throw new FormatError(problem(who, "attention of [B, T, D], to one axis of features", "more axes"));
  if (use_gate || sliding_window)
    throw new FormatError(
      problem(who, "attention over all steps, without a gate", use_gate ? "useGate" : "slidingWindow"),
    );
  const [query, value, key = value] = inputs;
  const heads = layer.className === "MultiHeadAttention";
  const weights = new Map(
    savedWeights(layer.weights).map((w) => [
      w.name,
      once(() => b.tensor(`${layer.name}/${w.name}`, Float32Array.from(read(w).data), w.shape)),
    ]),
  );
  const own: Own = { layer, config: layer.config() as JsonObject, weight: (name) => weights.get(name)?.() ?? null };
  const masks = heads ? [value.mask, inputs.length === 3 ? key.mask : null] : [value.mask];
  const seen = (scores: string) =>
    hidden(b, scores, heads, { query: heads ? query.mask : null, keys: masks, causal: call.use_causal_mask === true });
  const full = once(() => {
    if (heads) return manyHeads(b, own, [query.full(), value.full(), key.full()], seen);
    const scores = layer.className === "Attention" ? dotScores : additiveScores;
    const found = b.node("MatMul", [softmax(b, seen(scores(b, own, query.full(), key.full(), who))), value.full()]);
    return query.mask ? b.node("Mul", [found, spreadMask(b, query.mask, [2])]) : found;
  });
  const [shape] = layer.computeOutputShapes(inputs.map((x) => x.shape));
  const { mask } = query;
  return [{ shape, type: "float", mask, full, compact: mask ? once(() => compactSteps(b, full(), mask)) : full }];
}

interface Own {
  readonly layer: AnyLayer;
  readonly config: JsonObject;
  readonly weight: (name: string) => string | null;
}

const softmax = (b: OnnxBuilder, x: string) => b.node("Softmax", [x], { axis: -1 });

function dotScores(b: OnnxBuilder, { config, weight }: Own, q: string, k: string, who: string): string {
  if (config.score_mode !== "dot") throw new FormatError(problem(who, 'scoreMode "dot"', String(config.score_mode)));
  const scores = b.node("MatMul", [q, b.node("Transpose", [k], { perm: [0, 2, 1] })]);
  const scale = weight("scale");
  return scale ? b.node("Mul", [scores, scale]) : scores;
}

function additiveScores(b: OnnxBuilder, { weight }: Own, q: string, k: string): string {
  const pairs = b.node("Add", [b.node("Unsqueeze", [q, b.ints([2])]), b.node("Unsqueeze", [k, b.ints([1])])]);
  const heights = b.node("Tanh", [pairs]); // [B, Tq, Tv, D]
  const scale = weight("scale");
  return b.node("ReduceSum", [scale ? b.node("Mul", [heights, scale]) : heights, b.ints([-1])], { keepdims: 0 });
}

/** Projections to heads [B, heads, T, dim], scaled scores, and the heads side by side through the last projection. */
function manyHeads(
  b: OnnxBuilder,
  { config, weight }: Own,
  [q, v, k]: string[],
  seen: (scores: string) => string,
): string {
  const n = config.num_heads as number;
  const [keyDim, valueDim] = [config.key_dim as number, config.value_dim as number];
  const project = (x: string, name: string, dim: number) => {
    const z = b.node("MatMul", [x, b.node("Reshape", [weight(`${name}/kernel`)!, b.ints([0, n * dim])])]);
    const bias = weight(`${name}/bias`);
    const sum = bias ? b.node("Add", [z, b.node("Reshape", [bias, b.ints([n * dim])])]) : z;
    return b.node("Transpose", [b.node("Reshape", [sum, b.ints([0, 0, n, dim])])], { perm: [0, 2, 1, 3] });
  };
  const scaled = b.node("Mul", [project(q, "query", keyDim), b.number(1 / Math.sqrt(keyDim))]);
  const turned = b.node("Transpose", [project(k, "key", keyDim)], { perm: [0, 1, 3, 2] });
  const found = b.node("MatMul", [softmax(b, seen(b.node("MatMul", [scaled, turned]))), project(v, "value", valueDim)]);
  const together = b.node("Reshape", [
    b.node("Transpose", [found], { perm: [0, 2, 1, 3] }),
    b.ints([0, 0, n * valueDim]),
  ]);
  const kernel = b.node("Reshape", [weight("attention_output/kernel")!, b.ints([n * valueDim, -1])]);
  const y = b.node("MatMul", [together, kernel]);
  const bias = weight("attention_output/bias");
  return bias ? b.node("Add", [y, bias]) : y;
}

/** Scores [B, (heads,) Tq, Tv] with −10⁹ where a query must not look, as Keras has it. */
function hidden(
  b: OnnxBuilder,
  scores: string,
  heads: boolean,
  masks: { query: OnnxMask | null; keys: (OnnxMask | null)[]; causal: boolean },
): string {
  const factors = masks.keys.flatMap((mask) => (mask ? [spreadMask(b, mask, heads ? [1, 2] : [1])] : []));
  if (masks.query) factors.push(spreadMask(b, masks.query, [1, 3]));
  if (masks.causal) factors.push(causal(b, scores));
  if (factors.length === 0) return scores;
  const all = factors.reduce((p, q) => b.node("Mul", [p, q]));
  return b.node("Where", [b.node("Greater", [all, b.number(0)]), scores, b.number(-1e9)]);
}

/** valid [B, T] as 1 and 0 with axes of size 1. */
const spreadMask = (b: OnnxBuilder, mask: OnnxMask, axes: number[]): string =>
  b.node("Unsqueeze", [b.node("Cast", [mask.valid()], { to: 1 }), b.ints(axes)]);

/** 1 where the key's step is not after the query's, [Tq, Tv]. */
function causal(b: OnnxBuilder, scores: string): string {
  const size = (axis: number) => b.node("Gather", [b.node("Shape", [scores]), b.ints(axis)], { axis: 0 });
  const steps = (axis: number) => b.node("Range", [b.ints(0), size(axis), b.ints(1)]);
  const [rows, columns] = [
    b.node("Unsqueeze", [steps(-2), b.ints([1])]),
    b.node("Unsqueeze", [steps(-1), b.ints([0])]),
  ];
  return b.node("Cast", [b.node("GreaterOrEqual", [rows, columns])], { to: 1 });
}
