import { add, clip, constant, div, maximum, mul, sqrt, square } from "../../ops/elementwise.ts";
import { clipByGlobalNorm, clipByNorm } from "../../ops/optimizers.ts";
import { sum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/view.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { apart, gathered, type Occurrences } from "./occurrences.ts";
import type { Shared } from "./optimizer.ts";
import type { Stretch } from "./stretch.ts";

/**
 * Clips as the options say: each parameter's norm, the global norm, or each number; at most one of them is given. An
 * embedding's occurrences count, and are clipped, one by one; the global norm leaves their sum, as Keras does.
 */
export function clipGradients(
  stretches: readonly Stretch[],
  { clipnorm, globalClipnorm, clipvalue }: Pick<Shared, "clipnorm" | "globalClipnorm" | "clipvalue">,
): readonly Stretch[] {
  if (clipnorm) return stretches.map((stretch) => clippedByNorm(stretch, clipnorm));
  if (globalClipnorm) return clippedByGlobalNorm(stretches, globalClipnorm);
  if (clipvalue) return stretches.map((stretch) => clippedByValue(stretch, clipvalue));
  return stretches;
}

function clippedByNorm(stretch: Stretch, norm: number): Stretch {
  const { gradient, occurrences, powers, segments } = stretch;
  if (powers) {
    const by = shrinking(sum(powers.squares), norm);
    const shrunk = { squares: mul(powers.squares, square(by)), sizes: mul(powers.sizes, by) };
    return { ...stretch, gradient: mul(gradient, by), powers: shrunk };
  }
  if (!occurrences) {
    const offsets = segments.map((s) => s.offset);
    const sizes = segments.map((s) => sizeOf(s.shape));
    return { ...stretch, gradient: clipByNorm(gradient, offsets, sizes, norm) };
  }
  const by = shrinking(sumOfSquares(stretch), norm);
  return { ...stretch, gradient: mul(gradient, by), occurrences: eachValue(occurrences, (v) => mul(v, by)) };
}

function clippedByGlobalNorm(stretches: readonly Stretch[], norm: number): Stretch[] {
  const [first] = stretches;
  if (stretches.length === 1 && !first.occurrences && !first.powers)
    return [{ ...first, gradient: clipByGlobalNorm(first.gradient, norm) }];
  const by = shrinking(stretches.map(sumOfSquares).reduce(add), norm);
  return stretches.map((stretch) => ({
    ...stretch,
    gradient: mul(stretch.gradient, by),
    occurrences: null,
    powers: null,
  }));
}

/** Occurrences limited one by one, where the options say so. */
export const limitedOccurrences = (
  occurrences: readonly Occurrences[],
  { clipvalue: most }: Pick<Shared, "clipvalue">,
): readonly Occurrences[] => (most ? eachValue(occurrences, (v) => clip(v, -most, most)) : occurrences);

function clippedByValue(stretch: Stretch, most: number): Stretch {
  if (stretch.powers) return stretch; // each occurrence was limited before they were added
  const limited = (x: Tensor) => clip(x, -most, most);
  if (!stretch.occurrences) return { ...stretch, gradient: limited(stretch.gradient) };
  const occurrences = limitedOccurrences(stretch.occurrences, { clipvalue: most });
  return {
    ...stretch,
    gradient: reshape(gathered(occurrences, "sum"), [stretch.size]),
    occurrences,
  };
}

/** norm / max(norm, length), [] */
const shrinking = (squares: Tensor, norm: number): Tensor => div(norm, maximum(sqrt(squares), constant(norm, squares)));

const sumOfSquares = ({ gradient, occurrences, powers }: Stretch): Tensor =>
  powers
    ? sum(powers.squares)
    : (occurrences?.map((o) => apart(o).values) ?? [gradient]).map((x) => sum(square(x))).reduce(add);

const eachValue = (occurrences: readonly Occurrences[], formula: (values: Tensor) => Tensor): Occurrences[] =>
  occurrences.map(apart).map((o) => ({ ...o, values: formula(o.values) }));
