import { FormatError, problem } from "../../errors.ts";
import type { BinaryFn } from "../../ops/elementwise.ts";
import type { Node, Tensor } from "../../tensor/tensor.ts";
import { fileOperators } from "./layer-operators.ts";
import { fixed, type Sizes, sameSizes } from "./open-sizes.ts";
import { writeCell } from "./recurrent.ts";
import { cells, runsWhole } from "./recurrent-ops.ts";
import { writeScan } from "./scan.ts";
import { dataTypes } from "./types.ts";
import type { GraphWriter, Write } from "./writer.ts";

/** A place behind every axis, where a slice goes to the end. */
const farAway = Number.MAX_SAFE_INTEGER;

/** A node of one operator. */
const op =
  (name: string) =>
  (w: GraphWriter, x: string): string =>
    w.b.node(name, [x]);

const unary: Readonly<Partial<Record<string, (w: GraphWriter, x: string) => string>>> = {
  neg: op("Neg"),
  exp: op("Exp"),
  log: op("Log"),
  sqrt: op("Sqrt"),
  square: ({ b }, x) => b.node("Mul", [x, x]),
  abs: op("Abs"),
  sign: op("Sign"),
  reciprocal: op("Reciprocal"),
  tanh: op("Tanh"),
  sigmoid: op("Sigmoid"),
  relu: op("Relu"),
  softplus: op("Softplus"),
  log1p: ({ b }, x) => b.node("Log", [b.node("Add", [x, b.number(1)])]),
  expm1: ({ b }, x) => b.node("Sub", [b.node("Exp", [x]), b.number(1)]),
  sin: op("Sin"),
  cos: op("Cos"),
  floor: op("Floor"),
  round: op("Round"),
};
const binary: Readonly<Record<BinaryFn, string>> = {
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  div: "Div",
  max: "Max",
  min: "Min",
  pow: "Pow",
  equal: "Equal",
  greater: "Greater",
  greaterEqual: "GreaterOrEqual",
};
const comparisons: readonly string[] = ["Equal", "Greater", "GreaterOrEqual"];

/** The list of axes of a reduction as an attribute, or as an input since opset 13. */
const reductions: Readonly<Record<string, (w: GraphWriter, x: string, axes: number[], keepdims: number) => string>> = {
  sum: ({ b }, x, axes, keepdims) => b.node("ReduceSum", [x, b.ints(axes)], { keepdims }),
  max: ({ b }, x, axes, keepdims) => b.node("ReduceMax", [x], { axes, keepdims }),
  min: ({ b }, x, axes, keepdims) => b.node("ReduceMin", [x], { axes, keepdims }),
};

/** Other sizes, as the node's attribute `shape` has them: those that stay where they are, one that follows, the rest. */
const reshape: Write = (w, node, [x]) => {
  const from = w.formula.sizes(x);
  const to = w.formula.sizes(node.outputs[0]);
  const kept = to.map((v, i) => fixed(v) === null && i < from.length && sameSizes(v, from[i]));
  const open = to.map((v, i) => fixed(v) === null && !kept[i]);
  const follows = open.lastIndexOf(true);
  const numbers = to.map((v, i) => (kept[i] ? 0 : i === follows ? -1 : fixed(v)));
  const shape = numbers.every((d) => d !== null)
    ? w.b.ints(numbers)
    : w.sizes.list(
        to.map((v, i) => (numbers[i] === null ? v : v.map(() => numbers[i]!))),
        node.from,
      );
  return w.b.node("Reshape", [w.value(x), shape]);
};

/** Where a slice begins or ends on an axis, counted from the side from which it is a number. */
function edge(at: Sizes, axis: Sizes): Sizes {
  if (fixed(at) !== null) return at;
  const back = at.map((v, k) => v - axis[k]);
  return fixed(back) === null ? at : back.map((v) => (v === 0 ? farAway : v));
}

const slice: Write = (w, node, [x]) => {
  const from = w.formula.sizes(x);
  const begin = w.formula.list(node, "begin");
  const size = w.formula.list(node, "size");
  const axes = [...from.keys()].filter((i) => !(begin[i].every((v) => v === 0) && sameSizes(size[i], from[i])));
  if (axes.length === 0) return w.value(x);
  const starts = axes.map((i) => edge(begin[i], from[i]));
  const endOf = (i: number) => begin[i].map((v, k) => v + size[i][k]);
  const ends = axes.map((i) => edge(endOf(i), from[i]));
  return w.b.node("Slice", [
    w.value(x),
    w.sizes.list(starts, node.from),
    w.sizes.list(ends, node.from),
    w.b.ints(axes),
  ]);
};

const pad: Write = (w, node, [x]) => {
  const from = w.formula.sizes(x);
  const begin = w.formula.list(node, "begin");
  const after = w.formula.list(node, "shape").map((v, i) => v.map((d, k) => d - begin[i][k] - from[i][k]));
  return w.b.node("Pad", [w.value(x), w.sizes.list([...begin, ...after], node.from)]);
};

/** Sizes that are there already are said as 1. */
const broadcast: Write = (w, node, [x]) => {
  const from = w.formula.sizes(x);
  const to = w.formula.sizes(node.outputs[0]);
  const lead = to.length - from.length;
  const wanted = to.map((v, i) => (i >= lead && sameSizes(v, from[i - lead]) ? v.map(() => 1) : v));
  return w.b.node("Expand", [w.value(x), w.sizes.list(wanted, node.from)]);
};

const fill: Write = (w, node) => {
  const value = w.formula.number(node, "value");
  const { dtype } = node.outputs[0];
  const number = fixed(value);
  const one =
    number === null ? w.sizes.real(value, node.from) : w.b.number(number, dtype === "i32" ? "int32" : "float");
  const shape = w.formula.sizes(node.outputs[0]);
  return shape.length === 0 ? one : w.b.node("Expand", [one, w.sizes.list(shape, node.from)]);
};

const reverse: Write = (w, node, [x]) => {
  const known = w.reversed.get(x);
  const axis = node.attrs.axis as number;
  if (known !== undefined && axis === 1) return known;
  return w.b.node("Slice", [w.value(x), w.b.ints([-1]), w.b.ints([-farAway]), w.b.ints([axis]), w.b.ints([-1])]);
};

const lastTwoTurned = (w: GraphWriter, t: Tensor): string => {
  const axes = [...t.shape.keys()];
  return w.b.node("Transpose", [w.value(t)], { perm: [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!] });
};

/**
 * Rows rounded to 8 bits times whole weights, a product of integers. Both are unsigned, 128 more: ONNX Runtime adds products of those
 * exactly on every processor; signed weights overflow where there is no VNNI.
 */
const linearInt8: Write = (w, _, [x, kernel, scale, bias]) => {
  const { b } = w;
  const own = w.value(x);
  const largest = b.node("ReduceMax", [b.node("Abs", [own])], { axes: [-1], keepdims: 1 });
  const ofRow = b.node("Div", [b.number(127), b.node("Add", [largest, b.number(1e-7)])]);
  const rounded = b.node("Round", [b.node("Mul", [own, ofRow])]);
  const within = b.node("Clip", [rounded, b.number(-127), b.number(127)]);
  const unsigned = (value: string) => b.node("Cast", [b.node("Add", [value, b.number(128)])], { to: dataTypes.uint8 });
  const whole = w.formula.weights.get(kernel)?.int8
    ? w.layout(kernel, "unsigned", kernel.shape, (numbers) => numbers.map((q) => q + 128), dataTypes.uint8)
    : unsigned(w.value(kernel));
  const middle = b.byte(128);
  const sums = b.node("MatMulInteger", [unsigned(within), whole, middle, middle]);
  const factors = b.node("Mul", [w.value(scale), ofRow]);
  const y = b.node("Div", [b.node("Cast", [sums], { to: dataTypes.float }), factors]);
  return bias ? b.node("Add", [y, w.value(bias)]) : y;
};

const writers: Readonly<Record<string, Write>> = {
  where: (w, _, [c, x, y]) => w.b.node("Where", [w.truth(c), w.value(x), w.value(y)]),
  cast: (w, { attrs }, [x]) =>
    w.b.node("Cast", [w.value(x)], { to: attrs.to === "i32" ? dataTypes.int32 : dataTypes.float }),
  fill,
  reduce: (w, { attrs }, [x]) =>
    reductions[attrs.fn as string](w, w.value(x), [...(attrs.axes as number[])], attrs.keepDims ? 1 : 0),
  argmax: (w, _, [x]) =>
    w.b.node("Cast", [w.b.node("ArgMax", [w.value(x)], { axis: -1, keepdims: 0 })], { to: dataTypes.int32 }),
  slice,
  pad,
  concat: (w, { attrs }, inputs) => w.b.node("Concat", inputs.map(w.value), { axis: attrs.axis as number }),
  transpose: (w, { attrs }, [x]) => w.b.node("Transpose", [w.value(x)], { perm: [...(attrs.perm as number[])] }),
  reverse,
  broadcast,
  reshape,
  copy: (w, _, [x]) => w.b.node("Identity", [w.value(x)]),
  gather: (w, _, [table, ids]) => w.b.node("Gather", [w.value(table), w.value(ids)], { axis: 0 }),
  oneHot: (w, { attrs }, [ids]) => {
    const places = w.b.node("Range", [
      w.b.number(0, "int32"),
      w.b.number(attrs.depth as number, "int32"),
      w.b.number(1, "int32"),
    ]);
    const at = w.b.node("Equal", [w.b.node("Unsqueeze", [w.value(ids), w.b.ints([-1])]), places]);
    return w.b.node("Cast", [at], { to: dataTypes.float });
  },
  matmul: (w, { attrs }, [x, y]) =>
    w.b.node("MatMul", [
      attrs.transposeA ? lastTwoTurned(w, x) : w.value(x),
      attrs.transposeB ? lastTwoTurned(w, y) : w.value(y),
    ]),
  linear: (w, _, [x, kernel, bias]) => {
    const sum = w.b.node("MatMul", [w.value(x), w.value(kernel)]);
    return bias ? w.b.node("Add", [sum, w.value(bias)]) : sum;
  },
  linearInt8,
  softmax: (w, _, [x]) => w.b.node("Softmax", [w.value(x)], { axis: -1 }),
  logSoftmax: (w, _, [x]) => w.b.node("LogSoftmax", [w.value(x)], { axis: -1 }),
  positions: (w, { from }, [x]) => {
    const count = w.b.node("Squeeze", [w.sizes.list(w.formula.sizes(x), from), w.b.ints([0])]);
    const real = w.b.node("Cast", [count], { to: dataTypes.float });
    return w.b.node("Range", [w.b.number(0), real, w.b.number(1)]);
  },
  cumsum: (w, { attrs }, [x]) => w.b.node("CumSum", [w.value(x), w.b.ints(attrs.axis as number)]),
  prod: (w, { attrs }, [x]) => w.b.node("ReduceProd", [w.value(x)], { axes: [attrs.axis as number], keepdims: 0 }),
  ...fileOperators,
};

/** Whether an op is written as it is; others are written as the smaller ops that they are made of, if they are. */
export function hasOperator(node: Node): boolean {
  if (node.op.name in cells) return runsWhole(node);
  return node.op.name in writers || node.op.name === "binary" || node.op.name === "scan";
}

/** Writes the nodes of an op. Throws FormatError for one that ONNX has no operators for. */
export function writeNode(w: GraphWriter, node: Node, who: string): void {
  const { op, outputs } = node;
  const inputs = node.inputs as Tensor[];
  if (op.name in cells) writeCell(w, node);
  else if (op.name === "scan") writeScan(w, node);
  else if (op.name === "binary") writeBinary(w, node, inputs);
  else if (op.name === "unary" && unary[functionOf(node)])
    w.give(outputs[0], unary[functionOf(node)]!(w, w.value(inputs[0])));
  else if (op.name in writers) w.give(outputs[0], writers[op.name](w, node, inputs));
  else throw refused(node, who);
}

const functionOf = ({ attrs }: Node): string => attrs.fn as string;

function writeBinary(w: GraphWriter, node: Node, inputs: readonly Tensor[]): void {
  const name = binary[functionOf(node) as BinaryFn];
  const { outputs } = node;
  const value = w.b.node(name, inputs.map(w.value));
  if (!comparisons.includes(name)) w.give(outputs[0], value);
  else w.give(outputs[0], w.b.node("Cast", [value], { to: dataTypes.float }), value);
}

function refused({ op, attrs, from }: Node, who: string): FormatError {
  const random = op.name === "random";
  const next = random
    ? "Leave training: true out where the layer is called, or write model.keras instead."
    : "Write model.keras instead.";
  const found = random ? "random numbers at prediction" : `${attrs.fn ?? op.name}`;
  return new FormatError(problem(`${who}, ${from}`, "what ONNX has operators for", found, next));
}
