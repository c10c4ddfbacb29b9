import * as ops from "../../ops/index.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  asTensor,
  attribute,
  bounded,
  hold,
  known,
  listOf,
  type OnnxCall,
  type Operator,
  type Operators,
  refused,
  tensor,
  wordOf,
} from "./call.ts";
import { picked } from "./moves.ts";

/** As ONNX Runtime computes places: 3 / 0.6 is 5. */
const f32 = Math.fround;

/** Where a place of the result lies in the input, by the file's rule. */
type Place = (at: number, size: number, result: number, scale: number) => number;
const places: Readonly<Record<string, Place>> = {
  half_pixel: (at, _size, _result, scale) => f32((at + 0.5) / scale) - 0.5,
  pytorch_half_pixel: (at, _size, result, scale) => (result > 1 ? f32((at + 0.5) / scale) - 0.5 : 0),
  asymmetric: (at, _size, _result, scale) => f32(at / scale),
  align_corners: (at, size, result) => (result > 1 ? f32((at * (size - 1)) / (result - 1)) : 0),
};

const nearest: Readonly<Record<string, (at: number) => number>> = {
  round_prefer_floor: (at) => Math.ceil(at - 0.5),
  round_prefer_ceil: (at) => Math.floor(at + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** One axis of x at other places: the nearest, or a mean of the two beside it. */
function along(call: OnnxCall, x: Tensor, axis: number, { result, scale }: { result: number; scale: number }): Tensor {
  const size = x.shape[axis];
  const rule =
    call.node.op === "Upsample"
      ? "asymmetric"
      : wordOf(call, "coordinate_transformation_mode", call.opset < 11 ? "asymmetric" : "half_pixel");
  if (!Object.hasOwn(places, rule))
    throw refused(call, `coordinate_transformation_mode ${Object.keys(places).join(", ")}`, rule);
  if (rule === "align_corners" && f32(scale * size) !== result)
    // The standard counts to the size before it is cut to a whole number, ONNX Runtime to the one after.
    throw refused(call, "scales that give whole sizes with align_corners", `${scale} of ${size}`);
  hold(call, 8 * result);
  const at = Array.from({ length: result }, (_, k) => places[rule](k, size, result, scale));
  const inside = (k: number) => Math.min(Math.max(k, 0), size - 1);
  const mode = wordOf(call, "mode", "nearest");
  if (mode === "nearest") {
    const old = scale < 1 ? "ceil" : "floor"; // before opset 11 nothing is said: so ONNX Runtime
    const how = wordOf(call, "nearest_mode", call.opset < 11 ? old : "round_prefer_floor");
    if (!Object.hasOwn(nearest, how)) throw refused(call, `nearest_mode ${Object.keys(nearest).join(", ")}`, how);
    return picked(
      call,
      x,
      axis,
      at.map((v) => inside(nearest[how](v))),
    ) as Tensor;
  }
  if (mode !== "linear") throw refused(call, "mode nearest or linear", mode);
  const held = at.map((v) => Math.min(Math.max(v, 0), size - 1));
  const low = picked(
    call,
    x,
    axis,
    held.map((v) => Math.floor(v)),
  ) as Tensor;
  const high = picked(
    call,
    x,
    axis,
    held.map((v) => inside(Math.floor(v) + 1)),
  ) as Tensor;
  const shape = [result, ...x.shape.slice(axis + 1).map(() => 1)];
  const part = asTensor(call, { shape, data: held.map((v) => Math.fround(v - Math.floor(v))), whole: false });
  return ops.add(low, ops.mul(ops.sub(high, low), part));
}

/** x with other sizes, by scales or as said. */
const resize: Operator = (call) => {
  let x = tensor(call, 0);
  for (const name of ["antialias", "exclude_outside"])
    if (attribute(call, name, 0) !== 0) throw refused(call, `${name} 0`, "1");
  if (wordOf(call, "keep_aspect_ratio_policy", "stretch") !== "stretch")
    throw refused(call, "keep_aspect_ratio_policy stretch", "another");
  const old = call.node.op === "Upsample" || call.opset < 11;
  const given = listOf(call, "axes");
  const axes = given?.map((a) => (a < 0 ? a + x.shape.length : a)) ?? x.shape.map((_, i) => i);
  const numbers = (k: number, what: string) => (call.inputs[k] ? known(call, k, what) : []);
  const scales = old ? (listOf(call, "scales") ?? numbers(1, "scales")) : numbers(2, "scales");
  const sizes = old ? [] : numbers(3, "sizes");
  const list = sizes.length > 0 ? sizes : scales;
  if (list.length !== axes.length || list.some((v) => !(v > 0)))
    throw refused(call, `${axes.length} scales or sizes above 0`, `[${list}]`);
  for (const [i, axis] of axes.entries()) {
    const size = x.shape[axis];
    const result = sizes.length > 0 ? sizes[i] : Math.floor(f32(size * scales[i]));
    const scale = sizes.length > 0 ? f32(result / size) : scales[i];
    if (result === size && scale === 1) continue;
    bounded(
      call,
      x.shape.map((d, k) => (k === axis ? result : d)),
    );
    if (result === 0 || size === 0) throw refused(call, "sizes above 0", "0");
    x = along(call, x, axis, { result, scale });
  }
  return [x];
};

export const resizeOperators: Operators = { Resize: resize, Upsample: resize };
