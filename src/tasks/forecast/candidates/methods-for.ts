import { enoughHorizons } from "../conformal.ts";
import type { Levels } from "../intervals.ts";
import type { Learned } from "../learned.ts";
import type { readForecaster } from "../options.ts";
import { series1 } from "../parts.ts";
import type { SeriesStep } from "../seasons/calendar-seasons.ts";
import type { Series } from "../series.ts";
import { actualAfter } from "../windows.ts";
import { candidatesFor, chooseMethods, seasonsOf } from "./choose.ts";
import { chooseOfFew, comparedOrigins, enoughOrigins } from "./choose-of-few.ts";
import { ofTarget } from "./combine.ts";
import { type Method, network } from "./method.ts";

/**
 * The methods of each target: the one that is asked for, or those that the forecasts at the origins `later` of the validation split
 * choose; where they are few, theta, ETS or both by origins in the second half of all rows. `forecast` gives the network's at `later`.
 */
export async function methodsFor(
  all: Series,
  later: readonly number[],
  { method, intervals, season: given }: Pick<ReturnType<typeof readForecaster>, "method" | "intervals" | "season">,
  { horizon, targets, logarithm, season }: Learned,
  step: SeriesStep | null,
  forecast: () => Promise<Levels>,
): Promise<Pick<Learned, "methods" | "considered" | "comparedAt">> {
  const each = (list: readonly Method[]) => ({ methods: targets.map(() => list), considered: [], comparedAt: 0 });
  if (method === "network" || (method === "auto" && intervals === "quantile")) return each([network]);
  if (method !== "auto") return each([{ name: method, season: seasonal.includes(method) ? season : 1 }]);
  if (later.length < enoughHorizons * horizon) {
    const origins = comparedOrigins(all.rows, horizon);
    if (origins.length < enoughOrigins) return each(unjudged.map((name) => ({ name, season })));
    const chosen = [];
    for (const target of targets)
      chosen.push(await chooseOfFew(series1(all, target, logarithm), origins, horizon, season));
    return { ...listsOf(chosen), comparedAt: origins.length };
  }
  const { middle } = await forecast();
  const actual = actualAfter(all, targets, later, horizon);
  const chosen = [];
  for (const [k, target] of targets.entries()) {
    const column = series1(all, target, logarithm);
    const seasons = given === null ? seasonsOf(column.subarray(0, later[0]), season, step) : [season];
    const own = (levels: Float64Array) => ofTarget(levels, k, targets.length, logarithm);
    const candidates = await candidatesFor(column, later, horizon, seasons, own(middle));
    chosen.push(chooseMethods(candidates, own(actual), horizon));
  }
  return { ...listsOf(chosen), comparedAt: 0 };
}

const listsOf = (chosen: readonly ReturnType<typeof chooseMethods>[]) => ({
  methods: chosen.map((one) => one.methods),
  considered: chosen.map((one) => one.errors),
});

const seasonal: readonly string[] = ["seasonalNaive", "theta", "ets"];
const unjudged = ["theta", "ets"] as const; // where there are too few rows to compare them
