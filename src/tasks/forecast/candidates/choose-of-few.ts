import { mean } from "../deviation.ts";
import { every } from "../windows.ts";
import { errorsAt, geometricMean } from "./choose.ts";
import { localForecasts } from "./local-forecasts.ts";
import type { CandidateError, Method } from "./method.ts";

const names = ["ets", "theta"] as const;
const fits = 4; // of each method's parameters, at origins one after the other

/** Origins in the second half of the rows, half a horizon apart, at which methods are compared where few rows are held out. */
export const comparedOrigins = (rows: number, horizon: number): readonly number[] =>
  every(Math.max(3, Math.floor(rows / 2)), rows - horizon, Math.max(1, Math.floor(horizon / 2)));

/** Origins from which on methods are compared at them. */
export const enoughOrigins = 3;

const needed = 0.05; // fraction by which theta or the mean of both must err less than ETS

/**
 * Theta, ETS or the mean of both for one column by the geometric mean of their errors at origins: ETS where no other is nearer to what followed by
 * more than 5 %. On 184 short series (132 made ones, 52 pieces of M4's weekly ones): RMSE 1.046 times the best simple method's (geometric mean),
 * within 3 % of it on 76 %, more than 10 % worse on 12 %; whichever is nearest by the mean error 1.046, 74 % and 13 %; always ETS 1.044, 78 % and
 * 13 %, but on 427 others 1.064, where the nearest had 1.058; always the mean of both 1.060, 62 % and 15 %.
 */
export async function chooseOfFew(column: Float64Array, origins: readonly number[], steps: number, season: number) {
  const actual = Float64Array.from(origins.flatMap((origin) => Array.from(column.subarray(origin, origin + steps))));
  const forecasts = [];
  const size = Math.ceil(origins.length / fits);
  for (const name of names) {
    const values = new Float64Array(actual.length);
    for (let i = 0; i < origins.length; i += size) {
      const some = origins.slice(i, i + size);
      values.set(await localForecasts({ name, season }, column, some, steps, some[0]), i * steps);
    }
    forecasts.push({ method: { name, season }, values, errors: errorsAt(values, actual, steps) });
  }
  const [ets, theta] = forecasts;
  const both = errorsAt(
    ets.values.map((v, i) => (v + theta.values[i]) / 2),
    actual,
    steps,
  );
  const scores = [geometricMean(ets.errors) * (1 - needed), geometricMean(theta.errors), geometricMean(both)];
  const best = scores.indexOf(Math.min(...scores));
  const methods: Method[] = [[ets.method], [theta.method], [ets.method, theta.method]][best];
  const errors = forecasts.map(({ method, errors }): CandidateError => ({ ...method, error: mean(errors) }));
  return { errors: errors.sort((a, b) => a.error - b.error), methods };
}
