import { FormatError, problem } from "../../errors.ts";
import { type GateActivation, gateFormula } from "../../ops/activation.ts";
import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { OnnxNode } from "./proto.ts";
import { numbersIn, textsIn } from "./values.ts";

/** A function of ONNX's list as a formula, and the name kernels know it by if they do. */
export interface GateFunction {
  readonly name: string;
  readonly kernel: GateActivation | null;
  readonly formula: (x: Tensor) => Tensor;
}

const defaults: Readonly<Record<string, readonly string[]>> = {
  LSTM: ["Sigmoid", "Tanh", "Tanh"],
  GRU: ["Sigmoid", "Tanh"],
  RNN: ["Tanh"],
};

const fixed = (name: string, kernel: GateActivation): GateFunction => ({ name, kernel, formula: gateFormula[kernel] });
const plain = (name: string, formula: (x: Tensor) => Tensor): GateFunction => ({ name, kernel: null, formula });

/** Functions without parameters. */
const named: Readonly<Record<string, (name: string) => GateFunction>> = {
  sigmoid: (name) => fixed(name, "sigmoid"),
  tanh: (name) => fixed(name, "tanh"),
  relu: (name) => fixed(name, "relu"),
  softsign: (name) => plain(name, (x) => ops.div(x, ops.add(ops.abs(x), 1))),
  softplus: (name) => plain(name, (x) => ops.unary("softplus", x)),
};

interface Numbered {
  /** Number of its parameters: alpha, and beta. */
  readonly takes: 1 | 2;
  /** Those it has where none are said. Of the others ONNX Runtime makes 0, which the standard does not say. */
  readonly otherwise?: readonly number[];
  make(name: string, alpha: number, beta: number): GateFunction;
}
/** Functions with parameters. */
const numbered: Readonly<Record<string, Numbered>> = {
  affine: {
    takes: 2,
    make: (name, alpha, beta) =>
      alpha === 1 && beta === 0 ? fixed(name, "linear") : plain(name, (x) => ops.add(ops.mul(x, alpha), beta)),
  },
  hardsigmoid: {
    takes: 2,
    otherwise: [0.2, 0.5],
    make: (name, alpha, beta) => {
      if (beta === 0.5 && Math.abs(alpha - 0.2) < 1e-6) return fixed(name, "hardSigmoid2");
      if (beta === 0.5 && Math.abs(alpha - 1 / 6) < 1e-6) return fixed(name, "hardSigmoid");
      return plain(name, (x) => ops.clip(ops.add(ops.mul(x, alpha), beta), 0, 1));
    },
  },
  scaledtanh: { takes: 2, make: (name, alpha, beta) => plain(name, (x) => ops.mul(ops.tanh(ops.mul(x, beta)), alpha)) },
  leakyrelu: {
    takes: 1,
    otherwise: [0.01],
    make: (name, alpha) => plain(name, (x) => ops.where(ops.greater(x, 0), x, ops.mul(x, alpha))),
  },
  thresholdedrelu: {
    takes: 1,
    make: (name, alpha) => plain(name, (x) => ops.where(ops.greater(x, alpha), x, ops.constant(0, x))),
  },
  elu: {
    takes: 1,
    otherwise: [1],
    make: (name, alpha) =>
      plain(name, (x) => ops.where(ops.greater(x, 0), x, ops.mul(ops.unary("expm1", ops.minimum(x, 0)), alpha))),
  },
};

/** The functions of all ways in order; numbers are taken by those that have some, one after another. */
export function gateFunctionsOf(node: OnnxNode, ways: number, who: string): GateFunction[] {
  const own = defaults[node.op];
  const names = textsIn(node, "activations", who) ?? Array.from({ length: ways }, () => own).flat();
  if (names.length !== own.length * ways)
    throw new FormatError(problem(who, `${own.length * ways} activations`, `${names.length}`));
  const [alphas, betas] = ["activation_alpha", "activation_beta"].map((key) => [...(numbersIn(node, key, who) ?? [])]);
  return names.map((name) => {
    const key = name.toLowerCase();
    if (Object.hasOwn(named, key)) return named[key](name);
    if (!Object.hasOwn(numbered, key)) {
      const all = [...Object.keys(named), ...Object.keys(numbered)].join(", ");
      throw new FormatError(problem(who, `an activation of ${all}`, name));
    }
    const { takes, otherwise, make } = numbered[key];
    const [alpha, beta] = [alphas.shift() ?? otherwise?.[0], takes === 1 ? 0 : (betas.shift() ?? otherwise?.[1])];
    if (alpha === undefined || beta === undefined)
      throw new FormatError(
        problem(who, `activation_alpha${takes === 2 ? " and activation_beta" : ""} for ${name}`, "none"),
      );
    return make(name, alpha, beta);
  });
}
