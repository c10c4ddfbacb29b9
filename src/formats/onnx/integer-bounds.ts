import { sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type OnnxCall, refused } from "./call.ts";
import { dataTypes } from "./types.ts";
import { isKnown, type OnnxTraced } from "./values.ts";

/**
 * The distance from 0 that integers of 64 bits may have. They are computed in 32, so that an operator whose results may leave those is refused;
 * integers of 32 bits wrap round there as here.
 */
export class IntegerBounds {
  readonly #most = new Map<Tensor, number>();

  of(value: OnnxTraced): number {
    if (isKnown(value)) return farthest(value);
    return this.#most.get(value) ?? assumed;
  }

  set(value: Tensor, most: number): void {
    this.#most.set(value, most);
  }

  /** Notes how far the results of a node may lie from 0. Throws FormatError where that is beyond 32 bits. */
  follow(call: OnnxCall, results: readonly (OnnxTraced | undefined)[], types: readonly (number | undefined)[]): void {
    for (const [k, result] of results.entries()) {
      if (result === undefined || isKnown(result) || result.dtype !== "i32") continue;
      const most = grown(call, result, this);
      if (most > largest && types[k] === dataTypes.int64) {
        const next = "Cast them to float or int32 before it.";
        throw refused(call, "integers that stay within 32 bits", "integers of 64 bits that may not", next);
      }
      this.#most.set(result, Math.min(most, largest));
    }
  }
}

/** The largest of an array's numbers, whatever their sign. */
export const farthest = ({ data }: { readonly data: ArrayLike<number> }): number => {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]));
  return most;
};

/** Of what comes from floating point, which counts to it, and of integers that come with the input: ids, lengths and places stay below. */
const assumed = 2 ** 24;
const largest = 2 ** 31 - 1;

interface Growth {
  /** The bounds of the integer inputs, and the largest. */
  readonly each: readonly number[];
  readonly most: number;
  /** Numbers of the first input that go into one of the result. */
  readonly over: number;
  readonly call: OnnxCall;
}

const sum = ({ each }: Growth) => each.reduce((total, v) => total + v, 0);
const product = ({ each }: Growth) => each.slice(0, 2).reduce((total, v) => total * v, 1);
const sizes = ({ call }: Growth) => call.inputs[0]?.shape ?? [];
const cast = ({ each, call }: Growth) => each[0] ?? (call.types[0] === dataTypes.bool ? 1 : assumed);
const scattered = ({ each: [data = 0, updates = 0], call }: Growth) => {
  const how = call.node.attributes.get("reduction") ?? "none";
  if (how === "add") return data + updates * sizeOf(call.inputs[2]?.shape ?? []);
  return how === "mul" ? Number.POSITIVE_INFINITY : Math.max(data, updates);
};

/** Operators whose results lie farther from 0 than what goes in. */
const rules: Readonly<Record<string, (growth: Growth) => number>> = {
  Add: sum,
  Sum: sum,
  Sub: sum,
  Mul: product,
  MatMul: (g) => product(g) * (sizes(g).at(-1) ?? 1),
  Gemm: (g) => product(g) * Math.max(1, ...sizes(g)) + (g.each[2] ?? 0),
  Einsum: (g) => product(g) * sizeOf(sizes(g)),
  Pow: ({ each: [base = 1, exponent = 1] }) => (base > 1 ? base ** exponent : 1),
  ReduceSum: ({ most, over }) => most * over,
  ReduceL1: ({ most, over }) => most * over,
  ReduceSumSquare: ({ most, over }) => most ** 2 * over,
  ReduceProd: ({ most, over }) => Math.max(1, most ** over),
  CumSum: (g) => (g.each[0] ?? 0) * Math.max(1, ...sizes(g)),
  ScatterElements: scattered,
  ScatterND: scattered,
  Cast: cast,
  CastLike: cast,
};

function grown(call: OnnxCall, result: Tensor, bounds: IntegerBounds): number {
  const each = call.inputs.flatMap((x, k) => (x && isInteger(x, call.types[k]) ? [bounds.of(x)] : []));
  const most = Math.max(0, ...each);
  const over = Math.max(1, sizeOf(call.inputs[0]?.shape ?? []) / Math.max(1, sizeOf(result.shape)));
  const rule = rules[call.node.op];
  return rule ? rule({ each, most, over, call }) : each.length > 0 ? most : assumed;
}

const isInteger = (x: OnnxTraced, type: number | undefined) =>
  type !== dataTypes.bool && (isKnown(x) ? x.whole : x.dtype === "i32");
