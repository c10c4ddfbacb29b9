import type { Floats } from "./kernel.ts";

/**
 * c [m, n] += a [m, k] · b [k, n]; strides in elements, b and c rows contiguous. Two rows of c and four of b at a time, so
 * that each number loaded serves several products. Sums run in order of k.
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
  let i = 0;
  for (; i + 2 <= m; i += 2) {
    const r0 = aAt + i * aRow;
    const r1 = r0 + aRow;
    const c0 = cAt + i * cRow;
    const c1 = c0 + cRow;
    let p = 0;
    for (; p + 4 <= k; p += 4) {
      const q = p * aCol;
      const x0 = a[r0 + q];
      const x1 = a[r0 + q + aCol];
      const x2 = a[r0 + q + 2 * aCol];
      const x3 = a[r0 + q + 3 * aCol];
      const y0 = a[r1 + q];
      const y1 = a[r1 + q + aCol];
      const y2 = a[r1 + q + 2 * aCol];
      const y3 = a[r1 + q + 3 * aCol];
      const b0 = bAt + p * bRow;
      const b1 = b0 + bRow;
      const b2 = b1 + bRow;
      const b3 = b2 + bRow;
      for (let j = 0; j < n; j++) {
        const v0 = b[b0 + j];
        const v1 = b[b1 + j];
        const v2 = b[b2 + j];
        const v3 = b[b3 + j];
        c[c0 + j] += x0 * v0 + x1 * v1 + x2 * v2 + x3 * v3;
        c[c1 + j] += y0 * v0 + y1 * v1 + y2 * v2 + y3 * v3;
      }
    }
    for (; p < k; p++) {
      const x = a[r0 + p * aCol];
      const y = a[r1 + p * aCol];
      const bp = bAt + p * bRow;
      for (let j = 0; j < n; j++) {
        c[c0 + j] += x * b[bp + j];
        c[c1 + j] += y * b[bp + j];
      }
    }
  }
  for (; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const x = a[aAt + i * aRow + p * aCol];
      const bp = bAt + p * bRow;
      for (let j = 0; j < n; j++) c[cAt + i * cRow + j] += x * b[bp + j];
    }
  }
}

/** out [n, m] = the transpose of a [m, n] with row stride `aRow`. */
export function transposed(m: number, n: number, a: Floats, aAt: number, aRow: number, out: Floats): void {
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[aAt + i * aRow + j];
}
