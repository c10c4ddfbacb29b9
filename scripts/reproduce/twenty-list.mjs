import { readFileSync } from "node:fs";
import { join } from "node:path";
import { columnNumbers, readCsv } from "cellstate/data";

/**
 * The twenty series that a forecaster's defaults are tried on. The list was written before any of them was run; nothing is chosen by
 * them. Half are real, half are made by the generator below; other columns, files and seeds served for choosing.
 */
export const twenty = [
  column("bike rentals by day", "bike-sharing/day.csv", "cnt", 7),
  column("casual bike rentals by hour", "bike-sharing/hour.csv", "casual", 24),
  column("dew point in Beijing by hour", "timeseries/pollution.csv", "DEWP", 24, 8760),
  column("transformer load ETTh1 MULL by hour", "ett/ETTh1.csv", "MULL", 24, 8640),
  column("transformer load ETTh2 HUFL by hour", "ett/ETTh2.csv", "HUFL", 24, 8640),
  column("taxis in New York by half hour", "nab/nyc_taxi.csv", "value", 48),
  column("sunspots by month", "timeseries/monthly-sunspots.csv", "Sunspots", 12),
  weekly(1),
  weekly(5),
  weekly(9),
  made("trend and a year", 12, (r) => grown(r, 180, (t, s) => 100 + 0.4 * t + 15 * s[t % 12] + 4 * r.normal(), 12)),
  made("growth in percent and a year", 12, (r) =>
    grown(r, 160, (t, s) => 50 * Math.exp(0.008 * t + 0.2 * s[t % 12] + 0.05 * r.normal()), 12),
  ),
  made("a day and a week by hour", 24, (r) => {
    let e = 0;
    const week = profile(r, 7);
    return grown(
      r,
      1200,
      (t, s) => {
        e = 0.6 * e + 8 * r.normal();
        return 200 + 60 * s[t % 24] + 30 * week[Math.floor(t / 24) % 7] + e;
      },
      24,
    );
  }),
  made("shifts of level over a week", 7, (r) => {
    const [a, b, c] = [100, 200, 320].map((at) => at + Math.floor(30 * r.uniform()));
    return grown(
      r,
      400,
      (t, s) => 80 + (t > a ? 20 : 0) - (t > b ? 35 : 0) + (t > c ? 15 : 0) + 10 * s[t % 7] + 5 * r.normal(),
      7,
    );
  }),
  made("outliers over a week", 7, (r) =>
    grown(
      r,
      500,
      (t, s) => 300 + 50 * s[t % 7] + 12 * r.normal() + (r.uniform() < 0.02 ? 100 * Math.sign(r.normal()) : 0),
      7,
    ),
  ),
  made("demand on few days", 7, (r) =>
    grown(
      r,
      400,
      (t, s) => (r.uniform() < 0.25 + 0.12 * s[t % 7] ? 1 + Math.floor(-3 * Math.log(1 - r.uniform())) : 0),
      7,
    ),
  ),
  made("autoregression of order two", 5, (r) => {
    let [x, y] = [0, 0];
    return grown(
      r,
      600,
      () => {
        [x, y] = [1.3 * x - 0.5 * y + 2 * r.normal(), x];
        return 50 + x;
      },
      1,
    );
  }),
  made("quarters that grow ever less", 8, (r) =>
    grown(r, 80, (t, s) => 200 - 120 * Math.exp(-t / 30) + 12 * s[t % 4] + 3 * r.normal(), 4),
  ),
  made("two regimes", 3, (r) => {
    let x = 0;
    return grown(
      r,
      1000,
      () => {
        x = (x > 0 ? -1.2 * x : 0.8 - 0.5 * x) + 0.3 * r.normal();
        return x;
      },
      1,
    );
  }),
  made("a week and a year by day", 14, (r) =>
    grown(r, 1100, (t, s) => 60 + 25 * Math.sin((2 * Math.PI * t) / 365.25) + 8 * s[t % 7] + 4 * r.normal(), 7),
  ),
];

/** A column of a file; its last rows where it is long. */
function column(name, file, of, horizon, rows = 8640) {
  const read = async (data) =>
    Array.from(columnNumbers(await readCsv(join(data, file)), [of], { missing: "previous" }).data).slice(-rows);
  return { name, file, horizon, read };
}

/** A weekly series of the M4 competition, its test part behind the other. */
function weekly(number) {
  const files = ["train", "test"].map((part) => `m4-weekly/Weekly-${part}.csv`);
  const read = async (data) =>
    files.flatMap((file) => {
      const line = readFileSync(join(data, file), "utf8").split("\n")[number];
      return line.replaceAll('"', "").trim().split(",").slice(1).filter(Boolean).map(Number);
    });
  return { name: `M4's weekly series W${number}`, file: files[0], horizon: 13, read };
}

/** A series that the generator makes, another one by each seed. */
function made(name, horizon, make) {
  return { name, horizon, read: async (_, seed = 1) => make(randomOf(`${name} ${seed}`)) };
}

function grown(r, rows, value, season) {
  const shape = profile(r, season);
  return Array.from({ length: rows }, (_, t) => value(t, shape));
}

/** A season of mean 0 and size 1. */
function profile(r, season) {
  const raw = Array.from({ length: season }, (_, k) => Math.sin((2 * Math.PI * k) / season) + 0.7 * r.normal());
  const mean = raw.reduce((a, b) => a + b, 0) / season;
  const size = Math.sqrt(raw.reduce((sum, v) => sum + (v - mean) ** 2, 0) / season) || 1;
  return raw.map((v) => (v - mean) / size);
}

/** Random numbers by a text (mulberry32). */
export function randomOf(text) {
  let a = [...text].reduce((h, c) => Math.imul(h ^ c.codePointAt(0), 16777619), 2166136261);
  const uniform = () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
