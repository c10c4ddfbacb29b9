import type { Command } from "commander";
import { DataError, problem } from "../../errors.ts";
import { type GlobalForecasterOptions, globalForecaster } from "../../index.ts";
import { readCollection } from "../readers/read-collection.ts";
import { withoutUndefined } from "../readers/read-series.ts";
import { notes, type Screen } from "../screen/screen.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** Whether the options speak of many series, or of columns that only a forecaster of many reads. */
export const isCollection = (o: TrainOptions): boolean => Boolean(o.series || o.wide || o.known || o.past || o.static);

/** Trains one network on many series. */
export async function onCollection(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseOthers(self);
  const { horizon, window, season, logarithm, learningRate, min, max, seed, backend, units } = o;
  if (units && units.length > 1) {
    const next = "Give one number.";
    throw new DataError(problem("--units", "one layer, for many series", `${units.length} layers`, next));
  }
  const say = notes(o, screen);
  const { series, reading } = await readCollection(files, { ...o, say });
  const sizes = { horizon, window, season, logarithm, learningRate, min, max, seed, backend, units: units?.[0] };
  say("trained twice: first without the last steps of each series, to see how good its forecasts are, then with all");
  const task = globalForecaster(withoutUndefined<GlobalForecasterOptions>({ ...sizes, reading }));
  await train(task, o, screen, self, (fit) => task.fit(series, fit));
  if (task.report && !o.quiet && !o.json) screen.out(`${task.report}\n`);
}

/** Throws DataError for an option of a forecaster of one series. */
function refuseOthers(self: Command): void {
  const other = self.options.find(
    (option) => ofOne.includes(option.attributeName()) && self.getOptionValueSource(option.attributeName()) === "cli",
  );
  if (!other) return;
  const next = "Leave it out, or train on one series.";
  throw new DataError(
    problem(other.long ?? other.flags, "an option of a forecaster of many series", "one of one", next),
  );
}

const ofOne: readonly string[] = [
  ...[
    "continue",
    "method",
    "columns",
    "strategy",
    "differences",
    "scaler",
    "intervals",
    "coverage",
    "loss",
    "optimizer",
    "cell",
  ],
  ...["dropout", "recurrentDropout", "outputDropout", "bidirectional", "pooling", "validationSplit", "patience"],
];
