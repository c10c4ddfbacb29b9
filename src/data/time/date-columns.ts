import { DataError, option, problem, sentence } from "../../errors.ts";
import { type CsvTable, columnPlaces } from "../csv.ts";
import { monthOfName, readDateText } from "./date-text.ts";
import { digitForm } from "./digit-dates.ts";

/** The columns that date the rows of a table, and the date of each row as one text. */
export interface DateColumns {
  readonly names: readonly string[];
  readonly cells: readonly string[];
}

/**
 * The columns that date the rows, by their values and names: one of dates, with one of times or hours beside it where days repeat; or
 * year, month, day, hour. Null where no column does.
 */
export function findDateColumns(table: CsvTable): DateColumns | null {
  const single = table.columns
    .map((name, place) => candidate(name, cellsOf(table, place)))
    .filter((found) => found !== null)
    .sort((a, b) => b.rank - a.rank);
  const [best] = single;
  if (best?.distinct) return best;
  return (best && withTimes(table, best)) ?? inParts(table) ?? best ?? null;
}

/** The columns that are named, as one text a row: a date, a date and a time or hour, or year, month, day, hour, minute, second. */
export function namedDateColumns(table: CsvTable, names: readonly string[], who: string): DateColumns {
  const lists = columnPlaces(table, names, who).map((place) => cellsOf(table, place));
  if (lists.length === 1) return { names, cells: lists[0] };
  lists.splice(1, 1, monthNumbers(lists[1]));
  const numbers = lists.every((cells) => cells.every((cell) => /^\d{1,4}$/.test(cell)));
  if (numbers && lists.length <= partNames.length) return { names, cells: joined(lists) };
  const times = lists.length === 2 ? timesOf(lists[1]) : null;
  if (times) return { names, cells: lists[0].map((day, row) => `${day} ${times[row]}`) };
  const next = sentence`For example ${option("date", ["day", "time"])}, or ${option("date", ["year", "month", "day", "hour"])}.`;
  throw new DataError(problem(who, "a date and a time, or its numbers from the year on", names.join(", "), next));
}

interface Candidate extends DateColumns {
  readonly distinct: boolean;
  readonly rank: number;
}

const cellsOf = ({ rows }: CsvTable, place: number): string[] => rows.map((row) => row[place].trim());

const usualName =
  /date|time|stamp|epoch|datum|fecha|^(ds|ts|dt|t|day|month|week|quarter|year|period)$|_(day|month|week|quarter|year)$/i;

/** A column that may date the rows: every cell is a date, or most are (half under a usual name); digits alone need a name, or must rise or fall. */
function candidate(name: string, cells: readonly string[]): Candidate | null {
  const filled = cells.filter((cell) => cell !== "");
  const named = usualName.test(name);
  if (filled.length < (named ? 1 : 2)) return null;
  const distinct = new Set(cells).size === cells.length;
  const found = (whole: boolean): Candidate => ({
    names: [name],
    cells,
    distinct,
    rank: 4 * Number(whole) + 2 * Number(distinct) + Number(named),
  });
  if (/^-?\d+(\.\d*)?$/.test(filled[0]))
    return filled.length === cells.length && datesOfDigits(cells, named ? name : null) ? found(true) : null;
  const sample = filled.length > 200 ? filled.filter((_, row) => row % Math.floor(filled.length / 100) === 0) : filled;
  const dates = sample.filter((cell) => readDateText(cell) !== null).length; // what is none is told of when all are read
  if (dates < (named ? 0.5 : 0.8) * sample.length) return null;
  return found(dates === sample.length && filled.length === cells.length);
}

function datesOfDigits(cells: readonly string[], named: string | null): boolean {
  const form = digitForm(cells);
  if (form === null) return false;
  const numbers = cells.map(Number);
  const rises = numbers.every((v, t) => t === 0 || v > numbers[t - 1]);
  const steady = rises || numbers.every((v, t) => t === 0 || v < numbers[t - 1]);
  if (form.startsWith("epoch")) return named !== null;
  if (form !== "YYYY") return named !== null || steady;
  if (!numbers.every((year) => year >= 1500 && year <= 2200)) return false;
  const counted = numbers.every((v, t) => t === 0 || Math.abs(v - numbers[t - 1]) === 1);
  const years = named !== null && /year|date/i.test(named) && new Set(numbers).size === numbers.length;
  return years || (steady && (named !== null || counted));
}

/** A column of days that repeat, with the column of times or hours that tells them apart. */
function withTimes(table: CsvTable, { names: [day], cells }: Candidate): DateColumns | null {
  for (const [place, name] of table.columns.entries()) {
    if (name === day || !/^(time|hour|hr|hh|h|zeit|stunde|hora|heure)$/i.test(name)) continue;
    const times = timesOf(cellsOf(table, place));
    if (times) return { names: [day, name], cells: cells.map((cell, row) => `${cell} ${times[row]}`) };
  }
  return null;
}

/** Times of day, hours among them: `7` → `7:00`; null where one is none. */
function timesOf(cells: readonly string[]): string[] | null {
  if (cells.every((cell) => /^\d{1,2}:\d\d(:\d\d(\.\d+)?)?(\s?[ap]\.?m\.?)?$/i.test(cell))) return [...cells];
  return cells.every((cell) => /^\d{1,2}$/.test(cell) && Number(cell) <= 24) ? cells.map((cell) => `${cell}:00`) : null;
}

const partNames = [
  /^(year|yr|yyyy)$/i,
  /^(month|mon|mnth|mo|mm)$/i,
  /^(day|dd|dom)$/i,
  /^(hour|hr|hh)$/i,
  /^(minute|min)$/i,
  /^(second|sec)$/i,
];
const ranges = [
  [1000, 2999],
  [1, 12],
  [1, 31],
  [0, 24],
  [0, 59],
  [0, 59],
]; // of these parts

/** Columns of year and month, and of what follows as far as there are any. */
function inParts(table: CsvTable): DateColumns | null {
  const names: string[] = [];
  const lists: string[][] = [];
  for (const [k, usual] of partNames.entries()) {
    const place = table.columns.findIndex((name) => usual.test(name));
    if (place < 0) break;
    const written = cellsOf(table, place);
    const cells = k === 1 ? monthNumbers(written) : written;
    const [least, most] = ranges[k];
    if (!cells.every((cell) => /^\d+$/.test(cell) && Number(cell) >= least && Number(cell) <= most)) break;
    names.push(table.columns[place]);
    lists.push(cells);
  }
  return names.length >= 2 ? { names, cells: joined(lists) } : null;
}

/** Names of months as numbers. */
const monthNumbers = (cells: readonly string[]): string[] =>
  cells.map((cell) => (/^[a-z]{3,9}$/i.test(cell) ? String(monthOfName(cell)) : cell));

/** Numbers from the year on as a text: `2010-1-31 7:00`. */
function joined(lists: readonly (readonly string[])[]): string[] {
  const two = (text = "00") => text.padStart(2, "0");
  return lists[0].map((year, row) => {
    const [month = "1", day, h, m, s] = lists.slice(1).map((list) => list[row]);
    const date = day === undefined ? `${year}-${month}` : `${year}-${month}-${day}`;
    return h === undefined ? date : `${date} ${h}:${two(m)}:${two(s)}`;
  });
}
