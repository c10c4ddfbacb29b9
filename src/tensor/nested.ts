import { DataError, problem, ShapeError, showShape, showValue } from "../errors.ts";
import { type Shape, sizeOf } from "./shape.ts";

/** Numbers as an `NdArray` keeps them. */
export type Numbers = Float32Array | Float64Array | Int32Array;
/** Typed arrays that are taken as numbers; int64 where every number of them is a safe integer. */
export type OtherTypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Uint8ClampedArray
  | BigInt64Array
  | BigUint64Array;
/** Numbers as they are given, nested to any depth: those of int64 data are `bigint`. */
export type NestedInput = number | bigint | Numbers | OtherTypedArray | readonly NestedInput[];

/**
 * Nested lists, of typed arrays too, as one stretch of numbers and its shape. What is typed stays of its kind where it can;
 * numbers of lists stay as they are (float64). Throws ShapeError for ragged nesting, DataError for what is no number.
 */
export function fromNested(value: NestedInput, who: string): { data: Numbers; shape: Shape } {
  if (isTyped(value)) return { data: asNumbers(value, who), shape: [value.length] };
  const shape = shapeOf(value, who);
  checkRegular(value, shape, who);
  const data = room(shape, who);
  let filled = 0;
  const fill = (v: unknown, axis: number): void => {
    if (isTyped(v)) {
      data.set(asNumbers(v, who), filled);
      filled += v.length;
    } else if (axis < shape.length) {
      for (const entry of v as readonly unknown[]) fill(entry, axis + 1);
    } else {
      data[filled] = typeof v === "number" ? v : numberOf(v, who, () => placeOf(filled, shape));
      filled++;
    }
  };
  fill(value, 0);
  return { data, shape };
}

/** As NumPy has it, more or less; a list that is part of itself has no end. */
const mostAxes = 32;

/** The lengths along the first entries. */
function shapeOf(value: unknown, who: string): number[] {
  const shape: number[] = [];
  for (let at = value; isList(at); at = at[0]) {
    if (shape.length === mostAxes)
      throw new ShapeError(problem(who, `at most ${mostAxes} axes`, "a deeper nesting", "Is a list part of itself?"));
    shape.push(at.length);
    if (isTyped(at) || at.length === 0) break;
  }
  return shape;
}

/** Before memory is taken: whether every list is as long as the first of its axis. */
function checkRegular(value: unknown, shape: readonly number[], who: string): void {
  const visit = (v: unknown, axis: number, path: readonly number[]): void => {
    if (!isList(v) || v.length !== shape[axis]) {
      const seen = isList(v) ? `${v.length} entries` : typeof v === "number" ? "a number" : showValue(v);
      const place = path.length > 0 ? pathOf(path) : "the top";
      throw new ShapeError(problem(who, `${shape[axis]} entries at ${place} (as in the first)`, seen, ragged));
    }
    if (axis === shape.length - 1 || isTyped(v)) return;
    for (let i = 0; i < v.length; i++) visit(v[i], axis + 1, [...path, i]);
  };
  if (shape.length > 0) visit(value, 0, []);
}

function room(shape: readonly number[], who: string): Float64Array {
  const n = sizeOf(shape);
  const next = "Give them in batches: a generator of [x, y] for fit and evaluate, some rows at a time for predict.";
  const tooMany = () => new DataError(problem(who, "fewer numbers in one array", `${showShape(shape)}, ${n}`, next));
  if (n > 2 ** 31) throw tooMany();
  try {
    return new Float64Array(n);
  } catch {
    throw tooMany(); // no memory left for so many
  }
}

function numberOf(v: unknown, who: string, place: () => string): number {
  if (typeof v === "bigint" && v >= -safe && v <= safe) return Number(v);
  const expected = `a number at ${place()}`;
  if (isList(v)) throw new ShapeError(problem(who, expected, "a longer nesting", ragged));
  const next =
    typeof v === "bigint"
      ? "Numbers beyond 2^53 are not exact: count from the smallest, or give them as text."
      : typeof v === "string"
        ? "Words become numbers with a tokenizer or textVectorization, labels by their place in a list, digits with Number(text)."
        : v === null || v === undefined
          ? "Drop or fill such rows."
          : undefined;
  throw new DataError(problem(who, expected, typeof v === "string" ? `string ${showValue(v)}` : showValue(v), next));
}

const safe = BigInt(Number.MAX_SAFE_INTEGER);
const ragged = "Rows of different length need padSequences(rows) first.";
const pathOf = (path: readonly number[]): string => path.map((i) => `[${i}]`).join("");

/** `[2][0]`, the place of the k-th number. */
function placeOf(k: number, shape: readonly number[]): string {
  const path: number[] = [];
  let rest = k;
  for (const d of [...shape].reverse()) {
    path.unshift(rest % d);
    rest = Math.floor(rest / d);
  }
  return path.length > 0 ? pathOf(path) : "the top";
}

const isList = (value: unknown): value is readonly unknown[] | Numbers | OtherTypedArray =>
  Array.isArray(value) || isTyped(value);

function isTyped(value: unknown): value is Numbers | OtherTypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function asNumbers(value: Numbers | OtherTypedArray, who: string): Numbers {
  if (value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array) return value;
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) {
    const numbers = Float64Array.from({ length: value.length }, (_, i) => numberOf(value[i], who, () => `[${i}]`));
    return numbers.every((v) => v === (v | 0)) ? Int32Array.from(numbers) : numbers;
  }
  return value instanceof Uint32Array ? Float64Array.from(value) : Int32Array.from(value);
}
