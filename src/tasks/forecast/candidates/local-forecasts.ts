import { breatheWhenDue } from "../../../train/fit/breathe.ts";
import { driftForecast, naiveForecast, seasonalNaiveForecast } from "../baselines.ts";
import { demandOf } from "../classical/demand.ts";
import { etsModels } from "../classical/exponential-smoothing.ts";
import type { Running } from "../classical/running.ts";
import { thetaOf } from "../classical/theta.ts";

/** Methods that forecast a series from its own rows alone, without a network. */
export type LocalMethod = "naive" | "seasonalNaive" | "drift" | "theta" | "ets" | "demand";

/**
 * Forecasts at origins in ascending order, each from the rows before it: [origins · steps]. Parameters are fitted to the first `fitted` rows, or
 * to those before the first origin where it comes sooner, so that a forecast does not depend on the other origins.
 */
export async function localForecasts(
  { name, season }: { readonly name: LocalMethod; readonly season: number },
  column: Float64Array,
  origins: readonly number[],
  steps: number,
  fitted: number,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const out = new Float64Array(origins.length * steps);
  if (name === "naive" || name === "seasonalNaive" || name === "drift") {
    for (const [i, origin] of origins.entries())
      out.set(simple[name](column.subarray(0, origin), steps, season), i * steps);
    return out;
  }
  let row = Math.min(fitted, origins[0] ?? 0);
  const running = await starts[name](column.slice(0, row), season);
  for (const [i, origin] of origins.entries()) {
    for (; row < origin; row++) running.see(column[row]);
    out.set(running.forecast(steps), i * steps);
    await breatheWhenDue();
    signal?.throwIfAborted();
  }
  return out;
}

const simple = { naive: naiveForecast, seasonalNaive: seasonalNaiveForecast, drift: driftForecast };
const mostRows = 5000; // that the theta method reads, the newest

type Start = (history: Float64Array, season: number) => Running | Promise<Running>;
const starts: Readonly<Record<"theta" | "ets" | "demand", Start>> = {
  theta: (history, season) => thetaOf(history.slice(-mostRows), season),
  demand: demandOf,
  ets: async (history, season) => {
    const models = etsModels(history, season);
    for (;;) {
      const { done, value } = models.next();
      if (done) return value;
      await breatheWhenDue();
    }
  },
};
