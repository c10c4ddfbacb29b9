import { expect, test } from "vitest";
import "../../index.ts"; // gives models their writer
import type { BacktestFold } from "./backtest.ts";
import { forecaster } from "./forecaster.ts";

const series = Array.from({ length: 60 }, (_, t) => 50 + 10 * Math.sin(t / 2) + (t % 5));
const task = () => forecaster({ horizon: 2, window: 4, units: 2, method: "network", seed: 3 });
const small = { folds: 3, epochs: 2, verbose: 0 } as const;

test("folds computed one by one elsewhere, as JSON and in any order, give the report of one process", async () => {
  const here = await task().backtest(series, small);
  const { folds: all } = here;
  const asked: number[] = [];
  const told: number[] = [];
  const there = await task().backtest(series, {
    ...small,
    onFold: (_, number, of) => void told.push(number, of),
    runner: async (fold) => {
      asked.push(fold);
      const { folds } = await task().backtest(series, { ...small, only: fold });
      await new Promise((resolve) => setTimeout(resolve, 20 * (4 - fold)));
      expect(folds).toHaveLength(1);
      const plain = JSON.parse(JSON.stringify(folds[0])) as BacktestFold;
      return { ...plain, forecast: folds[0].forecast };
    },
  });
  expect(asked).toEqual([1, 2, 3]);
  expect(told.filter((_, k) => k % 2 === 0).sort()).toEqual([1, 2, 3]);
  expect(JSON.stringify(there.report)).toBe(JSON.stringify(here.report));
  expect(String(there.report)).toBe(String(here.report));
  expect(there.folds.map((fold) => [fold.from, String(fold.report), fold.forecast.toArray()])).toEqual(
    all.map((fold) => [fold.from, String(fold.report), fold.forecast.toArray()]),
  );
});

test("folds whose seasons differ are told of, beside the line of the seasonal naive", async () => {
  const { folds } = await task().backtest(series, small);
  const withSeasons = (seasons: number[]) =>
    task().backtest(series, {
      ...small,
      runner: async (k) => ({ ...folds[k - 1], report: { ...folds[k - 1].report, season: seasons[k - 1] } }),
    });
  expect(String((await withSeasons([5, 5, 5])).report)).not.toContain("different seasons");
  const { report } = await withSeasons([7, 5, 5]);
  expect(report.warnings).toContain(
    'The folds have different seasons (7, 5, 5 steps): "seasonal naive" repeats each fold\'s own.',
  );
  expect(String(report)).toContain("seasonal naive (7, 5)");
});

test("one network for all folds gives the same fold alone", async () => {
  const { folds } = await task().backtest(series, { ...small, refit: false });
  const last = await task().backtest(series, { ...small, refit: false, only: 3 });
  expect(last.folds[0].forecast.toArray()).toEqual(folds[2].forecast.toArray());
  expect(last.folds[0].trained).toBe(folds[0].trained);
});

test("a runner that fails ends the others; a fold that is not there is refused", async () => {
  let ended = 0;
  const failing = task().backtest(series, {
    ...small,
    runner: (fold, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => ended++);
        if (fold === 2) reject(new Error("broken"));
      }),
  });
  await expect(failing).rejects.toThrow("broken");
  expect(ended).toBe(3);
  const stop = new AbortController();
  stop.abort(new Error("stopped"));
  const runner = (_: number, { signal }: { signal: AbortSignal }) => Promise.reject(signal.reason);
  await expect(task().backtest(series, { ...small, signal: stop.signal, runner })).rejects.toThrow("stopped");
  await expect(task().backtest(series, { ...small, only: 4 })).rejects.toThrow("only: at most 3, the folds");
  await expect(task().backtest(series, { ...small, only: 0 })).rejects.toThrow("only");
});
