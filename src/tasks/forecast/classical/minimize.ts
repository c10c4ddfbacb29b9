/**
 * The point near `start` at which a function of a few numbers is least, by the simplex of Nelder & Mead (1965): no derivatives, every
 * coordinate kept within its bounds.
 */
export function minimize(
  of: (x: readonly number[]) => number,
  start: readonly number[],
  bounds: readonly (readonly [low: number, high: number])[],
  most = 120 * start.length,
): number[] {
  const within = (x: number[]) => x.map((v, i) => Math.min(bounds[i][1], Math.max(bounds[i][0], v)));
  const worth = (x: number[]) => {
    const value = of(x);
    return { x, value: Number.isFinite(value) ? value : Number.POSITIVE_INFINITY };
  };
  const corner = (i: number) =>
    within(
      start.map((v, k) => {
        if (k !== i) return v;
        const step = Number.isFinite(bounds[k][1] - bounds[k][0])
          ? 0.2 * (bounds[k][1] - bounds[k][0])
          : 0.1 * Math.abs(v) + 1e-3;
        return v + step > bounds[k][1] ? v - step : v + step;
      }),
    );
  let simplex = [worth(within([...start])), ...start.map((_, i) => worth(corner(i)))];
  const n = start.length;
  for (let calls = n + 1; calls < most; ) {
    simplex.sort((a, b) => a.value - b.value);
    const [best, worst] = [simplex[0], simplex[n]];
    if (worst.value - best.value <= 1e-10 * (Math.abs(best.value) + 1e-12)) break;
    const middle = start.map((_, k) => simplex.slice(0, n).reduce((sum, { x }) => sum + x[k], 0) / n);
    const along = (t: number) => worth(within(middle.map((m, k) => m + t * (worst.x[k] - m))));
    let next = along(-1);
    calls++;
    if (next.value < best.value) {
      const further = along(-2);
      calls++;
      if (further.value < next.value) next = further;
    } else if (next.value >= simplex[n - 1].value) {
      next = along(next.value < worst.value ? -0.5 : 0.5);
      calls++;
      if (next.value >= worst.value) {
        simplex = simplex.map(({ x }, i) => (i === 0 ? simplex[0] : worth(x.map((v, k) => (v + best.x[k]) / 2))));
        calls += n;
        continue;
      }
    }
    simplex[n] = next;
  }
  return simplex.reduce((a, b) => (b.value < a.value ? b : a)).x;
}
