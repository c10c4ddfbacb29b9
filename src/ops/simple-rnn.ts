import { sameShape } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { type GateActivation, gatesOf } from "./activation.ts";
import { add, constant } from "./elementwise.ts";
import { apply, wrongShapes } from "./op.ts";
import { gateProduct, overTime, padUnits } from "./recurrent.ts";

export interface SimpleRnnInputs {
  x: Tensor; // [B, T, D]
  wx: Tensor; // [D, H]
  wh: Tensor; // [H, H]
  b?: Tensor | null; // [H]
  h0?: Tensor | null; // [B, H], zeros when absent
  mask?: Tensor | null; // [B, T]
  xDrop?: Tensor | null; // [1, B, D]
  hDrop?: Tensor | null; // [1, B, H]
  prefix?: Tensor | null; // i32 [B]
}

export interface SimpleRnnAttributes {
  activation?: GateActivation;
  reverse?: boolean;
  zeroOutput?: boolean;
  /** Products of both sides rounded to 8 bits: x and h row by row, wx and wh column by column. For predictions. */
  rounding?: "int8";
  /** With `rounding`: D or H is above 1,024, and the op runs by its reference. */
  deep?: boolean;
}

/**
 * The plain recurrent network over a whole sequence (Elman 1990): h = φ(x·wx + h₋₁·wh + b).
 *
 * x [B, T, D], wx [D, H], wh [H, H], b [H] → y [B, T, H], last output [B, H], final state [B, H], and `saved`, what the
 * backward pass needs: 2(T+1)·B·H' numbers with H' = H rounded up to 16. Masked steps leave the state unchanged.
 */
export const simpleRnnOp: Op = {
  name: "simpleRnn",
  shapes: ([x, wx, wh, b, h0]) => {
    const [batch, time, d] = x!.shape;
    const h = wh!.shape[0];
    const ok =
      x!.shape.length === 3 &&
      sameShape(wx!.shape, [d, h]) &&
      sameShape(wh!.shape, [h, h]) &&
      (!b || sameShape(b.shape, [h])) &&
      (!h0 || sameShape(h0.shape, [batch, h]));
    if (!ok)
      throw wrongShapes("simpleRnn", "x [B, T, D], wx [D, H], wh [H, H], b [H], state [B, H]", [x, wx, wh, b, h0]);
    const saved = 2 * (time + 1) * batch * padUnits(h);
    return [[batch, time, h], [batch, h], [batch, h], [saved]].map((shape) => ({ shape, dtype: "f32" as const }));
  },
  reference: (inputs, attrs) => {
    const [x, wx, wh, b, h0, mask, xDrop, hDrop] = inputs as [Tensor, Tensor, Tensor, ...(Tensor | null)[]];
    const { phi } = gatesOf(attrs);
    const ofState = gateProduct(wh, hDrop, 1, attrs.rounding);
    const steps = {
      sequences: [gateProduct(wx, xDrop, 1, attrs.rounding)(x, b)],
      mask,
      reverse: attrs.reverse === true,
      zeroOutput: attrs.zeroOutput === true,
      outputSize: wh.shape[0],
    };
    const init = h0 ?? constant(0, x, [x.shape[0], wh.shape[0]]);
    const { y, last, state } = overTime(steps, [init], ([z], [h]) => {
      const output = phi(add(z, ofState(h)));
      return { output, state: [output] };
    });
    return [y, last, state[0], null];
  },
  gradient: (node, dOutputs, needed) => {
    const found = apply(simpleRnnBackOp, [...dOutputs.slice(0, 3), ...node.inputs, node.outputs[3]], node.attrs);
    return found.map((d, k) => (needed[k] ? d : null));
  },
};

/** The backward pass over the whole sequence: dy, dLast, dhT, the nine inputs, saved → dx, dwx, dwh, db, dh0. */
export const simpleRnnBackOp: Op = {
  name: "simpleRnnBack",
  shapes: (inputs) => {
    const [x, wx, wh] = inputs.slice(3) as Tensor[];
    return [x.shape, wx.shape, wh.shape, [wh.shape[0]], [x.shape[0], wh.shape[0]]].map((shape) => ({
      shape,
      dtype: "f32" as const,
    }));
  },
};

/** Runs the op; unused results cost nothing. */
export function simpleRnn(
  inputs: SimpleRnnInputs,
  attrs: SimpleRnnAttributes = {},
): { y: Tensor; last: Tensor; h: Tensor } {
  const { x, wx, wh, b, h0, mask, xDrop, hDrop, prefix } = inputs;
  const all = [x, wx, wh, b, h0, mask, xDrop, hDrop, prefix].map((t) => t ?? null);
  const [y, last, h] = apply(simpleRnnOp, all, { ...defaults, ...attrs });
  return { y, last, h };
}

const defaults = { activation: "tanh", reverse: false, zeroOutput: false } as const;
