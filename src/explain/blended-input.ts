import { DataError, problem } from "../errors.ts";
import { Embedding } from "../layers/core/embedding.ts";
import { Masking } from "../layers/core/masking.ts";
import type { CallContext } from "../layers/layer.ts";
import { keptWhere } from "../layers/masks.ts";
import type { AnyModel } from "../models/model.ts";
import { add, mul, sub, zerosLike } from "../ops/elementwise.ts";
import { mean } from "../ops/reduce.ts";
import { broadcastTo, reshape } from "../ops/view.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** One place where an input becomes numbers: the input itself, or the vectors of an embedding that reads it. */
export interface BlendPoint {
  /** The numbers, [B, T, ...]. */
  readonly real: Tensor;
  /** Those of the baseline, the same shape. */
  readonly base: Tensor;
  /** Those the model continues with: base + α (real − base). */
  readonly blended: Tensor;
}

/**
 * A model run on an input that is, step by step, a blend of itself and a baseline: α [B, T] is 1 for the input, 0 for the baseline. Ids are
 * blended as vectors, behind each embedding that reads them; their mask stays that of the ids.
 */
export function runBlended(
  model: AnyModel,
  inputs: readonly Tensor[],
  context: CallContext,
  { input, alpha, baseline }: { input: number; alpha: Tensor; baseline: "zeros" | "mean" | Tensor },
): { outputs: Tensor[]; points: BlendPoint[] } {
  const points: BlendPoint[] = [];
  const blend = (real: Tensor, table: Tensor | null): Tensor => {
    const [batch, time] = real.shape;
    const flat = reshape(alpha, [batch, time, ...real.shape.slice(2).map(() => 1)]);
    const base = baselineOf(real, table, baseline);
    const blended = add(base, mul(flat, sub(real, base)));
    blended.mask = real.mask;
    points.push({ real, base, blended });
    return blended;
  };
  const x = inputs[input];
  const given = [...inputs];
  if (!readsIds(model, input)) given[input] = blend(x, null);
  const instead: CallContext["instead"] = (layer, read, within) => {
    if (layer instanceof Masking && read[0] === given[input] && read[0] !== x) {
      const [{ mask }] = layer.forwardAll([x], within); // of the input itself: a blend has no padding
      const kept = keptWhere(mask!, read[0]);
      kept.mask = mask;
      return [kept];
    }
    if (!(layer instanceof Embedding) || read[0] !== x) return null;
    const [vectors] = layer.forwardAll(read, within);
    return [blend(vectors, layer.table(within))];
  };
  const outputs = model.forwardAll(given, { ...context, masks: model.masks, instead });
  if (points.length > 0) return { outputs, points };
  const next = "Ids are attributed by the vectors of an embedding.";
  throw new DataError(problem("attribute", "an embedding that reads the ids", "none", next));
}

/** Whether an input is ids, for an embedding. */
export function readsIds(model: AnyModel, input: number): boolean {
  const place = model.inputs![input];
  return place?.dtype === "i32" || place?.reader instanceof Embedding;
}

/** Numbers of no information beside the real ones; `given` where the caller has said them. */
function baselineOf(real: Tensor, table: Tensor | null, baseline: "zeros" | "mean" | Tensor): Tensor {
  if (baseline === "zeros") return zerosLike(real);
  if (baseline !== "mean") return baseline;
  const center = table ? mean(table, [0]) : mean(real, [0, 1]);
  return broadcastTo(reshape(center, [1, 1, ...real.shape.slice(2)]), real.shape);
}
