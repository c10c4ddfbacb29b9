/** Columns known beforehand on the command line: calendar, holidays, a file of the steps ahead, leaks. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { speaker } from "./say.ts";

const { file, say } = speaker("known");
const [days, horizon] = [70, 7];
const size = ["--horizon", "7", "--season", "7", "--epochs", "1", "--batch-size", "16", "--units", "4"];
const day = (t: number) => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
const warm = (t: number) => (20 + 5 * Math.sin(t / 3) + (t % 4)).toFixed(1);

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "native";
  const [casual, member] = [(t: number) => (t % 7 < 5 ? 0 : 4 + (t % 3)), (t: number) => 10 + ((5 * t) % 13)];
  const rows = Array.from({ length: days }, (_, t) => [day(t), casual(t) + member(t), warm(t), casual(t), member(t)]);
  writeFileSync(file("bikes.csv"), `day,cnt,temp,casual,member\n${rows.map((r) => r.join(",")).join("\n")}\n`);
  const ahead = Array.from({ length: horizon }, (_, h) => `${day(days + h)},${warm(days + h)}`);
  writeFileSync(file("weather.csv"), `day,temp\n${ahead.join("\n")}\n`);
  writeFileSync(file("short.csv"), `day,temp\n${ahead.slice(0, 4).join("\n")}\n`);
  writeFileSync(file("holidays.csv"), "date,name\n2024-01-01,New Year\n2024-03-12,Fair\n");
});

test("dates, holidays and a file of the steps ahead are read; the model's file keeps what it needs", {
  timeout: 60_000,
}, async () => {
  const columns = ["--targets", "cnt", "--known", "temp", "--past", "casual"];
  const options = ["--calendar", "--holidays", "holidays.csv", "--log1p", "--save", "bikes.keras"];
  const trained = await say("train", "forecast", "bikes.csv", ...columns, ...options, ...size);
  expect(trained.code).toBe(0);
  expect(trained.err).toContain("70 values each, of column cnt, dated by day; beside it temp, casual");
  expect(trained.err).toContain(
    "bikes.keras: reads weekday, holiday of the dates; 2 holidays; works on logarithms of one more (log1p)",
  );
  const { out, err } = await say("forecast", "bikes.keras", "bikes.csv", "--known-file", "weather.csv", "--csv");
  expect(err).toMatch(/bikes\.csv, .*weather\.csv: 1 series \(cnt\), 70 values each/);
  const lines = out.trim().split("\n");
  expect(lines[0]).toBe("series,date,forecast");
  expect(lines.slice(1).map((line) => line.split(",")[1])).toEqual(
    Array.from({ length: horizon }, (_, h) => day(days + h)),
  );
  expect(lines.slice(1).every((line) => Number(line.split(",")[2]) >= 0)).toBe(true);
  // Rows without a value at the end of the same file say the same.
  const [head, ...rows] = readFileSync(file("bikes.csv"), "utf8").trim().split("\n");
  const coming = readFileSync(file("weather.csv"), "utf8").trim().split("\n").slice(1);
  const below = coming.map((line) => `${line.split(",")[0]},,${line.split(",")[1]},,`);
  writeFileSync(file("both.csv"), [head, ...rows, ...below].join("\n"));
  expect((await say("forecast", "bikes.keras", "both.csv", "--csv")).out).toBe(out);
  expect((await say("evaluate", "bikes.keras", "bikes.csv")).out).toContain("1 series, 1 forecast of 7 steps");
  // What does not reach far enough is named with its line.
  const short = await say("forecast", "bikes.keras", "bikes.csv", "--known-file", "short.csv");
  expect(short.code).toBe(1);
  expect(short.err).toMatch(
    /short\.csv: line 5: expected column "temp" for 7 steps after the last value of "cnt", received the last row, 4 steps after it\.\n {2}Add rows/,
  );
  const none = await say("forecast", "bikes.keras", "bikes.csv");
  expect(none.err).toMatch(/bikes\.csv: line 71: .*0 steps after it/);
  const alone = await say("forecast", "bikes.keras", "weather.csv");
  expect(alone.err).toMatch(
    /weather\.csv: expected column "cnt", which the model reads, received .*temp.*\n.*--known-file FILE/,
  );
});

test("known columns that add up to the target are refused by name, unless they are allowed", {
  timeout: 60_000,
}, async () => {
  const train = ["train", "forecast", "bikes.csv", "--targets", "cnt", "--known", "temp,casual,member", ...size];
  const { code, err } = await say(...train, "--save", "leaky.keras");
  expect(code).toBe(1);
  expect(err).toMatch(/received the values to forecast: casual \+ member\.\n {2}Leave casual and member out/);
  expect((await say(...train, "--allow-leaks", "--save", "leaky.keras", "-q")).code).toBe(0);
});

test("a list of holidays without dates, and a file of known columns where none is read, are errors", {
  timeout: 60_000,
}, async () => {
  writeFileSync(file("names.csv"), "name\nEaster\nChristmas\n");
  const bad = await say("train", "forecast", "bikes.csv", "--targets", "cnt", "--holidays", "names.csv", ...size);
  expect(bad.err).toContain("names.csv: expected a column of dates, received name.");
  const plain = ["--targets", "cnt", "--calendar", "--past", "temp,casual,member", "--save", "plain.keras", "-q"];
  expect((await say("train", "forecast", "bikes.csv", ...plain, ...size)).code).toBe(0);
  const wrong = await say("forecast", "plain.keras", "bikes.csv", "--known-file", "weather.csv");
  expect(wrong.err).toContain("expected a model that reads columns known beforehand");
});

test("a file of known columns need not repeat what does not change; each series is drawn; what is too short is said", {
  timeout: 60_000,
}, async () => {
  const price = (k: number, t: number) => (t * (k + 2)) % 5;
  const line = (k: number, t: number) =>
    `s${k},${k % 2 ? "north" : "south"},${day(t)},${price(k, t)},${10 + k + price(k, t)}`;
  const rows = [50, 50, 5].flatMap((n, k) => Array.from({ length: n }, (_, t) => line(k, t)));
  writeFileSync(file("shops.csv"), `shop,region,day,price,sold\n${rows.join("\n")}\n`);
  const ahead = [50, 50, 5].flatMap((n, k) =>
    Array.from({ length: horizon }, (_, h) => `s${k},${day(n + h)},${price(k, n + h)}`),
  );
  writeFileSync(file("prices.csv"), `shop,day,price\n${ahead.join("\n")}\n`);
  const columns = ["--series", "shop", "--targets", "sold", "--known", "price", "--static", "region"];
  const trained = await say("train", "forecast", "shops.csv", ...columns, ...size, "--save", "shops.keras");
  expect(trained.err).toContain("1 of 3 series too short to evaluate: s2");
  const found = await say(
    "forecast",
    "shops.keras",
    "shops.csv",
    "--known-file",
    "prices.csv",
    "--csv",
    "--chart",
    "shops.svg",
  );
  expect(found.code).toBe(0);
  expect(found.out.trim().split("\n").at(-1)).toMatch(new RegExp(`^s2,${day(11)},`));
  const drawn = readFileSync(file("shops.svg"), "utf8");
  expect(["s0", "s1", "s2"].map((id) => drawn.includes(`>${id}<`))).toEqual([true, true, true]);
});
