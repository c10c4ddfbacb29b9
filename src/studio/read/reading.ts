import { DataError, problem } from "../../errors.ts";
import { NdArray } from "../../index.ts";
import type { About, Replace, Step, StepOutputs } from "../messages.ts";

/** An input as the model takes it. */
export interface Reading {
  /** The steps as they are shown; those before `from` in the inputs, and those after, are padding. */
  readonly steps: readonly Step[];
  /** The model's inputs, a row each; the first has the steps. */
  readonly inputs: readonly NdArray[];
  readonly from: number;
  /** The input as far as each step, a row each [T, ...], for each of the model's inputs; null where that is no input of the model, or too much. */
  readonly prefixes: readonly NdArray[] | null;
  readonly note: string;
  /** The task's own answer in words, where that is more than the model's output; "" otherwise. */
  readonly answer: string;
}

/** The way a model's input is typed and read. */
export interface Reader {
  readonly input: About["input"];
  readonly refusal?: string;
  readonly example: string;
  readonly features?: number;
  /** Names of the numbers of a step; empty where they have none. */
  readonly columns?: readonly string[];
  readonly labels?: readonly string[];
  readonly words?: ReadonlyMap<number, string>;
  /** A value of the model in the units of its data, by its place in the output; and the names of the values. */
  readonly scaled?: (value: number, place: number) => number;
  readonly names?: readonly string[];
  /** Reads what was typed, with one step replaced by another. Throws DataError in the words of the person who typed it. */
  read(input: string, replace: Replace | null): Reading | Promise<Reading>;
}

/** Steps of an input at most; the others are left out, and the page says so. */
export const mostSteps = 4000;

/** Rows that are computed for the prediction after each step at most. */
export const mostPrefixes = 100;

/** A reader of a model that cannot be read, with the reason. */
export const noReader = (refusal: string): Reader => ({
  input: "none",
  refusal,
  example: "",
  read: () => {
    throw new DataError(problem("input", "a model that reads one sequence", refusal));
  },
});

/** A model's output for a row of the input, as the page shows it: see messages.ts. */
export type Answer = StepOutputs;

/** Arrays of one row each as one of many rows. */
export function stacked(rows: readonly NdArray[]): NdArray {
  const [{ shape, data }] = rows;
  const all =
    data instanceof Int32Array
      ? new Int32Array(rows.length * data.length)
      : new Float32Array(rows.length * data.length);
  for (const [k, row] of rows.entries()) all.set(row.data, k * data.length);
  return new NdArray(all, [rows.length, ...shape.slice(1)]);
}

/** The step of a replacement, checked against the steps there are. Throws DataError beyond them. */
export function stepOf({ step }: Replace, count: number): number {
  if (step < count) return step;
  throw new DataError(problem("replace: step", `a step from 1 to ${count}`, String(step + 1)));
}
