import { FormatError, problem } from "../../errors.ts";
import type { OnnxBuilder } from "./builder.ts";
import { fixed, type Sizes, sameSizes } from "./open-sizes.ts";
import { dataTypes } from "./types.ts";

/** An axis of a value of the graph. */
interface Axis {
  readonly sizes: Sizes;
  readonly value: string;
  readonly axis: number;
}

/** Sizes as values of the graph: numbers where they are fixed, otherwise read from the axes of tensors that are there. */
export class SizeValues {
  readonly #b: OnnxBuilder;
  /** Values known in the graph, and within the graphs inside it that are being written. */
  #axes: Axis[] = [];
  #made = new Map<string, string>();

  constructor(b: OnnxBuilder) {
    this.#b = b;
  }

  /** A value of these sizes is there. */
  know(value: string, sizes: readonly Sizes[]): void {
    for (const [axis, v] of sizes.entries())
      if (fixed(v) === null && !this.#axis(v)) this.#axes.push({ sizes: v, value, axis });
  }
  /** Runs `work`, whose values nobody sees from outside. */
  within<T>(work: () => T): T {
    const [axes, made] = [this.#axes, this.#made];
    [this.#axes, this.#made] = [[...axes], new Map(made)];
    const result = work();
    [this.#axes, this.#made] = [axes, made];
    return result;
  }

  /** Several sizes side by side, int64 [n]. */
  list(sizes: readonly Sizes[], who: string): string {
    const numbers = sizes.map(fixed);
    if (numbers.every((d) => d !== null)) return this.#b.ints(numbers);
    const parts = sizes.map((v) => this.one(v, who));
    return parts.length === 1 ? parts[0] : this.#b.node("Concat", parts, { axis: 0 });
  }

  /** One size, int64 [1]. Throws FormatError where it follows from the open ones in no way that is known here. */
  one(v: Sizes, who: string): string {
    const number = fixed(v);
    if (number !== null) return this.#b.ints([number]);
    const key = v.join();
    const known = this.#made.get(key) ?? this.#read(v) ?? this.#product(v) ?? this.#linear(v);
    if (known === undefined) throw unknownSize(v, who);
    this.#made.set(key, known);
    return known;
  }

  /** Numbers that follow from a size, f32 []: the size, its root, or one over either. Throws FormatError for others. */
  real(v: Sizes, who: string): string {
    for (const { back, forth, nodes } of follows) {
      const size = v.map((d) => Math.round(back(d)));
      if (!size.every((n, k) => Math.abs(forth(n) - v[k]) <= 1e-9 * Math.abs(v[k]))) continue;
      const one = this.#b.node("Squeeze", [this.one(size, who), this.#b.ints([0])]);
      const real = this.#b.node("Cast", [one], { to: dataTypes.float });
      return nodes.reduce((x, op) => this.#b.node(op, [x]), real);
    }
    throw unknownSize(v, who);
  }

  #axis(v: Sizes): Axis | undefined {
    return this.#axes.find(({ sizes }) => sameSizes(sizes, v));
  }
  #read(v: Sizes): string | undefined {
    const at = this.#axis(v);
    return at && this.#b.node("Shape", [at.value], { start: at.axis, end: at.axis + 1 });
  }
  #product(v: Sizes): string | undefined {
    for (const { sizes } of this.#axes) {
      const rest = v.map((d, k) => d / sizes[k]);
      if (fixed(rest) === null && !this.#axis(rest)) continue;
      if (!rest.every(Number.isInteger)) continue;
      return this.#b.node("Mul", [
        this.#read(sizes)!,
        fixed(rest) === null ? this.#read(rest)! : this.#b.ints([rest[0]]),
      ]);
    }
    return undefined;
  }
  /** a·n + b, or a whole part of n. */
  #linear(v: Sizes): string | undefined {
    for (const { sizes } of this.#axes) {
      const [x0, x1] = sizes;
      const factor = (v[1] - v[0]) / (x1 - x0);
      const more = v[0] - factor * x0;
      if (!Number.isInteger(factor) || !Number.isInteger(more)) continue;
      if (!v.every((d, k) => d === factor * sizes[k] + more)) continue;
      const read = this.#read(sizes)!;
      const scaled = factor === 1 ? read : this.#b.node("Mul", [read, this.#b.ints([factor])]);
      return more === 0 ? scaled : this.#b.node("Add", [scaled, this.#b.ints([more])]);
    }
    return undefined;
  }
}

/** A way a number may follow from a size, the size from the number, and the operators that compute it. */
const follows = [
  { forth: (n: number) => n, back: (x: number) => x, nodes: [] },
  { forth: (n: number) => 1 / n, back: (x: number) => 1 / x, nodes: ["Reciprocal"] },
  { forth: Math.sqrt, back: (x: number) => x * x, nodes: ["Sqrt"] },
  { forth: (n: number) => 1 / Math.sqrt(n), back: (x: number) => 1 / (x * x), nodes: ["Sqrt", "Reciprocal"] },
];

function unknownSize(v: Sizes, who: string): FormatError {
  const next = "Give the model's input fixed sizes: input([20, 3]) for 20 steps.";
  return new FormatError(problem(who, "sizes that follow from the input's", `one that is ${v.join(", ")}`, next));
}
