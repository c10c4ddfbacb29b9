import { readFileSync } from "node:fs";
import { forecaster, sequenceClassifier } from "cellstate";
import { columnNumbers, parseTs, readCsv } from "cellstate/data";
import { classifierResult } from "../classifier-result.mjs";

export const airline = {
  title: "Airline passengers, one month ahead on the last 46 months",
  needs: ["timeseries/airline-passengers.csv"],
  target: "RMSE below 16 (a seasonal rule 15.9, a widely copied LSTM program 47.5)",
  reach: { RMSE: { atMost: 16 } },
  async run({ data, seed, quick }) {
    const table = await readCsv(`${data}/timeseries/airline-passengers.csv`, { columns: ["Passengers"] });
    const series = columnNumbers(table);
    const task = forecaster({ units: 16, logarithm: true, intervals: "gaussian", seed });
    const history = await task.fit(series.slice(0, 98), { verbose: 0, ...(quick ? { epochs: 3 } : {}) });
    const report = await task.evaluate(series, { from: 98 });
    const { forecast, baselines, coverage } = report;
    const network = forecaster({ units: 16, logarithm: true, method: "network", seed });
    await network.fit(series.slice(0, 98), { verbose: 0, ...(quick ? { epochs: 3 } : {}) });
    const figures = {
      RMSE: forecast.rmse,
      "the network alone, RMSE": (await network.evaluate(series, { from: 98 })).forecast.rmse,
      MASE: forecast.mase,
      "sMAPE, %": forecast.smape,
      "naive RMSE": baselines.naive.rmse,
      "seasonal naive RMSE": baselines.seasonalNaive.rmse,
      "drift RMSE": baselines.drift.rmse,
      "in the 90 % interval": coverage.measured,
      "training, s": history.seconds,
    };
    return { figures, history: history.history, backend: task.model.backendName, text: String(report) };
  },
};

export const japaneseVowels = {
  title: "Japanese vowels, nine speakers, the given split",
  needs: ["japanese-vowels/JapaneseVowels_TRAIN.ts.txt", "japanese-vowels/JapaneseVowels_TEST.ts.txt"],
  target: "test accuracy 0.97 or more",
  reach: { "test accuracy": { atLeast: 0.97 } },
  async run({ data, seed, quick }) {
    const [train, test] = ["TRAIN", "TEST"].map((part) =>
      rowsOf(`${data}/japanese-vowels/JapaneseVowels_${part}.ts.txt`),
    );
    const task = sequenceClassifier({ units: quick ? 8 : 64, bidirectional: true, outputDropout: 0.3, seed });
    const history = await task.fit(train, { verbose: 0, epochs: quick ? 2 : 60 });
    return classifierResult(task, history, await task.evaluate(test));
  },
};

export const vowelsNetworks = {
  title: "Japanese vowels, six networks of 64 units, 60 epochs",
  needs: japaneseVowels.needs,
  target: "test accuracy 0.9 or more of each (always the most common speaker: 0.24)",
  async run({ data, seed, quick }) {
    const [train, test] = ["TRAIN", "TEST"].map((part) =>
      rowsOf(`${data}/japanese-vowels/JapaneseVowels_${part}.ts.txt`),
    );
    const figures = {};
    let last;
    for (const [name, options] of Object.entries(networks)) {
      const task = sequenceClassifier({ units: quick ? 8 : 64, ...options, seed });
      const { history } = await task.fit(train, { verbose: 0, epochs: quick ? 1 : 60 });
      figures[`${name}: training accuracy`] = (await task.evaluate(train)).accuracy;
      figures[`${name}: test accuracy`] = (await task.evaluate(test)).accuracy;
      last = { history, backend: task.model.backendName };
    }
    return { figures, ...last };
  },
};

const networks = {
  LSTM: { bidirectional: false },
  "LSTM, outputDropout 0.3": { bidirectional: false, outputDropout: 0.3 },
  "two-way RNN": { cell: "simpleRnn", bidirectional: true },
  "two-way GRU": { cell: "gru", bidirectional: true },
  "two-way LSTM": { bidirectional: true },
  "two-way LSTM, outputDropout 0.3": { bidirectional: true, outputDropout: 0.3 },
};

const rowsOf = (path) => parseTs(readFileSync(path, "utf8"), path);
