const least = 6; // steps of each frequency
const tolerance = 0.12; // of a step: months have 28 to 31 days

/**
 * The row from which on the rows of a file follow each other with another step than before: the first rows by the hour, the
 * others by the day. Null where one step holds; rows left out here and there, weekends and months of 28 to 31 days are one.
 */
export function frequencyChange(times: Float64Array): number | null {
  const steps = Float64Array.from({ length: times.length - 1 }, (_, t) => times[t + 1] - times[t]);
  if (steps.length < 2 * least) return null;
  const part = Math.max(least, Math.floor(steps.length / 20));
  const [early, late] = [median(steps.subarray(0, part)), median(steps.subarray(-part))];
  const like = (step: number, other: number) => Math.abs(step - other) <= tolerance * other;
  if (Math.max(early, late) < 1.5 * Math.min(early, late)) return null;
  let misfits = steps.reduce((count, step) => count + (like(step, late) ? 0 : 1), 0); // were all of them the later ones
  let best = { misfits, at: 0 };
  for (const [t, step] of steps.entries()) {
    misfits += (like(step, early) ? 0 : 1) - (like(step, late) ? 0 : 1);
    if (misfits < best.misfits) best = { misfits, at: t + 1 };
  }
  const sides = [steps.subarray(0, best.at), steps.subarray(best.at)];
  const clear = sides.every((side, k) => {
    const others = side.reduce((count, step) => count + (like(step, [early, late][k]) ? 0 : 1), 0);
    return side.length >= least && others <= 0.1 * side.length;
  });
  return clear ? best.at + 1 : null;
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  return sorted[Math.floor(sorted.length / 2)];
}
