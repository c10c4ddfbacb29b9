const day = 86_400_000; // ms
const week = 7 * day;

/**
 * Windows found and false alarms of scores above a threshold, over all series: a window is found by a row above in it; rows above outside of
 * windows are a false alarm for each day that they last, so that an alarm that never ends is not one alarm. A series is
 * { times, scores, windows: [{ from, to }] }, times in milliseconds.
 */
export function judged(all, threshold) {
  let [found, falseAlarms] = [0, 0];
  for (const { times, scores, windows } of all) {
    const hit = new Set();
    let last = Number.NEGATIVE_INFINITY;
    scores.forEach((score, t) => {
      if (!(score > threshold)) return;
      const inside = windows.filter(({ from, to }) => times[t] >= from && times[t] <= to);
      for (const one of inside) hit.add(one);
      if (inside.length > 0 || times[t] - last < day) return;
      falseAlarms++;
      last = times[t];
    });
    found += hit.size;
  }
  return { found, falseAlarms, perFourWeeks: (4 * falseAlarms) / weeksOf(all) };
}

/** The same at the lowest threshold that gives one false alarm in four weeks: chosen with the windows known, to compare scores alone. */
export function atOneInFourWeeks(all) {
  let [low, high] = [-100, 1e6];
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (judged(all, middle).perFourWeeks > 1) low = middle;
    else high = middle;
  }
  return { threshold: high, ...judged(all, high) };
}

/** The same with a threshold for each series, which gives it one false alarm in four weeks at most. */
export function eachAtOneInFourWeeks(all) {
  const found = all.map((one) => atOneInFourWeeks([one]));
  const sum = (of) => found.reduce((total, one) => total + of(one), 0);
  return { found: sum((one) => one.found), falseAlarms: sum((one) => one.falseAlarms) };
}

export const weeksOf = (all) => all.reduce((sum, { times }) => sum + (times[times.length - 1] - times[0]) / week, 0);

export const windowsOf = (all) => all.reduce((sum, { windows }) => sum + windows.length, 0);
