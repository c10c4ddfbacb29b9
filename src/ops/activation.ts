import type { OpAttributes, Tensor } from "../tensor/tensor.ts";
import { add, clip, mul, relu, sigmoid, tanh } from "./elementwise.ts";

/** Activations that recurrent kernels know; `hardSigmoid` is Keras 3's (slope 1/6), `hardSigmoid2` that of Keras 1-2 and tfjs (slope 1/5). */
export const gateActivations = ["linear", "tanh", "sigmoid", "relu", "hardSigmoid", "hardSigmoid2"] as const;
export type GateActivation = (typeof gateActivations)[number];

export const gateFormula: Readonly<Record<GateActivation, (x: Tensor) => Tensor>> = {
  linear: (x) => x,
  tanh,
  sigmoid,
  relu,
  hardSigmoid: (x) => clip(add(mul(x, 1 / 6), 0.5), 0, 1),
  hardSigmoid2: (x) => clip(add(mul(x, 0.2), 0.5), 0, 1),
};

/** The two activations of a gated cell: σ of the gates, φ of what they let through. */
export interface Gates {
  sigma: (x: Tensor) => Tensor;
  phi: (x: Tensor) => Tensor;
}

/** A recurrent op's attributes as formulas. */
export const gatesOf = (attrs: OpAttributes): Gates => ({
  sigma: gateFormula[(attrs.recurrentActivation as GateActivation) ?? "sigmoid"],
  phi: gateFormula[(attrs.activation as GateActivation) ?? "tanh"],
});
