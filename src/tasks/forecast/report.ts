import { counted } from "../../errors.ts";
import { textTable } from "../../train/text-table.ts";
import { isCount, isList, isNumber, isRecord, isText, readField, type TaskData } from "../shared/task-file.ts";
import { type BaselineName, baselineNames, baselinesOf } from "./baselines.ts";
import { type IntervalReport, intervalReport, intervalText, readIntervalReport } from "./coverage.ts";
import { rootMeanSquaredError, symmetricMape } from "./errors.ts";

/** Errors of forecasts. */
export interface ForecastErrors {
  /** Root mean squared error and mean absolute error, in the units of the series. */
  readonly rmse: number;
  /** Mean absolute error, in units of the series. */
  readonly mae: number;
  /** Mean absolute error over that of the seasonal-naive forecast within the training split: below 1 is better than that. */
  readonly mase: number;
  /** Percent, 0 to 200. */
  readonly smape: number;
}

/** One column's errors, and the baselines' on it. */
export interface TargetErrors {
  /** Of the column. */
  readonly name: string;
  /** Errors of the model. */
  readonly forecast: ForecastErrors;
  /** Errors of the baseline forecasts, by name. */
  readonly baselines: Readonly<Record<BaselineName, ForecastErrors>>;
}

/** Errors of forecasts, and of the baselines. */
export interface ForecastReport {
  /** Number of forecasts and of their steps. */
  readonly origins: number;
  /** Steps of each forecast. */
  readonly horizon: number;
  /** Steps of a season; 1: none. */
  readonly season: number;
  /** Errors of the model, means over the targets. */
  readonly forecast: ForecastErrors;
  /** Errors of the baseline forecasts, by name. */
  readonly baselines: Readonly<Record<BaselineName, ForecastErrors>>;
  /** Errors of the differencing only, with an output of zero from the network; null where there are none. */
  readonly withoutNetwork: ForecastErrors | null;
  /** By column. */
  readonly targets: readonly TargetErrors[];
  /** Coverage and score of the prediction intervals; null without intervals. */
  readonly coverage: IntervalReport | null;
  /** The methods whose mean is the forecast, in words, by column; empty in files of an earlier version. */
  readonly methods: readonly string[];
  /** Warnings for the reader, for example that a baseline is better. */
  readonly warnings: readonly string[];
  /** A table to read. */
  toString(): string;
}

/** Values by origin, then step, then target: [origins · horizon · targets]. */
export type Values = Float64Array;

/** The data behind a report. */
interface Evaluated {
  readonly columns: readonly Float64Array[];
  readonly names: readonly string[];
  readonly origins: readonly number[];
  readonly horizon: number;
  readonly season: number;
  /** By target: the seasonal-naive error within the training split. */
  readonly scales: readonly number[];
  readonly forecast: Values;
  /** The steps after an origin, by the differences of a target alone. */
  readonly withoutNetwork: ((target: number, origin: number) => Float64Array) | null;
  readonly interval: { readonly low: Values; readonly high: Values; readonly asked: number } | null;
  /** By target, in words. */
  readonly methods: readonly string[];
  /** Beside those that the errors give. */
  readonly warnings?: readonly string[];
}

/** Evaluates forecasts at origins of a series; each baseline reads only the values before the origin. */
export function evaluateForecasts(given: Evaluated): ForecastReport {
  const { columns, names, origins, horizon, season, scales, interval, withoutNetwork } = given;
  const K = columns.length;
  const actual = spread(given, (column, origin) => column.subarray(origin, origin + horizon));
  const errorsOf = (values: Values): ForecastErrors[] =>
    scales.map((scale, k) => errors(ofTarget(actual, k, K), ofTarget(values, k, K), scale));
  const ours = errorsOf(given.forecast);
  const simple = baselineNames.map((name) => {
    const values = spread(given, (column, origin) => baselinesOf(column.subarray(0, origin), horizon, season)[name]);
    return [name, errorsOf(values)] as const;
  });
  const byName = (of: (list: readonly ForecastErrors[]) => ForecastErrors) =>
    Object.fromEntries(simple.map(([name, list]) => [name, of(list)])) as Record<BaselineName, ForecastErrors>;
  const found = {
    origins: origins.length,
    horizon,
    season,
    forecast: meanErrors(ours),
    baselines: byName(meanErrors),
    withoutNetwork: withoutNetwork && meanErrors(errorsOf(spread(given, (_, origin, k) => withoutNetwork(k, origin)))),
    targets: names.map((name, k) => ({ name, forecast: ours[k], baselines: byName((list) => list[k]) })),
    coverage: interval && intervalReport({ actual, ...interval, origins, horizon, scales }),
    methods: given.methods,
  };
  return reportOf(found, given.warnings);
}

/** A report with its warnings, `more` of them, and its text; `seasons` of the forecasts it is of, where they are not all its own. */
export function reportOf(
  found: Omit<ForecastReport, "warnings" | "toString">,
  more: readonly string[] = [],
  seasons: readonly number[] = [found.season],
): ForecastReport {
  const report = { ...found, warnings: [...warningsOf(found), ...more] };
  return { ...report, toString: () => show(report, seasons) };
}

/** A report from a file. Throws FormatError for one that is damaged. */
export function readReport(value: unknown): ForecastReport {
  const part = (of: unknown, name: string) =>
    readField({ ...(of as TaskData), task: "report" }, name, "an object", isRecord);
  const errors = (of: unknown, name: string): ForecastErrors => {
    const found = part(of, name);
    // JSON has no infinity: an error scaled by zero comes back as null.
    const number = (key: string) =>
      found[key] === null ? Number.POSITIVE_INFINITY : readField(found, key, "a number", isNumber);
    return { rmse: number("rmse"), mae: number("mae"), mase: number("mase"), smape: number("smape") };
  };
  const report = part({ report: value }, "report");
  const count = (name: string) => readField(report, name, "a whole number", isCount(1e9));
  const baselines = (of: TaskData) => {
    const found = part(of, "baselines");
    return {
      naive: errors(found, "naive"),
      seasonalNaive: errors(found, "seasonalNaive"),
      drift: errors(found, "drift"),
    };
  };
  const list = readField(report, "targets", "a list of targets", isList(isRecord));
  return reportOf({
    origins: count("origins"),
    horizon: count("horizon"),
    season: count("season"),
    forecast: errors(report, "forecast"),
    baselines: baselines(report),
    withoutNetwork: report.withoutNetwork === null ? null : errors(report, "withoutNetwork"),
    targets: list.map((one) => ({
      name: readField(one, "name", "a name", isText),
      forecast: errors(one, "forecast"),
      baselines: baselines(one),
    })),
    coverage: readIntervalReport(report),
    methods: report.methods === undefined ? [] : readField(report, "methods", "a list of words", isList(isText)),
  });
}

/** Summarizes the errors of forecasts on the validation split, beside the best baseline. */
export function inOneLine({ forecast, baselines }: ForecastReport): string {
  const best = bestOf(baselines);
  const figures = ({ rmse, mase }: ForecastErrors) => `RMSE ${short(rmse)}, MASE ${mase.toFixed(3)}`;
  return `On the validation split: ${figures(forecast)}; ${baselineWords[best]}: ${figures(baselines[best])}`;
}

/** Words for the baselines. */
const baselineWords: Readonly<Record<BaselineName, string>> = {
  naive: "naive",
  seasonalNaive: "seasonal naive",
  drift: "drift",
};

const worthwhile = 0.98; // of a baseline's RMSE, above which a forecast is hardly better

function warningsOf({
  forecast,
  baselines,
  withoutNetwork,
  coverage,
  origins,
  targets,
}: Omit<ForecastReport, "warnings" | "toString">): string[] {
  const lost = targets.length > 1 ? lostColumns(targets) : lostTo(forecast, baselines);
  const idle =
    withoutNetwork && withoutNetwork.rmse < forecast.rmse
      ? [
          `The network is no better than the differencing without it: RMSE ${short(forecast.rmse)} against ` +
            `${short(withoutNetwork.rmse)}.`,
        ]
      : [];
  const off = coverage && Math.abs(coverage.measured - coverage.asked) > 0.1 && origins >= 20;
  const narrow = off
    ? [
        `${percent(coverage.measured)} of the values lie within their interval where ${percent(coverage.asked)} should: ` +
          `do not rely on its width.`,
      ]
    : [];
  return [...lost, ...idle, ...narrow];
}

const bestOf = (baselines: ForecastReport["baselines"]): BaselineName =>
  [...baselineNames].sort((a, b) => baselines[a].rmse - baselines[b].rmse)[0];

function lostTo(forecast: ForecastErrors, baselines: ForecastReport["baselines"]): string[] {
  const best = bestOf(baselines);
  const against = `the ${baselineWords[best]} baseline: RMSE ${short(forecast.rmse)} against ${short(baselines[best].rmse)}`;
  if (exceeds(forecast.rmse, baselines[best].rmse))
    return [
      `The forecast is worse than ${against}. Use that one, or give more data, more epochs or other differences.`,
    ];
  if (forecast.rmse > worthwhile * baselines[best].rmse)
    return [`The forecast is hardly better than ${against}. The series may not be predictable from its own history.`];
  return [];
}

/** Larger as it is shown: two that differ by rounding alone are the same. */
const exceeds = (a: number, b: number) => a > b && short(a) !== short(b);

/** Columns have units of their own: a mean over them would hide one that loses. */
function lostColumns(targets: readonly TargetErrors[]): string[] {
  const losing = targets.filter((t) => baselineNames.some((name) => exceeds(t.forecast.rmse, t.baselines[name].rmse)));
  const list = losing.map((t) => t.name).join(", ");
  const next = "Use that one there, or train with fewer targets.";
  return losing.length === 0
    ? []
    : [`The forecast is worse than a baseline in ${losing.length} of ${targets.length} columns: ${list}. ${next}`];
}

function show(report: Omit<ForecastReport, "toString">, seasons: readonly number[]): string {
  const { origins, horizon, forecast, baselines, withoutNetwork, coverage, targets, methods, warnings } = report;
  const cells = (name: string, e: ForecastErrors) => [
    name,
    short(e.rmse),
    short(e.mae),
    e.mase.toFixed(3),
    `${e.smape.toFixed(1)} %`,
  ];
  const rows = [
    cells("forecast", forecast),
    ...baselineNames.map((name) =>
      cells(name === "seasonalNaive" ? `seasonal naive (${seasons.join(", ")})` : baselineWords[name], baselines[name]),
    ),
    ...(withoutNetwork ? [cells("differencing only", withoutNetwork)] : []),
  ];
  return [
    textTable([`${counted(origins, "forecast")} of ${counted(horizon, "step")}`, "RMSE", "MAE", "MASE", "sMAPE"], rows),
    ...(targets.length > 1 ? [byColumn(targets)] : []),
    ...(coverage ? [intervalText(coverage)] : []),
    ...methods.map((words, k) => (methods.length > 1 ? `${targets[k].name}: ${words}` : words)),
    ...warnings.map((text) => `Warning: ${text}`),
  ].join("\n");
}

function byColumn(targets: readonly TargetErrors[]): string {
  const head = ["RMSE by column", "forecast", ...baselineNames.map((name) => baselineWords[name])];
  const rows = targets.map(({ name, forecast, baselines }) => [
    name,
    ...[forecast, ...baselineNames.map((b) => baselines[b])].map(({ rmse }) => short(rmse)),
  ]);
  return `\n${textTable(head, rows)}`;
}

/** One list for each origin and target, laid out by origin, step, target. */
function spread(
  { columns, origins, horizon }: Evaluated,
  of: (column: Float64Array, origin: number, k: number) => ArrayLike<number>,
): Values {
  const K = columns.length;
  const out = new Float64Array(origins.length * horizon * K);
  origins.forEach((origin, i) => {
    columns.forEach((column, k) => {
      const values = of(column, origin, k);
      for (let h = 0; h < horizon; h++) out[(i * horizon + h) * K + k] = values[h];
    });
  });
  return out;
}

function errors(actual: Values, values: Values, scale: number): ForecastErrors {
  const mae = actual.reduce((sum, y, i) => sum + Math.abs(y - values[i]), 0) / actual.length;
  const [rmse, smape] = [rootMeanSquaredError(actual, values), symmetricMape(actual, values)];
  return { rmse, mae, mase: mae === 0 ? 0 : mae / scale, smape };
}

/** Over targets: the root of the mean square for RMSE, the mean for the others. */
function meanErrors(list: readonly ForecastErrors[]): ForecastErrors {
  const mean = (of: (e: ForecastErrors) => number) => list.reduce((sum, e) => sum + of(e), 0) / list.length;
  return {
    rmse: Math.sqrt(mean((e) => e.rmse ** 2)),
    mae: mean((e) => e.mae),
    mase: mean((e) => e.mase),
    smape: mean((e) => e.smape),
  };
}

const ofTarget = (values: Values, k: number, K: number): Values => values.filter((_, i) => i % K === k);
const percent = (fraction: number): string => `${(100 * fraction).toFixed(0)} %`;
const short = (v: number): string =>
  v === 0 || (Math.abs(v) >= 0.01 && Math.abs(v) < 1e6) ? String(Number(v.toPrecision(4))) : v.toExponential(3);
