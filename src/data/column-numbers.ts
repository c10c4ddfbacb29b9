import { braced, DataError, FormatError, problem, sentence, suggest } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { showValue } from "./checks.ts";
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
 * Columns of a table as numbers, float64 [rows, columns], nothing rounded; a column of True and False alone is of ones and zeros.
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
  const parsers = places.map((j) => (holdsFlags(table, j) ? parseFlag : parse));
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
    const cells = table.rows.map((row) => parse(row[j]));
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
      : "";
  const next = comma && choose ? sentence`${comma} ${choose}` : comma || choose;
  const expected = `a number on line ${line} in column ${JSON.stringify(column)}`;
  throw new FormatError(problem(whose, expected, showValue(cell), next));
}

/** The number of a cell, NaN for a gap, undefined for anything else. */
type Parser = (cell: string) => number | undefined;

/**
 * `0x10`, `1 2`, `Infinity` are no numbers of a table. A minus may be the typographic one; a currency or a percent sign is no part
 * of the number: `$10.20`, `12.3 %`.
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
    const text = cell.trim();
    if (marks.has(text.toLowerCase())) return Number.NaN;
    const plain = /[^\d.,eE+-]/.test(text) ? withoutUnit(text) : text;
    const joined = grouped && every && grouped.test(plain) ? plain.replace(every, "") : plain;
    const pointed = decimal === "," ? joined.replace(",", ".") : joined;
    return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(pointed) ? Number(pointed) : undefined;
  };
}

const isFlag = (text: string): boolean => /^(true|false)$/i.test(text);

/** Whether a column holds True and False, and gaps, and nothing else. */
function holdsFlags({ rows }: CsvTable, place: number): boolean {
  const first = rows.find((row) => !marks.has(row[place].trim().toLowerCase()));
  if (!first || !isFlag(first[place].trim())) return false;
  return rows.every((row) => isFlag(row[place].trim()) || marks.has(row[place].trim().toLowerCase()));
}

const parseFlag: Parser = (cell) => (isFlag(cell.trim()) ? Number(/^t/i.test(cell.trim())) : Number.NaN);

const withoutUnit = (text: string): string =>
  text
    .replace(/\u2212/, "-")
    .replace(/^([+-]?)\p{Sc}\s?/u, "$1")
    .replace(/\s?(?:\p{Sc}|%)$/u, "");
