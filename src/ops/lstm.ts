import { sameShape } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { type GateActivation, type Gates, gatesOf } from "./activation.ts";
import { add, constant, mul } from "./elementwise.ts";
import { apply, wrongShapes } from "./op.ts";
import { asTheyAre, gateProduct, type NameGate, overTime, padUnits, shownGates } from "./recurrent.ts";
import { split } from "./view.ts";

export interface LstmInputs {
  x: Tensor; // [B, T, D]
  wx: Tensor; // [D, 4H], gates i f c o
  wh: Tensor; // [H, 4H]
  b?: Tensor | null; // [4H]
  h0?: Tensor | null; // [B, H], zeros when absent
  c0?: Tensor | null; // [B, H]
  mask?: Tensor | null; // [B, T]
  xDrop?: Tensor | null; // [1 or 4, B, D]
  hDrop?: Tensor | null; // [4, B, H]
  prefix?: Tensor | null; // i32 [B]
}

export interface LstmAttributes {
  activation?: GateActivation;
  recurrentActivation?: GateActivation;
  reverse?: boolean;
  zeroOutput?: boolean;
  /** Products of both sides rounded to 8 bits: x and h row by row, wx and wh column by column. For predictions. */
  rounding?: "int8";
  /** With `rounding`: D or H is above 1,024, and the op runs by its reference. */
  deep?: boolean;
  /** Also gives i, f, g, o and c of all steps, [B, T, H] each beside y; 0 at masked steps. Without gradients. */
  showGates?: boolean;
}

/** Gates and state that `showGates` gives, in the order of the op's further outputs. */
const shownNames = ["i", "f", "g", "o", "c"];

/**
 * Long short-term memory over a whole sequence (Hochreiter & Schmidhuber 1997; forget gate, Gers et al. 2000).
 *
 * x [B, T, D], wx [D, 4H], wh [H, 4H], b [4H] → y [B, T, H], last output [B, H], final state h [B, H] and c [B, H], and
 * `saved`, what the backward pass needs: T·B·4H' + 2(T+1)·B·H' numbers with H' = H rounded up to 16.
 * Masked steps leave the state unchanged. The reference is `scan` over the cell:
 *
 *   i = σ(xᵢ + hᵢ)   f = σ(x_f + h_f)   g = φ(x_c + h_c)   o = σ(x_o + h_o)      each x·wx + h·wh + b
 *   c = f ∘ c₋₁ + i ∘ g        h = o ∘ φ(c)
 */
export const lstmOp: Op = {
  name: "lstm",
  shapes: ([x, wx, wh, b, h0, c0], { showGates }) => {
    const [batch, time, d] = x!.shape;
    const h = wh!.shape[0];
    const ok =
      x!.shape.length === 3 &&
      sameShape(wx!.shape, [d, 4 * h]) &&
      sameShape(wh!.shape, [h, 4 * h]) &&
      (!b || sameShape(b.shape, [4 * h])) &&
      [h0, c0].every((s) => !s || sameShape(s.shape, [batch, h]));
    if (!ok)
      throw wrongShapes("lstm", "x [B, T, D], wx [D, 4H], wh [H, 4H], b [4H], states [B, H]", [x, wx, wh, b, h0, c0]);
    const units = padUnits(h);
    const saved = time * batch * 4 * units + 2 * (time + 1) * batch * units;
    const shown = showGates ? shownNames.map(() => [batch, time, h]) : [];
    return [[batch, time, h], [batch, h], [batch, h], [batch, h], [saved], ...shown].map((shape) => ({
      shape,
      dtype: "f32" as const,
    }));
  },
  reference: (inputs, attrs) => {
    const [x, wx, wh, b, h0, c0, mask, xDrop, hDrop] = inputs as [Tensor, Tensor, Tensor, ...(Tensor | null)[]];
    const zero = constant(0, x, [x.shape[0], wh.shape[0]]);
    const ofState = gateProduct(wh, hDrop, 4, attrs.rounding);
    const steps = {
      sequences: [gateProduct(wx, xDrop, 4, attrs.rounding)(x, b)],
      mask,
      reverse: attrs.reverse === true,
      zeroOutput: attrs.zeroOutput === true,
      outputSize: wh.shape[0],
    };
    const { y, last, state, seen } = overTime(steps, [h0 ?? zero, c0 ?? zero], ([z], [h, c]) => {
      const shown = shownGates(attrs.showGates ? shownNames : []);
      const next = lstmStep(add(z, ofState(h)), c, gatesOf(attrs), shown.named);
      return { output: next[0], state: next, seen: shown.seen() };
    });
    return [y, last, state[0], state[1], null, ...seen];
  },
  gradient: (node, dOutputs, needed) => {
    const inputs = [...dOutputs.slice(0, 4), ...node.inputs, node.outputs[4]];
    const [dx, dwx, dwh, db, dh0, dc0] = apply(lstmBackOp, inputs, node.attrs);
    return [dx, dwx, dwh, db, dh0, dc0].map((d, k) => (needed[k] ? d : null));
  },
};

/** The backward pass over the whole sequence: dy, dLast, dhT, dcT, the ten inputs of lstm, saved → dx, dwx, dwh, db, dh0, dc0. */
export const lstmBackOp: Op = {
  name: "lstmBack",
  shapes: (inputs) => {
    const [x, wx, wh] = inputs.slice(4) as Tensor[];
    const state = [x.shape[0], wh.shape[0]];
    return [x.shape, wx.shape, wh.shape, [wh.shape[1]], state, state].map((shape) => ({
      shape,
      dtype: "f32" as const,
    }));
  },
};

/** One step from the gates' sums z [B, 4H] and the cell state c [B, H] → the next h and c. */
export function lstmStep(z: Tensor, c: Tensor, { sigma, phi }: Gates, named: NameGate = asTheyAre): [Tensor, Tensor] {
  const [zi, zf, zg, zo] = split(z, 4);
  const f = named("f", sigma(zf));
  const next = named("c", add(mul(f, c), mul(named("i", sigma(zi)), named("g", phi(zg)))));
  return [named("h", mul(named("o", sigma(zo)), phi(next))), next];
}

/** Runs the op; unused results cost nothing. `gates`: i, f, g, o, c, where `showGates` asks for them. */
export function lstm(
  inputs: LstmInputs,
  attrs: LstmAttributes = {},
): { y: Tensor; last: Tensor; h: Tensor; c: Tensor; gates: Tensor[] } {
  const { x, wx, wh, b, h0, c0, mask, xDrop, hDrop, prefix } = inputs;
  const all = [x, wx, wh, b, h0, c0, mask, xDrop, hDrop, prefix].map((t) => t ?? null);
  const [y, last, h, c, _saved, ...gates] = apply(lstmOp, all, { ...defaults, ...attrs });
  return { y, last, h, c, gates };
}

const defaults = { activation: "tanh", recurrentActivation: "sigmoid", reverse: false, zeroOutput: false } as const;
