/**
 * Round numbers from `low` to `high`, about `count` of them: multiples of 1, 2 or 5 times a power of ten.
 *
 *   ticks(0.21, 0.69, 5);   // [0.3, 0.4, 0.5, 0.6]
 */
export function ticks(low: number, high: number, count: number): number[] {
  const step = tickStep(low, high, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  // Dividing by the whole number 1/step instead of multiplying keeps 0.3 from becoming 0.30000000000000004.
  const inverse = Math.round(1 / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (step < 1 ? (first + i) / inverse : (first + i) * step));
}

/** The smallest of 1, 2, 5, 10, 20, … and their tenths that cuts `low` to `high` into at most `count` pieces. */
export function tickStep(low: number, high: number, count: number): number {
  const least = (high - low) / count;
  const power = Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((f) => f >= least / 10 ** power - 1e-9) ?? 10;
  return power < 0 ? factor / 10 ** -power : factor * 10 ** power;
}

/** The whole numbers to mark under `low` to `high` epochs: the first, and round numbers after it. */
export function wholeTicks(low: number, high: number, count: number): number[] {
  const step = Math.max(1, tickStep(low, Math.max(high, low + 1), count));
  const round: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) round.push(tick);
  return round.length === 0 || round[0] - low >= step / 2 ? [low, ...round] : round;
}

/** Numbers of one axis with equal decimals (`0.40`, `0.45`), with exponents where those are shorter. */
export function tickTexts(values: readonly number[]): string[] {
  const largest = Math.max(...values.map(Math.abs));
  if (largest > 0 && (largest >= 1e6 || largest < 1e-3)) {
    return values.map((v) => (v === 0 ? "0" : String(Number(v.toPrecision(3)).toExponential()).replace("e+", "e")));
  }
  const decimals = Math.max(0, ...values.map((v) => (String(Number(v.toPrecision(12))).split(".")[1] ?? "").length));
  return values.map((v) => v.toFixed(decimals));
}

/** Numbers of an axis that are not round, with as many decimals as tell hundredths of its range apart. */
export function rangeTexts(values: readonly number[], range: number): string[] {
  const largest = Math.max(...values.map(Math.abs));
  const short = largest < 1e6 && range >= 1e-4;
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(range) + 1e-9)); // 0.01 may be stored as 0.00999…
  return values.map((v) => (short ? v.toFixed(decimals) : v.toExponential(2).replace("e+", "e")));
}

/** The range that holds the finite values with a little room around them; [0, 1] where there are none. `fraction` is of the range. */
export function paddedRange(values: Iterable<number>, fraction = 0.05): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const room = high - low > 1e-9 * Math.abs(high) ? (high - low) * fraction : Math.abs(high) * 0.1 || 0.1;
  return [low - room, high + room];
}
