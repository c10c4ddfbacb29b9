// Melbourne's daily minimum temperatures: tomorrow, and each of the next seven days, tested on the last two years.
//   npm run example temperature -- --quick
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { forecaster } from "cellstate";
import { columnNumbers, readCsv } from "cellstate/data";
import { plotForecast } from "cellstate/plot";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/timeseries/daily-min-temperatures.csv` },
    seed: { type: "string", default: "1" },
    chart: { type: "string" }, // where the chart of a week goes, as svg
    quick: { type: "boolean", default: false }, // one epoch: it runs, it does not learn
  },
});
const path = values.path;

export async function main() {
  if (!existsSync(path)) return void console.log(`skipped: no ${path}; --path FILE names it (see docs/labs/README.md)`);
  const series = columnNumbers(await readCsv(path, { columns: ["Temp"] })); // [3650, 1]
  const from = 8 * 365; // days before the test
  const reports = [];
  for (const horizon of [1, 7]) {
    const task = forecaster({ horizon, season: 365, window: 60, intervals: "gaussian", seed: Number(values.seed) });
    await task.fit(series.slice(0, from), { verbose: 0, epochs: values.quick ? 1 : undefined });
    const report = await task.evaluate(series);
    console.log(
      `${horizon === 1 ? "tomorrow" : `the next ${horizon} days`}, ${task.model.countParams()} numbers learned`,
    );
    console.log(`${report}\n`);
    reports.push(report);
    if (horizon === 1) continue;
    const week = await task.predict(series.slice(0, -7)); // the last week, from what came before it
    console.log(String(week).split("\n\n")[0]);
    if (!values.chart) continue;
    const [forecast, low, high] = [week.values, week.low!, week.high!];
    const parts = { actual: series.slice(-60), forecast, low, high, from: 53 };
    await writeFile(values.chart, await plotForecast(parts, { xLabel: "Day", yLabel: "°C" }));
  }
  return reports;
}

await main();
