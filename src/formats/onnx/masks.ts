import type { OnnxBuilder } from "./builder.ts";

/** The valid steps of a sequence [B, T], and what follows from them. */
export interface OnnxMask {
  readonly valid: string; // bool [B, T]
  /** Valid steps up to each, itself included: int64 [B, T]. */
  readonly count: string;
  /** Valid steps of each row: int32 [B]. */
  readonly lengths: string;
  /** Places of the valid steps, in order, then of the others: int64 [B, T]. */
  readonly order: string;
}

/**
 * The valid steps, and the compaction that follows from them: masked steps do not exist for a recurrent layer, so each row's
 * valid steps may stand first, whatever the pattern of padding, and be run with their count.
 */
export function maskOf(b: OnnxBuilder, valid: string): OnnxMask {
  const ones = b.node("Cast", [valid], { to: 7 });
  const lengths = b.node("Cast", [b.node("ReduceSum", [ones, b.ints([1])], { keepdims: 0 })], { to: 6 });
  const count = b.node("CumSum", [ones, b.ints(1)]);
  const all = b.node("Shape", [valid], { start: 1, end: 2 });
  const steps = b.node("Squeeze", [all, b.ints([0])]);
  const place = b.node("Range", [b.ints(0), steps, b.ints(1)]); // [T]
  const late = b.node("Mul", [b.node("Cast", [b.node("Not", [valid])], { to: 7 }), steps]);
  const key = b.node("Add", [late, place]); // all different: valid steps first, the order kept
  const order = b.several("TopK", [key, all], { axis: 1, largest: 0, sorted: 1 }, 2)[1];
  return { valid, count, lengths, order };
}

/** ids [B, T] with the valid ones first. */
export const compactIds = (b: OnnxBuilder, ids: string, { order }: OnnxMask): string =>
  b.node("GatherElements", [ids, order], { axis: 1 });

/** x [B, T, D] with the valid steps first. */
export const compactSteps = (b: OnnxBuilder, x: string, { order }: OnnxMask): string => stepsAt(b, x, order);

/** The steps of x [B, T, D] at these places [B, T]. */
const stepsAt = (b: OnnxBuilder, x: string, places: string): string =>
  b.node("GatherND", [x, b.node("Unsqueeze", [places, b.ints([2])])], { batch_dims: 1 });

/**
 * A recurrent layer's outputs y [B, T, H], valid steps first, back in their places. A masked step has the output of the valid
 * step that was read before it (zeros where there is none), or zeros.
 */
export function spread(
  b: OnnxBuilder,
  y: string,
  { valid, count, lengths }: OnnxMask,
  { zeros, reverse }: { zeros: boolean; reverse: boolean },
): string {
  const ones = b.node("Cast", [valid], { to: 7 });
  const found = reverse ? b.node("Sub", [count, ones]) : b.node("Sub", [count, b.ints(1)]);
  const total = b.node("Unsqueeze", [b.node("Cast", [lengths], { to: 7 }), b.ints([1])]);
  const any = reverse ? b.node("Less", [found, total]) : b.node("Greater", [count, b.ints(0)]);
  const last = b.node("Sub", [b.node("Shape", [valid], { start: 1, end: 2 }), b.ints([1])]);
  const places = reverse ? b.node("Min", [found, last]) : b.node("Max", [found, b.ints(0)]);
  const kept = b.node("Unsqueeze", [zeros ? valid : any, b.ints([2])]);
  return b.node("Where", [kept, stepsAt(b, y, places), b.number(0)]);
}
