import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { type ArrayLike, asNdArray, NdArray } from "../../tensor/nd-array.ts";
import { isNumber, readField, type TaskData } from "../shared/task-file.ts";

/** A clip: pixels [T, H, W], or [T, H, W, C] with channels. */
export type Clip = ArrayLike;

/** Rows, columns and channels of a frame. */
export type FrameSize = readonly [rows: number, columns: number, channels: number];

/** Clips as [T, H, W, C], every number finite. Throws DataError or ShapeError naming the clip. */
export function clipsOf(given: unknown, who: string): NdArray[] {
  const list = given instanceof NdArray && given.rank > 3 ? rowsOfArray(given) : given;
  if (!Array.isArray(list)) {
    const found =
      given instanceof NdArray ? `an array ${showShape(given.shape)}` : given === null ? "null" : typeof given;
    throw new DataError(problem(who, "a list of clips", found, "Put one clip in brackets: [clip]."));
  }
  if (list.length === 0) throw new DataError(problem(who, "at least one clip", "none", "Check the input files."));
  return list.map((one: unknown, row) => clipOf(one, row, who));
}

const rowsOfArray = (array: NdArray): NdArray[] => Array.from({ length: array.shape[0] }, (_, i) => array.row(i));

function clipOf(one: unknown, row: number, who: string): NdArray {
  const isList = one instanceof NdArray || Array.isArray(one) || ArrayBuffer.isView(one);
  const next = "One clip is [frames, rows, columns], or with channels behind.";
  if (!isList) {
    const found = one === null ? "null" : typeof one;
    throw new DataError(problem(who, "frames of pixels", found, next).with({ row }));
  }
  const array = asNdArray(one as ArrayLike, { who: `${who}: clip ${row}` });
  const clip = array.rank === 3 ? array.reshape([...array.shape, 1]) : array;
  if (clip.rank !== 4 || clip.size === 0) {
    const expected = "[T, H, W] or [T, H, W, C] with at least one frame";
    throw new ShapeError(problem(who, expected, showShape(array.shape), next).with({ row }));
  }
  const bad = clip.data.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return clip;
  const frame = Math.floor(bad / (clip.size / clip.shape[0]));
  const where = `finite numbers in frame ${frame}`;
  throw new DataError(problem(who, where, String(clip.data[bad]), "Leave the clip out, or fill it.").with({ row }));
}

/** Throws ShapeError naming the first clip whose frames have another size. */
export function checkFrames(
  clips: readonly NdArray[],
  frame: FrameSize,
  who: string,
  places?: readonly number[],
): void {
  const wrong = clips.findIndex(({ shape }) => frame.some((size, k) => shape[k + 1] !== size));
  if (wrong < 0) return;
  const found = inWords(frameOf(clips[wrong]));
  const next = "All images are of one size: resize them, or cut them.";
  const row = places?.[wrong] ?? wrong;
  throw new ShapeError(problem(who, `frames of ${inWords(frame)}`, found, next).with({ row }));
}

const inWords = ([rows, columns, channels]: FrameSize): string =>
  `${rows} × ${columns} pixels${channels === 1 ? "" : ` of ${channels} channels`}`;

export const frameOf = ({ shape }: NdArray): FrameSize => [shape[1], shape[2], shape[3]];

/** Mean and deviation of each channel. */
export interface PixelScale {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Those of all pixels of clips. One that never changes has the deviation 1. */
export function pixelScale(clips: readonly NdArray[]): PixelScale {
  const C = clips[0].shape[3];
  const [sum, squares] = [new Float64Array(C), new Float64Array(C)];
  let count = 0;
  for (const { data } of clips) {
    for (let at = 0; at < data.length; at++) sum[at % C] += data[at];
    count += data.length / C;
  }
  const mean = Array.from(sum, (v) => v / count);
  for (const { data } of clips)
    for (let at = 0; at < data.length; at++) squares[at % C] += (data[at] - mean[at % C]) ** 2;
  return { mean, deviation: Array.from(squares, (v) => Math.sqrt(v / count) || 1) };
}

export function readPixelScale(data: TaskData, channels: number): PixelScale {
  const isRow = (v: unknown): v is number[] => Array.isArray(v) && v.length === channels && v.every(isNumber);
  return {
    mean: readField(data, "mean", `${channels} means`, isRow),
    deviation: readField(data, "deviation", `${channels} deviations`, isRow),
  };
}

/** Clips as the network reads them, [B, length, H, W, C]: frames evenly spaced, standardized. */
export function batchOfClips(clips: readonly NdArray[], length: number, { mean, deviation }: PixelScale): NdArray {
  const [, ...frame] = clips[0].shape;
  const size = frame.reduce((a, b) => a * b, 1);
  const C = frame[2];
  const out = new Float32Array(clips.length * length * size);
  for (const [row, { data, shape }] of clips.entries())
    for (let t = 0; t < length; t++) {
      const from = Math.floor((t * shape[0]) / length) * size;
      const to = (row * length + t) * size;
      for (let k = 0; k < size; k++) out[to + k] = (data[from + k] - mean[k % C]) / deviation[k % C];
    }
  return new NdArray(out, [clips.length, length, ...frame]);
}
