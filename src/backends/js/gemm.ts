import type { Floats } from "./kernel.ts";

/**
 * c [m, n] += a [m, k] · b [k, n]; strides in elements, b and c rows contiguous. Four rows of b at a time, so that each
 * number of c is loaded and stored once for four products. Sums run in order of k.
 */
export function gemm(
  m: number,
  n: number,
  k: number,
  a: Floats,
  aAt: number,
  aRow: number,
  aCol: number,
  b: Floats,
  bAt: number,
  bRow: number,
  c: Floats,
  cAt: number,
  cRow: number,
): void {
  for (let i = 0; i < m; i++) {
    const ai = aAt + i * aRow;
    const ci = cAt + i * cRow;
    let p = 0;
    for (; p + 4 <= k; p += 4) {
      const a0 = a[ai + p * aCol];
      const a1 = a[ai + (p + 1) * aCol];
      const a2 = a[ai + (p + 2) * aCol];
      const a3 = a[ai + (p + 3) * aCol];
      const b0 = bAt + p * bRow;
      const b1 = b0 + bRow;
      const b2 = b1 + bRow;
      const b3 = b2 + bRow;
      for (let j = 0; j < n; j++) {
        c[ci + j] += a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
      }
    }
    for (; p < k; p++) {
      const ap = a[ai + p * aCol];
      const bp = bAt + p * bRow;
      for (let j = 0; j < n; j++) c[ci + j] += ap * b[bp + j];
    }
  }
}

/** out [n, m] = the transpose of a [m, n] with row stride `aRow`. */
export function transposed(m: number, n: number, a: Floats, aAt: number, aRow: number, out: Floats): void {
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[aAt + i * aRow + j];
}
