/** Random columns of dates, each beside what pandas makes of them (test/judges/make-calendars.py). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Case, calendarProblem } from "../../../test/judges/calendar-check.mjs";
import { CellstateError } from "../../errors.ts";
import * as data from "./index.ts";

const file = process.env.CELLSTATE_CALENDARS ?? join(import.meta.dirname, "../../../test/fixtures/calendars.json");
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };

function problemOf(one: Case): string | null {
  try {
    return calendarProblem(one, data);
  } catch (error) {
    if (!(error instanceof CellstateError)) throw error;
    return error.message;
  }
}

test("dates, steps, gaps and the dates that follow are those of pandas", () => {
  const wrong = cases.flatMap((one) => {
    const found = problemOf(one);
    return found === null ? [] : [`${one.freq} ${one.form} ${one.texts.slice(0, 3)}: ${found}`];
  });
  expect(wrong).toEqual([]);
});
