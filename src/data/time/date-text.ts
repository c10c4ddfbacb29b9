import { fixedOffset } from "./zone.ts";

/** A date as one cell has it, before its column has told which number is the day. */
export interface DateText {
  /** Its form; the cells of a column have one. */
  readonly form: string;
  /** The meaning of each number: Y year (y: two digits), Q quarter, M month, W week, w day of the week, D day; `?` a day or a month, `#` any of the three. */
  readonly fields: string;
  /** In the order they are written. */
  readonly numbers: readonly number[];
  /** Milliseconds since midnight; null where no time of day is written. */
  readonly clock: number | null;
  /** Milliseconds ahead of UTC; null where no zone is written. */
  readonly offset: number | null;
}

const longest = 80; // characters of a date

/**
 * Reads a date as far as one cell tells; null where it is not a date. Digits alone (2020, 202001, 1577836800) are dates where their
 * column says so (digit-dates.ts).
 *
 *   readDateText("03/04/2020 17:30"); // { "form": "??Y 0/0/0 t", "fields": "??Y", "numbers": [3, 4, 2020], "clock": 63000000, "offset": null }
 */
export function readDateText(cell: string): DateText | null {
  const text = cell.trim();
  if (text.length > longest || /^\d*$/.test(text)) return null;
  const { day, clock, offset, form } = splitTime(text);
  for (const [pattern, fields] of patterns) {
    const parts = pattern.exec(day)?.slice(1).filter(isPart);
    if (!parts) continue;
    const numbers = parts.map((part) => (/\d/.test(part) ? Number(part) : monthOfName(part)));
    const compact = /^\d+$/.test(day) && clock === null;
    const timed = clock === null || /[D?#w]/.test(fields); // a month has no time of day
    if (compact || !timed || !numbers.every((n, k) => possible(n, fields[k]))) continue;
    const short = fields.replace("Y", parts[fields.indexOf("Y")]?.length === 2 ? "y" : "Y");
    return { form: `${short} ${signsOf(day)} ${form}`.trim(), fields: short, numbers, clock, offset };
  }
  return null;
}

const weekday = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\\.?,?\\s+)?";
const nth = "(?:st|nd|rd|th)?";
const pattern = (text: string): RegExp => new RegExp(`^${text}$`, "i");
const patterns: readonly (readonly [RegExp, fields: string])[] = [
  [pattern("(\\d{4})([-/.])(\\d{1,2})\\2(\\d{1,2})"), "YMD"],
  [pattern("(\\d{4})(\\d\\d)(\\d\\d)"), "YMD"],
  [pattern("(\\d{1,2})([-/. ])(\\d{1,2})\\2(\\d{4})"), "??Y"],
  [pattern("(\\d{1,2})([-/.])(\\d{1,2})\\2(\\d\\d)"), "###"],
  [pattern("(\\d\\d)([-/])(\\d{1,2})\\2(\\d)"), "###"], // 20/9/1; 20.9.1 is as likely a version of a program
  [pattern("(\\d{4})[-/](\\d{1,2})"), "YM"],
  [pattern("(\\d{1,2})[-/](\\d{4})"), "MY"],
  [pattern("(\\d{4})[-\\s]?Q([1-4])"), "YQ"],
  [pattern("Q([1-4])[-\\s/]?(\\d{4})"), "QY"],
  [pattern("(\\d{4})-?W(\\d\\d)"), "YW"],
  [pattern("(\\d{4})-?W(\\d\\d)-?([1-7])"), "YWw"],
  [pattern(`${weekday}(\\d{1,2})${nth}[-\\s./]*([a-z]{3,9})\\.?,?[-\\s/]*(\\d{4}|\\d\\d)`), "DMY"],
  [pattern(`${weekday}([a-z]{3,9})\\.?[-\\s]+(\\d{1,2})${nth}(?:,\\s*|[-\\s]+)(\\d{4}|\\d\\d)`), "MDY"],
  [pattern("([a-z]{3,9})\\.?,?[-\\s/]+(\\d{4}|\\d\\d)"), "MY"],
  [pattern("(\\d{4})[-\\s/]([a-z]{3,9})[-\\s/](\\d{1,2})"), "YMD"],
  [pattern("(\\d{4})[-\\s/]([a-z]{3,9})"), "YM"],
];

const isPart = (group: string): boolean => /^[\da-z]/i.test(group);

const most: Readonly<Record<string, number>> = { M: 12, D: 31, "?": 31, W: 53 };

/** Whether a number, not NaN, can be a year, a month, … at all. */
const possible = (n: number, field: string): boolean =>
  n >= (/[Y#]/.test(field) ? 0 : 1) && n <= (most[field] ?? Number.POSITIVE_INFINITY);

/** The signs between the parts: `0/0/0`, `a 0, 0`. */
const signsOf = (day: string): string =>
  day
    .replace(/(\d)(st|nd|rd|th)\b/gi, "$1")
    .replace(/[a-z]{3,}\.?/gi, "a")
    .replace(/\d+/g, "0")
    .replace(/\s+/g, " ");

const months = "january february march april may june july august september october november december".split(" ");

/** From 1; NaN for another word. */
export function monthOfName(word: string): number {
  const name = word.toLowerCase();
  const place = months.findIndex((month) => month.startsWith(name));
  return place >= 0 ? place + 1 : name === "sept" ? 9 : Number.NaN;
}

// The name of the zone may follow: 10:00+02:00[Europe/Berlin], 10:00:00 GMT+0200 (Central European Summer Time)
const zoned = "\\s*(?:(?:GMT|UTC)(?=[+-]))?(Z|UTC|GMT|[+-]\\d\\d(?::?\\d\\d)?)?(?:\\[[\\w/+-]+\\]|\\s*\\([\\w ]+\\))?$";
const clocks = [
  new RegExp(
    `^(.+?)(?:T|,?\\s+|:)(\\d{1,2}):(\\d\\d)(?::(\\d\\d)(?:[.,](\\d{1,9}))?)?\\s*([ap]\\.?m\\.?)?${zoned}`,
    "i",
  ),
  new RegExp(`^(\\d{8})T(\\d\\d)(\\d\\d)(?:(\\d\\d)(?:[.,](\\d{1,9}))?)?()${zoned}`, "i"),
];

/** The part before a time of day, and that time; all of it where there is none. */
function splitTime(text: string) {
  const whole = { day: text, clock: null, offset: null, form: "" };
  const [, day, h, m, s = "0", fraction = "0", half, zone] = clocks[0].exec(text) ?? clocks[1].exec(text) ?? [];
  if (day === undefined) return whole;
  const [hours, minutes, seconds] = [h, m, s].map(Number);
  const hour = half ? (hours % 12) + (/^p/i.test(half) ? 12 : 0) : hours;
  const clock = ((hour * 60 + minutes) * 60 + seconds) * 1000 + Math.round(Number(`0.${fraction}`) * 1000);
  const wrong = minutes > 59 || seconds > 59 || (half ? hours < 1 || hours > 12 : clock > 86_400_000); // 24:00 is a midnight
  if (wrong) return whole;
  const offset = zone === undefined ? null : fixedOffset(zone);
  if (zone !== undefined && offset === null) return whole;
  return { day, clock, offset, form: `t${half ? "p" : ""}${zone === undefined ? "" : "z"}` };
}
