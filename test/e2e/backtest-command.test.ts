/** `cellstate backtest`: its folds by date, its report, its chart, and what it refuses. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { writeNpy } from "../../src/formats/index.ts";
import { speaker } from "./say.ts";

const { file, say } = speaker("backtest");
const small = ["--epochs", "2", "--units", "2", "--window", "4", "--horizon", "2"];

beforeAll(() => {
  const rows = Array.from({ length: 60 }, (_, t) => {
    const day = new Date(Date.UTC(2024, 0, 60 - t)).toISOString().slice(0, 10); // newest first
    return `${day},${(50 + 10 * Math.sin((2 * Math.PI * (59 - t)) / 7)).toFixed(3)}`;
  });
  writeFileSync(file("days.csv"), `day,visits\n${rows.join("\n")}\n`);
});

test("each fold is told with its dates, then the report over all", async () => {
  const { out, err, code } = await say("backtest", file("days.csv"), "--folds", "2", ...small);
  expect(code).toBe(0);
  expect(err).toMatch(/fold 1 of 2: trained on 20 rows, tested from 2024-01-21 to 2024-02-09: RMSE/);
  expect(err).toMatch(/fold 2 of 2: trained on 40 rows, tested from 2024-02-10 to 2024-02-29: RMSE/);
  expect(out).toMatch(/38 forecasts of 2 steps +RMSE/);
  expect(out).toMatch(/seasonal naive \(1, 7\)/); // 20 rows are too few to show the week
  expect(out).toMatch(/RMSE (\S+) against \1\./); // the week repeats exactly: forecast and baseline are the same
  expect(out).not.toMatch(/worse than/);
});

test("JSON has the folds with their forecasts; --no-refit trains once", async () => {
  const { out } = await say("backtest", file("days.csv"), "--folds", "2", "--no-refit", "--json", ...small);
  const { folds, report } = JSON.parse(out);
  expect(folds.map((fold: { trained: number; from: number }) => [fold.trained, fold.from])).toEqual([
    [20, 20],
    [20, 40],
  ]);
  expect(folds[1].forecast).toHaveLength(20);
  expect(report.origins).toBe(38);
});

test("the chart shows the forecasts over what happened", async () => {
  const { code } = await say("backtest", file("days.csv"), "--folds", "2", "--chart", file("days.svg"), "-q", ...small);
  expect(code).toBe(0);
  const svg = readFileSync(file("days.svg"), "utf8");
  expect(svg).toContain("Backtest, 2 folds");
  expect(svg).toContain("forecast");
});

test("a series of NumPy's, as np.save writes it", async () => {
  const data = Float64Array.from({ length: 60 }, (_, t) => 20 + (t % 7));
  writeFileSync(file("walk.npy"), writeNpy({ data, shape: [60] }));
  const { out, err, code } = await say("backtest", file("walk.npy"), "--folds", "2", ...small);
  expect([code, /38 forecasts of 2 steps/.test(out), /60 rows/.test(err)]).toEqual([0, true, true]);
});

test("too few rows for the folds, an unknown optimizer and an output over the input are refused", async () => {
  const refused = async (...words: string[]) => (await say("backtest", file("days.csv"), ...words)).err;
  expect(await refused("--folds", "40", ...small)).toMatch(/DataError/);
  expect(await refused("--optimizer", "adamm", ...small)).toMatch(
    /expected a known optimizer, received "adamm"[\s\S]*adam/,
  );
  expect(await refused("--chart", file("days.csv"), ...small)).toMatch(/ends in \.svg or \.png/);
  expect(await refused("--folds", "0")).toMatch(/--folds/);
});
