import type { PartialShape } from "../../tensor/shape.ts";
import { type OnnxBuilder, type OnnxMask, once, type Traced } from "./builder.ts";

/**
 * The mask that marks steps as valid, and the compaction that follows from it: masked steps do not exist for a recurrent
 * layer, so each row's valid steps may stand first, whatever the pattern of padding, and be run with their count.
 */
export function maskOf(b: OnnxBuilder, valid: () => string): OnnxMask {
  const lengths = once(() => {
    const ones = b.node("Cast", [valid()], { to: 6 });
    return b.node("ReduceSum", [ones, b.ints([1])], { keepdims: 0 });
  });
  const order = once(() => {
    const steps = b.node("Gather", [b.node("Shape", [valid()]), b.ints(1)], { axis: 0 });
    const place = b.node("Range", [b.ints(0), steps, b.ints(1)]); // [T]
    const late = b.node("Mul", [b.node("Cast", [b.node("Not", [valid()])], { to: 7 }), steps]);
    const key = b.node("Add", [late, place]); // all different: valid steps first, the order kept
    const all = b.node("Reshape", [steps, b.ints([1])]);
    return b.several("TopK", [key, all], { axis: 1, largest: 0, sorted: 1 }, 2)[1];
  });
  return { valid: once(valid), lengths, order };
}

/** ids [B, T] with the valid ones first. */
export const compactIds = (b: OnnxBuilder, ids: string, mask: OnnxMask): string =>
  b.node("GatherElements", [ids, mask.order()], { axis: 1 });

/** x [B, T, D] with the valid steps first. */
export const compactSteps = (b: OnnxBuilder, x: string, mask: OnnxMask): string =>
  b.node("GatherND", [x, b.node("Unsqueeze", [mask.order(), b.ints([2])])], { batch_dims: 1 });

/**
 * A recurrent layer's outputs y [B, T, H], valid steps first, back in their places. A masked step has the output of the
 * valid step before it (zeros before the first), or zeros.
 */
export function spread(
  b: OnnxBuilder,
  compact: () => string,
  mask: OnnxMask,
  shape: PartialShape,
  zeros: boolean,
): Traced {
  const y = once(compact);
  const full = once(() => {
    const valid = b.node("Cast", [mask.valid()], { to: 7 });
    const count = b.node("CumSum", [valid, b.ints(1)]); // valid steps up to this one
    const index = b.node("Max", [b.node("Sub", [count, b.ints(1)]), b.ints(0)]);
    const found = b.node("GatherND", [y(), b.node("Unsqueeze", [index, b.ints([2])])], { batch_dims: 1 });
    const kept = zeros ? mask.valid() : b.node("Greater", [count, b.ints(0)]);
    const factor = b.node("Unsqueeze", [b.node("Cast", [kept], { to: 1 }), b.ints([2])]);
    return b.node("Mul", [found, factor]);
  });
  return { shape, type: "float", mask, full, compact: y };
}
