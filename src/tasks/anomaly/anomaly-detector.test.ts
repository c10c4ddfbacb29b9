import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ErrorCase, errorTests } from "../../../test/error-cases.ts";
import { thorough } from "../../../test/thorough.ts";
import { loadModel } from "../../formats/load-model.ts";
import { Random } from "../../tensor/random.ts";
import { loadTask } from "../load-task.ts";
import { taskOf } from "../shared/task-file.ts";
import { anomalyDetector, loadAnomalyDetector } from "./anomaly-detector.ts";
import type { AnomalyDetectorOptions } from "./options.ts";
import { rarity } from "./tail.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-anomaly-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quiet = { verbose: 0, epochs: 2 } as const;
const small: AnomalyDetectorOptions = { units: 4, window: 8, falseAlarms: "1 in 4 weeks", seed: 3 };
const [day, weeks] = [24, 8];
const trained = 4 * 7 * day; // rows

const dated = (rows: number, from = 0) =>
  Array.from({ length: rows }, (_, t) => new Date(Date.UTC(2024, 0, 1, from + t)).toISOString().slice(0, 16));

/** Hours with a day and a weekend, and noise that lingers. */
function hours(rows: number, seed = 7): number[] {
  const random = new Random(seed);
  let noise = 0;
  return Array.from({ length: rows }, (_, t) => {
    noise = 0.6 * noise + random.normal();
    const weekend = Math.floor(t / day) % 7 >= 5 ? 0.5 : 1;
    return 100 + 40 * weekend * Math.sin((2 * Math.PI * t) / day) + 2 * noise;
  });
}

describe("weeks of hours", () => {
  const series = hours(weeks * 7 * day);
  series[trained + 200] += 40; // a spike
  for (let t = trained + 400; t < trained + 436; t++) series[t] = 100; // a day and a half without its season
  for (let t = trained + 600; t < trained + 612; t++) series[t] = series[trained + 600]; // stuck
  const dates = dated(series.length);
  const detector = anomalyDetector(small);
  beforeAll(() => detector.fit(series.slice(0, trained), { ...quiet, dates: dates.slice(0, trained) }));

  test("what is unusual is found where it is, with its date, and little else", async () => {
    const { alarms, threshold, scores } = await detector.detect(series, { dates });
    expect(detector.learned.season).toBe(168);
    expect(threshold).toBeCloseTo(Math.log10(672), 10);
    expect(Number.isNaN(scores[7])).toBe(true);
    expect(Number.isNaN(scores[8])).toBe(false);
    const hit = (from: number, to: number) => alarms.filter((a) => a.to >= trained + from && a.from <= trained + to);
    for (const [from, to] of [
      [200, 203],
      [400, 440],
      [600, 612],
    ])
      expect(hit(from, to).length).toBeGreaterThan(0);
    const [spike] = hit(200, 203);
    expect(spike).toMatchObject({ start: dates[trained + 200], peak: trained + 200, component: "error", column: 0 });
    expect(Math.abs(spike.value - spike.usual - 40)).toBeLessThan(8);
    expect(alarms.length).toBeLessThanOrEqual(6);
  });

  test("a table says when, how long and how far off", async () => {
    const text = String(await detector.detect(series, { dates }));
    expect(text).toContain(dates[trained + 200]);
    expect(text).toMatch(/deviations from the forecast/);
    expect(text).toMatch(/\d alarms in 1336 rows; one false alarm in 670 rows is tolerated/);
  });

  test("rows one at a time have the same scores", async () => {
    const part = series.slice(trained, trained + 420);
    const later = dates.slice(trained, trained + 420);
    const { scores, alarms } = await detector.detect(part, { dates: later });
    const live = detector.stream();
    const streamed = await Promise.all(part.map((v, t) => live.update(v, later[t])));
    streamed.forEach(({ score, row }, t) => {
      expect(row).toBe(t);
      if (Number.isNaN(scores[t])) expect(Number.isNaN(score)).toBe(true);
      else expect(Math.abs(score - scores[t])).toBeLessThan(1e-4); // windows are predicted alone, not many at a time
    });
    expect(streamed[200]).toMatchObject({ alarm: true, component: "error", date: later[200] });
    expect(alarms.length).toBeGreaterThan(0);
  });

  test("a stream goes on after a row that is no number or has no date", async () => {
    const live = detector.stream();
    await live.update(series[0], dates[0]);
    await expect(live.update(Number.NaN, dates[1])).rejects.toThrow("finite number");
    await expect(live.update(series[1])).rejects.toThrow("the dates of the rows");
    await expect(live.update([1, 2], dates[1])).rejects.toThrow("1 column, received 2");
    expect((await live.update(series[1], dates[1])).row).toBe(1);
  });

  test("a saved detector is opened by loadTask, with the same answers", async () => {
    const path = join(folder, "hours.keras");
    await detector.save(path);
    const { kind, task } = await loadTask(path);
    if (kind !== "anomalyDetector") throw new Error(kind);
    const part = { dates: dates.slice(trained) };
    expect(await task.detect(series.slice(trained), part)).toMatchObject({
      scores: (await detector.detect(series.slice(trained), part)).scores,
    });
    const again = await loadAnomalyDetector(path);
    expect(taskOf(again.model)).toBe("anomalyDetector");
    expect(again.notes).toEqual(detector.notes);
    expect(again.options).toMatchObject(small);
  });

  test("a file whose parts do not fit each other is refused, naming the part", async () => {
    const path = join(folder, "damaged.keras");
    await detector.save(path);
    const opened = async (change: (data: Record<string, unknown>) => void) => {
      const model = await loadModel(path);
      const data = JSON.parse(new TextDecoder().decode(model.assets.get(place)));
      change(data);
      model.assets.set(place, new TextEncoder().encode(JSON.stringify(data)));
      return loadTask(model);
    };
    const place = "cellstate/task.json";
    await expect(opened((data) => Object.assign(data, { window: 1e6 }))).rejects.toThrow(
      "a model that reads [1000000, 1]",
    );
    for (const [name, value] of Object.entries({
      smooth: 1e9,
      season: 7,
      usual: [],
      falseAlarms: "seldom",
      step: { unit: "x", count: 1 },
      together: { from: 1 },
    }))
      await expect(opened((data) => Object.assign(data, { [name]: value }))).rejects.toThrow(/damaged, or was changed/);
  });

  test("a file of an earlier version, without a tail of all components together, adds up their rates as before", async () => {
    const path = join(folder, "earlier.keras");
    await detector.save(path);
    const model = await loadModel(path);
    const { together, ...data } = JSON.parse(new TextDecoder().decode(model.assets.get("cellstate/task.json")));
    model.assets.set("cellstate/task.json", new TextEncoder().encode(JSON.stringify(data)));
    const { task } = (await loadTask(model)) as { task: typeof detector };
    expect(task.learned.together).toBeNull();
    expect(together).toEqual(detector.learned.together);
    const [before, now] = [await task.detect(series, { dates }), await detector.detect(series, { dates })];
    for (const t of [50, 900, trained + 200])
      expect(now.scores[t]).toBeCloseTo(rarity(detector.learned.together!, before.scores[t]), 9);
  });

  test("another rate of false alarms is another threshold, without training", async () => {
    const few = await detector.detect(series, { dates, falseAlarms: "1 in 52 weeks" });
    const many = await detector.detect(series, { dates, falseAlarms: "1 per week" });
    expect(few.threshold).toBeGreaterThan(many.threshold);
    expect(few.alarms.length).toBeLessThan(many.alarms.length);
  });

  test("what a detector is told of later rows does not change it", async () => {
    const first = await detector.detect(series.slice(0, 300), { dates: dates.slice(0, 300) });
    await detector.detect(series, { dates });
    expect((await detector.detect(series.slice(0, 300), { dates: dates.slice(0, 300) })).scores).toEqual(first.scores);
  });

  const cases: ErrorCase[] = [
    [
      "another step",
      () => detector.detect(series.slice(0, 20), { dates: dated(40).filter((_, t) => t % 2 === 0) }),
      [/every hour/, /every 2 hours/],
    ],
    ["no dates", () => detector.detect(series), [/the dates of the rows/, /told by the clock/]],
    [
      "two columns",
      () =>
        detector.detect(
          series.map((v) => [v, v]),
          { dates },
        ),
      [/1 column/, /2/],
    ],
    [
      "fewer dates than rows",
      () => detector.detect(series, { dates: dates.slice(1) }),
      [/a date for each of 1344 rows/, /1343/],
    ],
    ["a wrong rate", () => detector.detect(series, { dates, falseAlarms: "seldom" }), [/1 in 4 weeks/, /seldom/]],
  ];
  errorTests(cases);
});

test.skipIf(!thorough)("same seed, same scores; another method has others", async () => {
  const series = hours(600);
  const scores = async (options: AnomalyDetectorOptions) => {
    const detector = anomalyDetector({ ...small, falseAlarms: "1 in 1000 rows", ...options });
    await detector.fit(series, quiet);
    return (await detector.detect(series)).scores;
  };
  const first = await scores({});
  expect(await scores({})).toEqual(first);
  expect(await scores({ seed: 4 })).not.toEqual(first);
  expect(await scores({ method: "autoencoder" })).not.toEqual(first);
});

test("an autoencoder finds a missing season, and streams", async () => {
  const series = hours(60 * day);
  for (let t = 1200; t < 1224; t++) series[t] = 150 + 20 * (t % 2);
  const detector = anomalyDetector({ ...small, method: "autoencoder", falseAlarms: "1 in 1000 rows" });
  await detector.fit(series.slice(0, 1000), { ...quiet, epochs: 5 });
  const { alarms, scores } = await detector.detect(series);
  expect(alarms.some((a) => a.to >= 1200 && a.from <= 1230 && a.component === "reconstruction")).toBe(true);
  const live = detector.stream();
  for (let t = 0; t < 20; t++) {
    const { score } = await live.update(series[t]);
    if (t < 7) expect(Number.isNaN(score)).toBe(true);
    else expect(Math.abs(score - scores[t])).toBeLessThan(1e-4);
  }
});

test("dates without a regular step: rows count as the median step apart, which is said", async () => {
  const series = hours(500);
  const dates = dated(500).map((date, t) => (t % 50 === 7 ? date.replace(":00", ":13") : date));
  const detector = anomalyDetector({ ...small, falseAlarms: "1 in 4 weeks" });
  await detector.fit(series, { ...quiet, dates });
  expect(detector.learned).toMatchObject({ calendar: null, step: { unit: "second", count: 3600 }, season: 168 });
  expect(detector.notes[0]).toMatch(/without a regular step: rows count as 1 hour apart, the median/);
  expect((await detector.detect(series, { dates })).threshold).toBeCloseTo(Math.log10(672), 10);
});

test("a sensor that is stuck among usual values is found", async () => {
  const random = new Random(9);
  const series = Array.from({ length: 900 }, () => 5 + random.normal());
  series.fill(5, 700, 725);
  const detector = anomalyDetector({ ...small, falseAlarms: "1 in 1000 rows" });
  await detector.fit(series.slice(0, 500), quiet);
  const { alarms } = await detector.detect(series);
  expect(alarms.filter(({ from }) => from >= 700 && from < 725)).toMatchObject([{ component: "standstill", to: 724 }]);
});

test("the column that is off is named, and rows that were not normal are said", async () => {
  const random = new Random(2);
  const rows = hours(800).map((v) => [v, 10 * random.normal()]);
  rows[700][1] = 200;
  rows[300][0] = 500;
  const detector = anomalyDetector({ ...small, columns: ["load", "wind"], falseAlarms: "1 in 2000 rows" });
  await detector.fit(rows.slice(0, 600), { ...quiet });
  const found = await detector.detect(rows);
  expect(found.alarms.find(({ peak }) => peak === 700)).toMatchObject({ column: 1, value: 200 });
  expect(String(found)).toMatch(/column .*\n[\s\S]*wind/);
  expect(detector.notes[0]).toMatch(/alarms? among the rows taken as normal, the first at row 300/);
  expect(detector.notes[1]).toMatch(/trained on 600 rows, one false alarm in 2000 rows tolerated: .* extrapolated/);
});

const flat = new Array(200).fill(4) as number[];
const cases: ErrorCase[] = [
  ["a series of one point", () => anomalyDetector().fit([3]), [/at least 34 rows/, /1 row/]],
  [
    "a constant series",
    () => anomalyDetector().fit(flat),
    [/column 0 that changes/, /4 in all 200 rows/, /Leave the column out/],
  ],
  [
    "a constant column",
    () => anomalyDetector({ columns: ["a", "b"] }).fit(flat.map((v, t) => [Math.sin(t * t), v])),
    [/"b"/],
  ],
  [
    "an exact repetition",
    () => anomalyDetector({ season: 2 }).fit(flat.map((_, t) => t % 2)),
    [/with noise/, /the same 2 rows again/],
  ],
  ["a gap", () => anomalyDetector().fit(flat.map((v, t) => (t === 7 ? Number.NaN : v + t))), [/row 7/, /interpolate/]],
  [
    "weeks without dates",
    () => anomalyDetector({ falseAlarms: "1 in 4 weeks" }).fit(hours(200)),
    [/dates with a regular step/, /1 in 5000 rows/],
  ],
  ["an unknown method", () => anomalyDetector({ method: "forest" as never }), [/"forecast", "autoencoder"/, /forest/]],
  ["a misspelt option", () => anomalyDetector({ falseAlarm: 0.1 } as never), [/falseAlarms/]],
  ["too many alarms", () => anomalyDetector({ falseAlarms: 0.7 }), [/below 0.5/]],
  ["not trained", () => anomalyDetector().detect([1, 2]), [/a trained task/]],
  [
    "patience without validation",
    () => anomalyDetector().fit(hours(200), { validationSplit: 0, patience: 3 }),
    [/rows for validation/],
  ],
];
errorTests(cases);
