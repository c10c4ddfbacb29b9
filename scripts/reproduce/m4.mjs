import { readFileSync } from "node:fs";
import {
  etsForecast,
  globalForecaster,
  meanAbsoluteScaledError,
  naiveForecast,
  symmetricMape,
  thetaForecast,
} from "cellstate";
import { plotForecast } from "cellstate/plot";

const horizon = 13;
const season = 52;

/** None of them draws random numbers: every seed gives the same. */
const classical = {
  naive: (y) => naiveForecast(y, horizon),
  theta: (y) => thetaForecast(y, horizon, season),
  "exponential smoothing": (y) => etsForecast(y, horizon, season),
};

export const m4Weekly = {
  title: "M4's weekly series",
  needs: ["m4-weekly/Weekly-train.csv", "m4-weekly/Weekly-test.csv"],
  target:
    "359 series, 13 weeks ahead, by one network: sMAPE 6.8, OWA 0.73, 13.2 on the series under 200 values; before, one network for each series, 7.57, 0.840, 16.2; the competition's winner 7.82, LightGBM 7.42, dynamic optimised theta 7.80, AutoETS 8.71, naive 9.16",
  reach: {
    "network, sMAPE": { atMost: 6.8 },
    "network, OWA": { atMost: 0.73 },
    "network, sMAPE under 200 values": { atMost: 13.2 },
    "theta, sMAPE": { atMost: 7.8 },
    "exponential smoothing, sMAPE": { atMost: 8.71 },
  },
  section:
    () => `One LSTM for all series, trained twice: first without the last 13 weeks of the training part, by which the weight of the theta method for short
series is chosen, then with all. Its sizes, learning rate and epochs were chosen on those weeks too (\`node scripts/choices-m4.mjs\` does so again); the test part was
read once for each seed. Seconds of processors are those of both cores; seconds by the clock are on a machine that others kept busy.

`,
  async run({ data, seed, quick }) {
    const [past, future] = ["train", "test"].map((part) => seriesOf(`${data}/m4-weekly/Weekly-${part}.csv`, quick));
    const [seconds, forecasts] = [{}, {}];
    for (const [name, forecast] of Object.entries(classical)) {
      const start = performance.now();
      forecasts[name] = past.map(({ values }) => forecast(values));
      seconds[`${name}, s`] = (performance.now() - start) / 1000;
    }
    const [start, before] = [performance.now(), process.cpuUsage()];
    const task = globalForecaster({ horizon, season, seed });
    const { history } = await task.fit(past, { verbose: 0, ...(quick ? { epochs: 1, batchSize: 8 } : {}) });
    forecasts.network = (await task.predict(past)).map(({ values }) => values);
    const { user, system } = process.cpuUsage(before);
    seconds["network, s"] = (performance.now() - start) / 1000;
    seconds["network, s of processors"] = (user + system) / 1e6;
    const report = task.report.methods.forecast;
    const figures = {};
    const all = Object.entries(forecasts).map(([name, list]) => errorsOf(name, list, past, future));
    const naive = all.find(({ name }) => name === "naive");
    for (const { name, smape, median, mase, short } of all.toReversed()) {
      figures[`${name}, sMAPE`] = smape;
      figures[`${name}, median sMAPE`] = median;
      figures[`${name}, MASE`] = mase;
      figures[`${name}, OWA`] = (smape / naive.smape + mase / naive.mase) / 2; // Naive2 is the naive forecast for weeks
      figures[`${name}, sMAPE under 200 values`] = short;
    }
    figures["network, sMAPE on the last 13 weeks of the training part"] = report.smape;
    Object.assign(figures, seconds);
    const shown = Math.min(100, past.length - 1);
    const { id, values } = past[shown];
    const svg = await plotForecast(
      {
        actual: [...values.slice(-104), ...future[shown].values],
        forecast: [...forecasts.network[shown]],
        from: Math.min(104, values.length),
      },
      { title: `Series ${id}, seed ${seed}`, xLabel: "Week" },
    );
    return { figures, charts: { series: svg }, history: history.history, backend: task.model.backendName };
  },
};

function seriesOf(path, quick) {
  const lines = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .slice(1, quick ? 13 : undefined);
  return lines.map((line) => {
    const [id, ...cells] = line.replaceAll('"', "").split(",");
    return { id, values: Float64Array.from(cells.filter(Boolean), Number) };
  });
}

function errorsOf(name, list, past, future) {
  const smapes = list.map((forecast, i) => symmetricMape(future[i].values, forecast));
  const mase = mean(list.map((forecast, i) => meanAbsoluteScaledError(future[i].values, forecast, past[i].values)));
  const short = smapes.filter((_, i) => past[i].values.length < 200);
  const sorted = smapes.toSorted((a, b) => a - b);
  return {
    name,
    smape: mean(smapes),
    median: sorted[sorted.length >> 1],
    mase,
    short: short.length > 0 ? mean(short) : 0,
  };
}

const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
