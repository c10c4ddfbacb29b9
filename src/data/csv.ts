import type Papa from "papaparse";
import type { ParseStepResult } from "papaparse";
import {
  braced,
  DataError,
  FormatError,
  option,
  problem,
  ShapeError,
  sentence,
  showShape,
  suggest,
} from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { showValue } from "./checks.ts";
import { type EncodingOption, readWhole, type TextSource, writeText } from "./read-text.ts";

/** A file's cells as text; `columnNumbers` makes numbers of them. */
export interface CsvTable {
  /** Names of the columns, in order. */
  columns: string[];
  /** A cell for each column. */
  rows: string[][];
  /** The line on which each row begins, from 1. */
  lines: number[];
  /** The file that each row is from, for messages, where a table has rows of several. */
  files?: string[];
}

export interface CsvOptions {
  /** `"first"` (default): the first row names the columns; `"none"`: they are "1", "2", …; or their names. */
  header?: "first" | "none" | readonly string[];
  /** The character between cells. Default: the comma, semicolon, tab or bar that the first line has most of. */
  delimiter?: string;
  /** The columns to keep, in this order. Default: all. */
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
  return parse(await readWhole(source, "readCsv", options), options, "readCsv");
}

/**
 * Parses CSV text as `readCsv` reads a file.
 *
 *   const table = await parseCsv("day;temp\n1;20.5\n2;17.9\n");
 *   table.columns; // ["day", "temp"]
 *   table.rows; // [["1", "20.5"], ["2", "17.9"]]
 */
export async function parseCsv(text: string, options: CsvOptions = {}): Promise<CsvTable> {
  const next = "For a file: readCsv(path).";
  if (typeof text !== "string") throw new DataError(problem("parseCsv", "a text", showValue(text), next));
  return parse(text, options, "parseCsv");
}

/** Cells to write, as numbers or text; an NdArray [N, D] is N rows. */
export interface CsvContents {
  /** Names of the columns, in order. */
  columns: readonly string[];
  /** Cells row by row, or numbers [rows, columns]. */
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
    throw new ShapeError(problem(who, `${table.columns.length} cells in row ${i}, one per column`, `${row.length}`));
  });
  const { default: papa } = await import("papaparse");
  const cells = rows.map((row) => row.map((cell) => (Number.isNaN(cell) ? "" : cell)));
  return `${papa.unparse([table.columns, ...cells], { delimiter, newline: "\n" })}\n`;
}

/**
 * Writes a table as a CSV file; see `formatCsv`. Not in a browser (BackendError).
 *
 *   await writeCsv("forecast.csv", { columns: ["step", "sales"], rows: [[1, 3.5], [2, 4]] });
 */
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
  checkNames(names, columns ?? names, who);
  for (let i = from; i < rows.length; i++) {
    if (rows[i].length === names.length) continue;
    const next = sentence`A cell that holds the delimiter needs quotes; another delimiter is ${braced("delimiter", ";")}.`;
    const expected = `${names.length} cells on line ${lines[i]}, one per column`;
    throw new FormatError(problem(who, expected, `${rows[i].length}`, next));
  }
  const table = { columns: names, rows: rows.slice(from), lines: lines.slice(from) };
  return columns === undefined ? table : selectColumns(table, columns, who);
}

async function splitRows(given: string, wanted: string | undefined, who: string) {
  const { default: papa } = await import("papaparse");
  const excel = wanted === undefined ? /^\ufeff?sep=([^"\r\n])\r?\n/i.exec(given) : null; // a line for Excel alone
  const marked = excel ? `\n${given.slice(excel[0].length)}` : given.replace(/^\ufeff/, "");
  const delimiter = wanted ?? excel?.[1] ?? guessDelimiter(papa, marked);
  const text = unifyRowEnds(marked, delimiter);
  const rows: string[][] = [];
  const lines: number[] = [];
  let line = 1;
  let at = 0; // character up to which lines are counted
  papa.parse<string[]>(text, {
    delimiter,
    newline: "\n",
    step({ data, errors, meta }: ParseStepResult<string[]>) {
      const broken = errors.find((error) => error.type === "Quotes");
      if (broken !== undefined) {
        const next = "Inside quotes, a quote is written twice.";
        throw new FormatError(problem(who, `every quote closed in the row on line ${line}`, broken.message, next));
      }
      const [first, begins] = [at, line];
      for (; at < meta.cursor; at++) if (text[at] === "\n" || (text[at] === "\r" && text[at + 1] !== "\n")) line++;
      // An empty line is no row; an empty cell in quotes is.
      if (data.length === 1 && data[0].trim() === "" && text.slice(first, at).trim() === "") return;
      rows.push(data);
      lines.push(begins);
    },
  });
  return { rows, lines };
}

/** Every end of a row as `\n`; what stands in quotes keeps its own. */
function unifyRowEnds(text: string, delimiter: string): string {
  if (!text.includes("\r")) return text;
  const sign = delimiter.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
  const quoted = new RegExp(`(?<=^|[\\r\\n]|${sign})"[^"]*"(?:"[^"]*")*|\\r\\n?`, "g");
  return text.replace(quoted, (found) => (found[0] === '"' ? found : "\n"));
}

const delimiters = [",", ";", "\t", "|"];

/**
 * The sign that cuts the first rows into as many cells each, the most of them; where there is none, as commas may be decimal
 * ones, the sign that the first line has most of.
 */
function guessDelimiter(papa: typeof Papa, text: string): string {
  const start = text.replace(/^[\r\n]+/, "");
  const line = start.split(/[\r\n]/, 1)[0].replace(/"[^"]*"/g, "");
  const counted = delimiters.map((sign) => ({ sign, count: line.split(sign).length }));
  const most = counted.reduce((best, next) => (next.count > best.count ? next : best));
  const rivals = counted.filter(({ count }) => count > 1);
  if (rivals.length < 2) return most.sign;
  const even = rivals.map(({ sign }) => {
    const { data } = papa.parse<string[]>(start, { delimiter: sign, preview: 50, skipEmptyLines: true });
    return { sign, count: data.every((row) => row.length === data[0].length) ? data[0].length : 0 };
  });
  const best = even.reduce((best, next) => (next.count > best.count ? next : best));
  return best.count > 1 ? best.sign : most.sign;
}

function namesFor(header: "none" | readonly string[], width: number, who: string): string[] {
  if (header === "none") return Array.from({ length: width }, (_, j) => String(j + 1));
  if (Array.isArray(header)) return [...header];
  throw new DataError(problem(who, 'header "first", "none" or a list of names', showValue(header)));
}

/** Two columns of one name cannot be distinguished: none of those that are kept may be one of them. */
function checkNames(names: readonly string[], kept: readonly string[], who: string): void {
  const seen = new Set<string>();
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size));
  const name = kept.find((one) => twice.has(one));
  if (name === undefined) return;
  const next = sentence`Keep the others: ${braced("columns", ["a", "b"])}; or${{ code: ' name all of them: { header: ["a", "b"] },' }} ${option("header", false, '{ header: "none" }')} where the first row is data.`;
  throw new FormatError(problem(who, "columns of different names", `${JSON.stringify(name)} twice`, next));
}

function selectColumns(table: CsvTable, names: readonly string[], who: string): CsvTable {
  const places = columnPlaces(table, names, who);
  return { ...table, columns: [...names], rows: table.rows.map((row) => places.map((j) => row[j])) };
}

/** Finds columns by name. Throws DataError with the columns there are. */
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
