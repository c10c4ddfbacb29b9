// A monthly series with a season, forecast one month ahead: split, scale, cut windows, train, and back to the
// units of the data.   npm run example forecast
import { dense, lstm, minMaxScaler, sequential, splitByTime, timeseriesWindows } from "cellstate";
import { forecastChart, terminal } from "cellstate/plot";

const months = 12 * 12;
const series = Array.from({ length: months }, (_, t) => [200 + t + 60 * Math.sin((2 * Math.PI * t) / 12) + noise(t)]);

/** Between -5 and 5; the same on every run. */
function noise(t: number): number {
  return 10 * ((Math.sin(12.9898 * t) * 43758.5453) % 1) * 0.5;
}

export async function main(epochs = 150) {
  // In this order: the scaler learns from the training split alone, or the test is no test.
  const { train } = splitByTime(series, series, { train: 0.8 });
  const scaler = minMaxScaler().fit(train.x);
  const scaled = scaler.transform(series); // [144, 1]
  const L = 12; // months in a window
  const rows = train.x.shape[0];
  const past = timeseriesWindows(scaled.slice(0, rows), scaled.slice(L, rows), { sequenceLength: L });
  const future = timeseriesWindows(scaled, scaled.slice(L), { sequenceLength: L, startIndex: rows - L });
  console.log(`train x [${past.x.shape}] → y [${past.y.shape}], test x [${future.x.shape}]`);

  const model = sequential([lstm(24), dense(1)]);
  model.compile({ optimizer: "adam", loss: "mse" });
  const { history } = await model.fit(past.x, past.y, { epochs, batchSize: 16, verbose: 0 });
  console.log(`loss ${history.loss[0].toFixed(4)} → ${history.loss.at(-1)!.toFixed(4)}`);

  const forecast = scaler.inverse(await model.predict(future.x)); // in the units of the data again
  const actual = series.slice(rows).flat();
  const lastMonth = series.slice(rows - 1, -1).flat();
  const errors = { forecast: meanError(forecast.data, actual), lastMonthAgain: meanError(lastMonth, actual) };
  console.log(forecastChart({ actual: series, forecast, from: rows }, terminal()));
  console.log(
    `mean error: forecast ${errors.forecast.toFixed(1)}, last month again ${errors.lastMonthAgain.toFixed(1)}`,
  );
  return errors;
}

function meanError(a: ArrayLike<number>, b: readonly number[]): number {
  return b.reduce((sum, value, i) => sum + Math.abs(value - a[i]), 0) / b.length;
}

await main();
