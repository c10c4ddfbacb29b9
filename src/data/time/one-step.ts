import { type Calendar, stepText } from "./calendar.ts";
import { weekdayOf } from "./civil.ts";

const least = 3; // dates that tell a step

/**
 * Whether dates with the step `found` may be of a series with another: the same step, or too few dates to tell. Days from Monday to Friday
 * without a weekend between them may be business days.
 */
export function isStepOf(step: Calendar, found: Calendar, dates: readonly string[]): boolean {
  if (dates.length < least || stepText(step) === stepText(found)) return true;
  if (stepText(step) !== "every business day" || stepText(found) !== "every day") return false;
  return dates.every((date) => weekdayOf(Date.parse(date.slice(0, 10)) / 86_400_000) < 5);
}
