import { UniqueNames } from "../../layers/unique-names.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { OnnxAttribute, OnnxNode, OnnxTensor, OnnxValue } from "./proto.ts";

/** Collects the nodes and constants of a graph; every value has a name of its own. */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly inputs: OnnxValue[] = [];
  readonly outputs: OnnxValue[] = [];
  readonly #names = new UniqueNames();
  readonly #constants = new Map<string, string>();

  /** A node of one output; its name. */
  node(op: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    return this.several(op, inputs, attributes, 1)[0];
  }

  /** A node of several outputs; their names. */
  several(op: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute>, count: number): string[] {
    const name = this.name(op.toLowerCase());
    const outputs = Array.from({ length: count }, (_, k) => (k === 0 ? name : this.name(`${name}_${k}`)));
    this.nodes.push({
      op,
      name,
      domain: "",
      inputs: [...inputs],
      outputs,
      attributes: new Map(Object.entries(attributes)),
    });
    return outputs;
  }

  /** Gives a value the name the graph's output has. */
  output(value: string, as: OnnxValue): void {
    this.nodes.push({
      op: "Identity",
      name: this.name("output"),
      domain: "",
      inputs: [value],
      outputs: [as.name],
      attributes: new Map(),
    });
    this.outputs.push(as);
  }

  /** Numbers that are part of the model. */
  tensor(name: string, data: OnnxTensor["data"], dims: readonly number[]): string {
    const own = this.name(name);
    this.initializers.push({ name: own, dims: [...dims], data });
    return own;
  }

  /** Small constants, each there once: a list of whole numbers [n], or one number []. */
  ints(values: number | readonly number[]): string {
    const list = typeof values === "number" ? [values] : values;
    const make = () =>
      this.tensor("constant", BigInt64Array.from(list, BigInt), typeof values === "number" ? [] : [list.length]);
    return this.#constant(`ints ${JSON.stringify(values)}`, make);
  }
  number(value: number, type: "float" | "int32" = "float"): string {
    const make = () => this.tensor("constant", type === "float" ? Float32Array.of(value) : Int32Array.of(value), []);
    return this.#constant(`${type} ${value}`, make);
  }
  #constant(key: string, make: () => string): string {
    const known = this.#constants.get(key) ?? make();
    this.#constants.set(key, known);
    return known;
  }

  /** A name that is not taken. */
  name(wanted: string): string {
    return this.#names.of(wanted);
  }
}

/** The valid steps of a sequence [B, T], and the tensors of the graph derived from them. */
export interface OnnxMask {
  readonly valid: () => string; // bool [B, T]
  readonly lengths: () => string; // int32 [B]
  /** Indices of the valid steps, in order, then of the others: int64 [B, T]. */
  readonly order: () => string;
}

/**
 * A value of the graph. Where steps are masked it may be had in two ways: `full` as Keras has it, or `compact`, each row's
 * valid steps first, which is what recurrent operators with lengths read. Nodes come into being when one is used.
 */
export interface Traced {
  readonly shape: PartialShape;
  readonly type: "float" | "int32";
  readonly mask: OnnxMask | null;
  readonly full: () => string;
  readonly compact: () => string;
}

/** Does a thing once. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A value without a mask. */
export function unmasked(shape: PartialShape, make: () => string, type: Traced["type"] = "float"): Traced {
  const full = once(make);
  return { shape, type, mask: null, full, compact: full };
}

/** The result of an op that computes each step alone: it keeps the mask, whichever way its input is laid out. */
export function stepwise(x: Traced, shape: PartialShape, formula: (value: string) => string): Traced {
  if (!x.mask) return unmasked(shape, () => formula(x.full()));
  const [full, compact] = [once(() => formula(x.full())), once(() => formula(x.compact()))];
  return { shape, type: "float", mask: x.mask, full, compact };
}
