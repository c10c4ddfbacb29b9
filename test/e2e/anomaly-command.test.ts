/** `cellstate train anomaly` and `cellstate detect`: alarms by date, as table, CSV, JSON and chart, and rows as they come. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { speaker } from "./say.ts";

const { file, say, sayTo } = speaker("anomaly");
const trained = 24 * 21; // rows

/** Hours of four weeks, with a spike and a night that is missing in the last. */
const rows = Array.from({ length: 24 * 28 }, (_, t) => {
  const noise = ((t * 7919) % 101) / 50 - 1;
  const night = t >= trained + 96 && t < trained + 106;
  const load = night ? 75 : 50 + 20 * Math.sin((2 * Math.PI * t) / 24) + 2 * noise + (t === trained + 40 ? 40 : 0);
  const at = new Date(Date.UTC(2024, 0, 1, t)).toISOString();
  return `${at.slice(8, 10)}/${at.slice(5, 7)}/2024 ${at.slice(11, 16)};${load.toFixed(2).replace(".", ",")}`; // day first, decimal comma
});
const head = "time;load";
const spike = "2024-01-23T16:00:00";

beforeAll(async () => {
  writeFileSync(file("load.csv"), `${[head, ...rows].join("\n")}\n`);
  writeFileSync(file("later.csv"), `${[head, ...rows.slice(trained)].join("\n")}\n`);
  const learn = ["train", "anomaly", "load.csv", "--until", "2024-01-22", "--false-alarms", "1 in 2 weeks"];
  const { code, err } = await say(...learn, "--epochs", "2", "--units", "4", "--window", "8", "--save", "pump.keras");
  expect([code, err]).toEqual([0, expect.stringMatching(/learns from the 504 rows before 2024-01-22T00:00/)]);
}, 60_000); // a moment where nothing else computes

test("a table has the alarms with their dates; the model's file says how dates and numbers are written", async () => {
  const { out, err, code } = await say("detect", "pump.keras", "later.csv");
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`${spike} +\\d+ hours? +.*deviations`));
  expect(out).toMatch(/2024-01-26T0\d:00/);
  expect(out).toMatch(/\d alarms in 160 rows; one false alarm in 340 rows is tolerated/);
  expect(err).toMatch(/168 rows, time 2024-01-22T00:00:00 to 2024-01-28T23:00:00, every hour, reads load/);
});

test("JSON, CSV, the scores of all rows, a chart with shaded alarms", async () => {
  const written = ["--scores", "scores.csv", "--chart", "alarms.svg"];
  const { alarms, threshold, rows: count } = JSON.parse((await say("detect", "pump.keras", "later.csv", "--json")).out);
  const struck = alarms.find(({ start }: { start: string }) => start === spike);
  expect(struck).toMatchObject({ column: "load", component: expect.stringMatching(/error|season/) });
  expect([threshold, count]).toEqual([Math.log10(336), 168]);
  const { out } = await say("detect", "pump.keras", "later.csv", "--csv", ...written);
  expect(out.split("\n")[0]).toBe("start,end,from,to,column,value,usual,component,size,score");
  expect(out.split("\n")).toHaveLength(alarms.length + 2);
  const scores = readFileSync(file("scores.csv"), "utf8").trim().split("\n");
  expect([scores.length, scores[0], scores[1]]).toEqual([169, "date,score,alarm", "2024-01-22T00:00:00,,0"]);
  expect(scores[41]).toMatch(/^2024-01-23T16:00:00,[\d.]+,1$/);
  expect(readFileSync(file("alarms.svg"), "utf8")).toContain("Anomalies: ");
  expect((await say("detect", "pump.keras", "later.csv", "-q")).out).toContain(`${spike}\n`);
});

test("a line from standard input is scored as it comes, with and without the names of the columns", async () => {
  const part = rows.slice(trained);
  const { out, code } = await sayTo([head, ...part], "detect", "pump.keras", "-", "--json");
  const streamed = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect([code, streamed.length]).toEqual([0, 168]);
  expect(streamed[7].score).toBe(null);
  expect(streamed[40]).toMatchObject({ date: spike, alarm: true, column: "load", row: 40 });
  await say("detect", "pump.keras", "later.csv", "--scores", "scores.csv", "-q");
  const scores = readFileSync(file("scores.csv"), "utf8").trim().split("\n").slice(1);
  streamed.slice(8).forEach(({ score }, t) => {
    expect(Math.abs(score - Number(scores[t + 8].split(",")[1]))).toBeLessThan(1e-3); // windows are predicted alone
  });
  const alone = await sayTo(part, "detect", "pump.keras", "-");
  expect(alone.out).toMatch(new RegExp(`${spike}\tload [\\d.]+, usual [\\d.]+\t[\\d.]+ deviations \\(\\w+\\)\tone in`));
  expect((await sayTo(part, "detect", "pump.keras", "-", "--quiet")).out).toContain(`${spike}\n`);
});

test("a line that is no row is told with its number, and the others are scored", async () => {
  const lines = [head, rows[0], "02/01/2024 99:00;3", "", "words", rows[1]];
  const { out, err, code } = await sayTo(lines, "detect", "pump.keras", "-", "--json");
  const answers = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect([code, err]).toEqual([1, ""]);
  expect(answers.map(({ row, line }) => row ?? `line ${line}`)).toEqual([0, "line 3", "line 5", 1]);
  expect((await sayTo(lines, "detect", "pump.keras", "-")).err).toMatch(/^line 3: [\s\S]*\nline 5: /);
});

test("a model of another task, no dates, files beside standard input and a wrong rate are refused", async () => {
  const refused = async (...words: string[]) => (await say("detect", "pump.keras", ...words)).err;
  expect(await refused("later.csv", "--no-date")).toMatch(/the dates of the rows/);
  expect(await refused("later.csv", "--false-alarms", "seldom")).toMatch(/--false-alarms: for example "1 in 4 weeks"/);
  expect(await refused("-", "--chart", "a.svg")).toMatch(/--chart: expected a file, received standard input/);
  expect(await refused("-", "later.csv")).toMatch(/Leave - out/);
  expect((await say("forecast", "pump.keras", "later.csv")).err).toMatch(/Use cellstate detect/);
  writeFileSync(file("flat.csv"), `v\n${"3\n".repeat(80)}`);
  expect((await say("train", "anomaly", "flat.csv", "--save", "x.keras")).err).toMatch(/a column "v" that changes/);
  expect((await say("train", "anomaly", "load.csv", "--until", "2025-01-01")).err).toMatch(
    /--until: expected a row above 0/,
  );
});
