import { readFileSync } from "node:fs";
import { etsForecast, meanAbsoluteScaledError, naiveForecast, symmetricMape, thetaForecast } from "cellstate";
import { plotForecast } from "cellstate/plot";

const horizon = 13;
const season = 52;

/** What a network has to beat; none of them draws random numbers, so every seed gives the same. */
const methods = {
  naive: (y) => naiveForecast(y, horizon),
  theta: (y) => thetaForecast(y, horizon, season),
  "exponential smoothing": (y) => etsForecast(y, horizon, season),
};

export const m4Weekly = {
  title: "M4's weekly series without a network",
  needs: ["m4-weekly/Weekly-train.csv", "m4-weekly/Weekly-test.csv"],
  target:
    "359 series, 13 weeks ahead, sMAPE of statsforecast's methods or below: 7.80 dynamic optimised theta, 8.71 AutoETS; 9.16 naive",
  reach: { "theta, sMAPE": { atMost: 7.8 }, "exponential smoothing, sMAPE": { atMost: 8.71 } },
  async run({ data, quick }) {
    const rows = (name) =>
      readFileSync(`${data}/m4-weekly/Weekly-${name}.csv`, "utf8")
        .trim()
        .split("\n")
        .slice(1, quick ? 13 : undefined)
        .map((line) => line.replaceAll('"', "").split(",").slice(1).filter(Boolean).map(Number));
    const [past, future] = [rows("train"), rows("test")];
    const seconds = {};
    const forecasts = {};
    for (const [name, forecast] of Object.entries(methods)) {
      const start = performance.now();
      forecasts[name] = past.map(forecast);
      seconds[`${name}, s`] = (performance.now() - start) / 1000;
    }
    forecasts["mean of both"] = past.map((_, i) =>
      Array.from({ length: horizon }, (_, h) => (forecasts.theta[i][h] + forecasts["exponential smoothing"][i][h]) / 2),
    );
    const errors = Object.entries(forecasts).map(([name, list]) => {
      const smape = mean(list.map((f, i) => symmetricMape(future[i], f)));
      const mase = mean(list.map((f, i) => meanAbsoluteScaledError(future[i], f, past[i])));
      return { name, smape, mase };
    });
    const [naive] = errors;
    const figures = {};
    for (const { name, smape, mase } of errors.toReversed()) {
      figures[`${name}, sMAPE`] = smape;
      figures[`${name}, MASE`] = mase;
      figures[`${name}, OWA`] = (smape / naive.smape + mase / naive.mase) / 2; // Naive2 is the naive forecast for weeks
    }
    Object.assign(figures, seconds);
    const shown = Math.min(100, past.length - 1);
    const svg = await plotForecast(
      {
        actual: [...past[shown].slice(-104), ...future[shown]],
        forecast: forecasts.theta[shown],
        from: Math.min(104, past[shown].length),
      },
      { title: `Series W${shown + 1}, theta`, xLabel: "Week" },
    );
    return { figures, charts: { series: svg }, backend: "js, float64" };
  },
};

const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
