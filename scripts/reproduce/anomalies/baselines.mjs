/** Scores that need no learning: distances in deviations, row by row. */

/**
 * The windowed Gaussian of the Numenta Anomaly Benchmark: distance to the mean of a window of rows, in its deviations; the window fills
 * from the first row on, then moves in steps. The first `probation` rows have no score.
 */
export function windowedGaussian(values, { size = 6400, step = 100, probation = 50 } = {}) {
  const scores = new Float64Array(values.length);
  let [count, sum, squares, moved] = [0, 0, 0, 0];
  let [mean, deviation] = [0, 1];
  const origin = values[0]; // sums of differences to it lose no digits
  const measure = () => {
    mean = sum / count;
    deviation = Math.sqrt(Math.max(0, squares / count - mean * mean)) || 1e-6;
  };
  const add = (t, sign) => {
    const v = values[t] - origin;
    sum += sign * v;
    squares += sign * v * v;
    count += sign;
  };
  values.forEach((value, t) => {
    scores[t] = t < probation ? 0 : Math.abs(value - origin - mean) / deviation;
    if (t < size) {
      add(t, 1);
      measure();
    } else if (t + 1 - size - moved >= step) {
      for (let i = 0; i < step; i++) add(moved + i, -1);
      for (let i = 0; i < step; i++) add(size + moved + i, 1);
      moved += step;
      measure();
    }
  });
  return scores;
}

/** Distance to the mean of the day before, in its deviations. */
export function rollingDay(values, day) {
  const origin = values[0];
  let [sum, squares] = [0, 0];
  return values.map((value, t) => {
    const v = value - origin;
    const mean = sum / day;
    const deviation = Math.sqrt(Math.max(0, squares / day - mean * mean)) || 1e-9;
    const score = t < day ? 0 : Math.abs(v - mean) / deviation;
    const old = t < day ? 0 : values[t - day] - origin;
    sum += v - old;
    squares += v * v - old * old;
    return score;
  });
}
