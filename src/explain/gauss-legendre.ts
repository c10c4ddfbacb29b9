/** Points between 0 and 1 with weights that add up to 1: they integrate polynomials up to degree 2n − 1 exactly. */
export function gaussLegendre(n: number): { at: number; weight: number }[] {
  return Array.from({ length: n }, (_, k) => {
    let x = Math.cos((Math.PI * (k + 0.75)) / (n + 0.5)); // near the root; Newton's method finds it
    let slope = 1;
    for (let turn = 0; turn < 100; turn++) {
      let [before, value] = [1, x];
      for (let j = 2; j <= n; j++) [before, value] = [value, ((2 * j - 1) * x * value - (j - 1) * before) / j];
      slope = (n * (x * value - before)) / (x * x - 1);
      const step = value / slope;
      x -= step;
      if (Math.abs(step) < 1e-15) break;
    }
    return { at: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}
