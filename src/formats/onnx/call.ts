import { FormatError, problem } from "../../errors.ts";
import * as ops from "../../ops/index.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Budget } from "../budget.ts";
import type { OnnxNode } from "./proto.ts";
import {
  isKnown,
  type Known,
  knownOf,
  numberIn,
  numbersIn,
  type OnnxTraced,
  rounded,
  type Tracing,
  tensorOf,
  textIn,
  zipKnown,
} from "./values.ts";
import type { Within } from "./within.ts";

/** One node about to be traced: its inputs by place, undefined where left out. */
export interface OnnxCall extends Tracing {
  readonly node: OnnxNode;
  readonly inputs: readonly (OnnxTraced | undefined)[];
  /** ONNX's numbers of the inputs' types, where they are known. */
  readonly types: readonly (number | undefined)[];
  readonly opset: number;
  /** Memory budget for constants, checked before any are made. */
  readonly memory: Budget;
  /** A graph among the node's attributes. */
  readonly within: (name: string) => Within;
  /** The numbers behind a tensor, where it comes from the file or from an array at hand. */
  readonly numbers: (value: Tensor) => Known | undefined;
}
/** The values a node computes, one for each output; undefined if it is not computed. */
export type Operator = (call: OnnxCall) => (OnnxTraced | undefined)[];
export type Operators = Readonly<Record<string, Operator>>;

export const attribute = ({ node, who }: OnnxCall, name: string, otherwise: number) =>
  numberIn(node, name, otherwise, who);
export const listOf = ({ node, who }: OnnxCall, name: string) => numbersIn(node, name, who);
export const wordOf = ({ node, who }: OnnxCall, name: string, otherwise: string) => textIn(node, name, otherwise, who);

/** The error of a node: what was expected, and what was received. */
export const refused = ({ who }: OnnxCall, expected: string, received: string, next?: string) =>
  new FormatError(problem(who, expected, received, next));

/** An axis counted from the front. Throws FormatError where there is none. */
export function axisIn(call: OnnxCall, axis: number, rank: number): number {
  const own = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(own) && own >= 0 && own < rank) return own;
  throw refused(call, `an axis from ${-rank} to ${rank - 1}`, `${axis}`);
}

export function value(call: OnnxCall, k: number): OnnxTraced {
  const found = call.inputs[k];
  if (found === undefined) throw refused(call, `input ${k}`, "none");
  return found;
}
export const tensor = (call: OnnxCall, k: number): Tensor => asTensor(call, value(call, k));
/** An input that may be left out. */
export const optional = (call: OnnxCall, k: number): Tensor | undefined =>
  call.inputs[k] === undefined ? undefined : tensor(call, k);

/** A value as a tensor: numbers known are looked at for it, one by one. */
export function asTensor(call: OnnxCall, value: OnnxTraced): Tensor {
  if (isKnown(value)) hold(call, value.data.length);
  return tensorOf(value, call);
}

/** Counts numbers that are about to be made. */
export const hold = ({ memory, who }: OnnxCall, count: number): void => memory.take(bytesOfNumber * count, who);
const bytesOfNumber = 8;
/** Counts operations that are about to be traced. */
export const holdOperations = (call: OnnxCall, count: number): void => hold(call, 64 * count);
const mostAxes = 64;

/** Known numbers that are one for each axis of something. */
export function sizes(call: OnnxCall, k: number, what: string): readonly number[] {
  return fewAxes(call, known(call, k, what));
}
export function fewAxes<T extends readonly number[] | undefined>(call: OnnxCall, list: T): T {
  if (list === undefined || list.length <= mostAxes) return list;
  throw refused(call, `at most ${mostAxes} axes`, `${list.length}`);
}
/** The numbers of an input, if they are known before the model runs. */
export function knownInput(call: OnnxCall, k: number): Known | undefined {
  const given = call.inputs[k];
  return given && (isKnown(given) ? given : call.numbers(given));
}
export const known = (call: OnnxCall, k: number, what: string): readonly number[] =>
  knownOf(knownInput(call, k), call.inputs[k] !== undefined, call.who, what).data;
/** One known number. */
export function knownNumber(call: OnnxCall, k: number, what: string): number {
  const numbers = known(call, k, what);
  if (numbers.length === 1) return numbers[0];
  throw refused(call, `${what} as one number`, `${numbers.length}`);
}
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

/** A formula of each number of one input: of numbers where they are known, of a tensor otherwise. */
export const each =
  (onNumber: (x: number) => number, onTensor: (x: Tensor) => Tensor): Operator =>
  (call) => {
    const x = value(call, 0);
    if (!isKnown(x)) return [onTensor(x)];
    hold(call, x.data.length);
    return [rounded({ shape: x.shape, whole: x.whole, data: x.data.map(onNumber) }, call.who)];
  };

/** Tensors of one dtype: where booleans of the file stand beside computed ones, or integers beside floating point. */
export const alike = (tensors: readonly Tensor[]): Tensor[] =>
  tensors.every(({ dtype }) => dtype === tensors[0].dtype) ? [...tensors] : tensors.map((t) => ops.cast(t, "f32"));

/** Inputs two by two: numbers where both are known, tensors otherwise. */
export const pairwise =
  (
    onNumbers: (a: number, b: number, whole: boolean) => number,
    onTensors: (a: Tensor, b: Tensor) => Tensor,
    result?: "truth",
  ): Operator =>
  (call) => {
    const both = (a: OnnxTraced, b: OnnxTraced) => {
      const isWhole = isKnown(a) && isKnown(b) && a.whole && b.whole;
      if (isKnown(a) && isKnown(b))
        return zipKnown(a, b, call, (x, y) => onNumbers(x, y, isWhole), result === "truth" ? true : isWhole);
      const [p, q] = alike([asTensor(call, a), asTensor(call, b)]);
      return onTensors(p, q);
    };
    return [call.inputs.map((_, k) => value(call, k)).reduce(both)];
  };

/** Axes from an attribute (older opsets) or an input, counted from the front; undefined where none are said. */
export function axesOf(call: OnnxCall, input: number, rank: number): number[] | undefined {
  const given = fewAxes(call, listOf(call, "axes")) ?? (call.inputs[input] ? sizes(call, input, "axes") : undefined);
  const axes = given?.map((axis) => axisIn(call, axis, rank));
  if (axes && new Set(axes).size < axes.length) throw refused(call, "each axis once", `[${given}]`);
  return axes;
}

const mostNumbers = 2 ** 26; // 256 MB

/** The shape of a tensor that is about to be made, if it is within the limit. */
export function bounded(call: OnnxCall, shape: Shape): Shape {
  if (shape.length <= mostAxes && shape.every((d) => Number.isInteger(d) && d >= 0) && sizeOf(shape) <= mostNumbers)
    return shape;
  throw refused(call, `sizes from 0, of at most ${mostNumbers} numbers together`, `[${shape.slice(0, mostAxes)}]`);
}
