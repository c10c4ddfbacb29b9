import { abs, square } from "../../ops/elementwise.ts";
import { reshape, slice } from "../../ops/view.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { gathered, type Occurrences } from "./occurrences.ts";
import type { Segment } from "./optimizer.ts";

/** Neighbouring parameters of the trainable region that move by one formula: one embedding, or all up to the next. */
export interface Stretch {
  readonly from: number; // words
  readonly size: number;
  /** Those in it, their offsets counted from its begin. */
  readonly segments: readonly Segment[];
  /** [size] */
  readonly gradient: Tensor;
  /** Of an embedding, what the gradient is the sum of. */
  readonly occurrences: readonly Occurrences[] | null;
  /** Where that was added up before: the sums of the squares and of the sizes. */
  readonly powers?: Powers | null;
}

/** Squares and sizes of an embedding's occurrences, added: [size] each. */
export interface Powers {
  readonly squares: Tensor;
  readonly sizes: Tensor;
}

/** Of each segment: the occurrences whose sum its gradient is, or their powers; null for one that is no embedding. */
export type Parts = readonly (readonly Occurrences[] | Powers | null)[];

/** The region in stretches; one of them where no segment has occurrences. */
export function stretchesOf(gradient: Tensor, segments: readonly Segment[], occurrences: Parts = []): Stretch[] {
  const begins = segments.map((_, k) => k === 0 || occurrences[k] != null || occurrences[k - 1] != null);
  return segments.flatMap((first, k) => {
    if (!begins[k]) return [];
    const next = begins.indexOf(true, k + 1);
    const inside = segments.slice(k, next < 0 ? undefined : next);
    const from = k === 0 && !occurrences[k] ? 0 : first.offset;
    const end = occurrences[k] ? from + sizeOf(first.shape) : (segments[next]?.offset ?? gradient.shape[0]);
    return {
      ...{ from, size: end - from },
      ...apartOf(occurrences[k] ?? null),
      segments: inside.map((s) => ({ ...s, offset: s.offset - from })),
      gradient: part(gradient, { from, size: end - from }),
    };
  });
}

const apartOf = (parts: Parts[number]) =>
  parts && "squares" in parts ? { occurrences: null, powers: parts } : { occurrences: parts };

/** The words of a vector over the region that belong to a stretch; those of a leaf are a leaf. */
export function part(whole: Tensor, { from, size }: Pick<Stretch, "from" | "size">): Tensor {
  if (size === whole.shape[0]) return whole;
  const { location, trace } = whole;
  return location
    ? trace.leaf(location.region, [size], { offset: location.offset + from })
    : slice(whole, [from], [size]);
}

/** A stretch's gradient with its squares and sizes, of an embedding those of every occurrence, added. */
export function powersOf({ gradient, occurrences, powers, size }: Stretch) {
  if (powers) return { gradient, ...powers, summed: false };
  if (!occurrences) return { gradient, squares: square(gradient), sizes: abs(gradient), summed: true };
  const flat = (of: "squares" | "sizes") => reshape(gathered(occurrences, of), [size]);
  return { gradient, squares: flat("squares"), sizes: flat("sizes"), summed: false };
}
