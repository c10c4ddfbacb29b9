import { DataError, problem } from "../errors.ts";
import { AdditiveAttention, Attention } from "../layers/attention/attention.ts";
import { MultiHeadAttention } from "../layers/attention/multi-head-attention.ts";
import type { AnyLayer, CallContext } from "../layers/layer.ts";
import type { AnyModel } from "../models/model.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { inputsFor } from "../train/fit/rows.ts";
import type { Arrays } from "../train/fit/trainable-model.ts";

/** The attention of one layer. */
export interface AttentionTrace {
  /** Name of the layer. */
  readonly name: string;
  /** The fraction of its attention that each query step gives each value step: [B, Tq, Tv]; with heads [B, heads, Tq, Tv]. */
  readonly weights: NdArray;
}

/**
 * The weights of every attention layer of a model while it reads x: rows are the steps that ask, columns the steps they look at, each row adds up to 1.
 * Rejects with DataError where the model has no attention layer. A weight says where the layer looked, not how much that mattered: `attribute` does.
 *
 *   const [{ weights }] = await attentionWeights(model, x);
 *   weights.at(0, 3, 1);   // how much step 3 looked at step 1
 */
export async function attentionWeights(model: AnyModel, x: Arrays): Promise<AttentionTrace[]> {
  const who = "attentionWeights";
  const inputs = inputsFor(model, who, x);
  const { about, results } = await model.inspect<string[]>(who, inputs, {
    key: who,
    formula: (tensors, context) => {
      const seen: { name: string; weights: Tensor }[] = [];
      const instead: CallContext["instead"] = (layer, given, within) => {
        if (!isAttention(layer)) return null;
        const gate = (_: string, weights: Tensor) => {
          seen.push({ name: layer.name || layer.factory, weights });
          return weights;
        };
        return layer.forwardAll(given, { ...within, gate });
      };
      model.forwardAll(tensors, { ...context, masks: model.masks, instead });
      return {
        about: seen.map(({ name }) => name),
        results: Object.fromEntries(seen.map(({ weights }, k) => [`${k}`, weights])),
      };
    },
  });
  if (about.length > 0) return about.map((name, k) => ({ name, weights: results[k] }));
  const layers = model.layers.map((layer) => layer.factory).join(", ");
  throw new DataError(problem(who, "a model with attention, additiveAttention or multiHeadAttention", layers));
}

const isAttention = (layer: AnyLayer): boolean =>
  layer instanceof Attention || layer instanceof AdditiveAttention || layer instanceof MultiHeadAttention;
