import { DataError, problem, ShapeError, showShape, suggest } from "../errors.ts";
import { type ArrayLike as AnyArray, NdArray, type Numbers, type PlainArray } from "../tensor/nd-array.ts";
import { type DType, type Shape, sameShape, sizeOf } from "../tensor/shape.ts";
import { hostSize } from "./host-size.ts";
import { describe } from "./split-words.ts";

/** A sequence of steps. */
type NestedArray = Exclude<AnyArray, PlainArray> | NdArray;

export interface PadOptions {
  /** The length of every row. Default: that of the longest sequence. */
  maxLen?: number;
  /** The end that is filled up. Default `"pre"`. */
  padding?: "pre" | "post";
  /** The end that is cut off a sequence that is too long. Default `"pre"`: the **last** `maxLen` entries stay. */
  truncating?: "pre" | "post";
  /** Padding value. Default 0. */
  value?: number;
  /** Default `"i32"`: fractions are cut off toward zero. `"f32"` for measurements. */
  dtype?: DType;
}

const who = "padSequences";

/**
 * Sequences of different length as one array, as Keras's `pad_sequences` makes it: [N, maxLen], or [N, maxLen, …] for
 * sequences of vectors, whose shape is that in the first sequence with an entry. An empty sequence is all `value`.
 * Throws DataError for entries that are not numbers or do not fit the dtype, ShapeError for vectors of another shape.
 *
 *   padSequences([[1, 2, 3], [4]], { maxLen: 2 }).toArray();   // [[2, 3], [0, 4]]
 */
export function padSequences(sequences: readonly NestedArray[] | NdArray, options: PadOptions = {}): NdArray {
  const { padding = "pre", truncating = "pre", value = 0, dtype = "i32" } = options;
  checkName("padding", padding, ["pre", "post"]);
  checkName("truncating", truncating, ["pre", "post"]);
  checkName("dtype", dtype, ["i32", "f32"]);
  const rows = checkRows(sequences);
  const maxLen = checkMaxLen(options.maxLen, rows);
  const stepShape = shapeOfSteps(rows);
  const width = sizeOf(stepShape);

  const shape = [rows.length, maxLen, ...stepShape];
  const size = hostSize(shape, who, "Give a smaller maxLen, or pad the sequences in portions.");
  const data = dtype === "i32" ? new Int32Array(size) : new Float32Array(size);
  const filler = dtype === "i32" ? new Int32Array(1) : new Float32Array(1);
  store(filler, [value], dtype, "value");
  if (filler[0] !== 0) data.fill(filler[0]);

  rows.forEach((row, r) => {
    const kept = Math.min(lengthOf(row), maxLen);
    const from = truncating === "pre" ? lengthOf(row) - kept : 0;
    const to = r * maxLen + (padding === "pre" ? maxLen - kept : 0);
    const target = data.subarray(to * width, (to + kept) * width);
    store(target, flatSteps(row, from, kept, stepShape, r), dtype, `[${r}]`);
  });
  return new NdArray(data, shape);
}

/** Numbers into `target`, each checked for its type and, for i32, its range. */
function store(target: Numbers, numbers: ArrayLike<unknown>, dtype: DType, place: string): void {
  if (numbers instanceof Int32Array || (dtype === "f32" && isTyped(numbers) && typeof numbers[0] === "number")) {
    target.set(numbers as Numbers);
    return;
  }
  for (let i = 0; i < numbers.length; i++) {
    const given = numbers[i];
    const number = typeof given === "bigint" && Number.isSafeInteger(Number(given)) ? Number(given) : given;
    if (typeof number !== "number") {
      const next = typeof number === "string" ? "Words need tokenizer.textsToSequences(texts) first." : undefined;
      throw new DataError(problem(who, `numbers in ${place}`, describe(number), next));
    }
    if (dtype === "i32" && !(number > -(2 ** 31) - 1 && number < 2 ** 31)) {
      throw new DataError(problem(who, `numbers in ${place} that fit i32`, String(number), 'Give dtype: "f32".'));
    }
    target[i] = number; // an Int32Array cuts the fraction off toward zero
  }
}

/** Steps `from` to `from + kept` of a sequence, flat; each must have the common shape. */
function flatSteps(row: NestedArray, from: number, kept: number, stepShape: Shape, r: number): ArrayLike<unknown> {
  const width = sizeOf(stepShape);
  if (row instanceof NdArray) {
    if (lengthOf(row) > 0) checkStep(row.shape.slice(1), stepShape, `[${r}]`);
    return row.data.subarray(from * width, (from + kept) * width);
  }
  if (isTyped(row)) {
    if (row.length > 0) checkStep([], stepShape, `[${r}]`);
    return row.subarray(from, from + kept);
  }
  const steps: readonly unknown[] = row.slice(from, from + kept);
  if (stepShape.length === 0 && !steps.some(isList)) return steps;
  const flat: unknown[] = [];
  steps.forEach((step, t) => {
    flatten(step, stepShape, 0, `[${r}][${from + t}]`, flat);
  });
  return flat;
}

function flatten(value: unknown, shape: Shape, axis: number, place: string, flat: unknown[]): void {
  const expected = shape.slice(axis);
  if (!isList(value)) {
    checkStep([], expected, place);
    flat.push(value);
    return;
  }
  if (expected.length === 0 || value.length !== expected[0]) checkStep(shapeOf(value), expected, place);
  for (let i = 0; i < value.length; i++) flatten(value[i], shape, axis + 1, `${place}[${i}]`, flat);
}

function checkStep(found: Shape, expected: Shape, place: string): void {
  if (sameShape(found, expected)) return;
  const next = "Every step of every sequence needs the same shape as in the first sequence that is not empty.";
  throw new ShapeError(problem(who, `${nameOf(expected)} at ${place}`, nameOf(found), next));
}

function nameOf(shape: Shape): string {
  return shape.length === 0 ? "a number" : `shape ${showShape(shape)}`;
}

function checkRows(sequences: readonly NestedArray[] | NdArray): NestedArray[] {
  if (sequences instanceof NdArray && sequences.rank > 1) {
    return Array.from({ length: sequences.shape[0] }, (_, i) => sequences.row(i));
  }
  if (!Array.isArray(sequences)) {
    const received =
      sequences instanceof NdArray ? `an array of shape ${showShape(sequences.shape)}` : describe(sequences);
    throw new DataError(problem(who, "a list of sequences", received, "Put one sequence in brackets: [sequence]."));
  }
  sequences.forEach((row: unknown, r) => {
    if (isList(row) || (row instanceof NdArray && row.rank > 0)) return;
    const text = typeof row === "string";
    const next = text
      ? "Text needs tokenizer.textsToSequences(texts) first."
      : "Put one sequence in brackets: [sequence].";
    throw new DataError(problem(who, `a list at [${r}]`, describe(row), next));
  });
  return sequences;
}

function checkMaxLen(maxLen: number | undefined, rows: readonly NestedArray[]): number {
  if (maxLen !== undefined) {
    if (Number.isInteger(maxLen) && maxLen > 0) return maxLen;
    throw new DataError(problem(who, "maxLen to be a whole number, 1 or more", String(maxLen)));
  }
  if (rows.length === 0) {
    throw new DataError(problem(who, "at least one sequence", "none", "Give maxLen if there can be none."));
  }
  return rows.reduce((longest, row) => Math.max(longest, lengthOf(row)), 0);
}

function checkName(option: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  throw new DataError(problem(who, `${option} to be one it knows`, JSON.stringify(name), suggest(String(name), known)));
}

function shapeOfSteps(rows: readonly NestedArray[]): Shape {
  const first = rows.find((row) => lengthOf(row) > 0);
  if (first === undefined) return [];
  return first instanceof NdArray ? first.shape.slice(1) : shapeOf(first[0]);
}

function shapeOf(value: unknown): number[] {
  if (!isList(value)) return [];
  return value.length === 0 ? [0] : [value.length, ...shapeOf(value[0])];
}

function lengthOf(row: NestedArray): number {
  return row instanceof NdArray ? row.shape[0] : row.length;
}

function isTyped(value: unknown): value is Exclude<NestedArray, NdArray | readonly unknown[]> {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || isTyped(value);
}
