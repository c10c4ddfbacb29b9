/**
 * Makes vectors of one length orthonormal in place, each keeping the direction it has at right angles to those before:
 * Gram and Schmidt's modified method in float64, whose error is 1e-16 times the condition of the vectors. Four earlier
 * vectors, already at right angles to each other, are taken at once: one pass over memory for four.
 */
export function orthonormalise(vectors: readonly Float64Array[]): void {
  vectors.forEach((v, k) => {
    let j = 0;
    for (; j + 4 <= k; j += 4) leaveFour(v, vectors[j], vectors[j + 1], vectors[j + 2], vectors[j + 3]);
    for (; j < k; j++) leave(v, vectors[j]);
    let square = 0;
    for (let i = 0; i < v.length; i++) square += v[i] * v[i];
    const length = Math.sqrt(square);
    for (let i = 0; i < v.length; i++) v[i] /= length;
  });
}

/** v −= (v · a) a */
function leave(v: Float64Array, a: Float64Array): void {
  let d = 0;
  for (let i = 0; i < v.length; i++) d += v[i] * a[i];
  for (let i = 0; i < v.length; i++) v[i] -= d * a[i];
}

function leaveFour(v: Float64Array, a: Float64Array, b: Float64Array, c: Float64Array, d: Float64Array): void {
  let da = 0;
  let db = 0;
  let dc = 0;
  let dd = 0;
  for (let i = 0; i < v.length; i++) {
    const x = v[i];
    da += x * a[i];
    db += x * b[i];
    dc += x * c[i];
    dd += x * d[i];
  }
  for (let i = 0; i < v.length; i++) v[i] -= da * a[i] + db * b[i] + dc * c[i] + dd * d[i];
}
