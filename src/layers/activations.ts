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
  neg,
  relu,
  sigmoid,
  square,
  sub,
  tanh,
  unary,
  where,
} from "../ops/elementwise.ts";
import { logSoftmax, softmax } from "../ops/softmax.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The error function to 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26). */
function erf(x: Tensor): Tensor {
  const size = abs(x);
  const t = div(1, add(1, mul(size, 0.3275911)));
  const powers = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const series = powers.slice(1).reduce((sum, c) => mul(add(sum, c), t), mul(t, powers[0]));
  const y = sub(1, mul(series, exp(neg(square(size)))));
  return where(greater(x, 0), y, neg(y));
}

/** Keras's activations by name, each a formula x → y of the same shape. */
export const activationFormulas = {
  linear: (x: Tensor) => x,
  relu,
  relu6: (x: Tensor) => clip(x, 0, 6),
  leakyRelu: (x: Tensor) => maximum(x, mul(x, 0.2)),
  elu: (x: Tensor) => where(greater(x, 0), x, sub(exp(minimum(x, 0)), 1)),
  selu: (x: Tensor) =>
    mul(where(greater(x, 0), x, mul(sub(exp(minimum(x, 0)), 1), 1.6732632423543772)), 1.0507009873554805),
  /** The exact form, as Keras's "gelu". */
  gelu: (x: Tensor) => mul(mul(x, 0.5), add(1, erf(mul(x, Math.SQRT1_2)))),
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
