import { FormatError, problem } from "../../errors.ts";
import * as ops from "../../ops/index.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Budget } from "../budget.ts";
import type { OnnxNode } from "./proto.ts";
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
} from "./values.ts";

/** One node about to be traced: its inputs by place, undefined where left out. */
export interface OnnxCall {
  readonly node: OnnxNode;
  readonly inputs: readonly (OnnxTraced | undefined)[];
  /** Any tensor of the trace. */
  readonly beside: Tensor;
  readonly who: string;
  readonly opset: number;
  /** Memory budget for constants, checked before any are made. */
  readonly memory: Budget;
}
/** The values a node computes, one for each output. */
export type Operator = (call: OnnxCall) => OnnxTraced[];
export type Operators = Readonly<Record<string, Operator>>;

export const attribute = ({ node, who }: OnnxCall, name: string, otherwise: number) =>
  numberIn(node, name, otherwise, who);
export const listOf = ({ node, who }: OnnxCall, name: string) => numbersIn(node, name, who);

export function tensor(call: OnnxCall, k: number): Tensor {
  const value = call.inputs[k];
  if (value === undefined) throw new FormatError(problem(call.who, `input ${k}`, "none"));
  return asTensor(call, value);
}

/** A value as a tensor: numbers known are looked at for it, one by one. */
export function asTensor(call: OnnxCall, value: OnnxTraced): Tensor {
  if (isKnown(value)) hold(call, value.data.length);
  return tensorOf(value, call.beside, call.who);
}

/** Counts numbers that are about to be made. */
export const hold = ({ memory, who }: OnnxCall, count: number): void => memory.take(bytesOfNumber * count, who);
const bytesOfNumber = 8;
const mostAxes = 64;

/** Known numbers that are one for each axis of something. */
export function sizes(call: OnnxCall, k: number, what: string): readonly number[] {
  return fewAxes(call, known(call, k, what));
}
export function fewAxes<T extends readonly number[] | undefined>(call: OnnxCall, list: T): T {
  if (list === undefined || list.length <= mostAxes) return list;
  throw new FormatError(problem(call.who, `at most ${mostAxes} axes`, `${list.length}`));
}
export const known = (call: OnnxCall, k: number, what: string): readonly number[] =>
  knownOf(call.inputs[k], call.who, what).data;
export const whole = (shape: Shape, data: readonly number[]): Known => ({ shape, data, whole: true });

/** A formula over tensors of all inputs. */
export const formula =
  (make: (xs: Tensor[], call: OnnxCall) => Tensor): Operator =>
  (call) => [
    make(
      call.inputs.map((_, k) => tensor(call, k)),
      call,
    ),
  ];

/** Two inputs: numbers where both are known, tensors otherwise. */
export const pairwise =
  (onNumbers: (a: number, b: number) => number, onTensors: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (call) => {
    const of = (v: OnnxTraced) => (isKnown(v) && v.data.length === 1 ? scalar(v, call.beside) : asTensor(call, v));
    const both = (a: OnnxTraced, b: OnnxTraced) => {
      if (isKnown(a) && isKnown(b)) return zipKnown(a, b, call, onNumbers);
      const [p, q] = [of(a), of(b)];
      return p.dtype === q.dtype ? onTensors(p, q) : onTensors(ops.cast(p, "f32"), ops.cast(q, "f32"));
    };
    return [(call.inputs as OnnxTraced[]).reduce(both)];
  };

export const scalar = (v: Known, beside: Tensor): Tensor => ops.constant(v.data[0], beside, v.shape, "f32");

/** Axes from an attribute (older opsets) or an input. */
export function axesOf(call: OnnxCall, input: number): number[] | undefined {
  const own = listOf(call, "axes");
  if (own) return fewAxes(call, own);
  return call.inputs[input] === undefined ? undefined : [...sizes(call, input, "axes")];
}

export const reshaped = (value: OnnxTraced, shape: Shape): OnnxTraced =>
  isKnown(value) ? { ...value, shape } : ops.reshape(value, shape);

export const reduction =
  (make: (x: Tensor, axes: number[] | undefined, keep: boolean) => Tensor): Operator =>
  (call) => {
    const x = tensor(call, 0);
    const axes = axesOf(call, 1)?.map((axis) => axisIn(axis, x.shape.length));
    return [make(x, axes, attribute(call, "keepdims", 1) === 1)];
  };
