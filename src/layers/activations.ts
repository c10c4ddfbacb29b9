import { DataError, problem, suggest } from "../errors.ts";
import { gateFormula } from "../ops/activation.ts";
import {
  abs,
  add,
  clip,
  div,
  exp,
  greater,
  maximum,
  minimum,
  mul,
  relu,
  sigmoid,
  sub,
  tanh,
  unary,
  where,
} from "../ops/elementwise.ts";
import { logSoftmax, softmax } from "../ops/softmax.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Keras's activations by name, each a formula x → y of the same shape. */
export const activationFormulas = {
  linear: (x: Tensor) => x,
  relu,
  relu6: (x: Tensor) => clip(x, 0, 6),
  leakyRelu: (x: Tensor) => maximum(x, mul(x, 0.2)),
  elu: (x: Tensor) => where(greater(x, 0), x, sub(exp(minimum(x, 0)), 1)),
  selu: (x: Tensor) =>
    mul(where(greater(x, 0), x, mul(sub(exp(minimum(x, 0)), 1), 1.6732632423543772)), 1.0507009873554805),
  gelu: (x: Tensor) =>
    mul(mul(x, 0.5), add(1, tanh(mul(add(x, mul(mul(x, mul(x, x)), 0.044715)), 0.7978845608028654)))),
  silu: (x: Tensor) => mul(x, sigmoid(x)),
  mish: (x: Tensor) => mul(x, tanh(unary("softplus", x))),
  sigmoid,
  tanh,
  softmax,
  logSoftmax,
  softplus: (x: Tensor) => unary("softplus", x),
  softsign: (x: Tensor) => div(x, add(abs(x), 1)),
  exponential: exp,
  hardSigmoid: gateFormula.hardSigmoid,
  hardSigmoid2: gateFormula.hardSigmoid2,
} as const;

export type ActivationName = keyof typeof activationFormulas;

export function activationFormula(name: ActivationName, who: string): (x: Tensor) => Tensor {
  if (!Object.hasOwn(activationFormulas, name)) {
    throw new DataError(
      problem(who, "a known activation", `"${name}"`, suggest(name, Object.keys(activationFormulas))),
    );
  }
  return activationFormulas[name];
}
