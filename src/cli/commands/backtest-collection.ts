import type { Command } from "commander";
import { DataError, problem } from "../../errors.ts";
import type { GlobalBacktestFold } from "../../index.ts";
import { readCollection } from "../readers/read-collection.ts";
import { withoutUndefined } from "../readers/read-series.ts";
import { interruptible, notes, type Screen } from "../screen/screen.ts";
import { plainReport } from "./evaluate-collection.ts";
import { collectionFor, refuseLeaks, refuseOthers } from "./train-collection.ts";
import type { BacktestCommandOptions } from "./train-options.ts";

/** Forecasts that one network for many series would have made, trained without their last steps, ever nearer to their ends. */
export async function backtestCollection(
  files: string[],
  o: BacktestCommandOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  refuseOthers(self);
  for (const [flag, value] of Object.entries({ "--test-rows": o.testRows, "--stride": o.stride, "--chart": o.chart }))
    if (value !== undefined) {
      const next = "Folds of many series are a horizon apart: --folds.";
      throw new DataError(problem(flag, "a forecaster of one series", "one of many", next));
    }
  const say = notes(o, screen);
  const { series, reading } = await readCollection(files, { ...o, say });
  if (!o.allowLeaks) refuseLeaks(series, o.horizon ?? 1, files.join(", "));
  const task = await collectionFor(o, reading);
  const onFold = ({ unseen, report }: GlobalBacktestFold, number: number, of: number) => {
    const { forecast, ...baselines } = report.methods;
    const best = Object.values(baselines).reduce((a, b) => (b.smape < a.smape ? b : a));
    const figures = `sMAPE ${forecast.smape.toFixed(2)}; best baseline: ${best.smape.toFixed(2)}`;
    say(`fold ${number} of ${of}: trained without the last ${unseen} values of each series: ${figures}`);
  };
  const given = withoutUndefined({ epochs: o.epochs, batchSize: o.batchSize, folds: o.folds });
  const found = await interruptible((signal) =>
    task.backtest(series, { ...given, refit: o.refit, signal, verbose: 0, onFold }),
  );
  const folds = found.folds.map((fold) => ({ ...fold, report: plainReport(fold.report) }));
  screen.out(o.json ? `${JSON.stringify({ methods: found.methods, folds })}\n` : `${found}\n`);
}
