import type { Tensor } from "../tensor/tensor.ts";
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
