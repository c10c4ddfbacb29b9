// Airline passengers, one month ahead on the last 46 months, beside the forecasts that need no learning.
//   npm run example airline -- --quick
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { forecaster } from "cellstate";
import { columnNumbers, readCsv } from "cellstate/data";
import { forecastChart, terminal } from "cellstate/plot";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/timeseries/airline-passengers.csv` },
    seed: { type: "string", default: "1" },
    quick: { type: "boolean", default: false }, // a few epochs: it runs, it does not learn
  },
});
const path = values.path;

export async function main() {
  if (!existsSync(path)) return void console.log(`skipped: no ${path}; --path FILE names it (see docs/labs/README.md)`);
  const series = columnNumbers(await readCsv(path, { columns: ["Passengers"] })); // [144, 1]
  const from = 98; // months before the test

  const task = forecaster({ units: 16, logarithm: true, intervals: "gaussian", seed: Number(values.seed) });
  await task.fit(series.slice(0, from), { epochs: values.quick ? 5 : undefined, verbose: 0 });
  const { season, differences, window } = task.learned;
  console.log(`season ${season}, differences [${differences}], window ${window}, ${task.model.countParams()} numbers`);
  const report = await task.evaluate(series, { from });
  console.log(String(report));

  const next = await task.predict(series); // the month after the last one
  console.log(
    `next month: ${next.values.data[0].toFixed(0)}, from ${next.low!.data[0].toFixed(0)} to ${next.high!.data[0].toFixed(0)}`,
  );
  const ahead = forecaster({ units: 16, horizon: 12, logarithm: true, seed: Number(values.seed) });
  await ahead.fit(series.slice(0, 132), { epochs: values.quick ? 5 : undefined, verbose: 0 });
  const year = await ahead.predict(series.slice(0, 132));
  console.log(forecastChart({ actual: series, forecast: year.values, from: 132 }, terminal()));
  return report;
}

await main();
