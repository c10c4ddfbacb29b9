import {
  braced,
  DataError,
  FormatError,
  problem,
  ShapeError,
  sentence,
  showShape,
  showValue,
  suggest,
} from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { type CellRules, cellsOf } from "./csv-cells.ts";
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
  /** Where the header was to be guessed: whether the first row held names. */
  named?: boolean;
}

export interface CsvOptions {
  /**
   * `"first"` (default): the first row names the columns; `"none"`: they are "1", "2", …; `"guess"`: the first, unless it holds numbers
   * and dates alone, or a class that comes again below; or their names.
   */
  header?: "first" | "none" | "guess" | readonly string[];
  /** The character between cells. Default: the comma, semicolon, tab or bar that the first line has most of. */
  delimiter?: string;
  /** The columns to keep, in this order. Default: all. */
  columns?: readonly string[];
  /** Encloses cells that hold delimiters and line ends; null: quotes stand for themselves. Default `"\""`. */
  quote?: string | null;
  /** Begins a comment, up to the end of its line; lines that are nothing else are no rows. Default null: none. */
  comment?: string | null;
}

/**
 * The rows of a CSV file (RFC 4180: quoted cells may hold delimiters and line ends), as pandas reads them: empty lines are passed over;
 * a row that ends early ends in empty cells; columns of one name are `a`, `a.1`, `a.2`; names of rows, as R writes them, are `index`.
 * Throws FormatError naming the line of a row that is too long, or of a quote that is not closed.
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
  checkSign("delimiter", delimiter, who);
  const rows = table.rows instanceof NdArray ? rowTexts(table.rows, who) : table.rows;
  rows.forEach((row, i) => {
    if (row.length === table.columns.length) return;
    throw new ShapeError(problem(who, `${table.columns.length} cells in row ${i}, one per column`, `${row.length}`));
  });
  const special = new RegExp(`[${delimiter.replace(/[\\\]^-]/, "\\$&")}"\\r\\n\ufeff]|^\\s|\\s$`);
  const written = (cell: string | number): string => {
    const text = Number.isNaN(cell) ? "" : String(cell);
    return special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  // A row of one empty cell would be an empty line, which is no row.
  const line = (row: readonly (string | number)[]) =>
    row.map(written).join(delimiter) || (row.length === 1 ? '""' : "");
  return [table.columns, ...rows].map((row) => `${line(row)}\n`).join("");
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

function parse(text: string, options: CsvOptions, who: string): CsvTable {
  const { columns } = options;
  const { rows: all, lines: places } = splitRows(text, options, who);
  if (all.length === 0) throw new FormatError(problem(who, "at least one row", "an empty text"));
  const guessed = options.header === "guess" ? { named: beginsWithNames(all) } : {};
  const header = options.header === "guess" ? (guessed.named ? "first" : "none") : (options.header ?? "first");
  const first = header === "first" ? 1 : 0;
  const [rows, lines] = [all.slice(first), places.slice(first)];
  const given = header === "first" ? all[0].map((name) => name.trim()) : namesFor(header, all[0].length, who);
  const more = header === "first" && rows[0]?.length === given.length + 1 ? 1 : 0;
  const width = given.length + more;
  const even = rows.map((row, i) => evenRow(row, width, lines[i], who));
  const ended = more === 1 && even.every((row) => row[width - 1].trim() === ""); // a delimiter behind each row, and not behind the names
  if (more === 1 && !ended && !nameRows(even)) evenRow(rows[0], given.length, lines[0], who);
  const named = header === "first" ? completeNames(given) : given;
  const table = {
    columns: more === 1 && !ended ? ["index", ...named] : named,
    rows: ended ? even.map((row) => row.slice(0, -1)) : even,
    lines,
    ...guessed,
  };
  return columns === undefined ? table : selectColumns(table, columns, who);
}

/** A row as wide as the table: one that ends early ends in empty cells, as pandas has it. Throws FormatError for a wider one. */
function evenRow(row: string[], width: number, line: number, who: string): string[] {
  if (row.length === width) return row;
  if (row.length < width) return [...row, ...Array<string>(width - row.length).fill("")];
  const next = sentence`A cell that holds the delimiter needs quotes; another delimiter is ${braced("delimiter", ";")}.`;
  throw new FormatError(problem(who, `${width} cells on line ${line}, one per column`, `${row.length}`, next));
}

function splitRows(given: string, { delimiter: wanted, quote = '"', comment = null }: CsvOptions, who: string) {
  if (wanted !== undefined) checkSign("delimiter", wanted, who);
  if (quote !== null) checkSign("quote", quote, who);
  if (comment !== null) checkSign("comment", comment, who);
  const excel = wanted === undefined ? /^\ufeff?sep=([^"\r\n])\r?\n/i.exec(given) : null; // a line for Excel alone
  const text = excel ? `\n${given.slice(excel[0].length)}` : given.replace(/^\ufeff/, "");
  const delimiter = wanted ?? excel?.[1] ?? guessDelimiter(text, { quote, comment });
  return cellsOf(text, { delimiter, quote, comment }, who);
}

const delimiters = [",", ";", "\t", "|"];

/**
 * The character that cuts the first rows into as many cells each, the most of them; where there is none, as commas may be decimal
 * ones, the character that the first line has most of.
 */
function guessDelimiter(text: string, rules: Omit<CellRules, "delimiter">): string {
  const read = (delimiter: string) => {
    try {
      return cellsOf(text, { ...rules, delimiter }, "", 50).rows;
    } catch {
      return []; // a quote that is none of this delimiter's
    }
  };
  const line =
    text.split(/[\r\n]+/).find((l) => l.trim() !== "" && !(rules.comment && l.startsWith(rules.comment))) ?? "";
  const counted = delimiters.map((sign) => ({ sign, count: line.replace(/"[^"]*"/g, "").split(sign).length }));
  const most = counted.reduce((best, next) => (next.count > best.count ? next : best));
  const rivals = counted.filter(({ count }) => count > 1);
  if (rivals.length < 2) return most.sign;
  const even = rivals.map(({ sign }) => {
    const rows = read(sign);
    const count = rows.length > 0 && rows.every((row) => row.length === rows[0].length) ? rows[0].length : 0;
    return { sign, count };
  });
  const best = even.reduce((best, next) => (next.count > best.count ? next : best));
  return best.count > 1 ? best.sign : most.sign;
}

function namesFor(header: unknown, width: number, who: string): string[] {
  if (header === "none") return Array.from({ length: width }, (_, j) => String(j + 1));
  if (Array.isArray(header)) return [...header];
  throw new DataError(problem(who, 'header "first", "none", "guess" or a list of names', showValue(header)));
}

/**
 * Names as pandas has them: those that come again are `a.1`, `a.2`, one without a name is `Unnamed: 2` by its place.
 */
function completeNames(above: readonly string[]): string[] {
  const names = above.map((name, k) => (name === "" ? `Unnamed: ${k}` : name));
  const given = new Set(names);
  const seen = new Map<string, number>();
  const inOrder = [...names.keys()].sort((a, b) => Number(above[a] === "") - Number(above[b] === "")); // named ones keep their names
  for (const k of inOrder) {
    const old = names[k];
    let count = seen.get(old) ?? 0;
    while (count > 0) {
      seen.set(old, count + 1);
      names[k] = `${old}.${count}`;
      count = given.has(names[k]) ? count + 1 : (seen.get(names[k]) ?? 0);
    }
    seen.set(names[k], count + 1);
  }
  return names;
}

/** Whether first cells that no name stands over name the rows, as R writes them: texts, or numbers that count; not halves of `3,14`. */
function nameRows(rows: readonly (readonly string[])[]): boolean {
  const numbers = rows.map(([cell]) => (cell.trim() === "" ? Number.NaN : Number(cell)));
  const counts = rows.length > 1 && numbers.every((n, i) => Number.isInteger(n) && n === numbers[0] + i);
  return counts || numbers.every(Number.isNaN);
}

/**
 * Whether a first row holds names: not numbers and dates alone, and no class that comes again below it (`ham`, `spam`), unless one of
 * its cells is a usual name of a column.
 */
function beginsWithNames([first, ...rows]: readonly (readonly string[])[]): boolean {
  if (first.every((cell) => /^[+-]?\d[\d.,:/eETZ +-]*$/.test(cell.trim()))) return false;
  if (first.some((cell) => usual.test(cell.trim()))) return true;
  return !first.some((cell, k) => {
    if (cell.trim() === "" || Number.isFinite(Number(cell))) return false;
    const below = rows.map((row) => row[k]);
    return below.includes(cell) && new Set(below).size <= Math.max(2, below.length / 3); // a column of classes
  });
}

const usual =
  /^(id|index|text|label|class|category|review|sentiment|message|date|datetime|time|timestamp|month|year|day|name|value|target|x|y|v\d+|tag|intent|type)$/i;

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

function checkSign(name: "delimiter" | "quote" | "comment", sign: string, who: string): void {
  const wrong = name === "quote" ? /[\n\r\ufeff]/ : /["\n\r\ufeff]/;
  if (typeof sign === "string" && sign.length === 1 && !wrong.test(sign)) return;
  const expected = `${name} to be one character, no ${name === "quote" ? "" : "quote and no "}line end`;
  throw new DataError(problem(who, expected, showValue(sign)));
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
