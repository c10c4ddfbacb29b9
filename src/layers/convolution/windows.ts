import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { pad, reshape, sliceAxis } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type ConfigValue, oneOf, positiveInteger, rankOf } from "../options.ts";

/** Windows over the steps of x [B, T, C], as convolutions and pooling use them. */
export interface Windows {
  /** Entries of a window. */
  readonly size: number;
  /** Steps from one window to the next. */
  readonly stride: number;
  /** Steps from one entry of a window to the next. */
  readonly dilation: number;
  /** Steps of zeros: none; so that T / stride windows come out; or all of them before, so that no window sees the future. */
  readonly padding: Padding;
}
export const paddings = ["valid", "same", "causal"] as const;
export type Padding = (typeof paddings)[number];

/** The windows that a layer's options say. */
export function windowsOf(
  size: number,
  options: { strides?: number; padding?: Padding; dilationRate?: number },
  who: string,
  allowed: readonly Padding[],
  sizeName = "kernelSize",
): Windows {
  return {
    size: positiveInteger(size, who, sizeName),
    stride: positiveInteger(options.strides ?? 1, who, "strides"),
    dilation: positiveInteger(options.dilationRate ?? 1, who, "dilationRate"),
    padding: oneOf(options.padding ?? "valid", allowed, who, "padding"),
  };
}

/** Throws DataError for windows that are apart and have gaps. */
export function refuseStridesWithGaps({ stride, dilation }: Windows, who: string): void {
  if (stride === 1 || dilation === 1) return;
  const next = "Keras has no convolution with both: use one of them.";
  throw new DataError(problem(who, "strides or dilationRate above 1", "both", next));
}

/** Keras's config keys of windows. */
export const windowsConfig = ({ size, stride, dilation, padding }: Windows): Record<string, ConfigValue> => ({
  kernel_size: [size],
  strides: [stride],
  padding,
  data_format: "channels_last",
  dilation_rate: [dilation],
});

/** The number of features of x [B, T, C]. Throws ShapeError where it is open. */
export function knownFeatures(input: PartialShape, who: string): number {
  rankOf(input, 3, who, "x [B, T, C]");
  if (input[2] !== null) return input[2];
  const next = "Give input(...) the number of features.";
  throw new ShapeError(problem(who, "a known number of features", showShape(input), next));
}

/** The steps from a window's first entry to its last, both counted. */
export const reach = (w: Windows): number => (w.size - 1) * w.dilation + 1;

/** Number of windows along an axis of x [B, T, C] or [B, rows, columns, C]; throws where there is none. */
export function windowCount(input: PartialShape, w: Windows, who: string, axis = 1): number | null {
  const steps = input[axis];
  if (steps === null) return null;
  if (w.padding !== "valid") return Math.ceil(steps / w.stride);
  if (steps < reach(w)) {
    const [along, longer] =
      input.length === 4 ? [["rows", "columns"][axis - 1], "larger images"] : ["steps", "longer sequences"];
    const next = `Use a smaller window, padding: "same", or ${longer}.`;
    throw new ShapeError(problem(who, `at least ${reach(w)} ${along}`, showShape(input), next));
  }
  return Math.floor((steps - reach(w)) / w.stride) + 1;
}

/** Whether some windows reach over the ends. */
export const reachesOut = (steps: number, w: Windows): boolean => paddingOf(steps, w).total > 0;

/** The first, second, ... entries of all windows along an axis: x [B, T, C] → `size` tensors [B, count, C], zero outside. */
export function windowEntries(x: Tensor, w: Windows, who: string, axis = 1): Tensor[] {
  const steps = x.shape[axis];
  const count = windowCount(x.shape, w, who, axis)!;
  const { before } = paddingOf(steps, w);
  const wanted = Math.max(before + steps, (w.size - 1) * w.dilation + count * w.stride);
  const begin = x.shape.map((_, i) => (i === axis ? before : 0));
  const wide = before === 0 && wanted === steps ? x : pad(x, begin, x.shape.with(axis, wanted));
  return Array.from({ length: w.size }, (_, k) => {
    const run = sliceAxis(wide, axis, k * w.dilation, count * w.stride);
    if (w.stride === 1) return run;
    const groups = reshape(run, run.shape.toSpliced(axis, 1, count, w.stride));
    return reshape(sliceAxis(groups, axis + 1, 0, 1), x.shape.with(axis, count));
  });
}

/** TensorFlow's padding: for "same" the odd step comes after. */
function paddingOf(steps: number, w: Windows): { before: number; total: number } {
  if (w.padding === "valid") return { before: 0, total: 0 };
  if (w.padding === "causal") return { before: reach(w) - 1, total: reach(w) - 1 };
  const total = Math.max(0, (Math.ceil(steps / w.stride) - 1) * w.stride + reach(w) - steps);
  return { before: Math.floor(total / 2), total };
}
