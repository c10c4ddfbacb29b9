import type { Tensor } from "../tensor/tensor.ts";
import { constant, mul, where } from "./elementwise.ts";
import { linear } from "./matmul.ts";
import { scan } from "./scan.ts";
import { concat, reshape, reverse, sliceAxis, split } from "./view.ts";

/** The sequences that a cell is repeated over. */
export interface Steps {
  /** Sequences, each [B, T, ...]; the cell receives one step of each, [B, ...]. */
  sequences: readonly Tensor[];
  mask: Tensor | null; // [B, T]
  reverse: boolean;
  zeroOutput: boolean;
  /** Numbers in the output of a step: [B, outputSize]. */
  outputSize: number;
}

/** One step: slices of the sequences and the state before → the output and the state after, and what else is seen, each [B, N]. */
export type StepFormula = (
  slices: Tensor[],
  state: Tensor[],
) => { output: Tensor; state: readonly Tensor[]; seen?: readonly Tensor[] };

/**
 * The definition all recurrent ops share: a cell over time, with Keras's masks. A masked step leaves the state alone and
 * repeats the output before it (zeros at first, or always with `zeroOutput`).
 * Returns y [B, T, H] in processing order, the last output and the final state; what else was seen of the steps lies beside y,
 * 0 at masked ones.
 */
export function overTime(
  steps: Steps,
  init: readonly Tensor[],
  cell: StepFormula,
): { y: Tensor; last: Tensor; state: Tensor[]; seen: Tensor[] } {
  const { sequences, mask, outputSize } = steps;
  const n = init.length;
  const noOutput = constant(0, sequences[0], [sequences[0].shape[0], outputSize]);
  const scanned = scan(
    [...init, noOutput],
    mask ? [...sequences, mask] : [...sequences],
    (carries, slices) => {
      const state = carries.slice(0, n);
      const next = cell(slices.slice(0, sequences.length), state);
      const seen = next.seen ?? [];
      if (!mask) return { carries: [...next.state, next.output], results: [next.output, ...seen] };
      const on = reshape(slices[sequences.length], [noOutput.shape[0], 1]); // [B, 1]
      const kept = next.state.map((value, k) => where(on, value, state[k]));
      const otherwise = steps.zeroOutput ? constant(0, next.output, noOutput.shape) : carries[n];
      const y = where(on, next.output, otherwise);
      const shown = seen.map((value) => where(on, value, constant(0, value, value.shape)));
      return { carries: [...kept, y], results: [y, ...shown] };
    },
    { reverse: steps.reverse },
  );
  const [y, ...seen] = scanned.results.map((t) => (steps.reverse ? reverse(t, 1) : t));
  return { y, last: scanned.carries[n], state: scanned.carries.slice(0, n), seen };
}

/**
 * x [..., N] times the packed weights of all gates w [N, G·H], plus b [G·H] → [..., G·H]; with dropout masks
 * [G or 1, B, N] each gate sees x through its own.
 */
export function gateSums(x: Tensor, w: Tensor, b: Tensor | null, masks: Tensor | null, gates: number): Tensor {
  if (!masks) return linear(x, w, b);
  if (masks.shape[0] === 1) return linear(dropped(x, masks, 0), w, b);
  const biases = b && split(b, gates);
  return concat(split(w, gates).map((wg, g) => linear(dropped(x, masks, g), wg, biases?.[g])));
}

/** x [..., N] → [..., G·H], times the weights that a product was made for, plus b. */
export type Times = (x: Tensor, b?: Tensor | null) => Tensor;

/** Products of rounded numbers, by the name that ops have for them; here once their code is loaded. */
export const roundedProducts: Record<string, (w: Tensor, masks: Tensor | null, gates: number) => Times> = {};

/** The same product, made once for many x; with `rounding` both sides are rounded, the weights here, x where it comes. */
export const gateProduct = (w: Tensor, masks: Tensor | null, gates: number, rounding?: unknown): Times =>
  roundedProducts[rounding as string]?.(w, masks, gates) ?? ((x, b) => gateSums(x, w, b ?? null, masks, gates));

/** The g-th of the dropout masks [G or 1, B, N] times x [B, N] or [B, T, N]; x itself without masks. */
export function dropped(x: Tensor, masks: Tensor | null, g: number): Tensor {
  if (!masks) return x;
  const [gates, batch, n] = masks.shape;
  const own = sliceAxis(masks, 0, gates === 1 ? 0 : g, 1);
  return mul(x, reshape(own, x.shape.length === 3 ? [batch, 1, n] : [batch, n]));
}

/** Takes a value of a step under its name, and gives what the step continues with. */
export type NameGate = (name: string, value: Tensor) => Tensor;

/** Collects the named values of a step in the order of `names`, for an op that gives them. */
export function shownGates(names: readonly string[]): { named: NameGate; seen: () => Tensor[] } {
  const found = new Map<string, Tensor>();
  const named: NameGate = (name, value) => {
    found.set(name, value);
    return value;
  };
  return { named, seen: () => names.map((name) => found.get(name)!) };
}

/** Nobody looks at the gates. */
export const asTheyAre: NameGate = (_name, value) => value;

/** Numbers the kernels keep for the backward pass: hidden size rounded up to 16 lanes. */
export const padUnits = (units: number): number => Math.ceil(units / 16) * 16;
