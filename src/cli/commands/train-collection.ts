import type { Command } from "commander";
import { findLeaks, holidayDates } from "../../data/index.ts";
import { counted, DataError, problem } from "../../errors.ts";
import { type GlobalForecaster, type GlobalForecasterOptions, globalForecaster } from "../../index.ts";
import { type ReadCollection, readCollection } from "../readers/read-collection.ts";
import { withoutUndefined } from "../readers/read-series.ts";
import { readTables } from "../readers/read-table.ts";
import { notes, type Screen } from "../screen/screen.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** Whether the options speak of many series, or of columns that only a forecaster of many reads. */
export const isCollection = (o: TrainOptions): boolean =>
  Boolean(o.series || o.wide || o.known || o.past || o.static || o.calendar || o.holidays || o.log1p);

/** Trains one network on many series. */
export async function onCollection(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseOthers(self);
  const { horizon, window, season, learningRate, min, max, seed, backend, units } = o;
  if (units && units.length > 1) {
    const next = "Give one number.";
    throw new DataError(problem("--units", "one layer, for many series", `${units.length} layers`, next));
  }
  const say = notes(o, screen);
  const { series, reading } = await readCollection(files, { ...o, say });
  if (!o.allowLeaks) refuseLeaks(series, horizon ?? 1, files.join(", "));
  const holidays = o.holidays === undefined ? undefined : holidayDates(await readTables([o.holidays], o));
  const logarithm = o.log1p ? ("log1p" as const) : o.logarithm;
  const dates = { calendar: o.calendar || holidays ? true : undefined, holidays };
  const sizes = { horizon, window, season, logarithm, learningRate, min, max, seed, backend, units: units?.[0] };
  const task = globalForecaster(withoutUndefined<GlobalForecasterOptions>({ ...sizes, ...dates, reading }));
  say("trained twice: first without the last steps of each series, to see how good its forecasts are, then with all");
  await train(task, o, screen, self, (fit) => task.fit(series, fit));
  const about = readsOf(task);
  if (about !== "") say(`${o.save}: ${about}`);
  if (task.report && !o.quiet && !o.json) screen.out(`${task.report}\n`);
}

/** The columns made of dates, and the logarithm of counts, where there are any. */
function readsOf({ learned: { features, holidays, view } }: GlobalForecaster): string {
  const dates = features.length > 0 ? [`reads ${features.join(", ")} of the dates`] : [];
  const days = holidays.length > 0 ? [`${counted(holidays.length, "holiday")}`] : [];
  const counts = view.logarithm === "log1p" ? ["works on logarithms of one more (log1p)"] : [];
  return [...dates, ...days, ...counts].join("; ");
}

const searched = 3; // series

/** Throws DataError for known columns that hold the answer, and past ones that have it before its time. */
function refuseLeaks(series: ReadCollection["series"], horizon: number, file: string): void {
  for (const { values, known, past } of series.slice(0, searched)) {
    const [leak] = findLeaks(values, withoutUndefined({ known, past, horizon }));
    if (!leak) continue;
    const found = `the values to forecast: ${leak.formula}`;
    const late = leak.columns.every((name) => known?.[name])
      ? ", or give what is known up to the last value only as --past"
      : "";
    const next = `Leave ${leak.columns.join(" and ")} out${late}; --allow-leaks trains all the same.`;
    throw new DataError(problem(file, "columns beside the values to forecast", found, next));
  }
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
