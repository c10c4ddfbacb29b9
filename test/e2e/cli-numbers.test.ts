/** `cellstate evaluate` and `cellstate forecast`, option by option. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { forecaster, textClassifier } from "../../src/index.ts";
import { speaker, trainModels } from "./say.ts";

const here = speaker("cli-numbers");
const { file, say } = here;

beforeAll(() => trainModels(here), 60_000);

test("evaluate prints a table, JSON, and draws the confusion matrix as svg or png", async () => {
  const table = await say("evaluate", "sentiment.keras", "reviews.csv", "--chart", "confusion.svg");
  expect(table.out).toMatch(/^accuracy \d+\.\d %, loss \d\.\d{4}, ROC AUC \d\.\d{3}, PR AUC \d\.\d{3}\n +precision/);
  expect(readFileSync(file("confusion.svg"), "utf8")).toMatch(/^<svg[\s\S]*Confusion matrix[\s\S]*good/);
  const { accuracy, report } = JSON.parse((await say("evaluate", "sentiment.keras", "reviews.csv", "--json")).out);
  expect(report.accuracy).toBe(accuracy);
  expect(report.confusion.counts.flat().reduce((a: number, b: number) => a + b)).toBe(12);
  await say("evaluate", "speaker.keras", "steps.csv", "--group", "id", "--chart", "confusion.png");
  expect(readFileSync(file("confusion.png")).subarray(1, 4).toString()).toBe("PNG");
});

test("labels that are numbers to the model are numbers in its answers, and found in a file's cells", async () => {
  const task = textClassifier({ units: 4 });
  await task.fit(["so good", "so bad", "very good", "very bad"], [1, 0, 1, 0], { epochs: 1, verbose: 0 });
  await task.save(file("numbers.keras"));
  writeFileSync(file("numbers.csv"), "text,label\nso good,1\nso bad,0\n");
  const { out, code } = await say("evaluate", "numbers.keras", "numbers.csv", "--json");
  expect([code, JSON.parse(out).report.confusion.labels]).toEqual([0, ["0", "1"]]);
  expect(JSON.parse((await say("predict", "numbers.keras", "so good", "--json")).out).label).toBeTypeOf("number");
  writeFileSync(file("odd.csv"), "text,label\nso good,2\n");
  expect((await say("evaluate", "numbers.keras", "odd.csv")).err).toMatch(
    /odd\.csv: line 2: expected a label it was trained on, received "2"/,
  );
});

test("labels that are all written as numbers are numbers from training on, in the order of their size", async () => {
  const rows = [9, 10, 2].flatMap((k) =>
    Array(3).fill(`${["two", "nine", "ten"][[2, 9, 10].indexOf(k)]} of them,${k}`),
  );
  writeFileSync(file("sizes.csv"), `text,label\n${rows.join("\n")}\n`);
  await say("train", "classify", "sizes.csv", "--epochs", "1", "--units", "2", "--quiet", "--save", "sizes.keras");
  const answer = JSON.parse((await say("predict", "sizes.keras", "two of them", "--json")).out);
  expect(answer.label).toBeTypeOf("number");
  const { report } = JSON.parse((await say("evaluate", "sizes.keras", "sizes.csv", "--json")).out);
  expect(report.confusion.labels).toEqual(["2", "9", "10"]);
});

test("--top says of how many classes it speaks: of those there are, and of ten at most", async () => {
  const rows = Array.from({ length: 24 }, (_, k) => `text of kind ${k % 12},kind ${k % 12}`);
  writeFileSync(file("kinds.csv"), `text,label\n${rows.join("\n")}\n`);
  await say("train", "classify", "kinds.csv", "--epochs", "1", "--units", "2", "--quiet", "--save", "kinds.keras");
  const asked = ["evaluate", "kinds.keras", "kinds.csv"] as const;
  const { topAccuracy } = JSON.parse((await say(...asked, "--json")).out);
  for (const [top, most] of [
    [3, 3],
    [12, 10],
  ]) {
    const among = `${(100 * topAccuracy[most - 1]).toFixed(1)} % among the ${most} most probable`;
    expect((await say(...asked, "--top", `${top}`)).out).toContain(among);
  }
  expect((await say("evaluate", "sentiment.keras", "reviews.csv", "--top", "5")).out).toContain("among the 2 most");
});

test("a forecaster is evaluated from a row on, with a chart of forecast and truth; a language model has no chart", async () => {
  const table = await say("evaluate", "sales.keras", "series.csv", "--from", "30", "--chart", "evaluated.svg");
  expect(table).toMatchObject({ code: 0, out: expect.stringMatching(/naive/) });
  expect(readFileSync(file("evaluated.svg"), "utf8")).toMatch(/^<svg/);
  expect((await say("evaluate", "writer.keras", "lines.txt", "--chart", "no.svg")).err).toMatch(/a language model/);
});

test("forecast without a file says what to give; a longer horizon needs a recursive forecaster", async () => {
  const none = await say("forecast", "sales.keras");
  expect(none).toMatchObject({
    code: 1,
    err: expect.stringMatching(/The model does not store the series: .* FILE, with sales\./),
  });
  const far = await say("forecast", "sales.keras", "series.csv", "--horizon", "9");
  expect(far.err).toMatch(
    /horizon: expected at most the 3 it was trained for, received 9\.\n {2}Train with --horizon 9, or --strategy recursive/,
  );
  const task = forecaster({ strategy: "recursive", units: 3, window: 4, columns: ["sales"] });
  const series = Array.from({ length: 40 }, (_, t) => [10 + (t % 4)]);
  await task.fit(series, { epochs: 1, verbose: 0 });
  await task.save(file("steps.keras"));
  const { out } = await say("forecast", "steps.keras", "series.csv", "--horizon", "9", "--json");
  expect(JSON.parse(out).values).toHaveLength(9);
});

test("a column of decimal commas is read and said, and one with a broken cell among them is never left out unsaid", async () => {
  const rows = Array.from({ length: 20 }, (_, t) => `${t};${t % 4},5`);
  writeFileSync(file("comma.csv"), `day;sales\n${rows.join("\n")}\n`);
  const words = ["train", "forecast", "comma.csv", "--epochs", "1", "--units", "2", "--quiet", "--save", "comma.keras"];
  const said = await say(...words.filter((word) => word !== "--quiet"));
  expect([said.code, said.err]).toEqual([
    0,
    expect.stringMatching(/"0,5" in column sales is read as one number: --decimal ","/),
  ]);
  expect((await say(...words, "--decimal", ".")).err).toMatch(
    /received "0,5"\.\n {2}For decimal commas: --decimal ","/,
  );
  expect(await say(...words, "--decimal", ",")).toMatchObject({ code: 0, err: "" });
  writeFileSync(file("comma.csv"), `day;sales\n${rows.with(7, "7;x").join("\n")}\n`);
  expect((await say(...words, "--decimal", ",")).err).toMatch(/line 9 in column "sales", received "x"/);
});

test("--csv has the bounds of the intervals, and says on standard error when the forecast is worth little", async () => {
  const noise = Array.from({ length: 80 }, (_, t) => (t * 7919) % 101);
  writeFileSync(file("noise.csv"), `sales\n${noise.join("\n")}\n`);
  const small = ["--intervals", "quantile", "--epochs", "1", "--units", "2", "--quiet", "--save", "band.keras"];
  expect(await say("train", "forecast", "noise.csv", "--horizon", "2", ...small)).toMatchObject({ code: 0, err: "" });
  const ask = (...words: string[]) => say("forecast", "band.keras", "noise.csv", ...words);
  const csv = await ask("--csv");
  expect(csv.out).toMatch(/^sales,sales low,sales high\n([\d.-]+,[\d.-]+,[\d.-]+\n){2}$/);
  const { values, low, high, warnings } = JSON.parse((await ask("--json")).out);
  const shown = [values[1][0], low[1][0], high[1][0]].map((v) => Number(v.toPrecision(15)));
  expect(csv.out.split("\n")[2].split(",").map(Number)).toEqual(shown);
  expect(csv.err).toBe(
    `${file("noise.csv")}: 80 rows, reads sales\n` + warnings.map((text: string) => `Warning: ${text}\n`).join(""),
  );
  expect(warnings.length).toBeGreaterThan(0);
  expect((await ask("--csv", "--quiet")).err).toBe("");
});

test("--quiet leaves the result: the table of a forecast, a line of its errors", async () => {
  const plain = await say("forecast", "sales.keras", "series.csv");
  const quiet = await say("forecast", "sales.keras", "series.csv", "--quiet");
  expect(plain.out).toMatch(/On the validation split/);
  expect(plain.out.startsWith(quiet.out)).toBe(true);
  expect(quiet.out.trim().split("\n")).toHaveLength(4); // its head and three steps
  const evaluated = await say("evaluate", "sales.keras", "series.csv", "--from", "30", "--quiet");
  expect(evaluated.out).toMatch(/^RMSE \S+, MASE \d+\.\d{3}\n$/);
});

test("evaluate on the very series of training says that its errors are those of the rows held out", async () => {
  expect((await say("evaluate", "sales.keras", "series.csv")).err).toMatch(
    /too few rows after the 40 of training: errors on the rows that training held out .* no training saw\n$/,
  );
});

test("a gap and a series too short are told", async () => {
  writeFileSync(file("gap.csv"), "sales\n1\n2\nNA\n4\n");
  expect((await say("forecast", "sales.keras", "gap.csv")).err).toMatch(/line 4.*a number|a number .*line 4/);
  writeFileSync(file("short.csv"), "sales\n1\n2\n");
  expect((await say("forecast", "sales.keras", "short.csv")).err).toMatch(/a series of at least \d+ rows, received 2/);
});

test("a chart that cannot be written is refused before anything is read", async () => {
  const wrong = [/chart\.jpg: expected a name that ends in \.svg or \.png/, "chart.jpg"] as const;
  const lost = [/--(chart|out) \/nowhere\/a\.svg: .* a folder that does not exist/, "/nowhere/a.svg"] as const;
  for (const [message, name] of [wrong, lost]) {
    expect((await say("forecast", "none.keras", "none.csv", "--chart", name)).err).toMatch(message);
    expect((await say("evaluate", "none.keras", "none.csv", "--chart", name)).err).toMatch(message);
    expect((await say("plot", "none.keras", "--out", name)).err).toMatch(message);
  }
});

test("the chart of a forecast shows the steps before it, not a long past, and the answer says its worth in a line", async () => {
  const rows = Array.from({ length: 400 }, (_, t) => 10 + (t % 4));
  writeFileSync(file("long.csv"), `sales\n${rows.join("\n")}\n`);
  const { out } = await say("forecast", "sales.keras", "long.csv", "--chart", "last.svg");
  const drawn = readFileSync(file("last.svg"), "utf8");
  expect(drawn).toMatch(/>400</);
  expect(drawn).not.toMatch(/>(50|100|200|300)</);
  expect(
    out.match(/^On the validation split: RMSE .*, MASE .*; (naive|seasonal naive|drift): RMSE .*, MASE .*$/gm),
  ).toHaveLength(1);
  expect(out).not.toMatch(/sMAPE/);
});

test("--targets forecasts one column, reading the others; --columns names them where they have other names", async () => {
  const rows = Array.from({ length: 40 }, (_, t) => `${t},${10 + (t % 4)},${t % 2}`);
  writeFileSync(file("two.csv"), `day,sales,rain\n${rows.join("\n")}\n`);
  writeFileSync(file("other.csv"), `d,umsatz,regen\n${rows.join("\n")}\n`);
  const small = ["--columns", "sales,rain", "--epochs", "1", "--units", "3", "--quiet", "--save", "target.keras"];
  expect((await say("train", "forecast", "two.csv", "--targets", "sales", ...small)).code).toBe(0);
  const plain = await say("forecast", "target.keras", "two.csv", "--csv");
  expect(plain.out).toMatch(/^sales\n[\d.-]+\n$/);
  const renamed = await say("forecast", "target.keras", "other.csv", "--columns", "umsatz,regen", "--csv");
  expect(renamed.out.split("\n")[1]).toBe(plain.out.split("\n")[1]);
  expect((await say("forecast", "target.keras", "other.csv")).err).toMatch(/sales/);
});

test("an option that says nothing of such a file or model is refused", async () => {
  const small = ["--epochs", "1", "--units", "2", "-q", "--save", "x.keras"];
  for (const [words, told] of [
    ["train sequence steps.csv --group id --mels 3", /--mels: expected wav files, received \S*steps\.csv/],
    ["train sequence steps.csv --group id --frame-ms 3", /--frame-ms: expected wav files/],
    ["train sequence steps.csv --label-from name", /--label-from: expected wav, received csv/],
    ["train sequence one.wav --label-from name --group id", /--group: expected csv, received wav/],
  ] as const) {
    const said = await say(...words.split(" "), ...small);
    expect(said).toMatchObject({ code: 1, err: expect.stringMatching(told) });
  }
  for (const [words, told] of [
    ["evaluate sentiment.keras reviews.csv --from 3", /--from: expected a forecaster, received a text classifier/],
    [
      "evaluate sales.keras series.csv --label sales",
      /--label: expected a text classifier or a classifier of sequences/,
    ],
    ["predict sentiment.keras good --group id", /--group: expected a classifier of sequences/],
    [
      "plot reviews.csv --out plot.svg",
      /reviews\.csv: expected a number on line 2 .*\n {2}Give the csv of cellstate train/,
    ],
  ] as const)
    expect(await say(...words.split(" "))).toMatchObject({ code: 1, err: expect.stringMatching(told) });
  const both = await say("forecast", "sales.keras", "series.csv", "--csv", "--json");
  expect(both).toMatchObject({ code: 2, err: expect.stringMatching(/'--csv' cannot be used with option '--json'/) });
});

test("--validation-split keeps a fraction for validation: the history has its numbers", async () => {
  const words = ["--epochs", "2", "--units", "2", "--quiet", "--save", "v.keras", "--history", "v.csv"];
  expect((await say("train", "classify", "reviews.csv", "--validation-split", "0.25", ...words)).code).toBe(0);
  expect(readFileSync(file("v.csv"), "utf8").split("\n")[0]).toMatch(/val_loss/);
  expect((await say("train", "text", "lines.txt", "--validation-split", "0.34", ...words)).code).toBe(0);
  expect(readFileSync(file("v.csv"), "utf8").split("\n")[0]).toMatch(/val_loss/);
  expect(await say("train", "text", "lines.txt", "--validation-split", "0.1", ...words)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/--validation-split: expected lines for validation, received none: 0\.1 of 6/),
  });
});
