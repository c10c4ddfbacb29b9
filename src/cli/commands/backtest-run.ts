import type { Command } from "commander";
import { namedFiles } from "../readers/named-set.ts";
import { interruptible, notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, writeChart } from "../screen/write-result.ts";
import { readBacktest } from "./read-backtest.ts";
import { isCollection, refuseOthers } from "./train-collection.ts";
import type { BacktestCommandOptions } from "./train-options.ts";

/** Forecasts that a forecaster would have made, of one series or of many, here or by the workers of a Redis. */
export async function backtest(
  paths: string[],
  o: BacktestCommandOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  await checkChart("--chart", o.chart);
  const say = notes(o, screen);
  const files = await namedFiles(paths, "train", say);
  await checkApart(files, { "--chart": o.chart });
  if (isCollection(o)) refuseOthers(self);
  const found = await readBacktest(files, o, say);
  const onFold = (_: object, line: string) => say(line);
  const { text, json, chart } = await interruptible(async (signal) => {
    if (o.queue === undefined) return found.run({ signal, onFold });
    const { withFoldQueue } = await import("../queue/fold-queue.ts");
    return withFoldQueue(o.queue, { files, o, say }, (runner) => found.run({ signal, onFold, runner }));
  });
  if (o.chart && chart) await writeChart(o.chart, await chart());
  screen.out(o.json ? `${JSON.stringify(json)}\n` : `${text}\n`);
}
