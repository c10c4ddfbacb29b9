import type { Tensor } from "../tensor/tensor.ts";
import { constant, mul, where } from "./elementwise.ts";
import { scan } from "./scan.ts";
import { reshape, reverse, sliceAxis } from "./view.ts";

/** What every recurrent op takes beside its weights. Absent inputs are null. */
export interface Steps {
  x: Tensor; // [B, T, D]
  mask: Tensor | null; // [B, T]
  reverse: boolean;
  zeroOutput: boolean;
}

/**
 * The definition all recurrent ops share: a cell over time, with Keras's masks. A masked step leaves the state alone and
 * repeats the output before it (zeros at first, or always with `zeroOutput`). The first entry of the state is the output.
 * Returns y [B, T, H] in processing order, the last output and the final state.
 */
export function overTime(
  steps: Steps,
  init: Tensor[],
  cell: (x: Tensor, state: Tensor[]) => Tensor[],
): { y: Tensor; last: Tensor; state: Tensor[] } {
  const { x, mask } = steps;
  const n = init.length;
  const noOutput = constant(0, x, init[0].shape);
  const scanned = scan(
    [...init, noOutput],
    mask ? [x, mask] : [x],
    (carries, [xt, valid]) => {
      const state = carries.slice(0, n);
      const next = cell(xt, state);
      if (!valid) return { carries: [...next, next[0]], results: [next[0]] };
      const on = reshape(valid, [valid.shape[0], 1]); // [B, 1]
      const kept = next.map((value, k) => where(on, value, state[k]));
      const y = where(on, next[0], steps.zeroOutput ? constant(0, xt, next[0].shape) : carries[n]);
      return { carries: [...kept, y], results: [y] };
    },
    { reverse: steps.reverse },
  );
  const y = steps.reverse ? reverse(scanned.results[0], 1) : scanned.results[0];
  return { y, last: scanned.carries[n], state: scanned.carries.slice(0, n) };
}

/** The g-th of the dropout masks [gates or 1, B, N] times x; x itself without masks. */
export function dropped(x: Tensor, masks: Tensor | null, g: number): Tensor {
  if (!masks) return x;
  const [gates, ...rest] = masks.shape;
  return mul(x, reshape(sliceAxis(masks, 0, gates === 1 ? 0 : g, 1), rest));
}

/** Numbers the kernels keep for the backward pass: hidden size rounded up to 16 lanes. */
export const padUnits = (units: number): number => Math.ceil(units / 16) * 16;
