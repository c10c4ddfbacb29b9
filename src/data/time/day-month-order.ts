import { DataError, option, problem, sentence, showValue } from "../../errors.ts";
import { daysIn } from "./civil.ts";
import type { DateFormat, Where } from "./date-formats.ts";
import { type DateText, readDateText } from "./date-text.ts";

/** Years, months and days of dates of which each number may be another: 03/04/2020, 09/26/12. */
type Order = "DMY" | "MDY" | "YMD";

const named: Partial<Record<DateFormat, Order>> = { "day-first": "DMY", "month-first": "MDY", "year-first": "YMD" };
const words: Record<Order, string> = { DMY: "the day first", MDY: "the month first", YMD: "the year first" };

/**
 * The order of day, month and year, by the whole column: a number over 12 is no month, one over 31 a year, one of a single
 * digit no year. Throws DataError naming a line where the cells do not agree, and for a column that does not tell: nothing is guessed.
 */
export function orderOf(
  texts: readonly DateText[],
  cells: readonly string[],
  format: DateFormat | undefined,
  where: Where,
): Order {
  const known = ordersOf(texts[0]);
  const asked = format && named[format];
  const tried = asked ? known.filter((order) => order === asked) : known;
  const failing = tried.map((order) => texts.findIndex((text, row) => !isDate(text.numbers, cells[row], order)));
  const fitting = tried.filter((_, k) => failing[k] < 0);
  if (fitting.length === 0) {
    const row = Math.max(0, ...failing);
    const order = tried[failing.indexOf(row)];
    const expected = order === undefined ? "a date that begins with the year" : `a date with ${words[order]}`;
    const before = row > 0 ? ", as those before it" : "";
    throw new DataError(problem(where.place(row), `${expected}${before}`, showValue(cells[row])));
  }
  const orders = fitting.length > 1 && fitting.includes("YMD") ? byTimeOrder(texts, fitting) : fitting;
  if (orders.length === 1 || (alike(texts, orders) && onOneDay(texts, orders[0]))) return orders[0];
  const other = orders.find((order) => !alike(texts, [orders[0], order])) ?? orders[1];
  const [a, b] = [orders[0], other].map(formatOf);
  const next = sentence`Say which: ${option("dateFormat", a)}, or ${option("dateFormat", b)}.`;
  const expected = "dates that tell which number is the day: one is over 12";
  throw new DataError(problem(where.place(0), expected, `${showValue(cells[0])} and others like it`, next));
}

/** The one order by which the rows are equally far apart, in whatever order they stand; else those by which they follow each other in time, if that leaves some out. */
function byTimeOrder(texts: readonly DateText[], orders: readonly Order[]): readonly Order[] {
  const steady = orders.filter((order) => texts.length > 2 && areEven(texts, order));
  if (steady.length === 1) return steady;
  const kept = orders.filter((order) => {
    const days = texts.map(({ numbers }) => {
      const { year, month, day } = partsBy(numbers, order);
      return 372 * year + 31 * month + day;
    });
    const rises = days.every((v, t) => t === 0 || v >= days[t - 1]);
    return rises || days.every((v, t) => t === 0 || v <= days[t - 1]);
  });
  return kept.length > 0 ? kept : orders;
}

/** Whether the dates, sorted, are all equally many days apart, or months on one day of the month. */
function areEven(texts: readonly DateText[], order: Order): boolean {
  const dates = texts.map(({ numbers }) => partsBy(numbers, order));
  const days = dates.map(({ year, month, day }) => Date.UTC(year < 100 ? 2000 + year : year, month - 1, day) / 864e5);
  const oneDay = dates.every(({ day }) => day === dates[0].day);
  return even(days) || (oneDay && even(dates.map(({ year, month }) => 12 * year + month)));
}

function even(numbers: readonly number[]): boolean {
  const sorted = [...numbers].sort((a, b) => a - b);
  const gap = sorted[1] - sorted[0];
  return gap > 0 && sorted.every((v, t) => t === 0 || v - sorted[t - 1] === gap);
}

/** Every order gives the same dates: 01/01/2019, 01/01/2020. */
const alike = (texts: readonly DateText[], orders: readonly Order[]): boolean =>
  texts.every(({ numbers }) => {
    const dates = orders.map((order) => Object.values(partsBy(numbers, order)).join());
    return dates.every((date) => date === dates[0]);
  });

/** Whether all dates are of one day of one month: such as 01/01/2019, 01/01/2020. Of 01/01, 02/02, 03/03 the next may be 04/04, or 01/04. */
const onOneDay = (texts: readonly DateText[], order: Order): boolean => {
  const dates = texts.map(({ numbers }) => partsBy(numbers, order));
  return dates.every(({ month, day }) => month === dates[0].month && day === dates[0].day);
};

/** The one order that dates of several series can have, in whatever order they stand; null where more fit, or none, or they tell it themselves. */
export function onlyOrder(cells: readonly string[]): DateFormat | null {
  const texts = cells.map(readDateText);
  const [first] = texts;
  if (!first || !/[?#]/.test(first.fields) || !texts.every((text) => text?.form === first.form)) return null;
  const fitting = ordersOf(first).filter((order) =>
    texts.every((text, row) => text !== null && isDate(text.numbers, cells[row], order)),
  );
  return fitting.length === 1 ? formatOf(fitting[0]) : null;
}

const ordersOf = ({ fields }: DateText): readonly Order[] =>
  fields === "??Y" ? ["DMY", "MDY"] : ["DMY", "MDY", "YMD"];

/** The name of an order. */
export const formatOf = (order: Order): DateFormat =>
  ({ DMY: "day-first", MDY: "month-first", YMD: "year-first" })[order] as DateFormat;

export function partsBy(numbers: readonly number[], order: Order): { year: number; month: number; day: number } {
  const at = (part: string) => numbers[order.indexOf(part)];
  return { year: at("Y"), month: at("M"), day: at("D") };
}

/** Whether a cell is a date in this order; no year is written with one digit. */
function isDate(numbers: readonly number[], cell: string, order: Order): boolean {
  if (cell.match(/\d+/g)![order.indexOf("Y")].length < 2) return false;
  const { year, month, day } = partsBy(numbers, order);
  const full = year < 100 ? 2000 + year : year;
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(12 * full + month - 1);
}
