import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type ConfigValue, rankOf, show } from "../options.ts";
import {
  type Padding,
  reachesOut,
  refuseStridesWithGaps,
  type Windows,
  windowCount,
  windowEntries,
  windowsOf,
} from "./windows.ts";

/** Windows along each axis between the batch and the channels: steps, or rows and columns. */
export type WindowGrid = readonly Windows[];
/** A number for each of those axes; one number is that of all. */
export type PerAxis = number | readonly number[];

interface GridOptions {
  strides?: PerAxis;
  padding?: Padding;
  dilationRate?: PerAxis;
}

/** The windows that a layer's options say, for `axes` axes. */
export function gridOf(
  size: PerAxis,
  options: GridOptions,
  axes: number,
  who: string,
  allowed: readonly Padding[],
  sizeName = "kernelSize",
): WindowGrid {
  const { strides = 1, padding, dilationRate = 1 } = options;
  const sizes = eachAxis(size, axes, who, sizeName);
  const stride = eachAxis(strides, axes, who, "strides");
  const dilation = eachAxis(dilationRate, axes, who, "dilationRate");
  const grid = sizes.map((s, k) =>
    windowsOf(s, { strides: stride[k], padding, dilationRate: dilation[k] }, who, allowed, sizeName),
  );
  const widest = { stride: Math.max(...stride), dilation: Math.max(...dilation) };
  refuseStridesWithGaps({ ...grid[0], ...widest }, who);
  return grid;
}

/** One number for all axes, or a list with one for each. */
function eachAxis(value: PerAxis, axes: number, who: string, what: string): readonly number[] {
  if (!Array.isArray(value)) return new Array<number>(axes).fill(value as number);
  if (value.length === axes) return value;
  const expected = axes === 1 ? `${what} as a number` : `${what} as a number or [rows, columns]`;
  throw new DataError(problem(who, expected, show(value), "One number is that of both."));
}

/** Keras's config keys of windows. */
export const gridConfig = (grid: WindowGrid): Record<string, ConfigValue> => ({
  kernel_size: grid.map((w) => w.size),
  strides: grid.map((w) => w.stride),
  padding: grid[0].padding,
  data_format: "channels_last",
  dilation_rate: grid.map((w) => w.dilation),
});

/** Refuses a shape of another rank, and one without a window. */
export function checkGrid(input: PartialShape, grid: WindowGrid, who: string): void {
  rankOf(input, grid.length + 2, who, grid.length === 2 ? "x [B, H, W, C]" : "x [B, T, C]");
  gridCounts(input, grid, who);
}

/** The number of channels of x. Throws ShapeError where it is open, or not divisible into groups. */
export function channelsOf(input: PartialShape, groups: number, who: string): number {
  const channels = input[input.length - 1];
  if (channels !== null && channels % groups === 0) return channels;
  const expected = groups === 1 ? "a known number of features" : `features divisible by ${groups} groups`;
  const next = "Each group reads as many features as every other: change groups, or the layer before.";
  throw new ShapeError(problem(who, expected, showShape(input), next));
}

/** Number of windows along each axis; null where it is open. */
export const gridCounts = (input: PartialShape, grid: WindowGrid, who: string): (number | null)[] =>
  grid.map((w, k) => windowCount(input, w, who, k + 1));

/** The entries of all windows, row by row: x [B, H, W, C] → size · size tensors [B, rows, columns, C], zero outside. */
export const gridEntries = (x: Tensor, grid: WindowGrid, who: string): Tensor[] =>
  grid.reduce((parts, w, k) => parts.flatMap((part) => windowEntries(part, w, who, k + 1)), [x]);

/** Whether some windows reach over an edge. */
export const gridReachesOut = (x: Tensor, grid: WindowGrid): boolean =>
  grid.some((w, k) => reachesOut(x.shape[k + 1], w));
