/**
 * Gate orders of other libraries, and where each library puts its biases. Everywhere else in Cellstate gates are packed as
 * Keras packs them: i f c o for an LSTM, z r h for a GRU, side by side in the columns of a matrix [rows, G·H].
 *
 *   library         LSTM      GRU       matrix          bias
 *   Keras, tfjs     i f c o   z r h     [in, G·H]       one [4H]; GRU [2, 3H]: of the input, of the state
 *   PyTorch, cuDNN  i f g o   r z n     [G·H, in]       two [G·H]: of the input, of the state
 *   ONNX            i o f c   z r h     [G·H, in]       [2·G·H]: of the input, then of the state
 *   Keras 1         i c f o   z r h     G of [in, H]    G of [H]
 */

/** For each gate in Keras's order, which block it is in the other library's. */
export const gateOrders = {
  keras: { 4: [0, 1, 2, 3], 3: [0, 1, 2], 1: [0] },
  torch: { 4: [0, 1, 2, 3], 3: [1, 0, 2], 1: [0] },
  onnx: { 4: [0, 2, 3, 1], 3: [0, 1, 2], 1: [0] },
  keras1: { 4: [0, 2, 1, 3], 3: [0, 1, 2], 1: [0] },
} as const;
export type GateOrder = keyof typeof gateOrders;
export type Gates = 1 | 3 | 4;

/**
 * From another library's [G·H, n] (a row for each unit) to Keras's [n, G·H] (a column for each).
 *
 *   toKernel(new Float32Array([1, 2, 3, 4, 5, 6]), 1, "torch", 3, 2)    // H = 3, n = 2: 1 3 5 2 4 6
 */
export function toKernel(rows: Float32Array, gates: Gates, from: GateOrder, units: number, n: number): Float32Array {
  const order = gateOrders[from][gates];
  const width = gates * units;
  const kernel = new Float32Array(rows.length);
  for (let g = 0; g < gates; g++)
    for (let j = 0; j < units; j++)
      for (let i = 0; i < n; i++) kernel[i * width + g * units + j] = rows[(order[g] * units + j) * n + i];
  return kernel;
}

/** From Keras's [n, G·H] to another library's [G·H, n]; the reverse of `toKernel`. */
export function fromKernel(kernel: Float32Array, gates: Gates, to: GateOrder, units: number, n: number): Float32Array {
  const order = gateOrders[to][gates];
  const width = gates * units;
  const rows = new Float32Array(kernel.length);
  for (let g = 0; g < gates; g++)
    for (let j = 0; j < units; j++)
      for (let i = 0; i < n; i++) rows[(order[g] * units + j) * n + i] = kernel[i * width + g * units + j];
  return rows;
}

/** One bias [G·H] in Keras's order of gates. */
export const toBias = (bias: Float32Array, gates: Gates, from: GateOrder, units: number) =>
  toKernel(bias, gates, from, units, 1);

/** One bias [G·H] in another library's order of gates. */
export const fromBias = (bias: Float32Array, gates: Gates, to: GateOrder, units: number) =>
  fromKernel(bias, gates, to, units, 1);

/**
 * Two biases [G·H] of another library as Keras keeps them: an LSTM's or a plain cell's are only ever added, so their sum; a
 * GRU's, which resets after the product, side by side as [2, 3H].
 */
export function joinBiases(input: Float32Array, state: Float32Array, gates: Gates, from: GateOrder): Float32Array {
  const units = input.length / gates;
  const [a, b] = [toBias(input, gates, from, units), toBias(state, gates, from, units)];
  if (gates !== 3) return a.map((v, k) => v + b[k]);
  const both = new Float32Array(2 * a.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The two biases other libraries want from Keras's one; where Keras has one [G·H], the state's is zero. */
export function splitBiases(
  bias: Float32Array,
  gates: Gates,
  to: GateOrder,
  units: number,
): { input: Float32Array; state: Float32Array } {
  const size = gates * units;
  const state = bias.length === 2 * size ? bias.slice(size) : new Float32Array(size);
  return {
    input: fromBias(bias.slice(0, size), gates, to, units),
    state: fromBias(state, gates, to, units),
  };
}

/**
 * Keras 1's separate matrices [n, H] (or biases, n = 1), in its own order of gates, as one matrix [n, G·H].
 *
 *   joinGates([i, c, f, o], 4, "keras1", 2)
 */
export function joinGates(parts: readonly Float32Array[], gates: Gates, from: GateOrder, units: number): Float32Array {
  const order = gateOrders[from][gates];
  const n = parts[0].length / units;
  const kernel = new Float32Array(n * gates * units);
  for (let i = 0; i < n; i++)
    for (let g = 0; g < gates; g++)
      kernel.set(parts[order[g]].subarray(i * units, (i + 1) * units), (i * gates + g) * units);
  return kernel;
}

/** cuDNN's matrices of Keras 2: each gate's [n, H] was stored transposed, under the untransposed shape. [n, G·H] → [n, G·H]. */
export function fromCudnn(kernel: Float32Array, gates: Gates, units: number): Float32Array {
  const width = gates * units;
  const n = kernel.length / width;
  const out = new Float32Array(kernel.length);
  for (let g = 0; g < gates; g++) {
    for (let k = 0; k < n * units; k++) {
      // The gate's block read row by row is the transposed matrix [H, n] read row by row.
      const value = kernel[Math.floor(k / units) * width + g * units + (k % units)];
      out[(k % n) * width + g * units + Math.floor(k / n)] = value;
    }
  }
  return out;
}
