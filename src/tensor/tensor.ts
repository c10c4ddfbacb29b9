import type { Region } from "./region.ts";
import { type DType, type Shape, sizeOf } from "./shape.ts";

/**
 * A symbolic tensor: a node in a trace, not numbers. Layers and formulas work on these; numbers appear when a backend
 * runs the program made of the trace.
 */
export interface Tensor {
  /** The trace that it is part of. */
  readonly trace: Trace;
  /** Sizes of its axes. */
  readonly shape: Shape;
  /** Of its entries. */
  readonly dtype: DType;
  /** The node that computes it; null for a leaf (a weight, data, the value a scan's turn begins with). */
  readonly node: Node | null;
  /** Location of a leaf in memory. */
  readonly location: Location | null;
  /** Keras's mask: f32 [B, T], 0 where the step is padding. Travels with the tensor while layers pass it on. */
  mask?: Tensor;
  /** i32 [B]: how many leading steps of each row are the same padding in every row (see kernels/README.md, `prefix`). */
  prefix?: Tensor;
}

/** A fixed location in a region; `offset` is in words. A leaf of a scan's body has none until the body is planned. */
export interface Location {
  readonly region: Region;
  readonly offset: number;
}

export interface Node {
  readonly op: Op;
  readonly inputs: (Tensor | null)[];
  readonly outputs: Tensor[];
  readonly attrs: OpAttributes;
  readonly from: string;
}

/** Attributes of a traced node: plain data, the body of a scan, or the formula of pieces. */
export type OpAttributes = Readonly<Record<string, number | string | boolean | readonly number[] | Body | Pieces>>;

/** The formula a scan repeats, traced once: leaves on entry, tensors on exit. `build` traces it again elsewhere. */
export interface Body {
  readonly trace: Trace;
  readonly carries: Tensor[];
  readonly slices: Tensor[];
  readonly nextCarries: Tensor[];
  readonly results: Tensor[];
  readonly build: BodyFormula;
}
/** One step of `scan`: what is carried and one step of each sequence → what is carried on and the step's results. */
export type BodyFormula = (carries: Tensor[], slices: Tensor[]) => { carries: Tensor[]; results: Tensor[] };

/** A formula over pieces of sequences that is traced again on the way back. */
export interface Pieces {
  readonly build: PiecesFormula;
  /** Number of sequences among the inputs. */
  readonly sequences: number;
  /** Steps of each piece. */
  readonly counts: readonly number[];
  /** The first piece is the sequences' end. */
  readonly reverse: boolean;
  readonly shapes: { readonly y: Shape; readonly carries: readonly Shape[] };
}
/** A piece of each sequence (null: there is none) and the carries before it → its results y [B, steps, ...] and the carries after it. */
export type PiecesFormula = (
  sequences: readonly (Tensor | null)[],
  carries: readonly Tensor[],
) => { y: Tensor; carries: Tensor[] };

/**
 * An operation. `reference` is its definition in smaller ops: documentation, oracle, fallback. Without `gradient`, the
 * reference is differentiated. An op with neither is a primitive without derivative.
 */
export interface Op {
  readonly name: string;
  shapes(inputs: readonly (Tensor | null)[], attrs: OpAttributes): { shape: Shape; dtype: DType }[];
  reference?(inputs: readonly (Tensor | null)[], attrs: OpAttributes): (Tensor | null)[];
  /** The gradient of each input, given those of the outputs (null: zero); null where there is none or it is not needed. */
  gradient?(node: Node, dOutputs: readonly (Tensor | null)[], needed: readonly boolean[]): (Tensor | null)[];
  /** The output may take the memory of the first input, where nothing reads that afterwards: kernels allow it. */
  readonly inPlace?: boolean;
  /** It becomes its reference only when gradients have been asked: its own gradient does better than the reference's. */
  readonly late?: boolean;
  /** The output is the input seen under another shape: no instruction, no memory. */
  readonly alias?: boolean;
}

/** A recording of operations in the order they were called. */
export class Trace {
  nodes: Node[] = [];
  /** Names the layer or pass that records; copied into nodes, messages and profiles. */
  from = "";
  readonly sizes: Record<Region, number> = {
    weights: 0,
    gradients: 0,
    optimizer: 0,
    state: 0,
    data: 0,
    feed: 0,
    scratch: 0,
  };
  readonly bindings = new Map<string, Tensor>();
  readonly parent: Trace | null;
  /** Replaces what the program's target has no kernel for among the nodes there are; gives what a tensor became. Set by graph/compile.ts. */
  lowering: (() => (t: Tensor) => Tensor) | null = null;

  constructor(parent: Trace | null = null) {
    this.parent = parent;
    if (parent) this.from = parent.from;
  }

  /** A tensor that lives in a region. Without an offset it gets the next free location; with a name the host can find it. */
  leaf(region: Region, shape: Shape, options: { dtype?: DType; offset?: number; name?: string } = {}): Tensor {
    const offset = options.offset ?? this.sizes[region];
    const end = offset + alignWords(sizeOf(shape));
    this.sizes[region] = Math.max(this.sizes[region], end);
    const tensor: Tensor = {
      trace: this,
      shape,
      dtype: options.dtype ?? "f32",
      node: null,
      location: { region, offset },
    };
    if (options.name) this.bindings.set(options.name, tensor);
    return tensor;
  }

  /** A leaf of a scan's body: its location is planned with the body. */
  turnLeaf(shape: Shape, dtype: DType): Tensor {
    return { trace: this, shape, dtype, node: null, location: null };
  }

  /** Records an op and returns its outputs. */
  apply(op: Op, inputs: readonly (Tensor | null)[], given: OpAttributes = {}): Tensor[] {
    const attrs = precision && (op.reference || withProducts.has(op.name)) ? { ...given, precision } : given;
    const node: Node = { op, inputs: [...inputs], outputs: [], attrs, from: this.from };
    for (const { shape, dtype } of op.shapes(inputs, attrs)) {
      node.outputs.push({ trace: this, shape, dtype, node, location: null });
    }
    this.nodes.push(node);
    return node.outputs;
  }

  /** Records an op that writes into leaves (an update in place). */
  applyInto(op: Op, inputs: readonly (Tensor | null)[], targets: readonly Tensor[], attrs: OpAttributes = {}): void {
    this.nodes.push({ op, inputs: [...inputs], outputs: [...targets], attrs, from: this.from });
  }

  /** Records what `work` calls, in ops that the target has kernels for. `now` gives what a tensor of it became. */
  lowered<T>(work: () => T): { made: T; now: (t: Tensor) => Tensor } {
    const before = this.nodes;
    this.nodes = [];
    const made = inTrace(this, work);
    const now = this.lowering?.() ?? ((t: Tensor) => t);
    this.nodes = [...before, ...this.nodes];
    return { made, now };
  }

  /** Runs `work` with `from` set, and puts it back. */
  scope<T>(from: string, work: () => T): T {
    const kept = this.from;
    this.from = from;
    try {
      return work();
    } finally {
      this.from = kept;
    }
  }
}

/** The innermost trace among the tensors: where an op over them is recorded. */
export function traceOf(inputs: readonly (Tensor | null)[]): Trace {
  let found: Trace | null = null;
  for (const t of inputs) {
    if (t && (!found || isInside(t.trace, found))) found = t.trace;
  }
  if (!found) throw new Error("an op needs at least one tensor");
  return active && isInside(active, found) ? active : found;
}

/** Precision of what products multiply: as it is (null), or rounded to bfloat16 with sums of floats. */
export type Precision = "bfloat16" | null;

let precision: Precision = null;

/** Primitives that hold products; every op with a reference may. */
const withProducts = new Set(["matmul", "scan"]);

/** Records what `work` calls with products of this precision: the ops have it as an attribute. */
export function withPrecision<T>(asked: unknown, work: () => T): T {
  const kept = precision;
  precision = (asked ?? null) as Precision;
  try {
    return work();
  } finally {
    precision = kept;
  }
}

let active: Trace | null = null;

/** Records everything `work` calls in `trace`, also ops over tensors of the traces around it (a scan's constants). */
export function inTrace<T>(trace: Trace, work: () => T): T {
  const kept = active;
  active = trace;
  try {
    return work();
  } finally {
    active = kept;
  }
}

function isInside(inner: Trace, outer: Trace): boolean {
  for (let t: Trace | null = inner; t; t = t.parent) if (t === outer) return true;
  return false;
}

/** Leaves and planned tensors begin at multiples of 16 words (one 64-byte line in f32). */
export function alignWords(words: number): number {
  return Math.ceil(words / 16) * 16;
}
