/** Many series on the command line: a table in long form, and rows that are series. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadGlobalForecaster } from "../../src/index.ts";
import { speaker } from "./say.ts";

const { file, say } = speaker("many");
const [stores, days, horizon] = [6, 50, 7];
const size = ["--horizon", "7", "--season", "7", "--epochs", "1", "--batch-size", "16", "--units", "4", "-q"];

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "native";
  const sales = (k: number, t: number) =>
    (20 + 10 * k) * (1 + 0.3 * Math.sin((t * 2 * Math.PI) / 7 + k)) + 8 * promotion(k, t);
  const promotion = (k: number, t: number) => ((t * 7 + k) % 5 === 0 ? 1 : 0);
  const rows = Array.from({ length: stores }, (_, k) =>
    Array.from({ length: days }, (_, t) => {
      const day = new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(0, 10);
      const known = t < days - horizon ? sales(k, t).toFixed(2) : "";
      return `s${k},${day},${known},${promotion(k, t)},${k % 2 ? "north" : "south"}`;
    }),
  );
  writeFileSync(file("stores.csv"), `store,day,sales,promo,region\n${rows.flat().join("\n")}\n`);
  const wide = (from: number, to: number) =>
    Array.from({ length: stores }, (_, k) =>
      [
        `w${k}`,
        ...Array.from({ length: to - from }, (_, t) => (k === 0 && t > 40 ? "" : sales(k, from + t).toFixed(2))),
      ].join(","),
    ).join("\n");
  writeFileSync(file("past.csv"), `id,${names(43)}\n${wide(0, 43)}\n`);
  writeFileSync(file("next.csv"), `id,${names(7)}\n${wide(43, 50)}\n`);
});
const names = (count: number) => Array.from({ length: count }, (_, i) => `V${i + 1}`).join(",");

test("one network over a long table, its columns and the reading kept for the next file", {
  timeout: 60_000,
}, async () => {
  const columns = ["--series", "store", "--targets", "sales", "--known", "promo", "--static", "region"];
  const trained = await say("train", "forecast", "stores.csv", ...columns, ...size, "--save", "many.keras");
  expect(trained).toMatchObject({ code: 0, err: "" });
  const { err, out } = await say("forecast", "many.keras", "stores.csv", "--csv");
  expect(err).toContain(
    "6 series (s0, s1, s2, s3, s4, …), 43 values each, of column sales, dated by day; beside it promo, region",
  );
  const lines = out.trim().split("\n");
  expect(lines[0]).toBe("series,date,forecast");
  expect(lines[1]).toMatch(/^s0,2024-02-13,\d/);
  expect(lines).toHaveLength(1 + stores * horizon);
  const json = await say("evaluate", "many.keras", "stores.csv", "--json", "--period", "1");
  const report = JSON.parse(json.out);
  expect(report.series.map(({ id }: { id: string }) => id)).toEqual(["s0", "s1", "s2", "s3", "s4", "s5"]);
  expect(report.methods.forecast).toHaveProperty("medianSmape");
  expect(report.methods.naive.owa).toBeCloseTo(1);
  const { out: table, err: seen } = await say("evaluate", "many.keras", "stores.csv", "--origins", "2");
  expect(seen).toContain("as many values as in training, which saw the steps that are forecast here");
  expect(table).toContain("6 series, 2 forecasts of 7 steps");
  expect(table).toContain("largest and smallest MASE");
});

test("forecasts of many series lie over each other in a drawing, each series in a panel", async () => {
  const rows = (shift: number, from: number) =>
    Array.from({ length: 8 }, (_, k) =>
      Array.from({ length: 3 }, (_, h) => `s${k},2024-03-0${from + h},${k + h + shift},${k - 1},${k + 9}`),
    ).flat();
  const written = (name: string, lines: readonly string[]) =>
    writeFileSync(file(name), `series,date,forecast,low,high\n${lines.join("\n")}\n`);
  written("march.csv", rows(0, 1));
  written("later.csv", rows(0.5, 3));
  const two = await say("plot", "march.csv", "later.csv", "--out", "two.svg");
  expect(two).toMatchObject({ code: 0 });
  const drawn = readFileSync(file("two.svg"), "utf8");
  for (const text of ["Forecasts of 6 of 8 series", "march", "later", ">s5<", "2024-03-01"])
    expect(drawn, text).toContain(text);
  expect(drawn).not.toContain(">s6<");
  await say("plot", "march.csv", "later.csv", "--target", "s7", "--out", "one.svg");
  expect(readFileSync(file("one.svg"), "utf8")).toContain(">s7<");
  const none = await say("plot", "march.csv", "--target", "s77", "--out", "x.svg");
  expect(none.err).toMatch(/march\.csv: expected a series "s77".*"s7"/s);
  const beside = await say("plot", "march.csv", "--series", "stores.csv", "--out", "x.svg");
  expect(beside.err).toContain("forecast MODEL FILE --chart");
  writeFileSync(file("other.csv"), "series,day,value\ns1,1,2\n");
  const others = await say("plot", "march.csv", "other.csv", "--out", "x.svg");
  expect(others).toMatchObject({ code: 1, err: expect.stringContaining("forecast") });
});

test("seasons that are given: several of many series, one of a single one, parts of a step told", {
  timeout: 60_000,
}, async () => {
  const columns = [
    "--series",
    "store",
    "--targets",
    "sales",
    "--known",
    "promo",
    "--epochs",
    "1",
    "--batch-size",
    "16",
    "--units",
    "4",
  ];
  const trained = ["train", "forecast", "stores.csv", ...columns, "--save", "seasons.keras"];
  const given = await say(...trained, "--season", "3.5,7");
  expect(given.err).toContain(
    "--season 3.5: taken as 4, the nearest whole steps; --calendar reads the day of the year",
  );
  const task = await loadGlobalForecaster(file("seasons.keras"));
  expect(task.learned.view.seasons).toEqual([4, 7]);
  expect((await say(...trained, "--season", "0.5")).err).toContain("Expected season lengths of 1 or more");
  writeFileSync(file("plain.csv"), `value\n${Array.from({ length: 60 }, (_, t) => t % 7).join("\n")}\n`);
  const one = await say("train", "forecast", "plain.csv", "--season", "7,14", "--save", "x.keras");
  expect(one).toMatchObject({ code: 1, err: expect.stringContaining("expected one season of one series") });
});

test("rows that are series; a second file continues them", { timeout: 60_000 }, async () => {
  expect(await say("train", "forecast", "past.csv", "--wide", ...size, "--save", "wide.keras")).toMatchObject({
    code: 0,
  });
  const { out, err } = await say("evaluate", "wide.keras", "past.csv", "next.csv", "--csv");
  expect(err).toContain("6 series (w0, w1, w2, w3, w4, …), 48 to 50 values each, a row each");
  expect(out.trim().split("\n")[1]).toMatch(/^w0,48,/);
  expect((await say("forecast", "wide.keras", "past.csv", "--horizon", "2")).out).toMatch(
    /series +step 1 +step 2\n +w0/,
  );
});

test("what does not fit many series is said", async () => {
  const train = (...words: string[]) => say("train", "forecast", ...words, "--save", "other.keras");
  expect((await train("stores.csv", "--series", "shop", "--targets", "sales")).err).toContain(
    '--series: expected a column of the file, received "shop"',
  );
  expect((await train("stores.csv", "--series", "store", "--scaler", "robust")).err).toContain(
    "--scaler: expected an option of a network for many series",
  );
  writeFileSync(file("one.csv"), `day,sales\n${names(30).replaceAll(/V(\d+),?/g, "$1,$1\n")}`);
  expect((await train("one.csv", "--log1p", "--method", "ets")).err).toContain(
    "--log1p is of such a network only, be it for one series: leave --log1p or --method out.",
  );
  expect((await train("stores.csv", "--series", "store", "--wide")).err).toContain(
    "--series: expected a table with a row for each value, received --wide",
  );
  const short = "store,day,sales\na,2024-01-01,1\nb,2024-01-01,2\n";
  writeFileSync(file("short.csv"), short);
  expect((await train("short.csv", "--series", "store", "--targets", "sales", "--horizon", "7")).err).toContain(
    "expected a series of at least 14 values, received 1 in the longest",
  );
  expect((await say("forecast", "many.keras", "stores.csv", "--horizon", "9")).err).toContain(
    "expected a horizon up to the 7 it was trained for",
  );
  expect((await say("predict", "many.keras", "stores.csv")).err).toContain(
    "Use cellstate forecast or cellstate evaluate.",
  );
});

test("intervals, a training that goes on, and a backtest of many series", { timeout: 120_000 }, async () => {
  const columns = ["--series", "store", "--targets", "sales", "--known", "promo"];
  const trained = await say(
    "train",
    "forecast",
    "stores.csv",
    ...columns,
    ...size,
    "--coverage",
    "0.8",
    "--save",
    "w.keras",
  );
  expect(trained).toMatchObject({ code: 0, err: "" });
  const [head, first] = (await say("forecast", "w.keras", "stores.csv", "--csv", "-q")).out.split("\n");
  expect(head).toBe("series,date,forecast,low,high");
  const [, , forecast, low, high] = first.split(",").map(Number);
  expect(low < forecast && forecast < high).toBe(true);
  const report = JSON.parse((await say("evaluate", "w.keras", "stores.csv", "--json", "-q")).out);
  expect(report.intervals).toMatchObject({ asked: 0.8, measured: expect.any(Number), msis: expect.any(Number) });
  const longer = await say(
    "train",
    "forecast",
    "stores.csv",
    "--continue",
    "w.keras",
    "--epochs",
    "1",
    "-q",
    "--save",
    "x.keras",
  );
  expect(longer).toMatchObject({ code: 0, err: "" }); // the columns are those of the file
  const [before, after] = await Promise.all(["w.keras", "x.keras"].map((name) => loadGlobalForecaster(file(name))));
  expect(after.model.getWeights()[0].data).not.toEqual(before.model.getWeights()[0].data);
  expect((await say("forecast", "x.keras", "stores.csv", "--csv", "-q")).out.split("\n")[0]).toBe(head);
  const fixed = await say(
    "train",
    "forecast",
    "stores.csv",
    "--continue",
    "w.keras",
    "--horizon",
    "3",
    "--save",
    "y.keras",
  );
  expect(fixed.err).toContain("--horizon: expected an option of the training, beside --continue");
  const tested = await say("backtest", "stores.csv", ...columns, ...size.slice(0, -1), "--folds", "2");
  expect(tested.err).toContain("fold 2 of 2: trained without the last 7 values of each series: sMAPE");
  expect(tested.out).toContain("2 folds, 7 steps of 6 series");
  const chart = await say("backtest", "stores.csv", ...columns, "--horizon", "7", "--chart", "b.svg");
  expect(chart.err).toContain("--chart: expected a forecaster of one series, received one of many");
  const other2 = await say(
    "train",
    "forecast",
    "stores.csv",
    ...columns,
    "--intervals",
    "gaussian",
    "--save",
    "z.keras",
  );
  expect(other2.err).toContain("--intervals: expected conformal or none, for many series, received gaussian");
});
