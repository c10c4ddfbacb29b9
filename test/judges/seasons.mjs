/**
 * Series whose seasons are known, for they are made here: one season, several or none (white noise, random walks, autoregressions), over
 * trends, outliers, filled gaps and noise, of many lengths, with a calendar's step or none; beside every fifth, a few weeks of hours. No
 * other program judges.
 */
import { random } from "./random.mjs";

export const about = "findSeasons on series made with known seasons, or with none";
export const known = 0.05;

export async function* sweep({ seeds, cellstate, verbose }) {
  for (const made of madeOf(seeds)) {
    const { seed } = made;
    const found = cellstate.findSeasons(made.series, made.step ? { step: made.step } : {});
    const right = made.wanted.some((seasons) => seasons.join() === found.join());
    const why = `${made.about}: found ${found.join(" and ") || "none"}`;
    if (verbose) console.log(why);
    yield { seed, kind: made.kind, result: right ? "right" : "wrong", cells: [made.cell], ...(right ? {} : { why }) };
  }
}

function* madeOf(seeds) {
  for (const seed of seeds) {
    yield { seed, ...seriesOf(seed) };
    if (seed % 5 === 0) yield { seed, kind: "few weeks", ...fewWeeks(random(seed)) };
  }
}

/** One series: its numbers, step, and the answers that are right. */
function seriesOf(seed) {
  const r = random(seed);
  const kind = r.pick(["one season", "one season", "several seasons", "none"]);
  const made = { "one season": oneSeason, "several seasons": severalSeasons, none: noSeason }[kind](r);
  return { kind, ...made };
}

/** Steps, and the seasons their series have: exact lengths, and as findSeasons rounds them. */
const calendars = [
  { step: { unit: "hour", count: 1 }, seasons: [24, 168] },
  { step: { unit: "minute", count: 30 }, seasons: [48, 336] },
  { step: { unit: "minute", count: 15 }, seasons: [96, 672] },
  { step: { unit: "day", count: 1 }, seasons: [7, 365.25] },
  { step: { unit: "business day", count: 1 }, seasons: [5, 260.9] },
  { step: { unit: "week", count: 1 }, seasons: [365.25 / 7] },
  { step: { unit: "month", count: 1 }, seasons: [12] },
  { step: { unit: "quarter", count: 1 }, seasons: [4] },
];
const stepText = (step) => (step ? `${step.count} ${step.unit}` : "no step");
const rounded = (period) => (period === 260.9 ? [260, 261] : [Math.round(period)]);

function oneSeason(r) {
  const dated = r.chance(0.5) ? r.pick(calendars) : null;
  const period = dated ? r.pick(dated.seasons) : r.pick([4, 7, 12, 24, 30, 48, 52, 96, 168, 9, 10, 17, 21, 35]);
  const cycles = period > 200 ? r.pick([3.2, 4, 6]) : r.pick([6, 10, 25]);
  const rows = Math.max(80, Math.round(period * (cycles + r.next())));
  const shape = r.pick(shapes);
  const over = disturbed(r, rows, period, r.pick([0.1, 0.3, 0.6, 1]));
  const wave = standard(shape.of(period, r), period);
  return {
    series: over.on(Float64Array.from({ length: rows }, (_, t) => wave(t))),
    step: dated?.step,
    wanted: rounded(period).map((season) => [season]),
    cell: `one season / ${stepText(dated?.step)} / ${over.trend}`,
    about: `a season of ${period.toFixed(2).replace(".00", "")} (${shape.name}), ${stepText(dated?.step)}, ${rows} rows, ${over.about}`,
  };
}

function severalSeasons(r) {
  const dated = r.pick(calendars.filter(({ seasons }) => seasons.length > 1));
  const step = dated.seasons.every(Number.isInteger) && r.chance(0.3) ? null : dated.step;
  const [short, long] = dated.seasons;
  const rows = Math.round(long * (r.pick([3.2, 4, 6, 9]) + r.next()));
  const waves = [
    [short, r.pick(shapes)],
    [long, r.pick(smooth)],
  ].map(([period, shape]) => ({ wave: standard(shape.of(period, r), period), size: 0.7 + r.next() }));
  const over = disturbed(r, rows, long, r.pick([0.1, 0.3, 0.6]));
  const sum = (t) => waves.reduce((all, { wave, size }) => all + size * wave(t), 0);
  return {
    series: over.on(Float64Array.from({ length: rows }, (_, t) => sum(t))),
    step: step ?? undefined,
    wanted: rounded(long).map((season) => [Math.round(short), season]),
    cell: `several seasons / ${stepText(step)} / ${over.trend}`,
    about: `seasons of ${short} and ${long}, ${stepText(step)}, ${rows} rows, ${over.about}`,
  };
}

/** Four to six weeks of hours, as weeks are: a day, and other levels or other days on some days; one in three has no week. */
function fewWeeks(r) {
  const [rows, shift] = [r.integer(700, 960), r.integer(0, 167)];
  const day = standard(r.pick(shapes).of(24, r), 24);
  const name = r.pick([
    "weekend",
    "sunday",
    "levels of days",
    "other weekends",
    "three harmonics",
    "none",
    "none",
    "none",
  ]);
  const levels = Array.from({ length: 7 }, () => normal(r));
  const other = waveOf(24, r, 2);
  const weeks = {
    weekend: (t) => (t % 168 >= 120 ? -1 : 0),
    sunday: (t) => (t % 168 >= 144 ? -1 : 0),
    "levels of days": (t) => levels[Math.floor((t % 168) / 24)],
    "other weekends": (t) => (t % 168 >= 120 ? other(t) - 0.5 : 0),
    "three harmonics": waveOf(168, r, 3),
    none: () => 0,
  };
  const week = standard(weeks[name], 168);
  const sizes = [0.7 + r.next(), 0.5 + r.next()];
  const over = disturbed(r, rows, 168, r.pick([0.1, 0.3, 0.6]));
  const step = r.chance(0.5) ? { unit: "hour", count: 1 } : undefined;
  return {
    series: over.on(from(rows, (t) => sizes[0] * day(t + shift) + sizes[1] * week(t + shift))),
    ...{ step, wanted: [name === "none" ? [24] : [24, 168]] },
    cell: `few weeks / ${name} / ${stepText(step)}`,
    about: `24 and a week (${name}), ${stepText(step)}, ${rows} rows, ${over.about}`,
  };
}

function noSeason(r) {
  const rows = r.pick([60, 100, 150, 300, 700, 1500, 3000]) + r.integer(0, 20);
  const of = r.pick(Object.keys(noises));
  const dated = r.chance(0.5) ? r.pick(calendars) : null;
  const series = noises[of](r, rows);
  for (let k = r.pick([0, 0, 1, 3]); k > 0; k--) series[r.integer(0, rows - 1)] += r.pick([-15, 15]);
  return {
    ...{ series, step: dated?.step, wanted: [[]], cell: `none / ${of}` },
    about: `${of}, ${stepText(dated?.step)}, ${rows} rows`,
  };
}

const normal = (r) => Math.sqrt(-2 * Math.log(1 - r.next())) * Math.cos(2 * Math.PI * r.next());
const from = (rows, value) => Float64Array.from({ length: rows }, (_, t) => value(t));
/** An autoregression of the second order; its roots have no cycle to speak of. */
function autoregression(r, rows, a, b = 0) {
  let [x, before] = [0, 0];
  return from(rows, () => {
    [x, before] = [a * x + b * before + normal(r), x];
    return x;
  });
}
function walk(r, rows, drift = 0, of = normal) {
  let level = 0;
  return from(rows, () => (level += drift + of(r)));
}
const noises = {
  "white noise": (r, rows) => from(rows, () => normal(r)),
  "white noise on a line": (r, rows) => from(rows, (t) => normal(r) + 0.02 * t),
  "heavy tails": (r, rows) => from(rows, () => normal(r) / Math.sqrt(0.1 + r.next())),
  counts: (r, rows) => from(rows, () => Math.floor(-2 * Math.log(1 - r.next()))),
  "rare demand": (r, rows) => from(rows, () => (r.chance(0.2) ? r.integer(1, 9) : 0)),
  "a random walk": (r, rows) => walk(r, rows),
  "a random walk with drift": (r, rows) => walk(r, rows, 0.1),
  "a random walk in percent": (r, rows) => walk(r, rows, 0.0003, () => 0.01 * normal(r)).map(Math.exp),
  "an autoregression": (r, rows) => autoregression(r, rows, r.pick([0.3, 0.6, 0.9])),
  "an autoregression of order two": (r, rows) => autoregression(r, rows, 0.5, r.pick([0.2, 0.3])),
  "a moving average": (r, rows) => {
    const e = from(rows + 1, () => normal(r));
    return from(rows, (t) => e[t + 1] + 0.7 * e[t]);
  },
};

const smooth = [
  { name: "a wave", of: (p, r) => waveOf(p, r, 1) },
  { name: "three harmonics", of: (p, r) => waveOf(p, r, 3) },
  { name: "a bump", of: (p) => (t) => Math.exp(-(((t % p) / p - 0.4) ** 2) / 0.03) },
];
const shapes = [
  ...smooth,
  { name: "steps", of: (p) => (t) => [0, 2, 1, 4][Math.floor((4 * (t % p)) / p)] },
  { name: "a sawtooth", of: (p) => (t) => (t % p) / p },
  { name: "any profile", of: (p, r) => anyProfile(p, r) },
];
function waveOf(period, r, harmonics) {
  const angles = Array.from({ length: harmonics }, () => 2 * Math.PI * r.next());
  return (t) => angles.reduce((sum, a, k) => sum + Math.sin((2 * Math.PI * (k + 1) * t) / period + a) / (k + 1), 0);
}
function anyProfile(period, r) {
  const values = Array.from({ length: Math.min(24, Math.floor(period)) }, () => normal(r));
  return (t) => values[Math.floor((values.length * (t % period)) / period)];
}

/** A wave of mean 0 and deviation 1. */
function standard(wave, period) {
  const values = from(Math.ceil(period), wave);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) || 1;
  return (t) => (wave(t) - mean) / deviation;
}

/** Trend, noise, outliers and filled gaps over a series. In a season, a walk moves by less than the season does. */
function disturbed(r, rows, season, noise) {
  const trend = r.pick(["level", "line", "swing", "walk"]);
  const [slope, at] = [r.pick([-4, 2, 6]), r.integer(Math.floor(rows / 4), Math.floor((3 * rows) / 4))];
  const lasting = r.chance(0.3) ? 0.6 : 0; // noise that lingers
  const [outliers, gap] = [r.pick([0, 0, 1, 3]), r.chance(0.2) ? r.integer(2, 6) : 0];
  const step = Math.min(0.1, 0.7 / Math.sqrt(season));
  const level = walk(r, rows).map((v) => step * v);
  const drift = {
    ...{ level: () => 0, line: (t) => (slope * t) / rows, swing: (t) => 2 * Math.sin((3 * t) / rows) },
    walk: (t) => level[t],
  }[trend];
  return {
    trend,
    about: `${trend}, noise ${noise}${lasting ? " that lingers" : ""}, ${outliers} outliers${gap ? `, a filled gap of ${gap}` : ""}`,
    on(clean) {
      const e = autoregression(r, rows, lasting).map((v) => noise * v * Math.sqrt(1 - lasting ** 2));
      const series = clean.map((v, t) => v + drift(t) + e[t]);
      for (let k = 0; k < outliers; k++) series[r.integer(0, rows - 1)] += r.pick([-15, 15]);
      for (let k = 0; k < gap; k++) series[at + k] = series[at - 1]; // ffill
      return series;
    },
  };
}
