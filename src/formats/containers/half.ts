/** IEEE 754 half precision as a number: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. `halfToNumber(0x3c00)` is 1. */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The half precision nearest to a number; of two as near, the even one. `numberToHalf(1)` is 0x3c00. */
export function numberToHalf(v: number): number {
  const sign = v < 0 || Object.is(v, -0) ? 0x8000 : 0;
  const size = Math.abs(v);
  if (Number.isNaN(v)) return 0x7e00;
  if (size >= 65_520) return sign | 0x7c00;
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const steps = size / 2 ** (exponent - 10);
  const [low, rest] = [Math.floor(steps), steps % 1];
  const nearest = rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
  return sign | (((exponent + 14) << 10) + nearest); // the first bit of a fraction counts one exponent up, and so does a carry
}

/** The upper half of a float32, as bfloat16 keeps it, for each number. */
export function bfloat16ToFloat32(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}
