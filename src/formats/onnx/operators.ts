import { arithmeticOperators } from "./arithmetic.ts";
import { asTensor, holdOperations, type OnnxCall, type Operator, type Operators, refused } from "./call.ts";
import { castOperators } from "./cast.ts";
import { onnxRecurrent } from "./cells.ts";
import { claims, opsets } from "./claims.ts";
import { controlOperators } from "./control-flow.ts";
import { convolutionOperators } from "./convolution.ts";
import { functionOperators } from "./functions.ts";
import { integerProductOperators } from "./integer-products.ts";
import { makingOperators } from "./made.ts";
import { normalizationOperators } from "./normalization.ts";
import { pickingOperators } from "./picking.ts";
import { productOperators } from "./products.ts";
import type { OnnxNode } from "./proto.ts";
import { quantizationOperators } from "./quantization.ts";
import { quantizedLstmOperators } from "./quantized-lstm.ts";
import { quantizedOperators } from "./quantized-operators.ts";
import { reductionOperators } from "./reductions.ts";
import { resizeOperators } from "./resize.ts";
import { shapingOperators } from "./shaping.ts";
import { narrowRanges } from "./types.ts";
import type { OnnxTraced } from "./values.ts";

/** Traces a node. Throws FormatError naming the operator that is not here, or the attribute. */
export function onnxOperator(call: OnnxCall): (OnnxTraced | undefined)[] {
  const name = fullName(call.node);
  if (!Object.hasOwn(operators, name)) {
    const next = `Known: ${[...claims.keys()].join(", ")}.`;
    throw refused(call, "operators that are known here", name, next);
  }
  check(call, name);
  const results = operators[name](call);
  for (const [k, name] of call.node.outputs.entries())
    if (name !== "" && results[k] === undefined)
      throw refused(
        call,
        `${results.length} outputs`,
        `the output ${k}, which is not computed`,
        "Export the model without it.",
      );
  return results;
}

/** An operator's name, with its domain where that is not ONNX's own. */
const fullName = ({ op, domain }: OnnxNode) => (domain === "" || domain === "ai.onnx" ? op : `${domain}.${op}`);

function check(call: OnnxCall, name: string): void {
  const { node, inputs, opset } = call;
  const { least, attributes, since, narrow, quantizes } = claims.get(name)!;
  if (quantizes) holdOperations(call, 24);
  const few = narrow ? -1 : call.types.findIndex((type) => type !== undefined && type in narrowRanges);
  if (few >= 0) {
    const next = "Cast them to int32 before it, or export the model without them.";
    throw refused(call, "floating point, or integers of 32 or 64 bits", `8 or 16 bits as input ${few}`, next);
  }
  if (opset < since && opset >= opsets.from) throw refused(call, `opset ${since} or later for ${node.op}`, `${opset}`);
  if (opset < opsets.from || opset > opsets.to) {
    const next = "Convert it: onnx.version_converter.convert_version(model, 17) in Python.";
    throw refused(call, `opset ${opsets.from} to ${opsets.to}`, `${opset}`, next);
  }
  const missing = Array.from({ length: least }, (_, k) => k).find((k) => inputs[k] === undefined);
  if (missing !== undefined) throw refused(call, `${least} inputs`, `no input ${missing}`);
  for (const name of node.attributes.keys())
    if (!attributes.includes(name)) {
      const listed = attributes.length > 0 ? `the attributes ${attributes.join(", ")}` : "no attributes";
      throw refused(call, listed, `"${name}"`, "Export the model without it, or to opset 17.");
    }
}

const recurrent: Operator = (call) => {
  const inputs = call.inputs.map((x) => (x === undefined ? null : asTensor(call, x)));
  return onnxRecurrent(call.node, inputs, call.who);
};

const operators: Operators = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  ...productOperators,
  ...convolutionOperators,
  ...resizeOperators,
  ...arithmeticOperators,
  ...functionOperators,
  ...normalizationOperators,
  ...reductionOperators,
  ...castOperators,
  ...shapingOperators,
  ...pickingOperators,
  ...controlOperators,
  ...makingOperators,
  ...quantizationOperators,
  ...integerProductOperators,
  ...quantizedOperators,
  ...quantizedLstmOperators,
};
