import { enoughHorizons } from "../conformal.ts";
import type { Levels } from "../intervals.ts";
import type { Learned } from "../learned.ts";
import type { readForecaster } from "../options.ts";
import { series1 } from "../parts.ts";
import type { SeriesStep } from "../seasons/calendar-seasons.ts";
import type { Series } from "../series.ts";
import { actualAfter } from "../windows.ts";
import { candidatesFor, chooseMethods, seasonsOf } from "./choose.ts";
import { ofTarget } from "./combine.ts";
import { type Method, network } from "./method.ts";

/**
 * The methods of each target: the one that is asked for, or those that the forecasts at the origins `later` of the validation split
 * choose. `forecast` gives the network's there.
 */
export async function methodsFor(
  all: Series,
  later: readonly number[],
  { method, intervals, season: given }: Pick<ReturnType<typeof readForecaster>, "method" | "intervals" | "season">,
  { horizon, targets, logarithm, season }: Learned,
  step: SeriesStep | null,
  forecast: () => Promise<Levels>,
): Promise<Pick<Learned, "methods" | "considered">> {
  const each = (list: readonly Method[]) => ({ methods: targets.map(() => list), considered: [] });
  if (method === "network" || (method === "auto" && intervals === "quantile")) return each([network]);
  if (method !== "auto") return each([{ name: method, season: seasonal.includes(method) ? season : 1 }]);
  if (later.length < enoughHorizons * horizon) return each(unjudged.map((name) => ({ name, season })));
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
  return { methods: chosen.map((one) => one.methods), considered: chosen.map((one) => one.errors) };
}

const seasonal: readonly string[] = ["seasonalNaive", "theta", "ets"];
const unjudged = ["theta", "ets"] as const; // where too few rows are held out
