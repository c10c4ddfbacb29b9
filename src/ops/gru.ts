import { sameShape } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { type GateActivation, type Gates, gatesOf } from "./activation.ts";
import { add, constant, mul, sub } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { apply, wrongShapes } from "./op.ts";
import {
  asTheyAre,
  dropped,
  gateProduct,
  type NameGate,
  overTime,
  padUnits,
  roundedProducts,
  shownGates,
  type Times,
} from "./recurrent.ts";
import { reshape, sliceAxis, split } from "./view.ts";

export interface GruInputs {
  x: Tensor; // [B, T, D]
  wx: Tensor; // [D, 3H], gates z r h
  wh: Tensor; // [H, 3H]
  b?: Tensor | null; // [2, 3H]: the input's and the state's; [3H] without resetAfter
  h0?: Tensor | null; // [B, H], zeros when absent
  mask?: Tensor | null; // [B, T]
  xDrop?: Tensor | null; // [1 or 3, B, D]
  hDrop?: Tensor | null; // [3, B, H]
  prefix?: Tensor | null; // i32 [B]
}

export interface GruAttributes {
  activation?: GateActivation;
  recurrentActivation?: GateActivation;
  reverse?: boolean;
  zeroOutput?: boolean;
  /** Products of both sides rounded to 8 bits: x and h row by row, wx and wh column by column. For predictions. */
  rounding?: "int8";
  /** With `rounding`: D or H is above 1,024, and the op runs by its reference. */
  deep?: boolean;
  /** Also gives z, r and g of all steps, [B, T, H] each beside y; 0 at masked steps. Without gradients. */
  showGates?: boolean;
  /** The reset gate acts after the state's product (true), or on the state before it. */
  resetAfter?: boolean;
}

/** Gates that `showGates` gives, in the order of the op's further outputs. */
const shownNames = ["z", "r", "g"];

/**
 * Gated recurrent unit over a whole sequence (Cho et al. 2014; the reset gate after the product, as in cuDNN).
 *
 * x [B, T, D], wx [D, 3H], wh [H, 3H], b [2, 3H] → y [B, T, H], last output [B, H], final state [B, H], and `saved`, what
 * the backward pass needs: T·B·4H' + (T+1)·B·H' numbers with H' = H rounded up to 16.
 * Masked steps leave the state unchanged. The reference is `scan` over the cell:
 *
 *   z = σ(x_z + h_z)   r = σ(x_r + h_r)      each x·wx + b₀ and h·wh + b₁
 *   g = φ(x_h + r ∘ h_h)                     or φ(x_h + (r ∘ h)·wh_h) without resetAfter, with one bias
 *   h = z ∘ h₋₁ + (1 − z) ∘ g
 */
export const gruOp: Op = {
  name: "gru",
  shapes: ([x, wx, wh, b, h0], { resetAfter, showGates }) => {
    const [batch, time, d] = x!.shape;
    const h = wh!.shape[0];
    const bias = resetAfter === false ? [3 * h] : [2, 3 * h];
    const ok =
      x!.shape.length === 3 &&
      sameShape(wx!.shape, [d, 3 * h]) &&
      sameShape(wh!.shape, [h, 3 * h]) &&
      (!b || sameShape(b.shape, bias)) &&
      (!h0 || sameShape(h0.shape, [batch, h]));
    if (!ok) {
      const wanted = `x [B, T, D], wx [D, 3H], wh [H, 3H], b ${resetAfter === false ? "[3H]" : "[2, 3H]"}, state [B, H]`;
      throw wrongShapes("gru", wanted, [x, wx, wh, b, h0]);
    }
    const units = padUnits(h);
    const saved = time * batch * 4 * units + (time + 1) * batch * units;
    const shown = showGates ? shownNames.map(() => [batch, time, h]) : [];
    return [[batch, time, h], [batch, h], [batch, h], [saved], ...shown].map((shape) => ({
      shape,
      dtype: "f32" as const,
    }));
  },
  reference: (inputs, attrs) => {
    const [x, wx, wh, b, h0, mask, xDrop, hDrop] = inputs as [Tensor, Tensor, Tensor, ...(Tensor | null)[]];
    const h = wh.shape[0];
    const after = attrs.resetAfter !== false;
    const [bx, bh] = after && b ? rowsOf(b) : [b, null];
    const steps = {
      sequences: [gateProduct(wx, xDrop, 3, attrs.rounding)(x, bx)],
      mask,
      reverse: attrs.reverse === true,
      zeroOutput: attrs.zeroOutput === true,
      outputSize: h,
    };
    const w = { wh, bh, hDrop, rounding: attrs.rounding };
    const step = (after ? gruStep : gruResetBeforeStep)(w, gatesOf(attrs)); // here: weights are rounded once, not at every step
    const { y, last, state, seen } = overTime(steps, [h0 ?? constant(0, x, [x.shape[0], h])], ([sums], [before]) => {
      const shown = shownGates(attrs.showGates ? shownNames : []);
      const output = step(sums, before, shown.named);
      return { output, state: [output], seen: shown.seen() };
    });
    return [y, last, state[0], null, ...seen];
  },
  gradient: (node, dOutputs, needed) => {
    const found = apply(gruBackOp, [...dOutputs.slice(0, 3), ...node.inputs, node.outputs[3]], node.attrs);
    return found.map((d, k) => (needed[k] ? d : null));
  },
};

/** The backward pass over the whole sequence: dy, dLast, dhT, the nine inputs of gru, saved → dx, dwx, dwh, db, dh0. */
export const gruBackOp: Op = {
  name: "gruBack",
  shapes: (inputs) => {
    const [x, wx, wh, b] = inputs.slice(3) as Tensor[];
    const bias = b ? b.shape : [wh.shape[1]];
    return [x.shape, wx.shape, wh.shape, bias, [x.shape[0], wh.shape[0]]].map((shape) => ({
      shape,
      dtype: "f32" as const,
    }));
  },
};

type Step = (sums: Tensor, h: Tensor, named?: NameGate) => Tensor;

/** The state's weights of a step. */
export interface StateWeights {
  readonly wh: Tensor; // [H, 3H]
  readonly bh: Tensor | null;
  readonly hDrop: Tensor | null; // [3, B, H]
  /** Rounding of the product's sides. */
  readonly rounding?: unknown;
}

/** One step: the input's sums x·wx + b₀ [B, 3H] and the state h [B, H] → the next h. */
export function gruStep({ wh, bh, hDrop, rounding }: StateWeights, { sigma, phi }: Gates): Step {
  const ofState = gateProduct(wh, hDrop, 3, rounding);
  return (sums, h, named = asTheyAre) => {
    const [xz, xr, xh] = split(sums, 3);
    const [hz, hr, hh] = split(ofState(h, bh), 3);
    const z = named("z", sigma(add(xz, hz)));
    const g = named("g", phi(add(xh, mul(named("r", sigma(add(xr, hr))), hh))));
    return named("h", mixed(z, h, g));
  };
}

/** The same with the reset gate before the product: the state's part of the candidate is (r ∘ h)·wh_h. */
export function gruResetBeforeStep({ wh, hDrop, rounding }: StateWeights, { sigma, phi }: Gates): Step {
  const times = (w: Tensor): Times => roundedProducts[rounding as string]?.(w, null, 1) ?? ((h) => matmul(h, w));
  const parts = split(wh, 3).map(times);
  return (sums, h, named = asTheyAre) => {
    const [xz, xr, xh] = split(sums, 3);
    const z = named("z", sigma(add(xz, parts[0](dropped(h, hDrop, 0)))));
    const r = named("r", sigma(add(xr, parts[1](dropped(h, hDrop, 1)))));
    const g = named("g", phi(add(xh, parts[2](dropped(mul(r, h), hDrop, 2)))));
    return named("h", mixed(z, h, g));
  };
}

/** z ∘ h + (1 − z) ∘ g. */
const mixed = (z: Tensor, h: Tensor, g: Tensor) => add(mul(z, sub(h, g)), g);

/** b [2, 3H] → the input's and the state's bias. */
export const rowsOf = (b: Tensor): [Tensor, Tensor] => {
  const row = (k: number) => reshape(sliceAxis(b, 0, k, 1), [b.shape[1]]);
  return [row(0), row(1)];
};

/** Runs the op; unused results cost nothing. `gates`: z, r, g, where `showGates` asks for them. */
export function gru(
  inputs: GruInputs,
  attrs: GruAttributes = {},
): { y: Tensor; last: Tensor; h: Tensor; gates: Tensor[] } {
  const { x, wx, wh, b, h0, mask, xDrop, hDrop, prefix } = inputs;
  const all = [x, wx, wh, b, h0, mask, xDrop, hDrop, prefix].map((t) => t ?? null);
  const [y, last, h, _saved, ...gates] = apply(gruOp, all, { ...defaults, ...attrs });
  return { y, last, h, gates };
}

const defaults = {
  activation: "tanh",
  recurrentActivation: "sigmoid",
  reverse: false,
  zeroOutput: false,
  resetAfter: true,
} as const;
