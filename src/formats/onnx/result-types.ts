import type { OnnxNode } from "./proto.ts";
import { dataTypes } from "./types.ts";

const truths = new Set("Equal Greater GreaterOrEqual Less LessOrEqual Not And Or Xor IsNaN IsInf".split(" "));
const control = new Set(["Loop", "Scan", "If"]);
const counts = new Set("Shape Size ArgMax ArgMin".split(" "));

/** The input that has the type of the results, where it is not the first. */
const like: Readonly<Record<string, number>> = {
  CastLike: 1,
  Where: 1,
  OneHot: 2,
  DequantizeLinear: 1,
  QLinearMatMul: 7,
  QLinearConv: 7,
  QLinearConcat: 2,
  QLinearWhere: 1,
};

/** The types of quantizing operators, where they are none of the inputs'. */
const ofQuantized = (op: string, to: unknown, inputs: readonly (number | undefined)[]): number | undefined => {
  const { uint8, int32, float } = dataTypes;
  if (op === "QuantizeLinear") return inputs[2] ?? (typeof to === "number" && to !== 0 ? to : uint8);
  if (op === "MatMulInteger" || op === "ConvInteger") return int32;
  if (op === "QGemm") return inputs[8] ?? float;
  if (op === "DynamicQuantizeLinear") return uint8;
  return undefined;
};

/** The types of a node's results from those of its inputs; undefined where nothing says them. */
export function resultTypes(
  { op, attributes, outputs }: OnnxNode,
  inputs: readonly (number | undefined)[],
): (number | undefined)[] {
  const named = attributes.get(op === "Cast" ? "to" : "dtype");
  const value = attributes.get("value");
  const tensor = typeof value === "object" && !Array.isArray(value) ? value.type : undefined;
  if (control.has(op)) return outputs.map(() => undefined);
  const first = () => {
    if (truths.has(op)) return dataTypes.bool;
    if (counts.has(op)) return dataTypes.int64;
    if (op === "ConstantOfShape") return tensor ?? dataTypes.float;
    if (op === "Constant")
      return (
        tensor ??
        ([...attributes.keys()].some((key) => key.startsWith("value_int")) ? dataTypes.int64 : dataTypes.float)
      );
    if ((op === "Cast" || op === "EyeLike") && typeof named === "number") return named;
    return ofQuantized(op, attributes.get("output_dtype"), inputs) ?? inputs[like[op] ?? 0];
  };
  const second = op === "TopK" ? dataTypes.int64 : op === "Dropout" ? dataTypes.bool : undefined;
  const own = first();
  if (op === "DynamicQuantizeLinear") return [own, dataTypes.float, own];
  return outputs.map((_, k) => (k === 1 ? (second ?? own) : own));
}
