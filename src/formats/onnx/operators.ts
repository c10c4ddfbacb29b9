import { FormatError, problem } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { arithmeticOperators } from "./arithmetic.ts";
import { asTensor, attribute, formula, known, type OnnxCall, type Operator, type Operators, tensor } from "./call.ts";
import { onnxRecurrent } from "./cells.ts";
import { shapingOperators } from "./shaping.ts";
import { gatherElements, gatherSteps, runningSum, topK } from "./sorting.ts";
import { axisIn, type OnnxTraced } from "./values.ts";

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

/** Number of required inputs of an operator; of those not named here, all that are listed. */
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

const recurrent: Operator = (call) => {
  const inputs = call.inputs.map((value) => (value === undefined ? null : asTensor(call, value)));
  return onnxRecurrent(call.node, inputs, call.who);
};

/** Refuses what operators that pick by index do not support: all but rows of a matrix [B, T] along its second axis. */
function matrix({ who }: OnnxCall, x: Tensor, axis: number): void {
  if (x.shape.length === 2 && axisIn(axis, 2) === 1) return;
  throw new FormatError(problem(who, "a matrix [B, T] along axis 1", `[${x.shape}] along axis ${axis}`));
}

const operators: Operators = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  ...arithmeticOperators,
  ...shapingOperators,
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
};
