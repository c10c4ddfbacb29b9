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
}

const who = "columnNumbers";
const ways = ["refuse", "drop", "previous", "nan"];
const excel = ["#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!"]; // what it writes for a number it has not
const marks = new Set(["", "na", "n/a", "<na>", "nan", "null", "none", "?", "-", ...excel]);

/**
 * Columns of a table as numbers, float64 [rows, columns], nothing rounded. Without names: every column, each of which must be of numbers.
 * Throws FormatError naming line and column of a cell that is no number.
 *
 *   const table = await parseCsv("day,temp\n1,20.5\n2,NA\n3,18\n");
 *   columnNumbers(table, ["temp"], { missing: "previous" }).toArray(); // [[20.5], [20.5], [18]]
 */
export function columnNumbers(table: CsvTable, names?: readonly string[], options: NumberOptions = {}): NdArray {
  const { missing = "refuse", decimal = "." } = options;
  if (!ways.includes(missing)) {
    throw new DataError(problem(who, "a known way for missing", showValue(missing), suggest(String(missing), ways)));
  }
  if (decimal !== "." && decimal !== ",") {
    throw new DataError(problem(who, 'decimal "." or ","', showValue(decimal)));
  }
  const chosen = names ?? table.columns;
  if (chosen.length === 0) throw new DataError(problem(who, "at least one column", "none"));
  const places = columnPlaces(table, chosen, who);
  const rows: number[][] = [];
  table.rows.forEach((cells, i) => {
    const whose = table.files?.[i] ?? who;
    const row = places.map((j) => readNumber(cells[j], decimal, whose, table.lines[i], table.columns[j], names));
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
export function numericColumns(table: CsvTable, { decimal = "." }: { decimal?: "." | "," } = {}): string[] {
  return table.columns.filter((_, j) => {
    const cells = table.rows.map((row) => parseNumber(row[j], decimal));
    return cells.every((value) => value !== undefined) && cells.some((value) => !Number.isNaN(value));
  });
}

function readNumber(
  cell: string,
  decimal: string,
  whose: string,
  line: number,
  column: string,
  names?: readonly string[],
): number {
  const value = parseNumber(cell, decimal);
  if (value !== undefined) return value;
  const choose = names ? "" : "Choose columns: columnNumbers(table, numericColumns(table)).";
  const grouped = /^\D{0,3}\d{1,3}([,.' \u00a0\u202f]\d{3})+([.,]\d+)?\D{0,3}$/.test(cell);
  const comma = grouped
    ? "If it is one number, write it without the signs between its thousands."
    : /^\s*[+-]?\d+,\d+\s*$/.test(cell)
      ? sentence`For decimal commas: ${braced("decimal", ",")}.`
      : "";
  const next = comma && choose ? sentence`${comma} ${choose}` : comma || choose;
  const expected = `a number on line ${line} in column ${JSON.stringify(column)}`;
  throw new FormatError(problem(whose, expected, showValue(cell), next));
}

/**
 * The number, NaN for a gap, undefined for anything else: `0x10`, `1 2`, `Infinity` are no numbers of a table. A minus may be
 * the typographic one; a currency or a percent sign is no part of the number: `$10.20`, `12.3 %`.
 */
function parseNumber(cell: string, decimal: string): number | undefined {
  const text = cell.trim();
  if (marks.has(text.toLowerCase())) return Number.NaN;
  const plain = /[^\d.,eE+-]/.test(text) ? withoutUnit(text) : text;
  const pointed = decimal === "," ? plain.replace(",", ".") : plain;
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(pointed) ? Number(pointed) : undefined;
}

const withoutUnit = (text: string): string =>
  text
    .replace(/\u2212/, "-")
    .replace(/^([+-]?)\p{Sc}\s?/u, "$1")
    .replace(/\s?(?:\p{Sc}|%)$/u, "");
