import type { Model } from "../../models/model.ts";
import { usesNetwork } from "./candidates/method.ts";
import { calibrationOrigins, widening } from "./conformal.ts";
import { evaluateAt } from "./evaluate-at.ts";
import { crossStretched, type Levels, stretchFor } from "./intervals.ts";
import type { Learned } from "./learned.ts";
import { boundsBySpreads, forecastLevels, inUnits } from "./predict-ahead.ts";
import type { ForecastReport } from "./report.ts";
import type { Series } from "./series.ts";
import { actualAfter } from "./windows.ts";

/**
 * Calibrates the width of intervals and reports on the validation split (origins `later`), where each half calibrates the other; `early` are
 * the origins within the training split.
 */
export async function calibrate(
  model: Model,
  learned: Learned,
  all: Series,
  early: readonly number[],
  later: readonly number[],
): Promise<{ learned: Learned; report: ForecastReport | null }> {
  const { horizon, targets, intervals, coverage, methods } = learned;
  const conformal = intervals === "conformal";
  const origins = conformal ? calibrationOrigins(later, horizon, all.rows, !usesNetwork(methods)) : later;
  if (origins.length === 0) return { learned, report: null };
  const at = async (list: readonly number[]) => ({
    levels: await forecastLevels(model, learned, all, list, horizon),
    actual: actualAfter(all, targets, list, horizon),
  });
  // Training errors count as well: a quiet validation split must not promise more than they allow. Methods without a network
  // learn at the first of those rows alone: what they miss there says nothing of later.
  const network = methods.every((list) => list.every(({ name }) => name === "network"));
  const trained = !conformal && intervals !== "none" && network && early.length > 0 ? await at(early) : null;
  const held = await at(origins);
  const before = trained ? spreadsOf(trained, early.length) : [];
  const spreads =
    conformal || intervals === "gaussian"
      ? spreadsOf(held, origins.length).map((spread, i) => Math.max(spread, before[i] ?? 0))
      : [];
  const found = { ...learned, spreads };
  const bounded = ({ middle, bounds }: Levels): Levels => ({
    middle,
    bounds: bounds ?? boundsBySpreads(middle, found, horizon),
  });
  const least = trained ? stretchFor(bounded(trained.levels), trained.actual, targets.length, coverage) : [];
  const wider = conformal ? widening(origins.length, horizon) : 1;
  const factors = (levels: Levels, actual: Float64Array) =>
    stretchFor(levels, actual, targets.length, coverage).map((factor, k) => Math.max(wider * factor, least[k] ?? 0));
  const stretch = factors(bounded(held.levels), held.actual);
  const calibrated = { ...found, stretch };
  if (later.length === 0) return { learned: calibrated, report: null };
  const { levels, actual } = origins === later ? held : await at(later);
  const half = horizon * targets.length * Math.ceil(later.length / 2);
  const crossed = later.length > 1 ? crossStretched(bounded(levels), actual, half, factors) : bounded(levels);
  return {
    learned: calibrated,
    report: evaluateAt(learned, all, later, inUnits(crossed, { ...learned, stretch: [] })),
  };
}

/** By step and target: the root of the mean squared error, on the scale the model works on. */
function spreadsOf({ levels, actual }: { levels: Levels; actual: Float64Array }, origins: number): number[] {
  const squares = new Float64Array(actual.length / origins);
  actual.forEach((value, i) => {
    squares[i % squares.length] += (value - levels.middle[i]) ** 2;
  });
  return Array.from(squares, (sum) => Math.sqrt(sum / origins));
}
