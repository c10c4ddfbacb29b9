/**
 * Series with known anomalies, from a seed: what a person watches (demand, sensors, load, latency, activity), at steps of 5 to 60 minutes
 * over one to 43 weeks, with daily and weekly seasons, noise that lingers, heavy tails, and levels that walk. Settings of the anomaly
 * detector were chosen on them.
 *
 *   const { values, dates, windows, step } = madeSeries(7);
 */
export function madeSeries(seed) {
  const random = generator(seed);
  const { uniform, pick } = random;
  const minutes = pick([5, 5, 5, 15, 30, 60]);
  const weeks = pick({ 5: [1, 2, 2.5, 9, 11], 15: [3, 8, 16], 30: [8, 30], 60: [20, 43] }[minutes]);
  const day = (24 * 60) / minutes;
  const rows = Math.round(weeks * 7 * day);
  const kind = pick(Object.keys(kinds));
  const { expected, noise, finish, spread } = kinds[kind](random, day, rows);
  const train = Math.floor(0.15 * rows);
  const count = 1 + Math.floor(5 * uniform());
  const values = Float64Array.from({ length: rows }, (_, t) => expected(t));
  const clean = values.slice();
  const disturbance = noise();
  const starts = [];
  const far = Math.round((0.1 * rows) / count);
  for (let tries = 0; starts.length < count && tries < 200; tries++) {
    const at = Math.floor(train + uniform() * (rows - train - far));
    if (starts.every((other) => Math.abs(other - at) > 1.5 * far)) starts.push(at);
  }
  if (uniform() < 0.2) starts.push(Math.floor(train * (0.3 + 0.5 * uniform()))); // the part to learn from has one too
  const events = starts.map((at) => {
    const name = pick(Object.keys(anomalies));
    const length = anomalies[name]({ values, clean, disturbance, at, day, spread, random, rows });
    return { name, at, length };
  });
  for (let t = 0; t < rows; t++) values[t] += disturbance[t];
  for (const { name, at, length } of events) if (name === "stuck") values.fill(values[at], at, at + length);
  const windows = events.map(({ name, at, length }) => {
    const half = Math.round((0.1 * rows) / events.length / 2);
    return {
      name,
      from: Math.max(0, at - half),
      to: Math.min(rows - 1, Math.max(at + half, at + Math.min(length, 2 * day))),
    };
  });
  const start = Date.UTC(2024, 0, 1);
  const dates = Array.from(values, (_, t) => new Date(start + t * minutes * 60_000).toISOString().slice(0, 19));
  return { seed, kind, minutes, day, weeks, values: values.map(finish), dates, windows, train };
}

/** Expected values, noise in their units, the spread of that noise, and the last touch. */
const kinds = {
  demand(random, day, rows) {
    const { uniform } = random;
    const shape = profile(random, day);
    const weekend = 0.4 + 0.5 * uniform();
    const size = 10 ** (1 + 3 * uniform());
    const walk = walking(random, rows, day, 0.03);
    const level = (t) => (Math.floor(t / day) % 7 >= 5 ? weekend : 1) * (1.2 + shape(t)) * (1 + walk[t]);
    const spread = size * (0.03 + 0.1 * uniform());
    return {
      spread,
      expected: (t) => size * level(t),
      noise: lingering(random, rows, spread, 0.8 * uniform()),
      finish: (v) => Math.max(0, Math.round(v)),
    };
  },
  sensor(random, day, rows) {
    const { uniform } = random;
    const shape = profile(random, day);
    const walk = walking(random, rows, day, 1 + 2 * uniform(), 2 + 10 * uniform());
    const season = uniform() < 0.5 ? 0 : 2 * uniform();
    const spread = 0.2 + 0.5 * uniform();
    return {
      spread: 2 * spread,
      expected: (t) => 70 + 3 * walk[t] + season * shape(t),
      noise: lingering(random, rows, spread, 0.9 * uniform()),
      finish: (v) => v,
    };
  },
  drifting(random, day, rows) {
    const { uniform } = random;
    const shape = profile(random, day);
    const walk = walking(random, rows, day, 0.5 + uniform(), 60);
    const season = 1 + 2 * uniform();
    const spread = 0.3 + 0.7 * uniform();
    return {
      spread: 1.5 * spread,
      expected: (t) => 20 + walk[t] + season * shape(t),
      noise: lingering(random, rows, spread, 0.95 * uniform()),
      finish: (v) => v,
    };
  },
  load(random, day, rows) {
    const { uniform, normal } = random;
    const base = 20 + 30 * uniform();
    const jobs = Array.from({ length: 1 + Math.floor(4 * uniform()) }, () => ({
      at: uniform(),
      length: 0.01 + 0.08 * uniform(),
      height: 10 + 30 * uniform(),
    }));
    const hourly = uniform() < 0.4 ? 10 + 10 * uniform() : 0;
    const hour = Math.max(2, Math.round(day / 24));
    const late = jobs.map(() => Array.from({ length: Math.ceil(rows / day) + 1 }, () => 0.01 * normal()));
    const expected = (t) => {
      const [today, at] = [Math.floor(t / day), (t % day) / day];
      const running = jobs.reduce(
        (sum, job, k) =>
          sum + (at >= job.at + late[k][today] && at < job.at + late[k][today] + job.length ? job.height : 0),
        0,
      );
      return base + running + (t % hour === 0 ? hourly : 0);
    };
    const spread = 1 + 4 * uniform();
    return {
      spread: 1.5 * spread,
      expected,
      noise: lingering(random, rows, spread, 0.7 * uniform(), uniform() < 0.5 ? 4 : 0),
      finish: (v) => Math.max(0, v),
    };
  },
  latency(random, _day, rows) {
    const { uniform } = random;
    const base = 45 + 20 * uniform();
    const spread = 1 + 2 * uniform();
    return {
      spread: 2 * spread,
      expected: () => base,
      noise: lingering(random, rows, spread, 0.5 * uniform(), 3 + 3 * uniform()),
      finish: (v) => Math.max(0, v),
    };
  },
  activity(random, day, rows) {
    const { uniform } = random;
    const [wake, sleep] = [0.25 + 0.1 * uniform(), 0.75 + 0.2 * uniform()];
    const height = 0.5 + 3 * uniform();
    const awake = (t) => (t % day) / day > wake && (t % day) / day < sleep;
    const spread = 0.1 + 0.2 * uniform();
    const noise = () => {
      const slow = lingering(random, rows, spread, 0.5)();
      return slow.map((v, t) => (awake(t) ? height * v : 0.15 * height * v));
    };
    return {
      spread: height * spread,
      expected: (t) => (awake(t) ? height : 0.05 * height),
      noise,
      finish: (v) => Math.max(0, v),
    };
  },
};

/** What goes wrong, from a row on; each gives its length in rows. */
const anomalies = {
  spike({ values, at, spread, random: { uniform, sign } }) {
    const length = 1 + Math.floor(3 * uniform());
    const height = sign() * spread * (8 + 24 * uniform());
    for (let t = at; t < at + length; t++) values[t] += height;
    return length;
  },
  dip({ values, clean, at, day, rows, random: { uniform } }) {
    const length = Math.ceil(day * (0.02 + 0.4 * uniform()));
    const rest = 0.5 * uniform();
    const low = clean.reduce((a, b) => Math.min(a, b));
    for (let t = at; t < Math.min(rows, at + length); t++) values[t] = low * 0.9 + rest * (values[t] - low * 0.9);
    return length;
  },
  shift({ values, at, day, spread, rows, random: { uniform, sign } }) {
    const length = uniform() < 0.4 ? rows - at : Math.ceil(day * (0.2 + 3 * uniform()));
    const height = sign() * spread * (4 + 8 * uniform());
    for (let t = at; t < Math.min(rows, at + length); t++) values[t] += height;
    return length;
  },
  drift({ values, at, day, spread, rows, random: { uniform, sign } }) {
    const length = Math.ceil(day * (0.5 + 3 * uniform()));
    const height = sign() * spread * (4 + 10 * uniform());
    for (let t = at; t < Math.min(rows, at + length); t++) values[t] += (height * (t - at)) / length;
    return length;
  },
  variance({ disturbance, at, day, rows, random: { uniform } }) {
    const length = Math.ceil(day * (0.1 + uniform()));
    const more = 3 + 5 * uniform();
    for (let t = at; t < Math.min(rows, at + length); t++) disturbance[t] *= more;
    return length;
  },
  "missing season"({ values, clean, at, day, rows, random: { uniform } }) {
    const length = Math.ceil(day * (1 + 2 * uniform()));
    const other = uniform() < 0.5;
    const middle = clean.slice(Math.max(0, at - day), at).reduce((a, b) => a + b, 0) / Math.min(at, day);
    const from = at - (at % day);
    for (let t = from; t < Math.min(rows, from + length); t++)
      values[t] = other ? 0.3 * clean[t] + 0.7 * middle : clean[Math.max(0, t - Math.round(day / 2))];
    return length;
  },
  stuck({ day, random: { uniform } }) {
    return Math.ceil(day * (0.1 + 0.6 * uniform())); // madeSeries holds the value, noise and all
  },
  busy({ values, at, day, rows, spread, random: { uniform } }) {
    const length = Math.ceil(day * (0.15 + 0.8 * uniform()));
    const more = spread * (3 + 6 * uniform());
    for (let t = at; t < Math.min(rows, at + length); t++) values[t] += more * Math.sin((Math.PI * (t - at)) / length);
    return length;
  },
};

/** A day's shape of three harmonics, between about -1 and 1. */
function profile({ uniform }, day) {
  const waves = [1, 2, 3].map((k) => ({ k, size: uniform() / k, angle: 2 * Math.PI * uniform() }));
  const whole = waves.reduce((sum, { size }) => sum + size, 0);
  return (t) =>
    waves.reduce((sum, { k, size, angle }) => sum + size * Math.sin((2 * Math.PI * k * t) / day + angle), 0) / whole;
}

/** A level that walks and returns within some days; its deviation. */
function walking({ normal }, rows, day, deviation, days = 20) {
  const back = 1 / (days * day);
  let level = 0;
  return Float64Array.from(
    { length: rows },
    () => (level += -back * level + Math.sqrt(2 * back) * deviation * normal()),
  );
}

/** Noise that lingers by `carry`, of Student's t with so many degrees of freedom (0: normal), and in one of three series a lone outlier a fortnight. */
function lingering({ uniform, normal }, rows, spread, carry, freedom = 0) {
  return () => {
    const outliers = uniform() < 0.33 ? 1 / 3000 : 0;
    let before = 0;
    return Float64Array.from({ length: rows }, () => {
      const scale = freedom
        ? Math.sqrt(
            freedom / Array.from({ length: Math.round(freedom) }, () => normal() ** 2).reduce((a, b) => a + b, 1e-9),
          )
        : 1;
      before = carry * before + Math.sqrt(1 - carry * carry) * scale * normal();
      return spread * (before + (uniform() < outliers ? 4 * normal() : 0));
    });
  };
}

/** Uniform and normal numbers of a seed (mulberry32). */
function generator(seed) {
  let state = (seed * 2654435761) >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    normal,
    pick: (list) => list[Math.floor(uniform() * list.length)],
    sign: () => (uniform() < 0.5 ? -1 : 1),
  };
}
