import { braced, DataError, FormatError, problem, sentence, showValue, suggest } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { type CsvTable, columnPlaces } from "./csv.ts";

export interface NumberOptions {
  /**
   * For a cell that is empty, NA or an error of Excel's (`#DIV/0!`): `"refuse"` (default) throws; `"drop"` leaves its row out; `"previous"` repeats the
   * value above, and drops rows before the first one; `"nan"` puts NaN.
   */
  missing?: "refuse" | "drop" | "previous" | "nan";
  /** `","` for 3,14. Default `"."`. */
  decimal?: "." | ",";
  /** The mark between groups of digits: `","` for 1,234,567. Default: none. */
  thousands?: Thousands | undefined;
}

/** Marks between groups of digits; a blank stands for every kind of it. */
export type Thousands = "," | "." | "'" | " ";
const groups: Readonly<Record<Thousands, string>> = { ",": ",", ".": "\\.", "'": "['’]", " ": "[ \u00a0\u202f\u2009]" };

const who = "columnNumbers";
const ways = ["refuse", "drop", "previous", "nan"];
const pandas = ["#n/a n/a", "#na", "-1.#ind", "-1.#qnan", "1.#ind", "1.#qnan", "-nan"]; // beside the usual ones
const excel = ["#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!"]; // what it writes for a number it has not
const marks = new Set(["", "na", "n/a", "<na>", "nan", "null", "none", "?", "-", ...pandas, ...excel]);

/**
 * Columns of a table as numbers, float64 [rows, columns], nothing rounded; a column of True and False alone is of ones and zeros,
 * one whose numbers all end in K, M, B or T of thousands, millions, billions, trillions (`63.71K`); `(3.5)` is -3.5, as in accounts.
 * Without names: every column, each of which must be of numbers.
 * Throws FormatError naming line and column of a cell that is no number.
 *
 *   const table = await parseCsv("day,temp\n1,20.5\n2,NA\n3,18\n");
 *   columnNumbers(table, ["temp"], { missing: "previous" }).toArray(); // [[20.5], [20.5], [18]]
 */
export function columnNumbers(table: CsvTable, names?: readonly string[], options: NumberOptions = {}): NdArray {
  const { missing = "refuse", decimal = ".", thousands } = options;
  if (!ways.includes(missing)) {
    throw new DataError(problem(who, "a known way for missing", showValue(missing), suggest(String(missing), ways)));
  }
  if (decimal !== "." && decimal !== ",") {
    throw new DataError(problem(who, 'decimal "." or ","', showValue(decimal)));
  }
  const parse = parserFor(decimal, thousands);
  const chosen = names ?? table.columns;
  if (chosen.length === 0) throw new DataError(problem(who, "at least one column", "none"));
  const places = columnPlaces(table, chosen, who);
  const parsers = places.map((j) => (holdsFlags(table, j) ? parseFlag : parserOf(table, j, parse)));
  const rows: number[][] = [];
  table.rows.forEach((cells, i) => {
    const whose = table.files?.[i] ?? who;
    const row = places.map(
      (j, k) => parsers[k](cells[j]) ?? refuse(cells[j], whose, table.lines[i], table.columns[j], names),
    );
    const gap = row.findIndex(Number.isNaN);
    if (gap >= 0 && missing === "refuse") {
      const next = sentence`Choose what to do: ${braced("missing", "drop")}, "previous" or "nan".`;
      const expected = `a number on line ${table.lines[i]} in column ${JSON.stringify(chosen[gap])}`;
      throw new FormatError(problem(whose, expected, showValue(cells[places[gap]]), next));
    }
    const before = rows.at(-1);
    const filled = missing === "previous" && before ? row.map((v, j) => (Number.isNaN(v) ? before[j] : v)) : row;
    if (missing === "nan" || !filled.some(Number.isNaN)) rows.push(filled);
  });
  return new NdArray(Float64Array.from(rows.flat()), [rows.length, chosen.length]);
}

/**
 * The names of the columns that hold numbers (or gaps) and nothing else.
 *
 *   numericColumns(await parseCsv("day,sales\nMon,3\nTue,5")); // ["sales"]
 */
export function numericColumns(
  table: CsvTable,
  { decimal = ".", thousands }: Pick<NumberOptions, "decimal" | "thousands"> = {},
): string[] {
  const parse = parserFor(decimal, thousands);
  return table.columns.filter((_, j) => {
    const own = parserOf(table, j, parse);
    const cells = table.rows.map((row) => own(row[j]));
    return cells.every((value) => value !== undefined) && cells.some((value) => !Number.isNaN(value));
  });
}

function refuse(cell: string, whose: string, line: number, column: string, names?: readonly string[]): never {
  const choose = names ? "" : "Choose columns: columnNumbers(table, numericColumns(table)).";
  const grouped = /^\D{0,3}\d{1,3}([,.' \u00a0\u202f’]\d{3})+([.,]\d+)?\D{0,3}$/.exec(cell);
  const mark = grouped && /[\s\u202f]/.test(grouped[1][0]) ? " " : grouped?.[1][0].replace("’", "'");
  const comma = grouped
    ? sentence`If it is one number: ${braced("thousands", mark)}.`
    : /^\s*[+-]?\d+,\d+\s*$/.test(cell)
      ? sentence`For decimal commas: ${braced("decimal", ",")}.`
      : magnitude.test(cell)
        ? sentence`K, M, B and T are read where every number of the column but 0 ends in one.`
        : "";
  const next = comma && choose ? sentence`${comma} ${choose}` : comma || choose;
  const expected = `a number on line ${line} in column ${JSON.stringify(column)}`;
  throw new FormatError(problem(whose, expected, showValue(cell), next));
}

/** The number of a cell, NaN for a gap, undefined for anything else. */
type Parser = (cell: string) => number | undefined;

/**
 * `0x10`, `1 2`, `Infinity` are no numbers of a table. A minus may be the typographic one; a currency or a percent sign is no part
 * of the number: `$10.20`, `12.3 %`; brackets are a minus, as accountants write it: `(3.5)`, `$(1,200)`.
 */
function parserFor(decimal: "." | ",", thousands: Thousands | undefined): Parser {
  if (thousands !== undefined && (!Object.hasOwn(groups, thousands) || thousands === decimal)) {
    const next = sentence`${braced("decimal", decimal === "," ? "." : ",")} where it is the mark between thousands.`;
    const expected = 'thousands ",", ".", "\'" or " ", and another mark than the decimal one';
    throw new DataError(problem(who, expected, showValue(thousands), next));
  }
  const mark = thousands && groups[thousands];
  const grouped = mark && new RegExp(`^[+-]?\\d{1,3}(?:${mark}\\d{2,3})*${mark}\\d{3}(?!\\d)`);
  const every = mark && new RegExp(mark, "g");
  return (cell) => {
    if (isGap(cell)) return Number.NaN;
    const text = cell.trim().replace(inBrackets, "-$1$2$3");
    const plain = /[^\d.,eE+-]/.test(text) ? withoutUnit(text) : text;
    const joined = grouped && every && grouped.test(plain) ? plain.replace(every, "") : plain;
    const pointed = decimal === "," ? joined.replace(",", ".") : joined;
    return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(pointed) ? Number(pointed) : undefined;
  };
}

const isFlag = (text: string): boolean => /^(true|false)$/i.test(text);

const inBrackets = /^(\p{Sc}?)\s?\(\s?([^()+\u2212-]+?)\s?\)\s?(\p{Sc}|%)?$/u;

/** A parser for one column: where all numbers but zeros end in K, M, B or T, that is so many zeros. */
function parserOf({ rows }: CsvTable, place: number, parse: Parser): Parser {
  const first = rows.find((row) => !isGap(row[place]) && parse(row[place]) !== 0);
  if (!first || !magnitude.test(first[place])) return parse;
  const scaled: Parser = (cell) => {
    const found = magnitude.exec(cell);
    const number = parse(found ? cell.replace(magnitude, "$2") : cell);
    if (!found) return number === 0 || Number.isNaN(number) ? number : undefined;
    return number === undefined ? number : shifted(number, zeros[found[1].toUpperCase()]);
  };
  return rows.every((row) => scaled(row[place]) !== undefined) ? scaled : parse;
}

/** Times a power of ten, the digits as they are. */
function shifted(number: number, places: number): number {
  const [digits, exponent = 0] = String(number).split("e");
  return Number(`${digits}e${Number(exponent) + places}`);
}

const magnitude = /(?<=\d[.,]?)\s?([KkMBT])(\)?\s*)$/;
const zeros: Readonly<Record<string, number>> = { K: 3, M: 6, B: 9, T: 12 };

/**
 * Numbers that are not what stands in their cell: `63.71K`, `(3.5)`; the first of each kind in each column, and what it is read as.
 *
 *   unusualNumbers(await parseCsv("Price,Vol.\n3.5,63.71K\n"));   // [{ "column": "Vol.", "cell": "63.71K", "number": 63710 }]
 */
export function unusualNumbers(
  table: CsvTable,
  names?: readonly string[],
  { decimal = ".", thousands }: Pick<NumberOptions, "decimal" | "thousands"> = {},
): { column: string; cell: string; number: number }[] {
  const parse = parserFor(decimal, thousands);
  const chosen = names ?? numericColumns(table, { decimal, thousands });
  return chosen.flatMap((column) => {
    const place = table.columns.indexOf(column);
    const own = parserOf(table, place, parse);
    return [magnitude, inBrackets].flatMap((kind) => {
      const cell = table.rows.find((row) => kind.test(row[place].trim()))?.[place];
      const number = cell === undefined ? undefined : own(cell);
      return cell === undefined || number === undefined ? [] : [{ column, cell, number }];
    });
  });
}

const isGap = (cell: string): boolean => marks.has(cell.trim().toLowerCase());

/** Whether a column holds True and False, and gaps, and nothing else. */
function holdsFlags({ rows }: CsvTable, place: number): boolean {
  const first = rows.find((row) => !isGap(row[place]));
  if (!first || !isFlag(first[place].trim())) return false;
  return rows.every((row) => isFlag(row[place].trim()) || isGap(row[place]));
}

const parseFlag: Parser = (cell) => (isFlag(cell.trim()) ? Number(/^t/i.test(cell.trim())) : Number.NaN);

const withoutUnit = (text: string): string =>
  text
    .replace(/\u2212/, "-")
    .replace(/^([+-]?)\p{Sc}\s?/u, "$1")
    .replace(/\s?(?:\p{Sc}|%)$/u, "");
