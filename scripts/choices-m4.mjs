/**
 * The choices behind globalForecaster's defaults on M4's weekly series: errors on the last 13 weeks of the training part, by networks that
 * have not seen them; the test part is not read.
 *
 *   node scripts/choices-m4.mjs ../shared/data            all of them, some minutes each
 *   node scripts/choices-m4.mjs ../shared/data 3 4        those of these numbers
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { globalForecaster } from "cellstate";

const [data = "../shared/data", ...numbers] = process.argv.slice(2);
const variants = [
  {},
  { networks: 1 },
  { networks: 3 },
  { units: 32 },
  { hidden: 64 },
  { hidden: 256 },
  { window: 26 },
  { window: 104 },
  { windowsPerSeries: 60 },
  { windowsPerSeries: 400 },
  { learningRate: 0.003 },
  { learningRate: 0.01 },
  { epochs: 4 },
  { epochs: 12 },
];
const series = readFileSync(join(data, "m4-weekly/Weekly-train.csv"), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => {
    const [id, ...cells] = line.replaceAll('"', "").split(",");
    return { id, values: Float64Array.from(cells.filter(Boolean), Number) };
  });
for (const [k, { epochs = 8, ...options }] of variants.entries()) {
  if (numbers.length > 0 && !numbers.includes(String(k))) continue;
  for (const seed of [1, 2]) {
    const task = globalForecaster({ horizon: 13, season: 52, seed, ...options });
    const { smape, mase, owa } = await heldOut(task, epochs);
    const name = JSON.stringify({ epochs, ...options });
    console.log(
      `${k} ${name}, seed ${seed}: sMAPE ${smape.toFixed(3)}, MASE ${mase.toFixed(3)}, OWA ${owa.toFixed(4)}`,
    );
  }
}

/** Trains on all but the last 13 weeks of each series, and forecasts those by the network alone. */
async function heldOut(task, epochs) {
  const shorter = series.map(({ id, values }) => ({ id, values: values.subarray(0, -13) }));
  await task.fit(shorter, { epochs, holdOut: false, verbose: 0 });
  const { methods } = await task.evaluate(series, { period: 1 });
  return methods.forecast;
}
