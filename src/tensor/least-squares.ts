/**
 * A linear map with a constant that tells targets from features, by penalized least squares (ridge, Hoerl & Kennard 1970); rows are added one after the
 * other, and none is kept.
 *
 *   const squares = new LeastSquares(2, 1);
 *   squares.add([1, 0], [3]);
 *   squares.add([0, 1], [5]);
 *   const [weights] = squares.solve(0.01); // of feature 0, of feature 1, the constant
 */
export class LeastSquares {
  readonly #size: number; // features and a constant
  readonly #square: Float64Array; // the lower half of [size, size]
  readonly #targets: readonly Float64Array[];
  #squares = 0;
  #rows = 0;

  constructor(features: number, targets: number) {
    this.#size = features + 1;
    this.#square = new Float64Array(this.#size ** 2);
    this.#targets = Array.from({ length: targets }, () => new Float64Array(this.#size));
  }

  /** Adds a row, which counts as `weight` rows. */
  add(features: ArrayLike<number>, targets: ArrayLike<number>, weight = 1): void {
    const n = this.#size;
    const last = n - 1;
    this.#rows += weight;
    for (let a = 0; a < n; a++) {
      const value = a < last ? features[a] : 1;
      if (value === 0) continue;
      const weighted = weight * value;
      if (a < last) this.#squares += weighted * value;
      for (let b = 0; b <= a; b++) this.#square[a * n + b] += weighted * (b < last ? features[b] : 1);
      for (let k = 0; k < this.#targets.length; k++) this.#targets[k][a] += weighted * targets[k];
    }
  }

  /** By target the weights of the features, then the constant; the penalty is a fraction of the mean square of the features. */
  solve(penalty: number): Float64Array[] {
    const n = this.#size;
    const square = this.#square.slice();
    const added = penalty * (this.#squares / Math.max(1, n - 1)) + 1e-9 * Math.max(1, this.#rows);
    for (let a = 0; a < n; a++) square[a * n + a] += added;
    return solved(square, this.#targets, n);
  }
}

/** Solves A w = t for each t, by Cholesky's factors of the lower half of A [n, n]. */
function solved(a: Float64Array, targets: readonly Float64Array[], n: number): Float64Array[] {
  const l = a.slice();
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      let sum = l[i * n + j];
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / l[j * n + j];
    }
  return targets.map((t) => {
    const w = t.slice();
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) w[i] -= l[i * n + k] * w[k];
      w[i] /= l[i * n + i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) w[i] -= l[k * n + i] * w[k];
      w[i] /= l[i * n + i];
    }
    return w;
  });
}
