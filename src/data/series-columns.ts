import { type NumberOptions, numericColumns } from "./column-numbers.ts";
import type { CsvTable } from "./csv.ts";

/**
 * The names of the columns of numbers that can be forecast: all but those that count the rows (1 2 3, or 1949 1950 1951)
 * or date them (20240131, 202401). Where nothing else is left, they are the series.
 *
 *   const table = await parseCsv("year,rain\n1990,61\n1991,75\n1992,58\n");
 *   seriesColumns(table); // ["rain"]
 */
export function seriesColumns(table: CsvTable, options: Pick<NumberOptions, "decimal" | "thousands"> = {}): string[] {
  const all = numericColumns(table, options);
  const kept = all.filter((name) => {
    const place = table.columns.indexOf(name);
    const cells = table.rows.map((row) => row[place].trim());
    const whole = cells.length >= 3 && cells.every((cell) => /^\d{1,10}$/.test(cell));
    return !whole || !(counts(cells.map(Number)) || dates(cells));
  });
  return kept.length > 0 ? kept : all;
}

/** Every number the same step after the one before. */
const counts = (numbers: readonly number[]): boolean => {
  const step = numbers[1] - numbers[0];
  return step !== 0 && numbers.every((v, t) => t === 0 || v - numbers[t - 1] === step);
};

/** yyyymmdd or yyyymm, each later than the one before. */
const dates = (cells: readonly string[]): boolean =>
  cells.every((cell, t) => {
    const [, month, day = 1] = (/^[12]\d{3}(\d\d)(\d\d)?$/.exec(cell) ?? [0, 0, 0]).map(Number);
    return (
      month >= 1 && month <= 12 && (Number.isNaN(day) || (day >= 1 && day <= 31)) && (t === 0 || cell > cells[t - 1])
    );
  });
