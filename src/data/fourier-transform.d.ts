/** The part of fourier-transform that is used; the package brings no types. */
declare module "fourier-transform" {
  /** Real and imaginary parts [N / 2 + 1] of the transform of N = 2ᵏ real numbers, in memory that the next call reuses. */
  export function fft(input: Float64Array): [re: Float64Array, im: Float64Array];
}
