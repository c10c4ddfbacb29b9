import { arithmeticOperators } from "./arithmetic.ts";
import { asTensor, type OnnxCall, type Operator, type Operators, refused } from "./call.ts";
import { castOperators } from "./cast.ts";
import { onnxRecurrent } from "./cells.ts";
import { claims, opsets } from "./claims.ts";
import { controlOperators } from "./control-flow.ts";
import { convolutionOperators } from "./convolution.ts";
import { functionOperators } from "./functions.ts";
import { makingOperators } from "./made.ts";
import { normalizationOperators } from "./normalization.ts";
import { pickingOperators } from "./picking.ts";
import { productOperators } from "./products.ts";
import { reductionOperators } from "./reductions.ts";
import { resizeOperators } from "./resize.ts";
import { shapingOperators } from "./shaping.ts";
import type { OnnxTraced } from "./values.ts";

/** Traces a node. Throws FormatError naming the operator that is not here, or the attribute. */
export function onnxOperator(call: OnnxCall): (OnnxTraced | undefined)[] {
  const { op, domain } = call.node;
  const own = domain === "" || domain === "ai.onnx";
  if (!own || !Object.hasOwn(operators, op)) {
    const next = `Known: ${[...claims.keys()].join(", ")}.`;
    throw refused(call, "operators that are known here", domain ? `${domain}.${op}` : op, next);
  }
  check(call);
  const results = operators[op](call);
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

function check(call: OnnxCall): void {
  const { node, inputs, opset } = call;
  const { least, attributes, since } = claims.get(node.op)!;
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
};
