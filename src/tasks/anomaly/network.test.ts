import { expect, test } from "vitest";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { adam } from "../../train/optimizers/index.ts";
import { anomalyDetector } from "./anomaly-detector.ts";
import { forecastNetwork, startLinear } from "./network.ts";

const sizes = { cell: "lstm", units: 2, dropout: 0, recurrentDropout: 0, seed: 1 } as const;

/** Two columns, each of which follows from both before it. */
function rowsOf(count: number): Float32Array[] {
  const random = new Random(3);
  const rows = [Float32Array.of(0, 0)];
  for (let t = 1; t < count; t++) {
    const [a, b] = rows[t - 1];
    rows.push(Float32Array.of(0.7 * a - 0.2 * b + random.normal(), 0.5 * b + random.normal()));
  }
  return rows;
}

test("a network begins with the autoregression of its columns, which tells the next row before any training", async () => {
  const rows = rowsOf(3000);
  const ends = Array.from({ length: rows.length - 2 }, (_, i) => i + 2);
  const x = new NdArray(Float32Array.from(ends.flatMap((t) => [...rows[t - 2], ...rows[t - 1]])), [ends.length, 2, 2]);
  const y = new NdArray(Float32Array.from(ends.flatMap((t) => [...rows[t]])), [ends.length, 2]);
  const model = forecastNetwork(2, 2, sizes);
  startLinear(model, x, y);
  const [kernel] = model.getLayer("autoregression").getWeights();
  const expected = [0, 0, 0, 0, 0.7, 0, -0.2, 0.5]; // [row and column before, column]
  for (const [i, v] of expected.entries()) expect(Math.abs(kernel.data[i] - v), `${i}`).toBeLessThan(0.06); // 3,000 rows, a small penalty
  model.compile({ loss: "mae" });
  const { loss } = await model.evaluate(x, y, { verbose: 0 });
  expect(loss).toBeLessThan(0.83); // that of the noise is √(2/π), 0.80
});

test("a training that only does harm leaves the autoregression as it was", async () => {
  const series = rowsOf(600).map(([a]) => 10 + a);
  const given = { window: 4, units: 2, season: 1, falseAlarms: 0.001 };
  const wild = anomalyDetector({ ...given, optimizer: adam({ learningRate: 3 }) });
  await wild.fit(series, { epochs: 2, verbose: 0 });
  expect(
    wild.model
      .getLayer("correction")
      .getWeights()[0]
      .data.every((v) => v === 0),
  ).toBe(true);
  const usual = anomalyDetector(given);
  await usual.fit(series, { epochs: 2, verbose: 0, validationSplit: 0 });
  expect(
    usual.model
      .getLayer("correction")
      .getWeights()[0]
      .data.every((v) => v === 0),
  ).toBe(false);
});
