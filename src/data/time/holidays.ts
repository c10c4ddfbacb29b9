import { DataError, invalidOption, option, problem, sentence, showValue } from "../../errors.ts";
import type { CsvTable } from "../csv.ts";
import { dayOf } from "./civil.ts";
import { readDateText } from "./date-text.ts";
import { readDates } from "./parse-dates.ts";

/** Holidays as days since 1970. Throws DataError naming one that is no date. */
export function holidayDays(holidays: readonly string[]): ReadonlySet<number> {
  const who = "holidays";
  if (!Array.isArray(holidays) || !holidays.every((date) => typeof date === "string")) {
    const next = sentence`Give ${option("holidays", ["2012-12-25"])}, for example.`;
    throw new DataError(invalidOption(who, "holidays", "a list of dates as text", showValue(holidays), next));
  }
  if (holidays.length === 0) return new Set();
  return new Set(Array.from(readDates(holidays, {}, { place: (row) => `${who}: row ${row}` }).times, dayOf));
}

/**
 * The dates of a table of holidays: those of its first column in which each cell is a date. Throws DataError where there is none.
 *
 *   holidayDates(await parseCsv("date,name\n2012-12-25,Christmas\n")); // ["2012-12-25"]
 */
export function holidayDates(table: CsvTable): string[] {
  const cells = (place: number) => table.rows.map((row) => row[place].trim());
  const isDate = (cell: string) => readDateText(cell) !== null;
  const place = table.columns.findIndex((_, k) => table.rows.length > 0 && cells(k).every(isDate));
  if (place >= 0) return cells(place);
  const file = table.files?.[0] ?? "holidayDates";
  const next = "One date a line, for example 2012-12-25; further columns are left out.";
  throw new DataError(problem(file, "a column of dates", table.columns.join(", "), next));
}
