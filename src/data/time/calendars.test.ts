/** Random columns of dates, each beside what pandas makes of them (test/judges/make-calendars.py). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CellstateError } from "../../errors.ts";
import { nextDates, type TimeSeriesOptions, timeSeries } from "./index.ts";

interface Case {
  freq: string;
  unit: string;
  count: number;
  form: string;
  missing: number;
  texts: string[];
  rows: number[];
  options: TimeSeriesOptions;
  refusable: boolean;
  grid: string[];
  next: string[];
}

const file = process.env.CELLSTATE_CALENDARS ?? join(import.meta.dirname, "../../../test/fixtures/calendars.json");
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };

/** A date as finely as ours is written: pandas writes every one with its time. */
function alike(ours: string, theirs: string): boolean {
  const quarter = /^(\d{4})-Q(\d)$/.exec(ours);
  if (quarter)
    return theirs.startsWith(`${quarter[1]}-${String(3 * Number(quarter[2]) - 2).padStart(2, "0")}-01T00:00:00`);
  const week = /^(\d{4})-W(\d\d)$/.exec(ours);
  if (week) return mondayOf(Number(week[1]), Number(week[2])) === theirs.slice(0, 10);
  const rest = theirs.slice(ours.length);
  return theirs.startsWith(ours.replace(/(Z|\+02:00)$/, "")) && (/T/.test(ours) || /^(-01)*T00:00:00/.test(rest));
}

function mondayOf(year: number, week: number): string {
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = fourth.getTime() + (7 * (week - 1) - ((fourth.getUTCDay() + 6) % 7)) * 86_400_000;
  return new Date(monday).toISOString().slice(0, 10);
}

function problemOf(one: Case): string | null {
  const table = {
    columns: ["date", "v"],
    rows: one.texts.map((text, k) => [text, String(one.rows[k])]),
    lines: one.texts.map((_, k) => k + 2),
  };
  try {
    const { dates, calendar, values, notes } = timeSeries(table, { ...one.options, missing: "interpolate" });
    const [theirs, ours] = [`${one.count} ${one.unit}`, `${calendar?.count} ${calendar?.unit}`];
    if (theirs !== ours) return `a step of ${theirs}, found ${ours}`;
    if (!dates || dates.length !== one.grid.length) return `${one.grid.length} rows, found ${dates?.length}`;
    const wrong = dates.findIndex((date, t) => !alike(date, one.grid[t]));
    if (wrong >= 0) return `${one.grid[wrong]}, found ${dates[wrong]}`;
    if (Array.from(values.data).some((v, t) => Math.abs(v - t) > 1e-9)) return "the numbers of the grid";
    if (one.missing > 0 && !notes.some((note) => note.startsWith(`${one.missing} row`)))
      return `${one.missing} missing rows said`;
    const next = nextDates(calendar!, dates[dates.length - 1], 5);
    const later = next.findIndex((date, h) => !alike(date, one.next[h]));
    return later < 0 ? null : `${one.next[later]} next, found ${next[later]}`;
  } catch (error) {
    if (!(error instanceof CellstateError)) throw error;
    return one.refusable && /tell which number/.test(error.message) ? null : error.message;
  }
}

test("dates, steps, gaps and the dates that follow are those of pandas", () => {
  const wrong = cases.flatMap((one) => {
    const found = problemOf(one);
    return found === null ? [] : [`${one.freq} ${one.form} ${one.texts.slice(0, 3)}: ${found}`];
  });
  expect(wrong).toEqual([]);
});
