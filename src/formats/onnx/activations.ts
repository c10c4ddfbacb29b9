import { FormatError, problem } from "../../errors.ts";
import { isObject, type JsonObject, type JsonValue } from "../json.ts";
import type { OnnxBuilder } from "./builder.ts";

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
  swish: (b, x) => formulas.silu(b, x),
  hard_silu: (b, x) => b.node("Mul", [x, formulas.hard_sigmoid(b, x)]),
  hard_swish: (b, x) => formulas.hard_silu(b, x),
  celu: (b, x) => {
    const below = b.node("Sub", [b.node("Exp", [b.node("Min", [x, b.number(0)])]), b.number(1)]);
    return b.node("Add", [b.node("Relu", [x]), below]);
  },
  log_sigmoid: (b, x) => b.node("Neg", [b.node("Softplus", [b.node("Neg", [x])])]),
  sparse_sigmoid: one("HardSigmoid", { alpha: 0.5, beta: 0.5 }),
  hard_tanh: (b, x) => clipped(b, x, -1, 1),
  tanh_shrink: (b, x) => b.node("Sub", [x, b.node("Tanh", [x])]),
  soft_shrink: (b, x) => b.node("Sub", [x, clipped(b, x, -0.5, 0.5)]),
  hard_shrink: (b, x) => {
    const large = b.node("Greater", [b.node("Abs", [x]), b.number(0.5)]);
    return b.node("Where", [large, x, b.number(0)]);
  },
  squareplus: (b, x) => {
    const root = b.node("Sqrt", [b.node("Add", [b.node("Mul", [x, x]), b.number(4)])]);
    return b.node("Mul", [b.node("Add", [x, root]), b.number(0.5)]);
  },
  sparse_plus: (b, x) => {
    const root = b.node("Relu", [b.node("Add", [x, b.number(1)])]);
    const near = b.node("Mul", [b.node("Mul", [root, root]), b.number(0.25)]);
    return b.node("Where", [b.node("Greater", [x, b.number(1)]), x, near]);
  },
};

const clipped = (b: OnnxBuilder, x: string, low: number, high: number): string =>
  b.node("Clip", [x, b.number(low), b.number(high)]);

/** An activation of Keras's name on x. Throws FormatError for one ONNX cannot say. */
export function onnxActivation(b: OnnxBuilder, x: string, name: JsonValue | undefined, who: string): string {
  if (typeof name === "string" && Object.hasOwn(formulas, name)) return formulas[name](b, x);
  if (isObject(name)) return onnxActivationLayer(b, x, name, who);
  throw new FormatError(problem(who, `an activation of ${Object.keys(formulas).join(", ")}`, String(name)));
}

const layers: Readonly<Record<string, (b: OnnxBuilder, x: string, config: JsonObject) => string>> = {
  ReLU: (b, x, { max_value: most, negative_slope: slope, threshold }) => {
    const above = (): string => b.node("Greater", [x, b.number(threshold as number)]);
    const below = (): string =>
      b.node("Mul", [b.node("Sub", [x, b.number(threshold as number)]), b.number(Number(slope))]);
    const plain = (): string => (slope ? b.node("LeakyRelu", [x], { alpha: slope as number }) : b.node("Relu", [x]));
    const y = threshold ? b.node("Where", [above(), x, slope ? below() : b.number(0)]) : plain();
    return most === null || most === undefined ? y : b.node("Min", [y, b.number(most as number)]);
  },
  LeakyReLU: (b, x, { negative_slope }) => b.node("LeakyRelu", [x], { alpha: negative_slope as number }),
  ELU: (b, x, { alpha }) => b.node("Elu", [x], { alpha: alpha as number }),
  Softmax: (b, x, { axis }) => b.node("Softmax", [x], { axis: axis as number }),
};

/** A layer that is an activation, from its class and config. Throws FormatError for one ONNX cannot say. */
export function onnxActivationLayer(b: OnnxBuilder, x: string, object: JsonObject, who: string): string {
  const { class_name, config } = object;
  if (typeof class_name === "string" && Object.hasOwn(layers, class_name))
    return layers[class_name](b, x, config as JsonObject);
  throw new FormatError(problem(who, `an activation of ${Object.keys(layers).join(", ")}`, String(class_name)));
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
