import { joinBytes } from "../../files/protobuf.ts";
import { rounded } from "../../ops/rounded.ts";
import type { Node, Tensor } from "../../tensor/tensor.ts";
import { fromKernel, type Gates, splitBiases } from "../gates.ts";
import { compactIds, compactSteps, type OnnxMask, spread } from "./masks.ts";
import type { OnnxAttribute } from "./proto.ts";
import { cells, inputsOf } from "./recurrent-ops.ts";
import { dataTypes } from "./types.ts";
import type { GraphWriter, Layout } from "./writer.ts";

/** Activations inside a recurrent operator: ONNX's name, and its numbers where it takes some. */
const functions: Readonly<Record<string, { name: string; alpha?: number; beta?: number }>> = {
  linear: { name: "Affine", alpha: 1, beta: 0 },
  tanh: { name: "Tanh" },
  sigmoid: { name: "Sigmoid" },
  relu: { name: "Relu" },
  hardSigmoid: { name: "HardSigmoid", alpha: 1 / 6, beta: 0.5 },
  hardSigmoid2: { name: "HardSigmoid", alpha: 0.2, beta: 0.5 },
};

/**
 * LSTM, GRU and RNN, forwards or in reverse: the results y [B, T, H] in the order of reading, the last output and the states
 * [B, H]. Masked sequences run with their valid steps first and their count, so that no loop is needed.
 */
export function writeCell(w: GraphWriter, node: Node): void {
  const { b } = w;
  const { attrs, outputs } = node;
  const { op, parts } = cells[node.op.name];
  const { x, wh, state, mask: given } = inputsOf(node);
  const reverse = attrs.reverse === true;
  const mask = given && w.maskOf(given);
  const units = wh.shape[0];
  const attributes: Record<string, OnnxAttribute> = {
    hidden_size: units,
    direction: reverse ? "reverse" : "forward",
    ...activationsOf(node),
    ...(op === "GRU" ? { linear_before_reset: attrs.resetAfter === false ? 0 : 1 } : {}),
  };
  const steps = mask ? compacted(w, x, given, mask) : w.value(x);
  const time = b.node("Transpose", [steps], { perm: [1, 0, 2] });
  const begin = state.map((s) => (s ? b.node("Unsqueeze", [w.value(s), b.ints([0])]) : ""));
  const inputs = trimmed([time, ...matrices(w, node), mask ? mask.lengths : "", ...begin]);
  const ran = b.several(op, inputs, attributes, 1 + parts);
  const y = b.node("Transpose", [b.node("Squeeze", [ran[0], b.ints([1])])], { perm: [1, 0, 2] }); // [B, T, H]
  const states = ran.slice(1).map((value, k) => {
    const end = b.node("Squeeze", [value, b.ints([0])]);
    const before = mask && state[k];
    return before ? b.node("Where", [anyStep(w, mask), end, w.value(before)]) : end;
  });
  const zeros = attrs.zeroOutput === true;
  const inPlace = mask ? spread(b, y, mask, { zeros, reverse }) : y;
  if (reverse) {
    w.give(outputs[0], turned(w, inPlace));
    w.reversed.set(outputs[0], inPlace);
  } else {
    w.give(outputs[0], inPlace);
    if (mask) w.compact.set(outputs[0], { mask: given, value: y });
  }
  w.give(outputs[1], lastOf(w, b.node("Squeeze", [ran[1], b.ints([0])]), mask, { zeros, reverse }));
  for (const [k, value] of states.entries()) w.give(outputs[2 + k], value);
}

/** Steps of a sequence [B, T, H] the other way round. */
const turned = ({ b }: GraphWriter, y: string): string =>
  b.node("Slice", [y, b.ints([-1]), b.ints([-Number.MAX_SAFE_INTEGER]), b.ints([1]), b.ints([-1])]);

/** Whether a row has a valid step, bool [B, 1]. */
const anyStep = ({ b }: GraphWriter, { lengths }: OnnxMask): string =>
  b.node("Unsqueeze", [b.node("Greater", [lengths, b.number(0, "int32")]), b.ints([1])]);

/**
 * The last output, from the last state: zeros where no step was valid, as ONNX Runtime has the state of such a row, and with
 * `zeros` where the step that is read last is masked.
 */
function lastOf(w: GraphWriter, end: string, mask: OnnxMask | null, { zeros, reverse }: Ends): string {
  if (!mask) return end;
  const { b } = w;
  const on = zeros ? b.node("Gather", [mask.valid, b.ints([reverse ? 0 : -1])], { axis: 1 }) : anyStep(w, mask);
  return b.node("Where", [on, end, b.number(0)]);
}
interface Ends {
  readonly zeros: boolean;
  readonly reverse: boolean;
}

/** The valid steps of x first; ids are moved before they become vectors. */
function compacted(w: GraphWriter, x: Tensor, mask: Tensor, of: OnnxMask): string {
  const known = w.compact.get(x);
  if (known?.mask === mask) return known.value;
  if (x.node?.op.name === "gather") {
    const [table, ids] = x.node.inputs as [Tensor, Tensor];
    if (ids.shape.length === 2 && table.shape.length === 2)
      return w.b.node("Gather", [w.value(table), compactIds(w.b, w.value(ids), of)], { axis: 0 });
  }
  return compactSteps(w.b, w.value(x), of);
}

/** W [1, G·H, D], R [1, G·H, H] and B [1, 2·G·H] in ONNX's order of gates. */
function matrices(w: GraphWriter, node: Node): string[] {
  const { wx, wh, b } = inputsOf(node);
  const { gates } = cells[node.op.name];
  const [n, units] = [wx.shape[0], wh.shape[0]];
  const kernel = (rows: number) => (numbers: Float32Array) => fromKernel(numbers, gates, "onnx", units, rows);
  const bias = (numbers: Float32Array) => {
    const { input, state } = splitBiases(numbers, gates, "onnx", units);
    return new Float32Array(joinBytes([input, state].map((part) => new Uint8Array(part.buffer))).buffer);
  };
  const matrix = (of: Tensor, name: string, rows: number) =>
    node.attrs.rounding
      ? roundedMatrix(w, of, name, gates)
      : w.layout(of, name, [1, gates * units, rows], kernel(rows));
  return [matrix(wx, "W", n), matrix(wh, "R", units), b ? w.layout(b, "B", [1, 2 * gates * units], bias) : ""];
}

/**
 * The same as whole numbers of 8 bits, which DequantizeLinear divides again: any runtime computes with the rounded weights, and with
 * states and inputs that are not rounded.
 */
function roundedMatrix(w: GraphWriter, weight: Tensor, name: string, gates: Gates): string {
  const [n, width] = weight.shape;
  const units = width / gates;
  const ordered = (numbers: Float32Array, rows: number) => fromKernel(numbers, gates, "onnx", units, rows);
  const q: Layout = (numbers) => ordered(rounded(numbers, weight.shape, "columns").q, n);
  const step: Layout = (numbers) => ordered(rounded(numbers, weight.shape, "columns").scale, 1).map((s) => 1 / s);
  const whole = w.layout(weight, name, [1, width, n], q, dataTypes.int8);
  return w.b.node("DequantizeLinear", [whole, w.layout(weight, `${name}/step`, [width], step)], { axis: 1 });
}

function activationsOf({ op, attrs }: Node): Record<string, OnnxAttribute> {
  const own = functions[attrs.activation as string];
  const gate = functions[attrs.recurrentActivation as string];
  const used = op.name === "lstm" ? [gate, own, own] : op.name === "gru" ? [gate, own] : [own];
  const numbers = (key: "alpha" | "beta") => used.flatMap((f) => (f[key] === undefined ? [] : [f[key]]));
  const [alpha, beta] = [numbers("alpha"), numbers("beta")];
  return {
    activations: used.map(({ name }) => name),
    ...(alpha.length > 0 ? { activation_alpha: alpha } : {}),
    ...(beta.length > 0 ? { activation_beta: beta } : {}),
  };
}

/** Inputs without the empty ones at the end. */
function trimmed(inputs: readonly string[]): string[] {
  let end = inputs.length;
  while (end > 0 && inputs[end - 1] === "") end--;
  return inputs.slice(0, end);
}
