import { problem, ShapeError, showShape } from "../../errors.ts";
import { cast } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { max, sum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { PartialShape, Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { hostSize } from "../../text/host-size.ts";

/**
 * The encoding of category numbers: the numbers, a row with 1 at each number, 1 where a row has the number, how often it has
 * it, or that times a weight.
 */
export type EncodingMode = "int" | "oneHot" | "multiHot" | "count" | "tfIdf";

/** The shape of the encoding of numbers [B, ...]: as Keras, an axis of one at the end gives way to that of oneHot. */
export function encodedShape(input: PartialShape, mode: EncodingMode, depth: number, who: string): PartialShape {
  if (mode === "int") return input;
  if (mode === "oneHot") return [...(input.length > 1 && input.at(-1) === 1 ? input.slice(0, -1) : input), depth];
  if (input.length === 2) return [input[0], depth];
  const next = 'A row has several numbers: input([5]), or input([1]); or take outputMode "oneHot".';
  throw new ShapeError(problem(who, `x [B, N] for ${mode}`, showShape(input), next));
}

/** The encoding of category numbers; one below zero counts nothing. Weights, one for each number, are those of tfIdf. */
export function encoded(
  ids: Int32Array,
  shape: Shape,
  mode: EncodingMode,
  depth: number,
  who: string,
  weights: ArrayLike<number> | null = null,
): NdArray {
  const out = encodedShape(shape, mode, depth, who) as Shape;
  if (mode === "int") return new NdArray(ids, out);
  const data = new Float32Array(hostSize(out, who, "Encode fewer rows at a time."));
  const width = mode === "oneHot" ? 1 : shape[1];
  for (const [i, id] of ids.entries()) {
    if (id < 0 || id >= depth) continue;
    const at = Math.floor(i / width) * depth + id;
    if (mode === "count" || mode === "tfIdf") data[at]++;
    else data[at] = 1;
  }
  if (weights) for (let i = 0; i < data.length; i++) data[i] *= weights[i % depth];
  return new NdArray(data, out);
}

/** The same over tensors: ids i32 [B, ...] → f32. */
export function encodedTensor(ids: Tensor, mode: EncodingMode, depth: number, who: string): Tensor {
  if (mode === "int") return ids;
  const out = encodedShape(ids.shape, mode, depth, who) as Shape;
  const flags = oneHot(cast(ids, "i32"), depth);
  if (mode === "oneHot") return reshape(flags, out);
  return mode === "count" ? sum(flags, [1]) : max(flags, [1]);
}
