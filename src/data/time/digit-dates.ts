import { civilOf, earliest, end, timeOf } from "./civil.ts";
import type { DateText } from "./date-text.ts";

/** A form of dates in digits alone. */
export type DigitForm =
  | "YYYY"
  | "YYYYMM"
  | "YYYYMMDD"
  | "YYYYMMDDhhmm"
  | "YYYYMMDDhhmmss"
  | "epoch-seconds"
  | "epoch-milliseconds";

const widths: Readonly<Record<number, DigitForm>> = {
  4: "YYYY",
  6: "YYYYMM",
  8: "YYYYMMDD",
  12: "YYYYMMDDhhmm",
  14: "YYYYMMDDhhmmss",
};

const seconds = 1e8; // least number taken for one of seconds since 1970: 1973-03-03
const milliseconds = 1e11; // least number taken for one of milliseconds: 1973-03-03; as seconds it would be the year 5138

/** The form in which all cells are dates written as numbers; null where one is not. */
export function digitForm(cells: readonly string[]): DigitForm | null {
  const width = cells[0]?.trim().length ?? 0;
  const form = widths[width];
  if (form && cells.every((cell) => cell.trim().length === width && readDigits(cell, form) !== null)) return form;
  const numbers = cells.map((cell) => (isNumber(cell) ? Number(cell) : Number.NaN));
  if (numbers.length === 0) return null;
  if (numbers.every((v) => v >= milliseconds && v < 1e14)) return "epoch-milliseconds";
  return numbers.every((v) => v >= seconds && v < milliseconds) ? "epoch-seconds" : null;
}

const isNumber = (cell: string): boolean => /^-?\d{1,16}(\.\d*)?$/.test(cell.trim());

/** A cell as a date of such a form; null where it is none. */
export function readDigits(cell: string, form: DigitForm): DateText | null {
  const text = cell.trim();
  if (form === "epoch-seconds" || form === "epoch-milliseconds") {
    const time = isNumber(text) ? Math.round(Number(text) * (form === "epoch-seconds" ? 1000 : 1)) : Number.NaN;
    if (!(time >= earliest && time < end)) return null;
    const { year, month, day } = civilOf(time);
    return { form, fields: "YMD", numbers: [year, month, day], clock: time - timeOf(year, month, day), offset: 0 };
  }
  const parts = /^(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?$/.exec(text);
  if (!parts || text.length !== form.length) return null;
  const [year, month = 1, day = 1, h, m, s = 0] = parts
    .slice(1)
    .flatMap((part) => (part === undefined ? [] : [Number(part)]));
  const clock = h === undefined ? null : ((h * 60 + m) * 60 + s) * 1000;
  const real =
    year >= 1000 && (year < 3000 || form === "YYYY") && civilOf(timeOf(year, month, day)).month === month && day >= 1;
  if (!real || (clock !== null && (h > 23 || m > 59 || s > 59))) return null;
  const fields = { 4: "Y", 6: "YM" }[text.length] ?? "YMD";
  return { form, fields, numbers: [year, month, day].slice(0, fields.length), clock, offset: null };
}
