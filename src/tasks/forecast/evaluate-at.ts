import { choiceWords } from "./candidates/method.ts";
import type { Learned } from "./learned.ts";
import { scaleOf, series1 } from "./parts.ts";
import type { Forecasts } from "./predict-ahead.ts";
import { evaluateForecasts, type ForecastReport } from "./report.ts";
import type { Series } from "./series.ts";
import { unlikeText, unlikeTraining } from "./unlike-training.ts";
import { anchorOf } from "./windows.ts";

/** The errors of a forecaster's forecasts at these origins of a series on the scale it works on, beside the baselines'. */
export function evaluateAt(
  learned: Learned,
  all: Series,
  origins: readonly number[],
  { middle, interval }: Forecasts,
): ForecastReport {
  const { targets, horizon, season, differences, logarithm, coverage, bundled, methods, considered, comparedAt } =
    learned;
  const before = bundled ? Math.max(origins[0], season + 1) : 0; // rows that stand for those it was trained on
  const scales = bundled
    ? targets.map((k) => scaleOf(series1(all, k, logarithm).subarray(0, before), season))
    : learned.scales;
  const still = (k: number, origin: number) => anchorOf(all.values[k], origin, differences, horizon);
  return evaluateForecasts({
    warnings: unlikeText(unlikeTraining(learned, all, origins).size, origins.length),
    methods: bundled ? [] : methods.map((list, k) => choiceWords(list, considered[k] ?? [], comparedAt)),
    withoutNetwork:
      differences.length === 0 || !methods.every((list) => list.length === 1 && list[0].name === "network")
        ? null
        : (target, origin) =>
            logarithm ? still(targets[target], origin).map(Math.exp) : still(targets[target], origin),
    columns: targets.map((k) => series1(all, k, logarithm)),
    names: targetNames(learned),
    origins,
    horizon,
    season,
    scales,
    forecast: middle,
    interval: interval && { ...interval, asked: coverage },
  });
}

/** The names of the columns that are forecast. */
export function targetNames({ targets, names }: Pick<Learned, "targets" | "names">): string[] {
  return targets.map((k) => names?.[k] ?? `column ${k}`);
}
