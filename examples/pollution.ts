// Beijing's PM2.5 in the next hour from seven columns: the first year trains, the other four test.
//   npm run example pollution -- --quick
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { forecaster } from "cellstate";
import { columnNumbers, readCsv } from "cellstate/data";
import { forecastChart, terminal } from "cellstate/plot";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/timeseries/pollution.csv` },
    seed: { type: "string", default: "1" },
    quick: { type: "boolean", default: false }, // one epoch on some weeks: it runs, it does not learn
  },
});
const path = values.path;
const columns = ["pm2.5", "DEWP", "TEMP", "PRES", "Iws", "Is", "Ir"]; // dust; dew point, temperature, pressure, wind, snow, rain

export async function main() {
  if (!existsSync(path)) return void console.log(`skipped: no ${path}; --path FILE names it (see docs/labs/README.md)`);
  // A gap repeats the hour before it; the first day has nothing before it and goes.
  const whole = columnNumbers(await readCsv(path), columns, { missing: "previous" });
  const [from, series] = values.quick ? [600, whole.slice(0, 900)] : [365 * 24, whole];

  const task = forecaster({ columns, targets: ["pm2.5"], intervals: "gaussian", seed: Number(values.seed) });
  await task.fit(series.slice(0, from), { epochs: values.quick ? 1 : undefined });
  const report = await task.evaluate(series);
  console.log(String(report));

  const day = forecaster({ columns, targets: ["pm2.5"], horizon: 24, seed: Number(values.seed) });
  await day.fit(series.slice(0, from), { epochs: values.quick ? 1 : undefined });
  const past = series.slice(0, from);
  const { values: hours } = await day.predict(past); // the first day not seen in training
  const actual = series.slice(from - 72, from + 24).toArray() as number[][];
  console.log(forecastChart({ actual: actual.map(([dust]) => dust), forecast: hours, from: 72 }, terminal()));
  return report;
}

await main();
