import { civilOf, earliest, end, timeOf } from "./civil.ts";
import type { DateText } from "./date-text.ts";

/** A form of dates in digits alone. */
export type DigitForm = "YYYY" | "YYYYMM" | "YYYYMMDD" | "YYYYMMDDhhmm" | "YYYYMMDDhhmmss" | keyof typeof epochs;

/** Milliseconds of the units in which time since 1970 is counted. */
export const epochs = {
  "epoch-seconds": 1000,
  "epoch-milliseconds": 1,
  "epoch-microseconds": 1e-3,
  "epoch-nanoseconds": 1e-6,
} as const;

export const isEpoch = (form: string | null | undefined): form is keyof typeof epochs => form != null && form in epochs;

const widths: Readonly<Record<number, DigitForm>> = {
  4: "YYYY",
  6: "YYYYMM",
  8: "YYYYMMDD",
  12: "YYYYMMDDhhmm",
  14: "YYYYMMDDhhmmss",
};

const earliestGuess = 1e11; // ms, 1973-03-03: a number that is later in one unit would be after the year 5138 in the next larger one

/** The form in which all cells are dates written as numbers; null where one is not. */
export function digitForm(cells: readonly string[]): DigitForm | null {
  const width = cells[0]?.trim().length ?? 0;
  const form = widths[width];
  if (form && cells.every((cell) => cell.trim().length === width && readDigits(cell, form) !== null)) return form;
  const numbers = cells.map((cell) => (isNumber(cell) ? Number(cell) : Number.NaN));
  if (numbers.length === 0) return null;
  const fits = (unit: number) => numbers.every((v) => v * unit >= earliestGuess && v * unit < 1000 * earliestGuess);
  return (Object.keys(epochs) as (keyof typeof epochs)[]).find((one) => fits(epochs[one])) ?? null;
}

const isNumber = (cell: string): boolean => /^-?\d{1,19}(\.\d*)?$/.test(cell.trim());

/** A cell as a date of such a form; null where it is none. */
export function readDigits(cell: string, form: DigitForm): DateText | null {
  const text = cell.trim();
  if (isEpoch(form)) {
    const time = isNumber(text) ? Math.round(Number(text) * epochs[form]) : Number.NaN;
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
