// Tomorrow's opening price of Google's stock from the last sixty, as in the well-known lab, beside "tomorrow is today".
//   npm run example stock -- --epochs 10
import { existsSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { dense, dropout, forecaster, lstm, minMaxScaler, rootMeanSquaredError, sequential } from "cellstate";
import { columnNumbers, readCsv, timeseriesWindows } from "cellstate/data";
import { plotForecast } from "cellstate/plot";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/timeseries` },
    epochs: { type: "string", default: "100" },
    units: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    chart: { type: "string" }, // where the test's days go, as svg
  },
});
const [path, L, units] = [values.path, 60, Number(values.units)];
const prices = async (part: string) =>
  columnNumbers(await readCsv(`${path}/Google_Stock_Price_${part}.csv`, { columns: ["Open"] })); // [days, 1]

export async function main() {
  if (!existsSync(`${path}/Google_Stock_Price_Test.csv`))
    return void console.log(
      `skipped: no Google_Stock_Price_Test.csv in ${path}; --path FOLDER names it (see docs/labs/README.md)`,
    );
  const [train, test] = [await prices("Train"), await prices("Test")];
  const all = [...train.data, ...test.data].map((price) => [price]);
  const from = train.shape[0];
  const scaler = minMaxScaler().fit(train);
  const scaled = scaler.transform(all);
  const { x, y } = timeseriesWindows(scaled, scaled.slice(L), { sequenceLength: L }); // [days − 60, 60, 1]
  const more = () => [lstm(units, { returnSequences: true }), dropout(0.2)];
  const model = sequential([...more(), ...more(), ...more(), lstm(units), dropout(0.2), dense(1)]);
  model.compile({ optimizer: "adam", loss: "meanSquaredError" });
  await model.fit(x.slice(0, from - L), y.slice(0, from - L), {
    epochs: Number(values.epochs),
    batchSize: 32,
    seed: Number(values.seed),
  });
  const predicted = scaler.inverse(await model.predict(x.slice(from - L))); // in dollars again
  const rmse = (forecast: ArrayLike<number>) => rootMeanSquaredError(test.data, forecast);
  const errors = { lab: rmse(predicted.data), tomorrowIsToday: rmse(all.slice(from - 1, -1).flat()) };
  const parts = { actual: all.slice(-60), forecast: predicted, from: 60 - test.shape[0] };
  if (values.chart) writeFileSync(values.chart, await plotForecast(parts, { xLabel: "Day", yLabel: "US$" }));
  console.log(
    `RMSE: the lab's network ${errors.lab.toFixed(2)}, tomorrow is today ${errors.tomorrowIsToday.toFixed(2)}`,
  );

  const task = forecaster({ window: L, intervals: "gaussian", seed: Number(values.seed) });
  await task.fit(train, { verbose: 0 });
  console.log(String(await task.evaluate(all))); // the test's days, which it did not see
  return errors;
}

await main();
