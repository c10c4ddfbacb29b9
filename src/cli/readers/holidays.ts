import type { Calendar } from "../../data/index.ts";
import { findSeasons } from "../../index.ts";

const mostLooked = 10; // series

/**
 * Whether series of business days, with a row for each, have weeks: then a holiday that is left out would shift the days after it. Of
 * several (the columns of a table) half of them or more.
 */
export function haveWeeks(series: readonly Float64Array[], step: Calendar): boolean {
  const looked = series.slice(0, mostLooked);
  const weekly = looked.filter((one) => findSeasons(one, { step }).includes(5));
  return weekly.length > 0 && 2 * weekly.length >= looked.length;
}

/** A note on filled rows with the reason, where nobody asked for it. */
export const withReason = (note: string): string =>
  note.replace(/: filled \(ffill\)/, ": filled (ffill), as days of the week differ; --missing drop leaves them out");

/** A note on holidays that were left out, where weeks were looked for and none was found. */
export const withoutWeeks = (note: string): string =>
  note.replace(
    /holidays; where days of the week differ, fill them \(ffill\)/,
    "holidays, as days of the week do not differ",
  );
