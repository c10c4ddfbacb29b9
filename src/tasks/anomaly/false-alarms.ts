import type { Calendar } from "../../data/time/calendar.ts";
import { DataError, invalidOption, option, problem, sentence } from "../../errors.ts";
import type { Field } from "../../train/options.ts";
import { daysPer } from "../forecast/seasons/calendar-seasons.ts";

/** Tolerated false alarms: `"1 in 4 weeks"`, `"2 per day"`, `"1 in 5000 rows"`, or the fraction of rows, 0.0002. */
export type FalseAlarms = string | number;

const form = /^(\d+(?:\.\d+)?)\s+(?:in|per)\s+(?:(\d+(?:\.\d+)?)\s+)?([a-z]+?)s?$/i;
const expected = 'for example "1 in 4 weeks", "1 in 5000 rows", or a fraction of the rows below 0.5';

/** The option; its units are checked when the step between rows is known. */
export const falseAlarmsField: Field<FalseAlarms | null> = {
  otherwise: null,
  expected,
  fits: (v) => v === null || (typeof v === "number" ? v > 0 && v < 0.5 : typeof v === "string" && form.test(v.trim())),
};

/**
 * Rows from one false alarm to the next, for rows that follow each other with a step. Throws DataError for a time where rows have no dates,
 * and for more than one alarm in two rows.
 *
 *   rowsBetween("1 in 4 weeks", { unit: "hour", count: 1 }, "detect"); // 672
 */
export function rowsBetween(given: FalseAlarms, step: Pick<Calendar, "unit" | "count"> | null, who: string): number {
  const rows = typeof given === "number" ? 1 / given : inRows(given, step, who);
  if (rows > 2 && rows <= 1e12) return rows;
  const received = `${JSON.stringify(given)}: one in ${Number(rows.toPrecision(3))} rows`;
  throw new DataError(
    invalidOption(who, "falseAlarms", sentence`${option("falseAlarms")}: fewer than one in two rows`, received),
  );
}

/** Tolerated where nothing is said: once in four weeks of rows that come several times a day, else once in a thousand rows. */
export const usualFalseAlarms = (step: Pick<Calendar, "unit" | "count"> | null): FalseAlarms =>
  step && daysPer(step) < 1 ? "1 in 4 weeks" : "1 in 1000 rows";

function inRows(given: string, step: Pick<Calendar, "unit" | "count"> | null, who: string): number {
  const [, alarms, units = "1", word] = form.exec(given.trim())!;
  const ratio = Number(units) / Number(alarms);
  if (/^rows?$/i.test(word)) return ratio;
  const unit = word.toLowerCase() as Calendar["unit"];
  if (!["second", "minute", "hour", "day", "week", "month", "quarter", "year"].includes(unit)) {
    const next = "Units are rows, seconds, minutes, hours, days, weeks, months, quarters and years.";
    throw new DataError(
      invalidOption(who, "falseAlarms", sentence`${option("falseAlarms")}: ${expected}`, JSON.stringify(given), next),
    );
  }
  if (step) return (ratio * daysPer({ unit, count: 1 })) / daysPer(step);
  const next = sentence`Give the dates of the rows, or count rows: ${option("falseAlarms", "1 in 5000 rows")}.`;
  throw new DataError(problem(who, `dates with a regular step, for ${JSON.stringify(given)}`, "none", next));
}
