import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import { type ArrayLike, asNdArray, NdArray } from "../../tensor/nd-array.ts";
import { type DType, type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Loss } from "../losses/loss.ts";
import { fitTargets } from "../losses/reduce.ts";

/** An array as the model reads it: right rank, right sizes, right dtype, every number usable. */
export function checkInput(
  value: ArrayLike,
  who: string,
  wanted: PartialShape,
  dtype: DType,
  first: AnyLayer | undefined,
): NdArray {
  let array = asNdArray(value, { who });
  if (array.rank === wanted.length - 1 && fits(array.shape, wanted.slice(1))) {
    throw new ShapeError(
      problem(
        who,
        showWanted(wanted),
        showShape(array.shape),
        "The batch axis is missing: wrap one sample in another pair of brackets, [sample].",
      ),
    );
  }
  // A series given as [rows, steps] where the model reads [rows, steps, 1] means one feature per step, as in Keras.
  if (array.rank === wanted.length - 1 && wanted.at(-1) === 1) array = array.reshape([...array.shape, 1]);
  if (array.rank !== wanted.length || !fits(array.shape.slice(1), wanted.slice(1))) {
    const steps =
      array.rank >= 2 && wanted.length >= 2 && typeof wanted[1] === "number" && array.shape[1] !== wanted[1];
    const next =
      steps && dtype === "i32"
        ? `The model was built for ${wanted[1]} steps: padSequences(rows, { maxLen: ${wanted[1]} }).`
        : steps
          ? `The model was built for ${wanted[1]} steps; give as many, or begin it with input([null, ...]) to leave them open.`
          : undefined;
    throw new ShapeError(problem(who, showWanted(wanted), showShape(array.shape), next));
  }
  if (array.shape[0] === 0)
    throw new DataError(problem(who, "at least one row", "none", "Check filters and input files."));
  const limit = first?.idLimit;
  if (limit !== undefined)
    checkWhole(
      array,
      who,
      limit,
      `${first!.label} has rows for ids 0 to ${limit - 1}: raise its inputDim, or give the tokenizer numWords.`,
    );
  else if (dtype === "i32") checkI32(array, who);
  else checkNumbers(array, who);
  if (limit !== undefined && limit > mostExact && dtype === "f32") checkExact(array, who);
  return dtype === array.dtype
    ? array
    : new NdArray(dtype === "i32" ? Int32Array.from(array.data) : Float32Array.from(array.data), array.shape);
}

function checkI32(array: NdArray, who: string): void {
  if (array.dtype === "i32") return;
  const bad = (array.data as Float64Array).findIndex((v) => Math.trunc(v) !== (v | 0));
  if (bad < 0) return;
  checkNumbers(array, who); // says so of what is no finite number
  const next = "The input has dtype i32. Leave dtype out to give it numbers with fractions.";
  throw new DataError(problem(who, "whole numbers of 32 bits", `${array.data[bad]} in row ${rowOf(array, bad)}`, next));
}

/** Whole numbers up to here are exact in f32. */
const mostExact = 2 ** 24;

function checkExact(array: NdArray, who: string): void {
  const bad = (array.data as Float64Array).findIndex((v) => v !== Math.fround(v));
  if (bad < 0) return;
  const next = 'Begin the model with input(shape, { dtype: "i32" }).';
  throw new DataError(problem(who, "ids that f32 can hold", `${array.data[bad]} in row ${rowOf(array, bad)}`, next));
}

/** Targets as the loss wants them. */
export function checkTargets(
  value: ArrayLike,
  who: string,
  rows: number,
  loss: Loss,
  prediction: PartialShape,
): NdArray {
  const array = asNdArray(value, { who });
  if (array.shape[0] !== rows) {
    throw new ShapeError(
      problem(
        who,
        `one target for each of ${rows} rows`,
        `${array.shape[0] ?? 0}`,
        "x and y must come from the same rows, in the same order.",
      ),
    );
  }
  const wanted = loss.targets(prediction);
  const shape = fitTargets(array.shape, wanted.shape, loss.name);
  if (wanted.dtype === "i32") {
    const limit = loss.labelLimit?.(prediction) ?? Number.POSITIVE_INFINITY;
    const next = Number.isFinite(limit)
      ? `The model tells ${limit} classes apart (0 to ${limit - 1}): its last layer needs as many units as there are labels.`
      : "Labels count classes: 0, 1, 2, and so on.";
    checkWhole(array, who, limit, next, loss.ignoredLabel ?? null);
    return new NdArray(Int32Array.from(array.data), shape);
  }
  checkNumbers(array, who);
  if (loss.range) {
    const [low, high] = loss.range;
    const bad = (array.data as Float32Array).findIndex((v) => v < low || v > high);
    if (bad >= 0) {
      throw new DataError(
        problem(
          who,
          `targets from ${low} to ${high} for ${loss.name}`,
          `${array.data[bad]} in row ${rowOf(array, bad)}`,
          'Labels of more than two classes need sparseCategoricalCrossentropy and dense(classes, { activation: "softmax" }).',
        ),
      );
    }
  }
  return new NdArray(Float32Array.from(array.data), shape);
}

/** A weight for every row [N], or for every step [N, T] of targets that have steps. */
export function checkSampleWeight(value: ArrayLike, who: string, target: NdArray | null): NdArray {
  const array = asNdArray(value, { who: `${who}: sampleWeight` });
  const rows = target?.shape[0] ?? array.shape[0];
  const steps = target !== null && target.rank > 1 && array.rank === 2 && array.shape[1] === target.shape[1];
  if (array.shape[0] !== rows || !(array.rank === 1 || steps))
    throw new ShapeError(problem(`${who}: sampleWeight`, `[${rows}]`, showShape(array.shape)));
  checkNumbers(array, `${who}: sampleWeight`);
  return new NdArray(Float32Array.from(array.data), array.shape);
}

/** A loop of its own: a callback for each of millions of numbers would hold up the event loop. */
function firstInfinite(data: NdArray["data"]): number {
  for (let i = 0; i < data.length; i++) {
    const v = Math.fround(data[i]);
    if (v - v !== 0) return i; // NaN for infinities and for NaN
  }
  return -1;
}

/** Looks at the numbers as they were given: one of 1e39 is finite, and none that a model can hold. */
function checkNumbers(array: NdArray, who: string): void {
  if (array.dtype === "i32") return;
  const bad = firstInfinite(array.data);
  if (bad < 0) return;
  const value = array.data[bad];
  const [expected, next] = Number.isFinite(value)
    ? ["numbers that float32 holds, up to 3.4e38", "Scale them: standardScaler(), minMaxScaler(), or a logarithm."]
    : ["finite numbers", "Drop or fill such rows before training."];
  throw new DataError(problem(who, expected, `${value} in row ${rowOf(array, bad)}`, next));
}

function checkWhole(array: NdArray, who: string, limit: number, next: string, ignored: number | null = null): void {
  const most = Math.min(limit, 2 ** 31); // i32
  const { data } = array;
  let bad = 0;
  for (; bad < data.length; bad++) {
    const v = data[bad];
    if (!(v >= 0 && v < most && (v | 0) === v) && v !== ignored) break;
  }
  if (bad === data.length) return;
  checkNumbers(array, who); // says so of what is no finite number
  const upTo = `whole numbers from 0 to ${most - 1}${ignored === null ? "" : `, or ${ignored} for what does not count`}`;
  throw new DataError(problem(who, upTo, `${array.data[bad]} in row ${rowOf(array, bad)}`, next));
}

const rowOf = (array: NdArray, index: number) => Math.floor(index / Math.max(1, sizeOf(array.shape.slice(1))));
const fits = (shape: PartialShape, wanted: PartialShape) =>
  shape.length === wanted.length && shape.every((d, i) => wanted[i] === null || d === wanted[i]);
/** `[batch, 3, 1]` */
const showWanted = (wanted: PartialShape) =>
  `[batch${wanted
    .slice(1)
    .map((d) => `, ${d ?? "any"}`)
    .join("")}]`;
