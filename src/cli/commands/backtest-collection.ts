import { DataError, problem } from "../../errors.ts";
import type { GlobalBacktestFold } from "../../index.ts";
import { readCollection } from "../readers/read-collection.ts";
import { withoutUndefined } from "../readers/read-series.ts";
import { type Backtest, foldLine } from "./backtest-setup.ts";
import { plainReport } from "./evaluate-collection.ts";
import { collectionFor, refuseLeaks } from "./train-collection.ts";
import type { BacktestCommandOptions } from "./train-options.ts";

type PlainFold = { readonly unseen: number; readonly report: ReturnType<typeof plainReport> };

/** A backtest of one network for many series, trained without their last steps, ever nearer to their ends. */
export async function collectionBacktest(
  files: readonly string[],
  o: BacktestCommandOptions,
  say: (line: string) => void,
): Promise<Backtest<PlainFold>> {
  for (const [flag, value] of Object.entries({ "--test-rows": o.testRows, "--stride": o.stride, "--chart": o.chart }))
    if (value !== undefined) {
      const next = "Folds of many series are a horizon apart: --folds.";
      throw new DataError(problem(flag, "a forecaster of one series", "one of many", next));
    }
  const { series, reading } = await readCollection(files, { ...o, toTrain: true, say });
  if (!o.allowLeaks) refuseLeaks(series, o.horizon ?? 1, files.join(", "));
  const task = await collectionFor(o, reading, say);
  const given = withoutUndefined({ epochs: o.epochs, batchSize: o.batchSize, folds: o.folds });
  return {
    async run({ runner, onFold, ...more }) {
      const { folds, ...found } = await task.backtest(series, {
        ...{ ...given, ...more, refit: o.refit, verbose: 0 },
        onFold: (fold, number, of) => onFold?.(plainFold(fold), lineOf(fold, number, of), number),
        ...(runner ? { runner: async (fold, asked) => foldFrom(await runner(fold, asked)) } : {}),
      });
      return { text: String(found), json: { methods: found.methods, folds: folds.map(plainFold) }, chart: null };
    },
  };
}

const plainFold = (fold: GlobalBacktestFold): PlainFold => ({ ...fold, report: plainReport(fold.report) });

function foldFrom({ report, ...fold }: PlainFold): GlobalBacktestFold {
  const series = report.series.map((one) => ({
    ...one,
    forecast: Float64Array.from(one.forecast),
    actual: Float64Array.from(one.actual),
  }));
  return { ...fold, report: { ...report, series } };
}

function lineOf({ unseen, report }: GlobalBacktestFold, number: number, of: number): string {
  const { forecast, ...baselines } = report.methods;
  const best = Object.values(baselines).reduce((a, b) => (b.smape < a.smape ? b : a));
  const figures = `sMAPE ${forecast.smape.toFixed(2)}; best baseline: ${best.smape.toFixed(2)}`;
  return foldLine(number, of, `trained without the last ${unseen} values of each series: ${figures}`);
}
