import type { ArrayLikeNumbers } from "../series.ts";
import { deseasonalize } from "./deseasonalize.ts";
import { historyOf } from "./history.ts";
import { minimize } from "./minimize.ts";
import { type Running, repeating, seasonal } from "./running.ts";

/**
 * The dynamic optimised theta forecast (Fiorucci, Pellegrini, Louzada, Petropoulos & Koehler 2016): exponential smoothing towards a trend
 * line that is fitted again at each row, half as steep or less by the weight it finds best; a season of `season` steps is taken off before and given back
 * after. The method that won the M3 competition, with its weights found by least squares. A history of one or two rows is repeated.
 * Throws DataError for rows that are no numbers.
 *
 *   thetaForecast([10, 12, 14, 16, 18, 20], 2); // [21.9596, 23.9153]
 */
export function thetaForecast(history: ArrayLikeNumbers, horizon: number, season = 1): number[] {
  return thetaOf(historyOf("thetaForecast", history, horizon, season), season).forecast(horizon);
}

/** The theta method of a history, which can go on to see later rows with the parameters it has. */
export function thetaOf(history: Float64Array, season: number): Running {
  const apart = deseasonalize(history, season);
  const { values } = apart;
  if (values.length < 3) return repeating(values);
  const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0) || 1;
  const y = values.map((v) => v / largest);
  const [level, alpha, theta] = minimize(
    ([level, alpha, theta]) => squaredErrors(y, level, alpha, theta),
    [y[0] / 2, 0.5, 2],
    [
      [-2, 2],
      [0.1, 0.99],
      [1, 50],
    ],
    400,
  );
  const states = new ThetaStates(level, alpha, theta);
  for (const v of y) states.see(v);
  return seasonal(apart, {
    see: (value) => states.see(value / largest),
    forecast: (horizon) => {
      const ahead = states.copy();
      return Array.from({ length: horizon }, () => {
        const next = ahead.expected();
        ahead.see(next);
        return next * largest;
      });
    },
  });
}

function squaredErrors(y: Float64Array, level: number, alpha: number, theta: number): number {
  const states = new ThetaStates(level, alpha, theta);
  let sum = 0;
  for (let t = 0; t < y.length; t++) {
    if (t > 1) sum += (y[t] - states.expected()) ** 2;
    states.see(y[t]);
  }
  return sum;
}

/** Level of the smoothing, and intercept and slope of the line through all rows so far. */
class ThetaStates {
  #level: number;
  readonly #alpha: number;
  #weight: number;
  #rows = 0;
  #decay = 1; // (1 − α)^rows
  #mean = 0;
  #intercept = 0;
  #slope = 0;

  constructor(level: number, alpha: number, theta: number) {
    this.#level = level;
    this.#alpha = alpha;
    this.#weight = 1 - 1 / theta;
  }

  copy(): ThetaStates {
    const copy = new ThetaStates(this.#level, this.#alpha, 1);
    copy.#weight = this.#weight;
    copy.#rows = this.#rows;
    copy.#decay = this.#decay;
    copy.#mean = this.#mean;
    copy.#intercept = this.#intercept;
    copy.#slope = this.#slope;
    return copy;
  }

  expected(): number {
    const next = this.#decay * (1 - this.#alpha);
    const line = this.#decay * this.#intercept + ((1 - next) / this.#alpha) * this.#slope;
    return this.#level + this.#weight * line;
  }

  see(y: number): void {
    const t = ++this.#rows;
    const before = this.#mean;
    this.#decay *= 1 - this.#alpha;
    this.#level = this.#alpha * y + (1 - this.#alpha) * this.#level;
    this.#mean = ((t - 1) * before + y) / t;
    this.#slope = t === 1 ? 0 : ((t - 2) * this.#slope + (6 / t) * (y - before)) / (t + 1);
    this.#intercept = this.#mean - ((t + 1) / 2) * this.#slope;
  }
}
