import type { NumberOptions, Thousands } from "./column-numbers.ts";
import type { CsvTable } from "./csv.ts";

/** The style of numbers in a table, where its cells leave no doubt. */
export interface NumberStyle extends Pick<NumberOptions, "decimal" | "thousands"> {
  /** A column that says so. */
  readonly column: string;
  /** A cell of it that does. */
  readonly cell: string;
}

/**
 * The decimal comma or the mark between thousands, where cells are evident: `3,14` and `1.234,5`; `1,234,567` and `1,234.5`. Null
 * where nothing says so, where columns differ, and for `1,234` alone, which may be either.
 *
 *   numberStyle(await parseCsv("price\n\"1,250.00\"\n"));
 *   // { "thousands": ",", "column": "price", "cell": "1,250.00" }
 */
export function numberStyle(table: CsvTable): NumberStyle | null {
  const found = new Map<string, NumberStyle>();
  for (const [place, column] of table.columns.entries()) {
    const cells = table.rows.map((row) => bare(row[place])).filter((cell) => cell !== "");
    if (cells.length === 0 || !cells.every((cell) => number.test(cell))) continue;
    for (const { decimal, thousands, evident, every } of styles) {
      const cell = cells.find((one) => evident.test(one));
      if (cell === undefined || !cells.every((one) => every.test(one))) continue;
      const given = { ...(decimal ? { decimal } : {}), ...(thousands ? { thousands } : {}) };
      found.set(JSON.stringify(given), {
        ...given,
        column,
        cell: table.rows.find((row) => bare(row[place]) === cell)![place],
      });
      break;
    }
  }
  const [first, ...others] = found.values();
  return first && others.every(({ decimal }) => decimal === first.decimal) ? merged([first, ...others]) : null;
}

/** `3,14` in one column and `1.234,5` in another are one style. */
function merged(styles: readonly NumberStyle[]): NumberStyle | null {
  const marks = new Set(styles.flatMap(({ thousands }) => thousands ?? []));
  const telling = styles.find(({ thousands }) => thousands) ?? styles[0];
  return marks.size < 2 ? telling : null;
}

/** A cell without blanks around it, its sign or brackets for a minus, its currency, percent, and K, M, B or T. */
const bare = (cell: string): string => {
  const text = cell
    .trim()
    .replace(/^(\p{Sc}?)\s?\((.+)\)/u, "$1$2")
    .replace(/^[+\u2212-]?\s?\p{Sc}?\s?/u, "")
    .replace(/\s?(?:\p{Sc}|%)$|(?<=\d)\s?[KkMBT]$/u, "");
  return /^(na|n\/a|nan|null|none|-|\?)$/i.test(text) ? "" : text;
};

const number = /^\d[\d.,'’ \u00a0\u202f\u2009]*$/;

/** Cells of which one is evident, and that all cells of its column fit. */
const styles: readonly { decimal?: ","; thousands?: Thousands; evident: RegExp; every: RegExp }[] = [
  {
    decimal: ",",
    thousands: ".",
    evident: /^\d{1,3}(\.\d{3})+,\d+$|^\d{1,3}(\.\d{3}){2,}$/,
    every: /^\d{1,3}(\.\d{3})*(,\d+)?$|^\d+(,\d+)?$/,
  },
  {
    thousands: ",",
    evident: /^\d{1,3}(,\d{2,3})*,\d{3}\.\d+$|^\d{1,3}(,\d{2,3})+,\d{3}$/,
    every: /^\d{1,3}(,\d{2,3})*(\.\d+)?$|^\d+(\.\d+)?$/,
  },
  { thousands: "'", evident: /^\d{1,3}(['’]\d{3})+/, every: /^\d{1,3}(['’]\d{3})*(\.\d+)?$|^\d+(\.\d+)?$/ },
  {
    decimal: ",",
    thousands: " ",
    evident: /^\d{1,3}([ \u00a0\u202f\u2009]\d{3})+,\d+$/,
    every: /^\d{1,3}([ \u00a0\u202f\u2009]\d{3})*(,\d+)?$|^\d+(,\d+)?$/,
  },
  {
    thousands: " ",
    evident: /^\d{1,3}([ \u00a0\u202f\u2009]\d{3})+/,
    every: /^\d{1,3}([ \u00a0\u202f\u2009]\d{3})*(\.\d+)?$|^\d+(\.\d+)?$/,
  },
  { decimal: ",", evident: /^\d+,(\d{1,2}|\d{4,})$|^0\d*,\d+$/, every: /^\d+(,\d+)?$/ },
];
