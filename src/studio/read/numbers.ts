import { DataError, problem } from "../../errors.ts";
import { NdArray, padSequences } from "../../index.ts";
import type { Replace, Step } from "../messages.ts";
import { mostPrefixes, mostSteps, type Reading, stacked, stepOf } from "./reading.ts";

/** Rows of numbers as they were typed, or come from a table: each with what stands before its numbers, a date for example. */
export interface Table {
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[];
  /** Rows that were typed; those beyond the first are the last ones. */
  readonly typed: number;
}

/** Reads ids for a model that came without its words. */
export function readIds(input: string, limit: number, width: number | null, replace: Replace | null): Reading {
  const expected = `ids from 0 to ${limit - 1}`;
  const isId = (v: number) => Number.isInteger(v) && v >= 0 && v < limit;
  const ids = numbersOf(input, "id", isId, expected);
  let kept = ids.slice(-Math.min(width ?? mostSteps, mostSteps));
  if (replace) kept = kept.with(stepOf(replace, kept.length), numbersOf(replace.by, "id", isId, expected)[0]);
  const maxLen = width ?? kept.length;
  return {
    ...{ inputs: [padSequences([kept], { maxLen })], from: maxLen - kept.length, prefixes: null, answer: "" },
    steps: kept.map((id) => ({ text: String(id), known: true })),
    note: leftOut(kept.length, ids.length),
  };
}

/** A series for a model that came without its preprocessing, [1, T, D]. */
export function readSteps(
  input: string,
  features: number,
  { width, scaled }: { width: number | null; scaled: (value: number) => number },
  replace: Replace | null,
): Reading {
  const table = readTable(input, features, Math.min(width ?? mostSteps, mostSteps), replace);
  const { rows } = table;
  if (width !== null && rows.length < width)
    throw new DataError(
      problem("input", `${width} steps`, String(rows.length), "The model reads sequences of this length alone."),
    );
  const data = Float32Array.from(
    rows.flatMap(({ values }) => values),
    scaled,
  );
  const inputs = [new NdArray(data, [1, rows.length, features])];
  return {
    inputs,
    from: 0,
    prefixes: null,
    answer: "",
    steps: stepsOf(table),
    note: leftOut(rows.length, table.typed),
  };
}

/** A sequence for a task that pads and scales it by itself. */
export async function readSequence(
  input: string,
  features: number,
  modelInput: (rows: number[][]) => Promise<NdArray>,
  { most, replace }: { most: number; replace: Replace | null },
): Promise<Reading> {
  const table = readTable(input, features, mostSteps, null);
  const plain = ({ rows }: Pick<Table, "rows">) => rows.map(({ values }) => [...values]);
  const fromStart = table.rows.length > most && (await readsFirst(plain(table), most, modelInput));
  const cut = <T>(all: readonly T[]) => (fromStart ? all.slice(0, most) : all.slice(-most));
  const shown = { rows: cut(table.rows), typed: table.typed };
  const { rows } = replace ? replaced(shown, features, replace) : shown;
  const values = plain({ rows });
  const x = await modelInput(values);
  const ends = rows.map((_, t) => t + 1);
  const parts =
    rows.length <= mostPrefixes ? await Promise.all(ends.map((end) => modelInput(values.slice(0, end)))) : null;
  const alike = parts?.every(({ shape }) => shape.join() === x.shape.join());
  const padding = x.shape[1] - rows.length;
  return {
    ...{
      inputs: [x],
      from: padding > 0 && (await isPaddedBehind(values, modelInput)) ? 0 : Math.max(0, padding),
      answer: "",
    },
    prefixes: alike ? [stacked(parts!)] : null,
    steps: stepsOf({ rows, typed: rows.length }),
    note: leftOut(rows.length, table.typed, fromStart ? "first" : "last"),
  };
}

/** Whether a task reads the first steps of a sequence that is too long, and not the last ones. */
async function readsFirst(rows: number[][], most: number, modelInput: (rows: number[][]) => Promise<NdArray>) {
  const [all, first] = [await modelInput(rows), await modelInput(rows.slice(0, most))];
  return all.data.every((v, k) => v === first.data[k]);
}

/** Whether a task fills sequences up behind their steps: the first number then moves with the first step. */
async function isPaddedBehind([first]: number[][], modelInput: (rows: number[][]) => Promise<NdArray>) {
  const [one, other] = [await modelInput([first]), await modelInput([first.map((v) => v + 1)])];
  return one.data[0] !== other.data[0];
}

/**
 * The last rows of numbers of a text: a row a line, or ended by a semicolon; of one number a step also just numbers. Above them may stand
 * titles: where all of `names` are among them, those columns are taken.
 */
export function readTable(
  input: string,
  features: number,
  most: number,
  replace: Replace | null,
  names: readonly string[] = [],
): Table {
  const lines = input.split(/[;\n]/).filter((line) => line.trim() !== "");
  const titled = lines.length > 1 && !hasNumbers(lines[0]) && hasNumbers(lines[1]);
  const titles = titled ? cellsOf(lines[0]) : [];
  const columns =
    names.length > 0 && names.every((name) => titles.includes(name)) ? names.map((n) => titles.indexOf(n)) : null;
  const alone = features === 1 && !titled && !lines.some(hasLabel);
  const parts = alone ? input.split(/[\s,;]+/).filter((cell) => cell !== "") : titled ? lines.slice(1) : lines;
  if (parts.length === 0)
    throw new DataError(problem("input", "numbers", "nothing", "Type some, separated by blanks."));
  const all = parts.map((part, k) => rowOf(part, features, k, columns));
  const table = { rows: all.slice(-most), typed: all.length };
  return replace ? replaced(table, features, replace) : table;
}

export function replaced({ rows, typed }: Table, features: number, replace: Replace): Table {
  const at = stepOf(replace, rows.length);
  const { values } = rowOf(replace.by, features, at, null);
  return { rows: rows.with(at, { label: rows[at].label, values }), typed };
}

const isNumber = (cell: string): boolean => cell !== "" && Number.isFinite(Number(cell));
const hasNumbers = (line: string): boolean => cellsOf(line).some(isNumber);
/** Cells between commas or tabs, without any between blanks; a cell in quotes is one. */
function cellsOf(line: string): string[] {
  const cells = /[,\t]/.test(line) ? line.split(/[,\t]/) : (line.match(/"[^"]*"|\S+/g) ?? []);
  return cells.map((cell) => cell.trim().replace(/^"|"$/g, ""));
}
const hasLabel = (line: string): boolean => !isNumber(cellsOf(line)[0] ?? "") && hasNumbers(line);

/** The numbers of a row, those at its end or of the columns that are asked for, and what stands before them. */
function rowOf(line: string, features: number, k: number, columns: readonly number[] | null): Table["rows"][number] {
  const cells = cellsOf(line);
  const first = columns ? columns[0] : Math.max(0, cells.findLastIndex((cell) => !isNumber(cell)) + 1);
  const taken = columns ? columns.map((c) => cells[c] ?? "") : cells.slice(first);
  const label = (columns ? cells.filter((cell) => !isNumber(cell)) : cells.slice(0, first)).join(" ").trim();
  if (taken.length === features && taken.every(isNumber)) return { label, values: taken.map(Number) };
  const next =
    "Separate steps by a semicolon or a new line, the numbers of a step by blanks; a date may stand before them.";
  const wrong = taken.find((cell) => !isNumber(cell)) ?? cells[first - 1];
  const found = wrong !== undefined ? JSON.stringify(wrong.slice(0, 30)) : String(taken.length);
  throw new DataError(problem(`step ${k + 1}`, `${features} ${features === 1 ? "number" : "numbers"}`, found, next));
}

export const stepsOf = ({ rows }: Table): Step[] =>
  rows.map(({ label, values }) => ({ text: label || values.map(short).join(" "), known: true }));

export const short = (value: number): string => String(Number(value.toPrecision(4)));

export const leftOut = (kept: number, all: number, which = "last"): string =>
  kept < all ? `The ${which} ${kept} of ${all} steps are read.` : "";

function numbersOf(input: string, what: string, fits: (v: number) => boolean, expected: string): number[] {
  const words = input.split(/[\s,;]+/).filter((word) => word !== "");
  if (words.length === 0) throw new DataError(problem("input", expected, "nothing", "Type some, separated by blanks."));
  return words.map((word, k) => {
    const value = Number(word);
    if (!fits(value)) throw new DataError(problem(`${what} ${k + 1}`, expected, JSON.stringify(word.slice(0, 30))));
    return value;
  });
}
