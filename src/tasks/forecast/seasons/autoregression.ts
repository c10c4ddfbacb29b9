import { evidence, type Whitened } from "./whitened.ts";

/** Evidence for an autoregression of two steps (BIC), whose cycles are no season, and the modulus by which they decay. */
export function autoregression(w: Whitened): { evidence: number; modulus: number } {
  const { y, rows } = w;
  const n = y.length - 2;
  const lagged = (i: number, t: number) => y[t + 2 - i];
  const means = [0, 1, 2].map((i) => {
    let sum = 0;
    for (let t = 0; t < n; t++) sum += lagged(i, t);
    return sum / n;
  });
  const products = (i: number, j: number) => {
    let sum = 0;
    for (let t = 0; t < n; t++) sum += (lagged(i, t) - means[i]) * (lagged(j, t) - means[j]);
    return sum;
  };
  const [c00, c01, c02, c11, c12, c22] = [
    products(0, 0),
    products(0, 1),
    products(0, 2),
    products(1, 1),
    products(1, 2),
    products(2, 2),
  ];
  const determinant = c11 * c22 - c12 * c12;
  if (!(determinant > 1e-12 * c11 * c22)) return { evidence: Number.NEGATIVE_INFINITY, modulus: 1 };
  const first = (c01 * c22 - c02 * c12) / determinant;
  const second = (c02 * c11 - c01 * c12) / determinant;
  const rest = c00 - first * c01 - second * c02;
  const turns = first * first + 4 * second < 0; // complex roots: cycles
  return { evidence: evidence(w, rest, Math.log(rows)), modulus: turns ? Math.sqrt(-second) : 0 };
}
