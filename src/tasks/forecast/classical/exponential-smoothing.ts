import { deviation, mean } from "../deviation.ts";
import { seasonalProfile } from "../seasons/profile.ts";
import type { ArrayLikeNumbers } from "../series.ts";
import { deseasonalize } from "./deseasonalize.ts";
import { historyOf } from "./history.ts";
import { minimize } from "./minimize.ts";
import { type Running, repeating, seasonal } from "./running.ts";

/** An exponential smoothing model: error, trend and season are absent, additive or in proportion; a damped trend fades. */
export interface SmoothingModel {
  readonly error: "additive" | "multiplicative";
  readonly trend: "none" | "additive" | "damped";
  readonly season: "none" | "additive" | "multiplicative";
}

const longest = 24; // steps of a season that is smoothed; a longer one is taken off before
const mostRows = 2000; // the newest are read

/**
 * The forecast of exponential smoothing (ETS; Hyndman, Koehler, Ord & Snyder 2008): of all models with or without trend, damping and a season
 * of `season` steps the one of the smallest AICc, by maximum likelihood; Holt-Winters is among them. A season longer than 24 steps is taken
 * off before and given back after. A history of one or two rows is repeated. Throws DataError for rows that are no numbers.
 *
 *   etsForecast([10, 12, 14, 16, 18, 20, 22, 24], 2); // [26, 28]
 */
export function etsForecast(history: ArrayLikeNumbers, horizon: number, season = 1): number[] {
  return etsOf(historyOf("etsForecast", history, horizon, season), season).forecast(horizon);
}

/** Exponential smoothing of a history, which can go on to see later rows with the parameters it has. */
export function etsOf(history: Float64Array, season: number): Running {
  const models = etsModels(history, season);
  for (;;) {
    const { done, value } = models.next();
    if (done) return value;
  }
}

/** The same, in pieces: one model is fitted before each `yield`. */
export function* etsModels(history: Float64Array, season: number): Generator<void, Running> {
  const newest = history.slice(-mostRows);
  if (newest.length < 3) return repeating(newest);
  const period = season > 1 && season <= longest && newest.length >= 2 * season + 3 ? season : 1;
  const apart = season > longest ? deseasonalize(newest, season) : null;
  const values = apart?.values ?? newest;
  let best: Fitted | null = null;
  for (const model of modelsFor(values, period)) {
    const fitted = fit(values, model, period);
    if (best === null || fitted.aicc < best.aicc) best = fitted;
    yield;
  }
  return apart ? seasonal(apart, best!) : best!;
}

/** Those that Hyndman's ets() looks at by default; in proportion only for numbers above 0. */
function modelsFor(y: Float64Array, period: number): SmoothingModel[] {
  const positive = y.every((v) => v > 0);
  const trends = y.length > 5 ? (["none", "additive", "damped"] as const) : (["none"] as const);
  const seasons = period === 1 ? (["none"] as const) : (["additive", "multiplicative"] as const);
  return trends.flatMap((trend) =>
    [...seasons, ...(period === 1 ? [] : (["none"] as const))].flatMap((season) =>
      (["additive", "multiplicative"] as const)
        .filter((error) => (error === "additive" ? season !== "multiplicative" : positive))
        .map((error) => ({ error, trend, season })),
    ),
  );
}

interface Fitted extends Running {
  readonly aicc: number;
}

function fit(y: Float64Array, model: SmoothingModel, period: number): Fitted {
  const first = firstStates(y, model, period);
  const names = ["alpha", ...(model.trend === "none" ? [] : ["beta"]), ...(model.season === "none" ? [] : ["gamma"])];
  if (model.trend === "damped") names.push("phi");
  const starts: Record<string, number> = { alpha: 0.3, beta: 0.1, gamma: 0.1, phi: 0.95 };
  const scale = deviation(y) || 1;
  // Shares of what is left: β ≤ α and γ ≤ 1 − α, as the models ask.
  const read = (x: readonly number[]) => {
    const of = (name: string, otherwise: number) => (names.includes(name) ? x[names.indexOf(name)] : otherwise);
    const alpha = of("alpha", 0.3);
    return {
      alpha,
      beta: of("beta", 0) * alpha,
      gamma: of("gamma", 0) * (1 - alpha),
      phi: of("phi", 1),
      level: first.level + x[names.length] * scale,
      slope: model.trend === "none" ? 0 : first.slope + x[names.length + 1] * scale * 0.1,
    };
  };
  const bounds = [
    ...names.map((name): [number, number] => (name === "phi" ? [0.8, 0.98] : [1e-4, 0.9999])),
    ...(model.trend === "none" ? [[-3, 3] as const] : [[-3, 3] as const, [-3, 3] as const]),
  ];
  const start = [...names.map((name) => starts[name]), 0, ...(model.trend === "none" ? [] : [0])];
  const x = minimize((p) => run(y, model, first.seasonal, read(p)).likelihood, start, bounds);
  const parameters = read(x);
  const { likelihood, states } = run(y, model, first.seasonal, parameters);
  const k = x.length + (model.season === "none" ? 0 : period - 1) + 1;
  const n = y.length;
  const aicc = likelihood + 2 * k + (n - k - 1 > 0 ? (2 * k * (k + 1)) / (n - k - 1) : Number.POSITIVE_INFINITY);
  return {
    aicc: Number.isNaN(aicc) ? Number.POSITIVE_INFINITY : aicc,
    see: (v) => void advance(states, v, model, parameters),
    forecast: (horizon) => {
      let damped = 0;
      return Array.from({ length: horizon }, (_, h) => {
        damped += parameters.phi ** (h + 1);
        const base = states.level + damped * states.slope;
        const s = states.seasonal[(states.rows + h) % period];
        return model.season === "none" ? base : model.season === "additive" ? base + s : base * s;
      });
    },
  };
}

interface Parameters {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly phi: number;
  readonly level: number;
  readonly slope: number;
}

/** The states after the rows so far. */
interface States {
  level: number;
  slope: number;
  /** By phase; phase 0 is the first row's. */
  readonly seasonal: Float64Array;
  rows: number;
}

/** Moves the states on by one row; the value that was expected of it. */
function advance(states: States, y: number, model: SmoothingModel, p: Parameters): number {
  const { seasonal } = states;
  const k = states.rows++ % seasonal.length;
  const base = states.level + p.phi * states.slope;
  const s = seasonal[k];
  const expected = model.season === "none" ? base : model.season === "additive" ? base + s : base * s;
  const error = y - expected; // in proportion: (y − ŷ) / ŷ, and each state moves by its own size
  const moved = model.season === "multiplicative" ? error / (s || 1e-12) : error;
  states.slope = p.phi * states.slope + p.beta * moved;
  states.level = base + p.alpha * moved;
  if (model.season === "additive") seasonal[k] = s + p.gamma * error;
  if (model.season === "multiplicative") seasonal[k] = s + (p.gamma * error) / (base || 1e-12);
  return expected;
}

/** The rows one after the other; twice the negative logarithm of their likelihood, and the states after them. */
function run(y: Float64Array, model: SmoothingModel, first: Float64Array, p: Parameters) {
  const states: States = { level: p.level, slope: p.slope, seasonal: first.slice(), rows: 0 };
  let squares = 0;
  let logs = 0;
  for (const v of y) {
    const expected = advance(states, v, model, p);
    if (model.error === "multiplicative" && !(expected > 0)) return { likelihood: Number.POSITIVE_INFINITY, states };
    const relative = model.error === "multiplicative" ? (v - expected) / expected : v - expected;
    squares += relative * relative;
    if (model.error === "multiplicative") logs += Math.log(expected);
  }
  return { likelihood: y.length * Math.log(Math.max(squares, 1e-300)) + 2 * logs, states };
}

/** A line through the first rows, and the season by classical decomposition. */
function firstStates(y: Float64Array, { trend, season }: SmoothingModel, period: number) {
  const none = season === "none";
  const logs = season === "multiplicative" ? y.map(Math.log) : y;
  const profile = none ? new Float64Array(1) : seasonalProfile(logs, period);
  const middle = mean(profile);
  const seasonal = profile.map((v) => (season === "multiplicative" ? Math.exp(v - middle) : v - middle));
  const rest = y.map((v, t) =>
    none ? v : season === "additive" ? v - seasonal[t % period] : v / seasonal[t % period],
  );
  const count = Math.min(Math.max(10, 2 * period), rest.length);
  const line = lineThrough(rest.subarray(0, count));
  return trend === "none"
    ? { level: mean(rest.subarray(0, count)), slope: 0, seasonal }
    : { level: line.start - line.slope, slope: line.slope, seasonal };
}

function lineThrough(y: Float64Array): { start: number; slope: number } {
  const n = y.length;
  const middle = mean(y);
  let [along, squares] = [0, 0];
  y.forEach((v, t) => {
    along += (t - (n - 1) / 2) * (v - middle);
    squares += (t - (n - 1) / 2) ** 2;
  });
  const slope = squares > 0 ? along / squares : 0;
  return { start: middle - (slope * (n - 1)) / 2, slope };
}
