import { series1 } from "../parts.ts";
import type { Series } from "../series.ts";
import { type LocalMethod, localForecasts } from "./local-forecasts.ts";
import type { Method } from "./method.ts";

/** The data that the forecasts of several methods are made from. */
interface Work {
  /** On the scale the network works on. */
  readonly all: Series;
  readonly logarithm: boolean;
  readonly targets: readonly number[];
  /** In ascending order. */
  readonly origins: readonly number[];
  readonly steps: number;
  /** Rows that the methods without a network are fitted to. */
  readonly rows: number;
  /** The network's forecasts on that scale, [origins · steps · targets]; null where no target uses it. */
  readonly ofNetwork: Float64Array | null;
  /** Places of origins at which the network is left out, and another method taken where it was alone. */
  readonly unlike: ReadonlySet<number>;
  readonly considered: readonly (readonly Method[])[];
  readonly signal?: AbortSignal | undefined;
}

/** For each target the mean of its methods' forecasts, taken in the units of the series, on the scale the network works on. */
export async function combined(methods: readonly (readonly Method[])[], work: Work): Promise<Float64Array> {
  const { all, logarithm, targets, origins, steps, rows, ofNetwork, unlike, considered, signal } = work;
  const K = targets.length;
  const out = new Float64Array(origins.length * steps * K);
  for (const [k, list] of methods.entries()) {
    const column = series1(all, targets[k], logarithm);
    const forecast = async ({ name, season }: Method) =>
      name === "network"
        ? ofTarget(ofNetwork!, k, K, logarithm)
        : localForecasts({ name: name as LocalMethod, season }, column, origins, steps, rows, signal);
    const simple = (one: Method) => one.name !== "network";
    const sum = new Float64Array(origins.length * steps);
    const without = new Float64Array(sum.length); // the network
    const others = list.some(simple) ? list.filter(simple) : (considered[k] ?? []).filter(simple).slice(0, 1);
    const made = unlike.size > 0 && list.length === 1 && !simple(list[0]) ? [...list, ...others] : list;
    for (const method of made) {
      const values = await forecast(method);
      for (let i = 0; i < sum.length; i++) {
        if (list.includes(method)) sum[i] += values[i] / list.length;
        if (others.includes(method)) without[i] += values[i] / others.length;
      }
    }
    if (others.length > 0 && others.length < made.length)
      for (const i of unlike) sum.set(without.subarray(i * steps, (i + 1) * steps), i * steps);
    const least = logarithm ? column.reduce((a, b) => Math.min(a, b)) / 100 : 0; // no logarithm of a number below 0
    for (let i = 0; i < sum.length; i++) out[i * K + k] = logarithm ? Math.log(Math.max(least, sum[i])) : sum[i];
  }
  return out;
}

/** One target of [origins · steps · targets], in the units of the series. */
export function ofTarget(levels: Float64Array, k: number, K: number, logarithm: boolean): Float64Array {
  const own = levels.filter((_, i) => i % K === k);
  return logarithm ? own.map(Math.exp) : own;
}
