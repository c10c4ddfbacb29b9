import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import { type ArrayLike, asNdArray, NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { sizeOf } from "../tensor/shape.ts";
import { checkWhole } from "./checks.ts";

export interface WindowOptions {
  /** Steps of one window. */
  sequenceLength: number;
  /** Steps between the starts of two windows. Default 1. */
  sequenceStride?: number;
  /** Steps between two entries of a window: 6 takes every sixth. Default 1. */
  samplingRate?: number;
  /** Use `data` (and `targets`) from this row on. Default 0. */
  startIndex?: number;
  /** Use them up to this row, excluded. Default: all. */
  endIndex?: number;
}

export interface BatchOptions {
  /** Windows in one batch; the last may hold fewer. Default 128. */
  batchSize?: number;
  /** Shuffles the windows by this seed, in another order on each pass. Default: in order of time. */
  shuffleSeed?: number;
}

/** Windows without targets. */
export interface Windows {
  /** [N, sequenceLength, …]: …, for data [T, …]. */
  x: NdArray;
}

/** Windows, each with its target. */
export interface WindowsAndTargets extends Windows {
  /** [N, …] for targets [T, …]. */
  y: NdArray;
}

const who = "timeseriesWindows";

/**
 * Every window over a series, as Keras's `timeseries_dataset_from_array` cuts them: window i begins at row
 * `startIndex + i · sequenceStride`, entry k of it is `samplingRate · k` rows later, and its target is the entry of
 * `targets` at the row where the window **begins**. To predict the step after the window, shift the targets.
 * data [T] gives x [N, L], data [T, D] gives x [N, L, D]. Throws DataError where no window fits.
 *
 *   const series = [1, 2, 3, 4, 5, 6];
 *   const { x, y } = timeseriesWindows(series, series.slice(3), { sequenceLength: 3 });
 *   x.toArray(); // [[1, 2, 3], [2, 3, 4], [3, 4, 5]]
 *   y.toArray(); // [4, 5, 6]
 */
export function timeseriesWindows(data: ArrayLike, targets: ArrayLike, options: WindowOptions): WindowsAndTargets;
export function timeseriesWindows(data: ArrayLike, targets: null, options: WindowOptions): Windows;
export function timeseriesWindows(
  data: ArrayLike,
  targets: ArrayLike | null,
  options: WindowOptions,
): Windows | WindowsAndTargets {
  return gather(planWindows(data, targets, options));
}

/**
 * The windows of `timeseriesWindows` in batches, for data too large to be cut all at once: only one batch exists at a
 * time. May be walked through again and again, and knows its number of batches.
 *
 *   const batches = timeseriesBatches(train, train.slice(24), { sequenceLength: 24, batchSize: 32, shuffleSeed: 1 });
 *   for (const { x, y } of batches) console.log(x.shape);   // [32, 24, D]
 */
export function timeseriesBatches(
  data: ArrayLike,
  targets: ArrayLike,
  options: WindowOptions & BatchOptions,
): Batches<WindowsAndTargets>;
export function timeseriesBatches(
  data: ArrayLike,
  targets: null,
  options: WindowOptions & BatchOptions,
): Batches<Windows>;
export function timeseriesBatches(
  data: ArrayLike,
  targets: ArrayLike | null,
  options: WindowOptions & BatchOptions,
): Batches<Windows> | Batches<WindowsAndTargets> {
  return inBatches(planWindows(data, targets, options), options, "timeseriesBatches");
}

export interface GeneratorOptions extends BatchOptions {
  /** Rows that a window spans. */
  length: number;
  /** Rows between two entries of a window. Default 1. */
  samplingRate?: number;
  /** Rows between two windows. Default 1. */
  stride?: number;
  /** The first row that may be in a window, and the last that may be a target (**included**). Default: all. */
  startIndex?: number;
  /** The last row that may be a target. Default: the last of the data. */
  endIndex?: number;
  /** Whether each window runs backward in time. Default false. */
  reverse?: boolean;
}

/**
 * Windows as Keras's older `TimeseriesGenerator` cuts them: the target of row r is `targets[r]`, its window the rows
 * r − length to r − 1, so that targets are **not** shifted. data [T, …] and targets [T, …] have the same length.
 *
 *   const [batch] = timeseriesGenerator([10, 20, 30, 40], [1, 2, 3, 4], { length: 2 });
 *   batch.x.toArray(); // [[10, 20], [20, 30]]
 *   batch.y.toArray(); // [3, 4]
 */
export function timeseriesGenerator(
  data: ArrayLike,
  targets: ArrayLike,
  options: GeneratorOptions,
): Batches<WindowsAndTargets> {
  const name = "timeseriesGenerator";
  const [series, labels] = [rowsOf(data, "data", name), rowsOf(targets, "targets", name)];
  const rows = series.shape[0];
  if (labels.shape[0] !== rows) {
    throw new ShapeError(problem(name, `${rows} targets, one per row of data`, `${labels.shape[0]}`));
  }
  const { length, samplingRate = 1, stride = 1, startIndex = 0, endIndex = rows - 1, reverse = false } = options;
  for (const [option, value, least] of [
    ["length", length, 1],
    ["samplingRate", samplingRate, 1],
    ["stride", stride, 1],
    ["startIndex", startIndex, 0],
    ["endIndex", endIndex, 0],
  ] as const) {
    checkWhole(name, option, value, least, option === "endIndex" ? rows - 1 : undefined);
  }
  const first = startIndex + length; // row of the first target
  const count = Math.floor((endIndex - first) / stride) + 1;
  if (count < 1) {
    const next = "Give a smaller length, or more data.";
    throw new DataError(problem(name, `rows from ${first} to endIndex`, `endIndex ${endIndex}`, next));
  }
  const ends = Array.from({ length: count }, (_, i) => first + i * stride);
  const offsets = Array.from({ length: Math.ceil(length / samplingRate) }, (_, k) => k * samplingRate - length);
  if (reverse) offsets.reverse();
  return inBatches({ series, labels, anchors: Int32Array.from(ends), offsets }, options, name);
}

/** Batches that can be walked through any number of times. */
export interface Batches<Batch> extends Iterable<Batch> {
  /** Number of batches. */
  readonly length: number;
}

/** The rows of each window: entry k of window i is row `anchors[i] + offsets[k]`, its target `labels[anchors[i]]`. */
interface Plan<Labels extends NdArray | null = NdArray | null> {
  series: NdArray;
  labels: Labels;
  anchors: Int32Array;
  offsets: readonly number[];
}

function planWindows(data: ArrayLike, targets: ArrayLike | null, options: WindowOptions): Plan {
  const series = rowsOf(data, "data", who);
  const labels = targets === null || targets === undefined ? null : rowsOf(targets, "targets", who);
  const rows = series.shape[0];
  const { sequenceLength, sequenceStride = 1, samplingRate = 1, startIndex = 0, endIndex = rows } = options;
  checkWhole(who, "sequenceLength", sequenceLength, 1);
  checkWhole(who, "sequenceStride", sequenceStride, 1);
  checkWhole(who, "samplingRate", samplingRate, 1);
  checkWhole(who, "startIndex", startIndex, 0, rows - 1);
  checkWhole(who, "endIndex", endIndex, startIndex + 1, rows);
  const span = (sequenceLength - 1) * samplingRate + 1; // rows from the first to the last entry of a window
  const fitting = endIndex - startIndex - span + 1;
  if (fitting < 1) {
    const next = "Give a smaller sequenceLength or samplingRate, or more data.";
    throw new DataError(problem(who, `at least ${span} rows for one window`, `${endIndex - startIndex}`, next));
  }
  const count = labels === null ? fitting : Math.min(fitting, labels.shape[0] - startIndex);
  if (count < 1) {
    throw new DataError(problem(who, `targets beyond row ${startIndex}`, `${labels?.shape[0]} targets`));
  }
  const starts = Array.from({ length: Math.ceil(count / sequenceStride) }, (_, i) => startIndex + i * sequenceStride);
  const offsets = Array.from({ length: sequenceLength }, (_, k) => k * samplingRate);
  return { series, labels, anchors: Int32Array.from(starts), offsets };
}

/** The windows of a plan, or of some of its anchors, as arrays. */
function gather(plan: Plan<NdArray>, anchors?: Int32Array): WindowsAndTargets;
function gather(plan: Plan, anchors?: Int32Array): Windows | WindowsAndTargets;
function gather({ series, labels, offsets, ...plan }: Plan, anchors = plan.anchors): Windows | WindowsAndTargets {
  const x = takeRows(series, anchors, offsets);
  if (labels === null) return { x };
  const y = takeRows(labels, anchors, [0]);
  return { x, y: y.reshape([anchors.length, ...labels.shape.slice(1)]) };
}

type NumbersConstructor = Float32ArrayConstructor | Float64ArrayConstructor | Int32ArrayConstructor;

/** [N, offsets, …]: the rows `anchors[i] + offsets[k]` of an array [T, …]. */
function takeRows(from: NdArray, anchors: Int32Array, offsets: readonly number[]): NdArray {
  const inner = from.shape.slice(1);
  const width = sizeOf(inner);
  const shape = [anchors.length, offsets.length, ...inner];
  const data = new (from.data.constructor as NumbersConstructor)(sizeOf(shape)); // the same numbers: a scaler may come later
  let to = 0;
  for (const anchor of anchors) {
    for (const offset of offsets) {
      const at = (anchor + offset) * width;
      for (let j = 0; j < width; j++) data[to++] = from.data[at + j];
    }
  }
  return new NdArray(data, shape);
}

function inBatches(plan: Plan<NdArray>, options: BatchOptions, name: string): Batches<WindowsAndTargets>;
function inBatches(plan: Plan, options: BatchOptions, name: string): Batches<Windows> | Batches<WindowsAndTargets>;
function inBatches(plan: Plan, options: BatchOptions, name: string): Batches<Windows | WindowsAndTargets> {
  const { batchSize = 128, shuffleSeed } = options;
  checkWhole(name, "batchSize", batchSize, 1);
  if (shuffleSeed !== undefined) checkWhole(name, "shuffleSeed", shuffleSeed, 0);
  const length = Math.ceil(plan.anchors.length / batchSize);
  const random = shuffleSeed === undefined ? null : new Random(shuffleSeed);
  return {
    length,
    *[Symbol.iterator]() {
      const anchors = random === null ? plan.anchors : random.shuffle(plan.anchors.slice());
      for (let b = 0; b < length; b++) yield gather(plan, anchors.slice(b * batchSize, (b + 1) * batchSize));
    },
  };
}

function rowsOf(value: ArrayLike, what: string, name: string): NdArray {
  const array = asNdArray(value, { who: `${name}: ${what}` });
  if (array.rank > 0 && array.shape[0] > 0) return array;
  throw new ShapeError(problem(name, `${what} [T, …] with at least one row`, showShape(array.shape)));
}
