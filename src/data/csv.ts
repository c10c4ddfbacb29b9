import type { ParseStepResult } from "papaparse";
import { DataError, FormatError, problem, ShapeError, showShape, suggest } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { showValue } from "./checks.ts";
import { type EncodingOption, readText, type TextSource, unifyLines, writeText } from "./read-text.ts";

/** A file's cells as text; `columnNumbers` makes numbers of them. */
export interface CsvTable {
  columns: string[];
  /** A cell for each column. */
  rows: string[][];
  /** The line on which each row begins, from 1. */
  lines: number[];
}

export interface CsvOptions {
  /** `"first"` (default): the first row names the columns; `"none"`: they are "1", "2", …; or their names. */
  header?: "first" | "none" | readonly string[];
  /** The sign between cells. Absent: the comma, semicolon, tab or bar that the first line has most of. */
  delimiter?: string;
  /** The columns to keep, in this order. Absent: all. */
  columns?: readonly string[];
}

/**
 * The rows of a CSV file (RFC 4180: quoted cells may hold delimiters and line ends). Empty lines are passed over.
 * Throws FormatError naming the line of a row too short or too long, or of a quote that is not closed.
 *
 *   const table = await readCsv("airline-passengers.csv", { columns: ["Passengers"] });
 *   const series = columnNumbers(table);   // NdArray [144, 1]
 */
export async function readCsv(source: TextSource, options: CsvOptions & EncodingOption = {}): Promise<CsvTable> {
  return parse(await readText(source, "readCsv", options), options, "readCsv");
}

/**
 * The same from a text in memory.
 *
 *   const table = await parseCsv("day;temp\n1;20.5\n2;17.9\n");
 *   table.columns; // ["day", "temp"]
 *   table.rows; // [["1", "20.5"], ["2", "17.9"]]
 */
export async function parseCsv(text: string, options: CsvOptions = {}): Promise<CsvTable> {
  const next = "For a file: readCsv(path).";
  if (typeof text !== "string") throw new DataError(problem("parseCsv", "a text", showValue(text), next));
  return parse(unifyLines(text), options, "parseCsv");
}

/** What to write: cells as numbers or text; an NdArray [N, D] is N rows. */
export interface CsvContents {
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[] | NdArray;
}

/**
 * A table as CSV text, cells quoted where they must be. Numbers are written so that they read back the same; NaN as nothing.
 *
 *   await formatCsv({ columns: ["day", "note"], rows: [[1, "a, b"], [2, "c"]] }); // "day,note\n1,\"a, b\"\n2,c\n"
 */
export async function formatCsv(table: CsvContents, { delimiter = "," }: { delimiter?: string } = {}): Promise<string> {
  const who = "formatCsv";
  checkDelimiter(delimiter, who);
  const rows = table.rows instanceof NdArray ? rowTexts(table.rows, who) : table.rows;
  rows.forEach((row, i) => {
    if (row.length === table.columns.length) return;
    throw new ShapeError(problem(who, `${table.columns.length} cells in row ${i}, one a column`, `${row.length}`));
  });
  const { default: papa } = await import("papaparse");
  const cells = rows.map((row) => row.map((cell) => (Number.isNaN(cell) ? "" : cell)));
  return `${papa.unparse([table.columns, ...cells], { delimiter, newline: "\n" })}\n`;
}

/** Writes a table as a CSV file; see `formatCsv`. Not in a browser (BackendError). */
export async function writeCsv(
  path: string | URL,
  table: CsvContents,
  options?: { delimiter?: string },
): Promise<void> {
  await writeText(path, await formatCsv(table, options), "writeCsv", "Make the text with formatCsv(table).");
}

async function parse(text: string, options: CsvOptions, who: string): Promise<CsvTable> {
  const { header = "first", delimiter, columns } = options;
  if (delimiter !== undefined) checkDelimiter(delimiter, who);
  const { rows, lines } = await splitRows(text, delimiter, who);
  if (rows.length === 0) throw new FormatError(problem(who, "at least one row", "an empty text"));
  const names = header === "first" ? rows[0].map((name) => name.trim()) : namesFor(header, rows[0].length, who);
  const from = header === "first" ? 1 : 0;
  checkNames(names, who);
  for (let i = from; i < rows.length; i++) {
    if (rows[i].length === names.length) continue;
    const next = 'A cell that holds the delimiter needs quotes; another delimiter is { delimiter: ";" }.';
    const expected = `${names.length} cells on line ${lines[i]}, one a column`;
    throw new FormatError(problem(who, expected, `${rows[i].length}`, next));
  }
  const table = { columns: names, rows: rows.slice(from), lines: lines.slice(from) };
  return columns === undefined ? table : selectColumns(table, columns, who);
}

async function splitRows(text: string, delimiter: string | undefined, who: string) {
  const { default: papa } = await import("papaparse");
  const rows: string[][] = [];
  const lines: number[] = [];
  let line = 1;
  let at = 0; // character up to which lines are counted
  papa.parse<string[]>(text, {
    delimiter: delimiter ?? guessDelimiter(text),
    newline: "\n",
    step({ data, errors, meta }: ParseStepResult<string[]>) {
      const broken = errors.find((error) => error.type === "Quotes");
      if (broken !== undefined) {
        const next = "Inside quotes, a quote is written twice.";
        throw new FormatError(problem(who, `every quote closed in the row on line ${line}`, broken.message, next));
      }
      if (!(data.length === 1 && data[0].trim() === "")) {
        rows.push(data);
        lines.push(line);
      }
      for (; at < meta.cursor; at++) if (text[at] === "\n") line++;
    },
  });
  return { rows, lines };
}

/** By the first line alone: in the rows below, commas may be decimal ones. */
function guessDelimiter(text: string): string {
  const line = text
    .replace(/^\n+/, "")
    .split("\n", 1)[0]
    .replace(/"[^"]*"/g, "");
  const counted = [",", ";", "\t", "|"].map((sign) => ({ sign, count: line.split(sign).length }));
  return counted.reduce((best, next) => (next.count > best.count ? next : best)).sign;
}

function namesFor(header: "none" | readonly string[], width: number, who: string): string[] {
  if (header === "none") return Array.from({ length: width }, (_, j) => String(j + 1));
  if (Array.isArray(header)) return [...header];
  throw new DataError(problem(who, 'header "first", "none" or a list of names', showValue(header)));
}

function checkNames(names: readonly string[], who: string): void {
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice === undefined) return;
  const next = 'Name the columns yourself: { header: ["a", "b"] }, or { header: "none" } where the first row is data.';
  throw new FormatError(problem(who, "columns of different names", `${JSON.stringify(twice)} twice`, next));
}

function selectColumns(table: CsvTable, names: readonly string[], who: string): CsvTable {
  const places = columnPlaces(table, names, who);
  return { ...table, columns: [...names], rows: table.rows.map((row) => places.map((j) => row[j])) };
}

/** Where the columns of these names stand; throws DataError naming the columns there are. */
export function columnPlaces(table: CsvTable, names: readonly string[], who: string): number[] {
  const places = new Map<string, number>();
  for (const [j, name] of table.columns.entries()) if (!places.has(name)) places.set(name, j);
  return names.map((name) => {
    const place = places.get(name);
    if (place !== undefined) return place;
    throw new DataError(problem(who, "a column of the table", showValue(name), suggest(String(name), table.columns)));
  });
}

function checkDelimiter(delimiter: string, who: string): void {
  if (typeof delimiter === "string" && delimiter.length === 1 && !/["\n\r\ufeff]/.test(delimiter)) return;
  throw new DataError(problem(who, "delimiter to be one character, no quote and no line end", showValue(delimiter)));
}

/** Numbers as the shortest text that reads back the same in their own precision: 0.1, not 0.10000000149011612. */
function rowTexts(array: NdArray, who: string): string[][] {
  if (array.rank !== 2) throw new ShapeError(problem(who, "rows [N, D]", showShape(array.shape)));
  const single = array.data instanceof Float32Array;
  const text = (value: number) => {
    if (Number.isNaN(value)) return "";
    if (!single || Number.isInteger(value)) return String(value);
    const digits = [6, 7, 8].find((d) => Math.fround(Number(value.toPrecision(d))) === value) ?? 9;
    return String(Number(value.toPrecision(digits)));
  };
  return Array.from({ length: array.shape[0] }, (_, i) => Array.from(array.row(i).data, text));
}
