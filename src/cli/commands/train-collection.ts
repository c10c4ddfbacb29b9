import type { Command } from "commander";
import { findLeaks, holidayDates } from "../../data/index.ts";
import { counted, DataError, problem } from "../../errors.ts";
import {
  type GlobalForecaster,
  type GlobalForecasterOptions,
  globalForecaster,
  loadModel,
  taskOf,
} from "../../index.ts";
import { type ReadCollection, readCollection } from "../readers/read-collection.ts";
import { withoutUndefined } from "../readers/read-series.ts";
import { readTables } from "../readers/read-table.ts";
import { told } from "../readers/read-text-file.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { continued } from "./continue.ts";
import { withoutErrors } from "./evaluate-collection.ts";
import { readingOf } from "./forecast-collection.ts";
import { seasonsGiven } from "./seasons-given.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** Whether the options speak of many series, or of columns that only a forecaster of many reads. */
export const isCollection = (o: TrainOptions): boolean => ofMany.some((name) => Boolean(o[name]));

const ofMany = ["series", "wide", "known", "past", "static", "calendar", "holidays", "log1p"] as const;

/** Whether the forecaster to train further is one of many series, by its file. */
export const continuesCollection = async ({ continue: file }: TrainOptions): Promise<boolean> =>
  file !== undefined && taskOf(await loadModel(file)) === "globalForecaster";

/** Trains one network on many series, or one further that was trained before. */
export async function onCollection(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseOthers(self);
  const before = o.continue ? await continued(o.continue, "globalForecaster", o, self) : null;
  const say = notes(o, screen);
  const { series, reading } = await readCollection(files, {
    ...(before ? readingOf(before, o) : { ...o, toTrain: true }),
    say,
  });
  const { horizon = 1 } = before?.options ?? o;
  if (!o.allowLeaks) refuseLeaks(series, horizon, files.join(", "));
  const task = before ?? (await collectionFor(o, reading, say));
  const more = before ? { continue: true } : {};
  if (!before)
    say("trained twice: first without the last steps of each series, to see how good its forecasts are, then with all");
  const file = files.join(", ");
  await train(task, o, screen, self, (fit) =>
    told("globalForecaster.fit", file, () => task.fit(series, { ...fit, ...more })),
  );
  const about = readsOf(task);
  if (about !== "") say(`${o.save}: ${about}`);
  const without = task.report && withoutErrors(series, task.report);
  if (without) say(without);
  if (task.report) say(chosenWords(task));
  if (task.report && !o.quiet && !o.json) screen.out(`${task.report}\n`);
}

/** A forecaster of many series by the options given. */
export async function collectionFor(
  o: TrainOptions,
  reading: ReadCollection["reading"],
  say: (line: string) => void,
): Promise<GlobalForecaster> {
  const season = seasonsGiven(o, say);
  const { horizon, window, learningRate, min, max, seed, backend, units } = o;
  if (units && units.length > 1) {
    const next = "Give one number.";
    throw new DataError(problem("--units", "one layer, for many series", `${units.length} layers`, next));
  }
  if (o.intervals !== undefined && o.intervals !== "conformal" && o.intervals !== "none")
    throw new DataError(problem("--intervals", "conformal or none, for many series", o.intervals, "Give --coverage."));
  const coverage = o.coverage ?? (o.intervals === "conformal" ? 0.9 : undefined);
  const holidays = o.holidays === undefined ? undefined : holidayDates(await readTables([o.holidays], o));
  const logarithm = o.log1p ? ("log1p" as const) : o.logarithm;
  const dates = { calendar: o.calendar || holidays ? true : undefined, holidays };
  const sizes = { horizon, window, season, logarithm, learningRate, min, max, seed, backend, units: units?.[0] };
  return globalForecaster(withoutUndefined<GlobalForecasterOptions>({ ...sizes, coverage, ...dates, reading }));
}

const simpleWords: Readonly<Record<string, string>> = {
  ets: "exponential smoothing",
  seasonalNaive: "seasonal naive",
  regression: "a regression on the columns known beforehand",
  regressedTheta: "theta of what each series' own regression on them leaves",
  regressedEts: "exponential smoothing of what each series' own regression on them leaves",
};

/** One line: what forecasts are made of, as the held-out steps decided. */
function chosenWords({ learned: { shrinkage, towards, repeats } }: GlobalForecaster): string {
  const percent = (part: number) => `${Math.round(100 * part)} %`;
  const simple = towards.map((name) => simpleWords[name] ?? name).join(" and ");
  const [first, last] = [shrinkage[0], shrinkage.at(-1)];
  const kept = repeats ? "; a value that a series has again and again is kept to" : "";
  const by = (rest: string) => `by the errors on the held-out steps: ${rest}${kept}`;
  if (!first || !last || shrinkage.every(({ weight }) => weight === 1)) return by("forecasts of the network alone");
  if (shrinkage.every(({ weight }) => weight === 0))
    return by(`forecasts of ${simple} alone: the network was no better`);
  const lengths = ` for series of ${first.rows} values, ${percent(last.weight)} for those of ${last.rows}`;
  const weight = `${percent(first.weight)}${shrinkage.length > 1 ? lengths : ""}`;
  return by(`forecasts of the network (weight ${weight}) and ${simple}`);
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
export function refuseLeaks(series: ReadCollection["series"], horizon: number, file: string): void {
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
export function refuseOthers(self: Command): void {
  const given = (names: readonly string[]) =>
    self.options.find(
      (option) => names.includes(option.attributeName()) && self.getOptionValueSource(option.attributeName()) === "cli",
    );
  const [one, many] = [given(ofOne), given(ofMany)];
  if (!one) return;
  const [flag, reason] = [one, many].map((option) => option?.long ?? option?.flags);
  const next = many
    ? `${reason} is of such a network only, be it for one series: leave ${reason} or ${flag} out.`
    : "Leave it out, or train on one series.";
  const expected = "an option of a network for many series";
  throw new DataError(problem(`${flag}`, expected, "one of a forecaster of one series", next));
}

const ofOne: readonly string[] = [
  ...["method", "columns", "strategy", "differences", "scaler", "loss", "optimizer", "cell"],
  ...["dropout", "recurrentDropout", "outputDropout", "bidirectional", "pooling", "validationSplit", "patience"],
];
