// A pump's temperature, every hour for twelve weeks: what is unusual in the last eight, at one false alarm in four weeks?
//   npm run example anomalies
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { anomalyDetector } from "cellstate";
import { plotAnomalies } from "cellstate/plot";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    chart: { type: "string" }, // where the chart goes, as svg
    quick: { type: "boolean", default: false }, // one epoch: it runs, it does not learn
  },
});

/** Days and weekends, noise that lingers, and four faults after the fourth week. */
function pump() {
  let [drawn, noise] = [0, 0];
  const uniform = () => Math.abs(43758.5453 * Math.sin(12.9898 * ++drawn)) % 1;
  const series = Array.from({ length: 12 * 168 }, (_, t) => {
    noise = 0.7 * noise + uniform() + uniform() + uniform() - 1.5;
    const weekend = Math.floor(t / 24) % 7 >= 5 ? 0.4 : 1;
    return 60 + 8 * weekend * Math.sin((2 * Math.PI * t) / 24) + noise;
  });
  series[900] += 9; // a spike
  for (let t = 1100; t < 1106; t++) series[t] -= 7; // a dip of six hours
  for (let t = 1400; t < 1430; t++) series[t] = 60 + series[t] / 100; // a day without its rhythm
  for (let t = 1750; t < 1764; t++) series[t] = series[1750]; // stuck
  const dates = series.map((_, t) => new Date(Date.UTC(2024, 0, 1, t)).toISOString().slice(0, 16));
  return { series, dates };
}

export async function main() {
  const { series, dates } = pump();
  const normal = 4 * 168; // rows to learn from
  const detector = anomalyDetector({ falseAlarms: "1 in 4 weeks", seed: Number(values.seed) });
  await detector.fit(series.slice(0, normal), {
    dates: dates.slice(0, normal),
    verbose: 0,
    epochs: values.quick ? 1 : undefined,
  });
  const found = await detector.detect(series, { dates });
  console.log(`${found}\n`);
  const live = detector.stream(); // the same, a row at a time
  for (let t = 0; t <= 900; t++) {
    const { alarm, date, value, usual } = await live.update(series[t], dates[t]);
    if (alarm) console.log(`${date}: ${value.toFixed(1)}, usual ${usual.toFixed(1)}`);
  }
  if (values.chart)
    await writeFile(
      values.chart,
      await plotAnomalies({ values: series, ...found }, { title: "A pump", columns: ["°C"] }),
    );
  return found.alarms;
}

await main();
