import type { CallContext, Weight } from "../../layers/layer.ts";
import { add, cast, constant, mul, reshape, sliceAxis } from "../../ops/index.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Known } from "./values.ts";

/**
 * Known numbers without order that a graph needs as tensors: they are found by tracing it once, become weights, and are found
 * again by their content. What depends on an open size differs from trace to trace, and is none.
 */
export class Constants {
  /** Whether the graph is traced to see what it needs. */
  open = false;
  readonly weights = new Map<string, Weight>();
  #seen: Map<string, { data: Float32Array; shape: Shape }>[] = [];

  /** A trace begins. */
  begin(): void {
    if (this.open) this.#seen.push(new Map());
  }

  /** Values that every trace needed. */
  needed(): { key: string; data: Float32Array; shape: Shape }[] {
    const [first = new Map(), ...others] = this.#seen;
    this.#seen = [];
    return [...first].filter(([key]) => others.every((o) => o.has(key))).map(([key, value]) => ({ key, ...value }));
  }

  tensor({ data, shape, whole }: Known, beside: Tensor, context: CallContext): Tensor | undefined {
    // f32 counts to 2^24: larger whole numbers are kept as two, of 16 bits each.
    const large = whole && data.some((v) => Math.abs(v) > 2 ** 24);
    const parts = large ? [...data.map((v) => Math.floor(v / 65_536)), ...data.map((v) => v & 65_535)] : data;
    const key = `${whole} ${data.join()}`;
    const n = data.length;
    if (this.open) {
      this.#seen.at(-1)?.set(key, { data: Float32Array.from(parts), shape: [large ? 2 : 1, n] });
      return constant(0, beside, shape, whole ? "i32" : "f32");
    }
    const weight = this.weights.get(key);
    if (!weight) return undefined;
    const stored = context.weight(weight);
    if (!whole) return reshape(stored, shape);
    const integers = cast(stored, "i32");
    if (!large) return reshape(integers, shape);
    const [high, low] = [0, 1].map((k) => reshape(sliceAxis(integers, 0, k, 1), shape));
    return add(mul(high, 65_536), low);
  }
}
