/** Series with dates, as the command line reads them: in order of time, on every step, and forecasts that carry dates. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { speaker } from "./say.ts";

const { file, say } = speaker("dated");
const day = (t: number) => new Date(Date.UTC(2021, 0, 1 + t)).toISOString().slice(0, 10);
const value = (t: number) => (50 + 10 * Math.sin((2 * Math.PI * t) / 7) + (t % 3)).toFixed(2);
const rows = Array.from({ length: 80 }, (_, t) => `${day(t)},${value(t)}`);
const write = (name: string, lines: readonly string[], head = "date,visits") =>
  writeFileSync(file(name), `${[head, ...lines].join("\n")}\n`);
const train = (name: string, ...words: string[]) =>
  say("train", "forecast", name, "--horizon", "3", "--epochs", "2", "--units", "2", "--save", "m.keras", ...words);

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js";
  write("days.csv", rows);
  write("newest.csv", [...rows].reverse());
  write(
    "gaps.csv",
    rows.filter((_, t) => t % 10 !== 5),
  );
});

test("a file with the newest row first has its future forecast, with dates in table, csv, json and chart", async () => {
  const { err, code } = await train("newest.csv");
  expect(code).toBe(0);
  expect(err).toContain("newest.csv: 80 rows, date 2021-01-01 to 2021-03-21, every day, reads visits\n");
  expect(err).toContain("newest.csv: rows are newest first: sorted, oldest first\n");
  const table = await say("forecast", "m.keras", "newest.csv");
  expect(table.err).toMatch(/newest first: sorted/);
  expect(table.out).toMatch(/^ +date +forecast.*\n2021-03-22 .*\n2021-03-23 .*\n2021-03-24 /);
  expect((await say("forecast", "m.keras", "days.csv")).out).toBe(table.out);
  const csv = await say("forecast", "m.keras", "days.csv", "--csv");
  expect(csv.out).toMatch(/^date,visits\n2021-03-22,[\d.]+\n2021-03-23,/);
  const json = JSON.parse((await say("forecast", "m.keras", "days.csv", "--json")).out);
  expect(json.dates).toEqual(["2021-03-22", "2021-03-23", "2021-03-24"]);
  expect((await say("forecast", "m.keras", "days.csv", "--chart", "next.svg")).code).toBe(0);
  expect(readFileSync(file("next.svg"), "utf8")).toMatch(/>2021-03-18<[\s\S]*>Date</);
  const judged = await say("evaluate", "m.keras", "newest.csv", "--from", "60", "--chart", "past.svg");
  expect([judged.code, judged.err]).toEqual([0, expect.stringMatching(/every day, reads visits/)]);
  expect(readFileSync(file("past.svg"), "utf8")).toMatch(/>Date</);
});

test("evaluation begins at a row, or at a date", async () => {
  await train("days.csv", "--quiet");
  const row = await say("evaluate", "m.keras", "days.csv", "--from", "64");
  expect(row.err).toMatch(/forecasts begin at row 64, 2021-03-06\n$/);
  for (const date of ["2021-03-06", "2021-03-05T12"])
    expect(await say("evaluate", "m.keras", "days.csv", "--from", date)).toEqual(row);
  expect((await say("evaluate", "m.keras", "days.csv", "--from", "2021-03")).err).toMatch(/row 59, 2021-03-01/);
  const expected = /--from: expected a row above 0, or a date after 2021-01-01 up to 2021-03-21, received/;
  for (const wrong of ["0", "-3", "2022-01-01", "May", "1.5"])
    expect((await say("evaluate", "m.keras", "days.csv", `--from=${wrong}`)).err).toMatch(expected);
});

test("holidays among business days are filled where days of the week differ, by the model's next files too; elsewhere they are left out", async () => {
  const weekdays = Array.from({ length: 210 }, (_, t) => day(t)).filter((date) => new Date(date).getUTCDay() % 6 !== 0);
  const open = weekdays.map((date, t) => ({ date, t })).filter(({ t }) => t % 23 !== 11);
  const monday = (date: string) => (new Date(date).getUTCDay() === 1 ? 20 : 0);
  const swing = (t: number) => 3 * Math.sin(t * t);
  const shop = open.map(({ date, t }) => `${date},${(50 + monday(date) + swing(t)).toFixed(2)}`);
  write("shop.csv", shop);
  write("recent.csv", shop.slice(-60));
  write(
    "price.csv",
    open.map(({ date, t }) => `${date},${(50 + swing(t)).toFixed(2)}`),
  );
  const { err, code } = await train("shop.csv");
  expect(code).toBe(0);
  expect(err).toMatch(/shop.csv: 149 rows, .*every business day/);
  expect(err).toMatch(
    /6 rows missing in 6 gaps, .*: filled \(ffill\), as days of the week differ; --missing drop leaves them out\n/,
  );
  expect(err).toMatch(/a season of 5/);
  expect((await say("forecast", "m.keras", "recent.csv")).err).toMatch(/rows missing in \d gaps, .*filled \(ffill\)/);
  expect((await train("shop.csv", "--missing", "drop")).err).toMatch(/the others follow each other as they are/);
  write(
    "shops.csv",
    ["a", "b"].flatMap((name) => shop.map((row) => `${name},${row}`)),
    "shop,date,visits",
  );
  const many = await train("shops.csv", "--series", "shop", "--epochs", "1", "--batch-size", "1");
  expect(many.err).toMatch(/filled \(ffill\), as days of the week differ; .* \(in 2 series\)/);
  expect((await train("price.csv")).err).toMatch(
    /6 weekdays without a row, .*: taken as holidays, as days of the week do not differ\n/,
  );
});

test("without dates rows are counted", async () => {
  await train("newest.csv", "--no-date");
  const { out, err } = await say("forecast", "m.keras", "newest.csv");
  expect(err).toMatch(/80 rows, reads visits; leaves out date\n$/);
  expect(out).toMatch(/^step /);
  expect(JSON.parse((await say("forecast", "m.keras", "newest.csv", "--json")).out).dates).toBeNull();
});

test("gaps are counted; what was said of them in training holds for the next files", async () => {
  const refused = await train("gaps.csv");
  expect([refused.code, refused.err]).toEqual([
    1,
    expect.stringMatching(/gaps.csv: line 7: expected 2021-01-06, .* 8 rows missing in 8 gaps.*--missing interpolate/s),
  ]);
  const { err } = await train("gaps.csv", "--missing", "interpolate", "--quiet");
  expect(err).toBe("");
  const told = await say("forecast", "m.keras", "gaps.csv");
  expect(told.err).toMatch(/80 rows, .*\n.*8 rows missing in 8 gaps, the first 2021-01-06: filled \(interpolate\)\n$/);
  expect((await say("forecast", "m.keras", "gaps.csv", "--missing", "drop")).err).toMatch(
    /72 rows, .*\n.*follow each other as they are/,
  );
  expect((await train("gaps.csv", "--missing", "previous")).err).toMatch(/filled \(ffill\)/); // as it was called
  expect((await train("gaps.csv", "--missing", "refuse")).code).toBe(1);
  expect((await train("gaps.csv", "--missing", "fill")).err).toMatch(
    /Allowed choices are error, drop, ffill, bfill, interpolate/,
  );
});

test("clock times of a zone pass the hour that comes twice, and forecasts carry its clock times", async () => {
  const zone = new Intl.DateTimeFormat("sv", { timeZone: "Europe/Berlin", dateStyle: "short", timeStyle: "short" });
  const hours = Array.from({ length: 72 }, (_, t) => zone.format(Date.UTC(2021, 9, 29) + t * 3_600_000));
  write(
    "clocks.csv",
    hours.map((time, t) => `${time},${value(t)}`),
  );
  expect((await train("clocks.csv")).err).toMatch(/2021-10-31T02:00:00 again.*--time-zone "Europe\/Berlin"/s);
  await train("clocks.csv", "--time-zone", "Europe/Berlin", "--quiet");
  const { out, err } = await say("forecast", "m.keras", "clocks.csv");
  expect(err).toMatch(
    /72 rows, date 2021-10-29T02:00:00\+02:00 to 2021-11-01T00:00:00\+01:00, every hour \(Europe\/Berlin\)/,
  );
  expect(out).toMatch(/\n2021-11-01T01:00:00\+01:00 /);
});

test("day and month are kept as training found them, for files that do not tell", async () => {
  const dotted = (t: number) => day(t).split("-").reverse().join(".");
  write(
    "told.csv",
    rows.map((_, t) => `${dotted(t)},${value(t)}`),
  );
  write(
    "untold.csv",
    Array.from({ length: 12 }, (_, t) => `${dotted(t)},${value(t)}`),
  );
  await train("told.csv", "--window", "4", "--season", "1", "--quiet");
  const { out } = await say("forecast", "m.keras", "untold.csv");
  expect(out).toMatch(/\n2021-01-13 /);
  expect((await train("untold.csv")).err).toMatch(/--date-format day-first/);
});

test("a column that starts late is named with the rows that it costs", async () => {
  const late = rows.map((row, t) => `${row},${t < 60 ? "" : t * t}`);
  write("late.csv", late, "date,a,b");
  const { err } = await train("late.csv", "--columns", "a,b", "--missing", "ffill");
  expect(err).toMatch(/late.csv: 20 rows, date 2021-03-02 .*\n.*60 rows at the start left out, as "b" starts late\n/);
  expect((await train("late.csv", "--columns", "a,b", "--missing", "bfill")).err).toMatch(/late.csv: 80 rows/);
});

test("dates that cannot be told apart, two frequencies, duplicates and other steps name file and line, with flags to type", async () => {
  const ways: Record<string, [string[], RegExp]> = {
    "ambiguous.csv": [
      ["01/02/2020,1", "01/03/2020,5", "01/04/2020,2"],
      /ambiguous.csv: line 2: .*--date-format day-first, or --date-format month-first/s,
    ],
    "mixed.csv": [
      ["2020-01-31,1", "31.01.2020,5"],
      /mixed.csv: line 3: expected a date written as "2020-01-31" is.*--no-date/s,
    ],
    "zones.csv": [
      ["2020-01-31T10:00+01:00,1", "2020-01-31T10:00+02:00,5"],
      /zones.csv: line 3: .*--time-zone "Europe\/Berlin"/s,
    ],
    "twice.csv": [
      [...rows, rows[79]],
      /twice.csv: line 82: expected a date that no other row has.*--duplicates last, or --duplicates mean/s,
    ],
    "weekly.csv": [
      [...rows.slice(0, 20), ...rows.slice(20).filter((_, t) => t % 7 === 6)],
      /weekly.csv: line 22: expected one step between rows/,
    ],
  };
  for (const [name, [lines, message]] of Object.entries(ways)) {
    write(name, lines);
    const { code, err } = await train(name);
    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  }
  expect((await train("twice.csv", "--duplicates", "mean")).err).toMatch(
    /1 row with the date of another.*their mean is used/,
  );
  await train("days.csv", "--quiet");
  write(
    "hours.csv",
    rows.map((row, t) => row.replace(/^[\d-]+/, `2021-01-0${1 + Math.floor(t / 24)} ${t % 24}:00`)),
  );
  expect((await say("forecast", "m.keras", "hours.csv")).err).toMatch(
    /expected a row every day, as in training, received one every hour/,
  );
});

test("series that are too short name their file, and a column of one value is named", async () => {
  write("short.csv", rows.slice(0, 1));
  expect((await train("short.csv")).err).toMatch(
    /short\.csv: 1 row, date 2021-01-01, reads visits\n.*short\.csv: expected a series of at least \d+ rows, received 1/s,
  );
  expect((await say("backtest", "short.csv")).err).toMatch(/short\.csv: expected at least 4 rows for 3 folds/);
  write(
    "equal.csv",
    rows.map((row) => row.replace(/,.*/, ",5")),
  );
  expect((await train("equal.csv", "--method", "naive")).err).toContain(
    "equal.csv: visits is 5 in every row: nothing to learn there\n",
  );
});

test("evaluated on the rows of training, a forecaster has the errors of the rows that were held out, and says so", async () => {
  const trained = await train("days.csv");
  const same = await say("evaluate", "m.keras", "days.csv");
  expect(same.code).toBe(0);
  expect(same.err).toContain("too few rows after the 80 of training: errors on the rows that training held out");
  expect(trained.out).toContain(same.out.trim());
});
