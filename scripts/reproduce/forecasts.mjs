import { dense, dropout, forecaster, lstm, minMaxScaler, rootMeanSquaredError, sequential } from "cellstate";
import { columnNumbers, readCsv, timeseriesWindows } from "cellstate/data";

export const temperature = {
  title: "Minimum temperatures in Melbourne",
  needs: ["timeseries/daily-min-temperatures.csv"],
  target:
    "on the last two years, RMSE below every baseline's: 2.48 for the next day (tomorrow is today), 3.32 over seven",
  reach: { "next day, RMSE": { atMost: 2.48 }, "seven days, RMSE": { atMost: 3.32 } },
  async run({ data, seed, quick }) {
    const series = columnNumbers(await readCsv(`${data}/timeseries/daily-min-temperatures.csv`, { columns: ["Temp"] }));
    const from = quick ? 400 : 8 * 365;
    const rows = quick ? series.slice(0, 480) : series;
    const common = { window: quick ? 8 : 60, season: quick ? 7 : 365, intervals: "gaussian", seed };
    const [day, week] = [
      await measured(rows, from, common, quick),
      await measured(rows, from, { ...common, horizon: 7 }, quick),
    ];
    const figures = {
      ...figuresOf("next day", day.report),
      ...figuresOf("seven days", week.report),
      ...secondsOf(day, week),
    };
    return { figures, ...shown(day), text: `${day.report}\n\n${week.report}` };
  },
};

export const stock = {
  title: "Google's stock, tomorrow's opening price",
  needs: ["timeseries/Google_Stock_Price_Train.csv", "timeseries/Google_Stock_Price_Test.csv"],
  target:
    "from sixty days, on the lab's 21 test days: its network as it stands, and a forecaster, beside tomorrow is today (RMSE 8.37); a warning for who loses",
  async run({ data, seed, quick }) {
    const prices = async (part) =>
      columnNumbers(await readCsv(`${data}/timeseries/Google_Stock_Price_${part}.csv`, { columns: ["Open"] }));
    const [train, test] = [await prices("Train"), await prices("Test")];
    const all = [...train.data, ...test.data].map((price) => [price]);
    const [L, from, units] = [60, train.shape[0], quick ? 4 : 50];
    const scaler = minMaxScaler().fit(train);
    const scaled = scaler.transform(all);
    const { x, y } = timeseriesWindows(scaled, scaled.slice(L), { sequenceLength: L });
    const more = () => [lstm(units, { returnSequences: true }), dropout(0.2)];
    const model = sequential([...more(), ...more(), ...more(), lstm(units), dropout(0.2), dense(1)]);
    model.compile({ optimizer: "adam", loss: "meanSquaredError" });
    const first = quick ? from - L - 64 : 0;
    const history = await model.fit(x.slice(first, from - L), y.slice(first, from - L), {
      ...{ epochs: quick ? 1 : 100, batchSize: 32, seed, verbose: 0 },
    });
    const lab = scaler.inverse(await model.predict(x.slice(from - L)));
    const own = await measured(all, from, { window: quick ? 8 : L, intervals: "gaussian", seed }, quick);
    const figures = {
      "the lab's network, RMSE": rootMeanSquaredError(test.data, lab.data),
      "the lab's network, training, s": history.seconds,
      ...figuresOf("forecaster", own.report),
    };
    return { figures, history: history.history, backend: model.backendName, text: String(own.report) };
  },
};

export const pollution = {
  title: "Beijing's PM2.5, the next hour",
  needs: ["timeseries/pollution.csv"],
  target:
    "from seven columns, the first year training and four years testing, RMSE below 26.5 (a widely copied LSTM tutorial), and below the baselines",
  reach: { "next hour, RMSE": { atMost: 23.18 } },
  async run({ data, seed, quick }) {
    const columns = ["pm2.5", "DEWP", "TEMP", "PRES", "Iws", "Is", "Ir"];
    const table = await readCsv(`${data}/timeseries/pollution.csv`);
    const series = columnNumbers(table, columns, { missing: "previous" }); // the first day has none, and goes
    const from = quick ? 300 : 365 * 24;
    const rows = quick ? series.slice(0, 400) : series;
    const hour = await measured(rows, from, { columns, targets: ["pm2.5"], intervals: "gaussian", seed }, quick);
    return {
      figures: { ...figuresOf("next hour", hour.report), ...secondsOf(hour) },
      ...shown(hour),
      text: `${hour.report}`,
    };
  },
};

export const ettH1 = {
  title: "ETTh1, oil temperature, 24 hours ahead",
  needs: ["ett/ETTh1.csv"],
  target:
    "from itself alone, 12, 4 and 4 months, MSE of the standardised series: ARIMA 0.108, LSTM with attention 0.114, Informer 0.098 (Informer, table 1)",
  async run({ data, seed, quick }) {
    const series = columnNumbers(await readCsv(`${data}/ett/ETTh1.csv`, { columns: ["OT"] }));
    const [trained, from, end] = quick ? [300, 360, 420] : [8640, 8640 + 2880, 8640 + 5760];
    const rows = series.slice(0, end);
    const options = { horizon: 24, window: quick ? 8 : undefined, intervals: "gaussian", seed };
    const day = await measured(rows, from, options, quick, { validationSplit: (from - trained) / from });
    const known = series.slice(0, trained).data;
    const mean = known.reduce((a, b) => a + b, 0) / trained;
    const variance = known.reduce((sum, v) => sum + (v - mean) ** 2, 0) / trained;
    const figures = {
      "MSE, standardised": day.report.forecast.rmse ** 2 / variance,
      "MAE, standardised": day.report.forecast.mae / Math.sqrt(variance),
      "naive MSE, standardised": day.report.baselines.naive.rmse ** 2 / variance,
      ...figuresOf("24 hours", day.report),
      ...secondsOf(day),
    };
    return { figures, ...shown(day), text: String(day.report) };
  },
};

export const forecastDefaults = {
  title: "A forecaster's defaults on seven series",
  needs: ["timeseries/airline-passengers.csv", "timeseries/pollution.csv", "ett/ETTh1.csv"],
  target:
    "RMSE over the best baseline's below 1 on the last fifth of each, or a warning; two minutes of training each. The defaults were chosen on these same rows, which flatters them a little",
  async run({ data, seed, quick }) {
    const lines = [];
    const figures = {};
    let first;
    for (const [name, file, columns, targets, later] of sets) {
      const table = await readCsv(`${data}/${file}`);
      const whole = columnNumbers(table, columns, { missing: "previous" });
      const series = quick ? whole.slice(0, 130) : whole;
      for (const horizon of quick ? [1] : [1, later]) {
        const from = Math.floor(0.8 * series.shape[0]);
        const one = await measured(series, from, { columns, targets, horizon, intervals: "gaussian", seed }, quick);
        first ??= one;
        const { forecast, baselines } = one.report;
        const best = Math.min(...Object.values(baselines).map(({ rmse }) => rmse));
        figures[`${name}, ${horizon} ahead: RMSE over the best baseline's`] = forecast.rmse / (best || 1);
        figures[`${name}, ${horizon} ahead: training, s`] = one.history.seconds;
        const { season, differences, window, log } = one.learned;
        const chosen = `season ${season}, differences [${differences}], window ${window}${log ? ", logarithms" : ""}`;
        lines.push(`${name}, ${horizon} ahead: ${chosen}`, `${one.report}`, "");
      }
    }
    return { figures, ...shown(first), text: lines.join("\n").trimEnd() };
  },
};

const hourly = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"];
/** Name, file, columns, targets, and the longer of two horizons. */
const sets = [
  ["airline", "timeseries/airline-passengers.csv", ["Passengers"], undefined, 12],
  ["temperatures", "timeseries/daily-min-temperatures.csv", ["Temp"], undefined, 7],
  ["sunspots", "timeseries/monthly-sunspots.csv", ["Sunspots"], undefined, 12],
  ["stock", "timeseries/Google_Stock_Price_Train.csv", ["Open"], undefined, 5],
  ["pollution", "timeseries/pollution.csv", ["pm2.5", "DEWP", "TEMP", "PRES", "Iws", "Is", "Ir"], ["pm2.5"], 24],
  ["ETTh1", "ett/ETTh1.csv", hourly, ["OT"], 24],
  ["ETTh2", "ett/ETTh2.csv", hourly, ["OT"], 24],
];

/** A forecaster that learned the rows before `from`, and what it does on the others. */
async function measured(series, from, options, quick, fit = {}) {
  const task = forecaster(quick ? { ...options, units: 2 } : options);
  const history = await task.fit(series.slice(0, from), { verbose: 0, ...fit, ...(quick ? { epochs: 1 } : {}) });
  return {
    report: await task.evaluate(series, { from }),
    history,
    learned: task.learned,
    backend: task.model.backendName,
  };
}

const shown = ({ history, backend }) => ({ history: history.history, backend });

const secondsOf = (...runs) => ({ "training, s": runs.reduce((sum, { history }) => sum + history.seconds, 0) });

function figuresOf(name, { forecast, baselines, coverage }) {
  return {
    [`${name}, RMSE`]: forecast.rmse,
    [`${name}, MASE`]: forecast.mase,
    [`${name}, sMAPE, %`]: forecast.smape,
    [`${name}, naive RMSE`]: baselines.naive.rmse,
    [`${name}, seasonal naive RMSE`]: baselines.seasonalNaive.rmse,
    [`${name}, drift RMSE`]: baselines.drift.rmse,
    [`${name}, in the 90 % interval`]: coverage.measured,
  };
}
