import { FormatError, problem } from "../errors.ts";
import * as ops from "../ops/index.ts";
import { reduce } from "../ops/reduce.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { onnxRecurrent } from "./onnx-cells.ts";
import type { OnnxNode } from "./onnx-proto.ts";
import { gatherElements, gatherSteps, runningSum, topK } from "./onnx-sorting.ts";
import {
  axisIn,
  isKnown,
  type Known,
  knownOf,
  numberIn,
  numbersIn,
  type OnnxTraced,
  tensorOf,
  zipKnown,
} from "./onnx-values.ts";

/** One node about to be traced: its inputs by place, undefined where left out. */
export interface OnnxCall {
  readonly node: OnnxNode;
  readonly inputs: readonly (OnnxTraced | undefined)[];
  /** Any tensor of the trace. */
  readonly beside: Tensor;
  readonly who: string;
  readonly opset: number;
}
type Operator = (call: OnnxCall) => OnnxTraced[];

/** Traces a node. Throws FormatError naming the operator that is not here. */
export function onnxOperator(call: OnnxCall): OnnxTraced[] {
  const { op, domain } = call.node;
  const own = domain === "" || domain === "ai.onnx";
  if (own && Object.hasOwn(operators, op)) {
    checkInputs(call);
    return operators[op](call);
  }
  const known = Object.keys(operators).join(", ");
  const next = `Known: ${known}.`;
  throw new FormatError(problem(call.who, "operators that are known here", domain ? `${domain}.${op}` : op, next));
}

/** How many inputs an operator cannot do without; of those not named here, all that are listed. */
const required: Readonly<Record<string, number>> = {
  ...{ LSTM: 3, GRU: 3, RNN: 3, Gemm: 2, Clip: 1, Slice: 1, Dropout: 1, LayerNormalization: 2, Split: 1, Reshape: 1 },
  ...{ Squeeze: 1, Unsqueeze: 1, ReduceSum: 1, ReduceMean: 1, ReduceMax: 1, ReduceMin: 1, Constant: 0 },
};
const fixed: Readonly<Record<string, number>> = {
  ...{
    MatMul: 2,
    Gather: 2,
    TopK: 2,
    GatherElements: 2,
    GatherND: 2,
    CumSum: 2,
    Tile: 2,
    Expand: 2,
    Where: 3,
    And: 2,
    Or: 2,
    Range: 3,
    BatchNormalization: 5,
  },
  ...{ Sub: 2, Div: 2, Pow: 2, Equal: 2, Greater: 2, GreaterOrEqual: 2, Less: 2, LessOrEqual: 2 },
};

function checkInputs({ node: { op }, inputs, who }: OnnxCall): void {
  const least = required[op] ?? fixed[op] ?? Math.max(1, inputs.length);
  const missing = Array.from({ length: least }, (_, k) => k).find((k) => inputs[k] === undefined);
  if (missing !== undefined) throw new FormatError(problem(who, `${least} inputs`, `no input ${missing}`));
}

const attribute = ({ node, who }: OnnxCall, name: string, otherwise: number) => numberIn(node, name, otherwise, who);
const listOf = ({ node, who }: OnnxCall, name: string) => numbersIn(node, name, who);

function tensor(call: OnnxCall, k: number): Tensor {
  const value = call.inputs[k];
  if (value === undefined) throw new FormatError(problem(call.who, `input ${k}`, "none"));
  return tensorOf(value, call.beside, call.who);
}
const known = (call: OnnxCall, k: number, what: string): readonly number[] =>
  knownOf(call.inputs[k], call.who, what).data;
const whole = (shape: Shape, data: readonly number[]): Known => ({ shape, data, whole: true });

/** A formula over tensors of all inputs. */
const formula =
  (make: (xs: Tensor[], call: OnnxCall) => Tensor): Operator =>
  (call) => [
    make(
      call.inputs.map((_, k) => tensor(call, k)),
      call,
    ),
  ];

/** Two inputs: numbers where both are known, tensors otherwise. */
const pairwise =
  (onNumbers: (a: number, b: number) => number, onTensors: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (call) => {
    const of = (v: OnnxTraced) =>
      isKnown(v) && v.data.length === 1 ? scalar(v, call.beside) : tensorOf(v, call.beside, call.who);
    const both = (a: OnnxTraced, b: OnnxTraced) => {
      if (isKnown(a) && isKnown(b)) return zipKnown(a, b, call.who, onNumbers);
      const [p, q] = [of(a), of(b)];
      return p.dtype === q.dtype ? onTensors(p, q) : onTensors(ops.cast(p, "f32"), ops.cast(q, "f32"));
    };
    return [(call.inputs as OnnxTraced[]).reduce(both)];
  };

const scalar = (v: Known, beside: Tensor): Tensor => ops.constant(v.data[0], beside, v.shape, "f32");

/** Axes from an attribute (older opsets) or an input. */
function axesOf(call: OnnxCall, input: number): number[] | undefined {
  const own = listOf(call, "axes");
  if (own) return own;
  return call.inputs[input] === undefined ? undefined : [...known(call, input, "axes")];
}

const reshaped = (value: OnnxTraced, shape: Shape): OnnxTraced =>
  isKnown(value) ? { ...value, shape } : ops.reshape(value, shape);

const reduction =
  (make: (x: Tensor, axes: number[] | undefined, keep: boolean) => Tensor): Operator =>
  (call) => {
    const x = tensor(call, 0);
    const axes = axesOf(call, 1)?.map((axis) => axisIn(axis, x.shape.length));
    return [make(x, axes, attribute(call, "keepdims", 1) === 1)];
  };

/** Softmax over one axis, the last as a rule. */
function lastAxis(call: OnnxCall, make: (x: Tensor) => Tensor): OnnxTraced[] {
  const x = tensor(call, 0);
  const rank = x.shape.length;
  const axis = axisIn(attribute(call, "axis", call.opset < 13 ? 1 : -1), rank);
  if (axis === rank - 1) return [make(x)];
  const perm = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return [ops.transpose(make(ops.transpose(x, perm)), perm)];
}

const recurrent: Operator = (call) => {
  const inputs = call.inputs.map((value) => (value === undefined ? null : tensorOf(value, call.beside, call.who)));
  return onnxRecurrent(call.node, inputs, call.who);
};

/** Where a slice begins and how much it takes along one axis, by NumPy's rules; step 1 or −1. */
function sliceOf(size: number, start: number, end: number, step: number, who: string): { from: number; count: number } {
  if (step !== 1 && step !== -1) throw new FormatError(problem(who, "steps of 1 or -1", `${step}`));
  const clamp = (v: number, low: number, high: number) => Math.min(Math.max(v < 0 ? v + size : v, low), high);
  if (step === 1) {
    const [a, b] = [clamp(start, 0, size), clamp(end, 0, size)];
    return { from: a, count: Math.max(0, b - a) };
  }
  const [a, b] = [clamp(start, -1, size - 1), clamp(end, -1, size - 1)];
  return { from: b + 1, count: Math.max(0, a - b) };
}

const slice: Operator = (call) => {
  const from = (name: string, input: number) =>
    listOf(call, name) ?? (call.inputs[input] ? known(call, input, name) : undefined);
  const value = call.inputs[0]!;
  const rank = value.shape.length;
  const [starts, ends] = [from("starts", 1) ?? [], from("ends", 2) ?? []];
  const axes = from("axes", 3) ?? starts.map((_, i) => i);
  const steps = from("steps", 4) ?? starts.map(() => 1);
  let result: OnnxTraced = value;
  for (const [i, given] of axes.entries()) {
    const axis = axisIn(given, rank);
    const { from: begin, count } = sliceOf(result.shape[axis], starts[i], ends[i], steps[i], call.who);
    if (isKnown(result)) {
      if (rank !== 1) throw new FormatError(problem(call.who, "a list of known numbers", `rank ${rank}`));
      const data: readonly number[] = result.data.slice(begin, begin + count);
      result = { ...result, shape: [count], data: steps[i] < 0 ? [...data].reverse() : data };
    } else {
      const part: Tensor = ops.sliceAxis(result, axis, begin, count);
      result = steps[i] < 0 ? ops.reverse(part, axis) : part;
    }
  }
  return [result];
};

const gather: Operator = (call) => {
  const [data, indices] = call.inputs as OnnxTraced[];
  const axis = axisIn(attribute(call, "axis", 0), data.shape.length);
  if (isKnown(data)) {
    const at = knownOf(indices, call.who, "indices");
    if (data.shape.length !== 1)
      throw new FormatError(problem(call.who, "a list of known numbers", `rank ${data.shape.length}`));
    return [{ ...data, shape: at.shape, data: at.data.map((i) => data.data[axisIn(i, data.data.length)]) }];
  }
  if (isKnown(indices) && indices.data.length === 1) {
    const one = ops.sliceAxis(data, axis, axisIn(indices.data[0], data.shape[axis]), 1);
    return [ops.reshape(one, [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)])];
  }
  if (axis !== 0 || data.shape.length !== 2) {
    throw new FormatError(
      problem(call.who, "rows of a matrix [V, D] along axis 0", `axis ${axis} of rank ${data.shape.length}`),
    );
  }
  return [ops.gather(data, ops.cast(tensorOf(indices, call.beside, call.who), "i32"))];
};

const cast: Operator = (call) => {
  const to = attribute(call, "to", 1);
  const value = call.inputs[0]!;
  const integer = to === 6 || to === 7 || to === 9;
  if (isKnown(value))
    return [
      {
        ...value,
        whole: integer,
        data: integer ? value.data.map((v) => (to === 9 ? Number(v !== 0) : Math.trunc(v))) : value.data,
      },
    ];
  return [ops.cast(value, integer && to !== 9 ? "i32" : "f32")];
};

const reshape: Operator = (call) => {
  const value = call.inputs[0]!;
  const wanted = listOf(call, "shape") ?? known(call, 1, "a shape");
  const sizes = wanted.map((d, i) => (d === 0 ? value.shape[i] : d));
  const size = value.shape.reduce((n, d) => n * d, 1);
  const rest = sizes.reduce((n, d) => (d === -1 ? n : n * d), 1);
  return [
    reshaped(
      value,
      sizes.map((d) => (d === -1 ? size / rest : d)),
    ),
  ];
};

/** a [.., M, K] times b [.., K, N], as NumPy: vectors get an axis, leading axes spread. */
const matmul = formula(([a, b], call) => {
  const [p, q] = [a.shape.length, b.shape.length];
  if (p < 2 || q < 2) throw new FormatError(problem(call.who, "matrices", `ranks ${p} and ${q}`));
  if (q === 2 || p === q) return ops.matmul(a, b);
  throw new FormatError(problem(call.who, "equal leading axes", `[${a.shape}] and [${b.shape}]`));
});

const gemm = formula(([a, b, c], call) => {
  const [alpha, beta] = [attribute(call, "alpha", 1), attribute(call, "beta", 1)];
  const product = ops.matmul(a, b, attribute(call, "transA", 0) === 1, attribute(call, "transB", 0) === 1);
  const scaled = alpha === 1 ? product : ops.mul(product, alpha);
  if (!c) return scaled;
  return ops.add(scaled, beta === 1 ? c : ops.mul(c, beta));
});

const layerNormalization = formula(([x, gamma, beta], call) => {
  const axis = axisIn(attribute(call, "axis", -1), x.shape.length);
  const axes = x.shape.map((_, i) => i).slice(axis);
  const centered = ops.sub(x, ops.mean(x, axes, true));
  const deviation = ops.sqrt(ops.add(ops.mean(ops.square(centered), axes, true), attribute(call, "epsilon", 1e-5)));
  const y = ops.mul(ops.div(centered, deviation), gamma);
  return beta ? ops.add(y, beta) : y;
});

/** x [N, C, …] with the moving averages of training. */
const batchNormalization = formula(([x, gamma, beta, mean, variance], call) => {
  const wide = (t: Tensor) => ops.reshape(t, [t.shape[0], ...x.shape.slice(2).map(() => 1)]);
  const factor = ops.div(gamma, ops.sqrt(ops.add(variance, attribute(call, "epsilon", 1e-5))));
  return ops.add(ops.mul(ops.sub(x, wide(mean)), wide(factor)), wide(beta));
});

const clip: Operator = (call) => {
  let x = tensor(call, 0);
  const bound = (name: string, input: number) => {
    const own = call.node.attributes.has(name) ? attribute(call, name, 0) : undefined;
    const value = call.inputs[input];
    return own ?? (value === undefined ? undefined : isKnown(value) ? value.data[0] : value);
  };
  const [low, high] = [bound("min", 1), bound("max", 2)];
  if (low !== undefined) x = ops.maximum(x, low);
  if (high !== undefined) x = ops.minimum(x, high);
  return [x];
};

const expMinus1 = (x: Tensor) => ops.sub(ops.exp(ops.minimum(x, 0)), 1);
const erf = (x: Tensor): Tensor => {
  const size = ops.abs(x); // Abramowitz & Stegun 1964, 7.1.26, to 1.5e-7
  const t = ops.div(1, ops.add(1, ops.mul(size, 0.3275911)));
  const powers = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const series = powers.slice(1).reduce((sum, c) => ops.mul(ops.add(sum, c), t), ops.mul(t, powers[0]));
  const y = ops.sub(1, ops.mul(series, ops.exp(ops.neg(ops.square(size)))));
  return ops.where(ops.greater(x, 0), y, ops.neg(y));
};

/** What the operators that pick by index can do: rows of a matrix [B, T] along its second axis. */
function matrix({ who }: OnnxCall, x: Tensor, axis: number): void {
  if (x.shape.length === 2 && axisIn(axis, 2) === 1) return;
  throw new FormatError(problem(who, "a matrix [B, T] along axis 1", `[${x.shape}] along axis ${axis}`));
}

const operators: Readonly<Record<string, Operator>> = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  MatMul: matmul,
  Gemm: gemm,
  Add: pairwise((a, b) => a + b, ops.add),
  Sub: pairwise((a, b) => a - b, ops.sub),
  Mul: pairwise((a, b) => a * b, ops.mul),
  Div: (call) => {
    const integers = call.inputs.every((v) => v && isKnown(v) && v.whole);
    return pairwise((a, b) => (integers ? Math.trunc(a / b) : a / b), ops.div)(call);
  },
  Pow: pairwise((a, b) => a ** b, ops.pow),
  Max: pairwise(Math.max, ops.maximum),
  Min: pairwise(Math.min, ops.minimum),
  Equal: pairwise((a, b) => Number(a === b), ops.equal),
  Greater: pairwise((a, b) => Number(a > b), ops.greater),
  GreaterOrEqual: pairwise((a, b) => Number(a >= b), ops.greaterEqual),
  Less: pairwise(
    (a, b) => Number(a < b),
    (a, b) => ops.greater(b, a),
  ),
  LessOrEqual: pairwise(
    (a, b) => Number(a <= b),
    (a, b) => ops.greaterEqual(b, a),
  ),
  Not: formula(([x]) => ops.sub(1, ops.cast(x, "f32"))),
  And: formula(([a, b]) => ops.mul(ops.cast(a, "f32"), ops.cast(b, "f32"))),
  Or: formula(([a, b]) => ops.maximum(ops.cast(a, "f32"), ops.cast(b, "f32"))),
  Where: formula(([c, a, b]) => {
    const spread = (t: Tensor) => ops.add(t, ops.mul(c, 0));
    return ops.where(
      ops.add(c, ops.mul(ops.add(a, b), 0)),
      spread(ops.add(a, ops.mul(b, 0))),
      spread(ops.add(b, ops.mul(a, 0))),
    );
  }),
  Mean: (call) => [
    ops.div(
      call.inputs.map((_, i) => tensor(call, i)).reduce((a, b) => ops.add(a, b)),
      call.inputs.length,
    ),
  ],
  Sum: (call) => [call.inputs.map((_, i) => tensor(call, i)).reduce((a, b) => ops.add(a, b))],
  Neg: formula(([x]) => ops.neg(x)),
  Abs: formula(([x]) => ops.abs(x)),
  Exp: formula(([x]) => ops.exp(x)),
  Log: formula(([x]) => ops.log(x)),
  Sqrt: formula(([x]) => ops.sqrt(x)),
  Reciprocal: formula(([x]) => ops.div(1, x)),
  Erf: formula(([x]) => erf(x)),
  Relu: formula(([x]) => ops.relu(x)),
  Sigmoid: formula(([x]) => ops.sigmoid(x)),
  Tanh: formula(([x]) => ops.tanh(x)),
  Softplus: formula(([x]) => ops.unary("softplus", x)),
  Softsign: formula(([x]) => ops.div(x, ops.add(ops.abs(x), 1))),
  LeakyRelu: formula(([x], call) => ops.where(ops.greater(x, 0), x, ops.mul(x, attribute(call, "alpha", 0.01)))),
  Elu: formula(([x], call) => ops.where(ops.greater(x, 0), x, ops.mul(expMinus1(x), attribute(call, "alpha", 1)))),
  Selu: formula(([x], call) => {
    const [alpha, gamma] = [attribute(call, "alpha", 1.6732632), attribute(call, "gamma", 1.050701)];
    return ops.mul(ops.where(ops.greater(x, 0), x, ops.mul(expMinus1(x), alpha)), gamma);
  }),
  HardSigmoid: formula(([x], call) =>
    ops.clip(ops.add(ops.mul(x, attribute(call, "alpha", 0.2)), attribute(call, "beta", 0.5)), 0, 1),
  ),
  Softmax: (call) => lastAxis(call, ops.softmax),
  LogSoftmax: (call) => lastAxis(call, ops.logSoftmax),
  Clip: clip,
  LayerNormalization: layerNormalization,
  BatchNormalization: batchNormalization,
  Identity: (call) => [call.inputs[0]!],
  Dropout: (call) => [call.inputs[0]!],
  Cast: cast,
  Transpose: formula(([x], call) => {
    const perm = listOf(call, "perm") ?? x.shape.map((_, i) => x.shape.length - 1 - i);
    return ops.transpose(x, perm);
  }),
  Reshape: reshape,
  Flatten: formula(([x], call) => {
    const axis = axisIn(attribute(call, "axis", 1), x.shape.length);
    const product = (sizes: Shape) => sizes.reduce((n, d) => n * d, 1);
    return ops.reshape(x, [product(x.shape.slice(0, axis)), product(x.shape.slice(axis))]);
  }),
  Squeeze: (call) => {
    const value = call.inputs[0]!;
    const axes = axesOf(call, 1)?.map((axis) => axisIn(axis, value.shape.length));
    return [
      reshaped(
        value,
        value.shape.filter((d, i) => (axes ? !axes.includes(i) : d !== 1)),
      ),
    ];
  },
  Unsqueeze: (call) => {
    const value = call.inputs[0]!;
    const given = axesOf(call, 1) ?? [];
    const rank = value.shape.length + given.length;
    const axes = given.map((axis) => axisIn(axis, rank));
    const left = [...value.shape];
    return [
      reshaped(
        value,
        Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : left.shift()!)),
      ),
    ];
  },
  Concat: (call) => {
    const values = call.inputs as OnnxTraced[];
    if (values.every(isKnown))
      return [
        {
          shape: [values.reduce((n, v) => n + v.data.length, 0)],
          whole: values[0].whole,
          data: values.flatMap((v) => [...(v as Known).data]),
        },
      ];
    return [
      ops.concat(
        values.map((_, i) => tensor(call, i)),
        attribute(call, "axis", 0),
      ),
    ];
  },
  Split: (call) => {
    const x = tensor(call, 0);
    const axis = axisIn(attribute(call, "axis", 0), x.shape.length);
    const equal = () => call.node.outputs.map(() => x.shape[axis] / call.node.outputs.length);
    const sizes = listOf(call, "split") ?? (call.inputs[1] ? [...known(call, 1, "sizes")] : equal());
    let at = 0;
    return sizes.map((size) => {
      at += size;
      return ops.sliceAxis(x, axis, at - size, size);
    });
  },
  Slice: slice,
  Gather: gather,
  Expand: (call) => {
    const x = tensor(call, 0);
    const shape = known(call, 1, "a shape");
    const ones = ops.constant(x.dtype === "i32" ? 0 : 1, call.beside, shape, x.dtype);
    return [x.dtype === "i32" ? ops.add(x, ones) : ops.mul(x, ones)];
  },
  Shape: (call) => [whole([call.inputs[0]!.shape.length], call.inputs[0]!.shape)],
  Constant: ({ node, who }) => {
    const value = [...node.attributes.values()][0];
    if (typeof value === "number") return [{ shape: [], data: [value], whole: node.attributes.has("value_int") }];
    if (Array.isArray(value))
      return [{ shape: [value.length], data: value as number[], whole: node.attributes.has("value_ints") }];
    throw new FormatError(problem(who, "numbers", typeof value));
  },
  ConstantOfShape: (call) => {
    const shape = known(call, 0, "a shape");
    const value = call.node.attributes.get("value");
    const tensorValue = typeof value === "object" && !Array.isArray(value) ? value : undefined;
    const fill = Number(tensorValue?.data[0] ?? 0);
    const size = shape.reduce((n, d) => n * d, 1);
    if (size > 2 ** 24) throw new FormatError(problem(call.who, `at most ${2 ** 24} numbers`, `${size}`));
    const integer = tensorValue !== undefined && !(tensorValue.data instanceof Float32Array);
    return [{ shape, whole: integer, data: new Array<number>(size).fill(fill) }];
  },
  Range: (call) => {
    const [start, end, step] = [0, 1, 2].map((i) => known(call, i, "bounds")[0]);
    const count = Math.max(0, Math.ceil((end - start) / step));
    if (!(count <= 2 ** 24)) throw new FormatError(problem(call.who, `at most ${2 ** 24} numbers`, `${count}`));
    return [
      whole(
        [count],
        Array.from({ length: count }, (_, i) => start + i * step),
      ),
    ];
  },
  TopK: (call) => {
    const x = tensor(call, 0);
    const [k] = known(call, 1, "k");
    matrix(call, x, 1);
    if (!(k >= 0 && k <= x.shape[1])) throw new FormatError(problem(call.who, `k from 0 to ${x.shape[1]}`, `${k}`));
    const { values, indices } = topK(x, k, attribute(call, "largest", 1) === 1);
    return [values, indices];
  },
  GatherElements: formula(([data, index], call) => {
    matrix(call, data, attribute(call, "axis", 0));
    return gatherElements(data, index);
  }),
  GatherND: formula(([data, index], call) => {
    if (attribute(call, "batch_dims", 0) !== 1) throw new FormatError(problem(call.who, "batch_dims 1", "another"));
    return gatherSteps(data, index, call.who);
  }),
  CumSum: (call) => {
    const x = tensor(call, 0);
    matrix(call, x, known(call, 1, "an axis")[0]);
    if (attribute(call, "exclusive", 0) || attribute(call, "reverse", 0))
      throw new FormatError(problem(call.who, "sums from the first on, with the step's own", "another kind"));
    return [runningSum(x)];
  },
  Tile: (call) => {
    let x = tensor(call, 0);
    const times = known(call, 1, "repeats");
    const size = x.shape.reduce((n, d, axis) => n * d * (times[axis] ?? 1), 1);
    if (!(times.length === x.shape.length && size <= 2 ** 28 && times.every((n) => n > 0 && n <= 65_536)))
      throw new FormatError(problem(call.who, `${x.shape.length} repeats`, `[${times}]`));
    times.forEach((n, axis) => {
      x = ops.concat(
        Array.from({ length: n }, () => x),
        axis,
      );
    });
    return [x];
  },
  ReduceSum: reduction((x, axes, keep) => ops.sum(x, axes, keep)),
  ReduceMean: reduction((x, axes, keep) => ops.mean(x, axes, keep)),
  ReduceMax: reduction((x, axes, keep) => reduce("max", x, axes, keep)),
  ReduceMin: reduction((x, axes, keep) => reduce("min", x, axes, keep)),
};
