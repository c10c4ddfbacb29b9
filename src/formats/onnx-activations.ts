import { FormatError, problem } from "../errors.ts";
import type { OnnxBuilder } from "./onnx-builder.ts";

/** A node of one operator. */
const one =
  (op: string, attributes: Record<string, number> = {}) =>
  (b: OnnxBuilder, x: string) =>
    b.node(op, [x], attributes);

/** Keras's activations as nodes. */
const formulas: Readonly<Record<string, (b: OnnxBuilder, x: string) => string>> = {
  linear: (_, x) => x,
  relu: one("Relu"),
  relu6: (b, x) => b.node("Clip", [x, b.number(0), b.number(6)]),
  leaky_relu: one("LeakyRelu", { alpha: 0.2 }),
  elu: one("Elu"),
  selu: one("Selu"),
  sigmoid: one("Sigmoid"),
  tanh: one("Tanh"),
  softmax: one("Softmax", { axis: -1 }),
  log_softmax: one("LogSoftmax", { axis: -1 }),
  softplus: one("Softplus"),
  softsign: one("Softsign"),
  exponential: one("Exp"),
  silu: (b, x) => b.node("Mul", [x, b.node("Sigmoid", [x])]),
  mish: (b, x) => b.node("Mul", [x, b.node("Tanh", [b.node("Softplus", [x])])]),
  gelu: (b, x) => {
    const erf = b.node("Erf", [b.node("Mul", [x, b.number(Math.SQRT1_2)])]);
    return b.node("Mul", [b.node("Mul", [x, b.number(0.5)]), b.node("Add", [erf, b.number(1)])]);
  },
  hard_sigmoid: one("HardSigmoid", { alpha: 1 / 6, beta: 0.5 }),
  hard_sigmoid2: one("HardSigmoid", { alpha: 0.2, beta: 0.5 }),
};

/** An activation of Keras's name on x. Throws FormatError for one ONNX cannot say. */
export function onnxActivation(b: OnnxBuilder, x: string, name: unknown, who: string): string {
  if (typeof name === "string" && Object.hasOwn(formulas, name)) return formulas[name](b, x);
  throw new FormatError(problem(who, `an activation of ${Object.keys(formulas).join(", ")}`, String(name)));
}

/** An activation inside a recurrent operator: ONNX's name, and its numbers where it takes some. */
export interface GateFunction {
  name: string;
  alpha?: number;
  beta?: number;
}
const gateFunctions: Readonly<Record<string, GateFunction>> = {
  linear: { name: "Affine", alpha: 1, beta: 0 },
  tanh: { name: "Tanh" },
  sigmoid: { name: "Sigmoid" },
  relu: { name: "Relu" },
  softsign: { name: "Softsign" },
  softplus: { name: "Softplus" },
  elu: { name: "Elu", alpha: 1 },
  leaky_relu: { name: "LeakyRelu", alpha: 0.2 },
  hard_sigmoid: { name: "HardSigmoid", alpha: 1 / 6, beta: 0.5 },
  hard_sigmoid2: { name: "HardSigmoid", alpha: 0.2, beta: 0.5 },
};

export function gateFunction(name: unknown, who: string): GateFunction {
  if (typeof name === "string" && Object.hasOwn(gateFunctions, name)) return gateFunctions[name];
  const next = "ONNX's recurrent operators have no other.";
  throw new FormatError(
    problem(who, `a gate's activation of ${Object.keys(gateFunctions).join(", ")}`, String(name), next),
  );
}
