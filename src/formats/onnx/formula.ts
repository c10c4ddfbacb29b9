import { FormatError, problem } from "../../errors.ts";
import { lower } from "../../graph/lower.ts";
import type { AnyLayer, CallContext, Weight } from "../../layers/layer.ts";
import type { AnyModel } from "../../models/model.ts";
import { cast } from "../../ops/elementwise.ts";
import { type Body, inTrace, type Node, type OpAttributes, type Tensor, Trace } from "../../tensor/tensor.ts";
import { foreignWeight } from "../../train/network.ts";
import { isCarried } from "../../train/parameters.ts";
import { type OpenSize, type Sizes, withOpenSizes } from "./open-sizes.ts";
import { cells } from "./recurrent-ops.ts";

/** A state that is handed in at the beginning and out at the end. */
export interface CarriedState {
  readonly layer: AnyLayer;
  /** `h`, `c`, or `state_2`. */
  readonly part: string;
  readonly begin: Tensor;
  readonly end: Tensor;
}

/** Options for tracing a formula for a file. */
export interface Tracing {
  /** Of a single step: the sequences of all inputs have one. */
  readonly step: boolean;
  /** Results of a layer in another way than by its formula, and states that it carries. */
  instead(layer: AnyLayer, inputs: readonly Tensor[], context: CallContext, states: CarriedState[]): Tensor[] | null;
  /** Whether an op is written as it is. */
  keeps(node: Node): boolean;
}

/** One trace of a model's formula, in the operators that ONNX has or that are made of some. */
interface Traced {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly states: readonly CarriedState[];
  readonly weights: ReadonlyMap<Weight, Tensor>;
  readonly nodes: readonly Node[];
  readonly used: ReadonlySet<Tensor>;
}

/**
 * The formula a model predicts by, traced at several sizes of what is open in its inputs. What differs between the traces
 * follows from the open sizes; all else must be the same, or the formula is another one for other lengths.
 */
export class Formula {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly states: readonly CarriedState[];
  readonly nodes: readonly Node[];
  readonly weights: ReadonlyMap<Tensor, Weight>;
  /** Nodes that the outputs depend on. */
  readonly used: ReadonlySet<Tensor>;
  /** For each input and axis the open size there. */
  readonly open: readonly (readonly (OpenSize | null)[])[];
  readonly #who: string;
  readonly #tensors = new Map<Tensor, readonly Tensor[]>();
  readonly #attributes = new Map<Node, readonly OpAttributes[]>();

  constructor(model: AnyModel, who: string, tracing: Tracing) {
    this.#who = who;
    const places = model.inputs!.map(({ name, shape }) => ({
      name,
      shape: tracing.step && shape.length > 1 ? [shape[0], 1, ...shape.slice(2)] : shape,
    }));
    const trace = (shapes: readonly (readonly number[])[]) => traceOf(model, shapes, tracing);
    const { open, traces } = withOpenSizes(places, trace, who);
    const [first] = traces;
    this.open = open;
    this.inputs = first.inputs;
    this.outputs = first.outputs;
    this.states = first.states;
    this.nodes = first.nodes;
    this.used = first.used;
    this.weights = new Map([...first.weights].map(([weight, leaf]) => [leaf, weight]));
    for (const [k, input] of first.inputs.entries())
      this.#same(
        input,
        traces.map(({ inputs }) => inputs[k]),
      );
    for (const [weight, leaf] of first.weights)
      this.#same(
        leaf,
        traces.map(({ weights }) => weights.get(weight)!),
      );
    for (const [k, { begin }] of first.states.entries())
      this.#same(
        begin,
        traces.map(({ states }) => states[k].begin),
      );
    this.#align(traces.map(({ nodes }) => nodes));
  }

  /** The sizes of a tensor's axes in all traces. */
  sizes(t: Tensor): Sizes[] {
    const all = this.#tensors.get(t)!;
    return t.shape.map((_, i) => all.map(({ shape }) => shape[i]));
  }
  /** A node's attribute that is a number, in all traces. */
  number(node: Node, key: string): Sizes {
    return this.#attributes.get(node)!.map((attrs) => attrs[key] as number);
  }
  /** A node's attribute that is a list of sizes, in all traces. */
  list(node: Node, key: string): Sizes[] {
    const all = this.#attributes.get(node)!.map((attrs) => attrs[key] as readonly number[]);
    return all[0].map((_, i) => all.map((list) => list[i]));
  }

  #same(t: Tensor, all: readonly Tensor[]): void {
    this.#tensors.set(t, all);
  }

  #align(lists: readonly (readonly Node[])[]): void {
    const [first] = lists;
    for (const [i, node] of first.entries()) {
      const all = lists.map((list) => list[i] as Node | undefined);
      const alike = (other: Node | undefined, k: number) =>
        other?.op.name === node.op.name &&
        other.inputs.length === node.inputs.length &&
        sameButSizes(node.attrs, other.attrs) &&
        node.inputs.every((t, j) => (t ? this.#tensors.get(t)?.[k] === other.inputs[j] : other.inputs[j] === null));
      if (lists.some((list) => list.length !== first.length) || !all.every(alike)) throw this.#unlike(node);
      const nodes = all as Node[];
      this.#attributes.set(
        node,
        nodes.map(({ attrs }) => attrs),
      );
      for (const [k, t] of node.outputs.entries())
        this.#same(
          t,
          nodes.map(({ outputs }) => outputs[k]),
        );
      if (node.attrs.body) this.#alignBodies(nodes.map(({ attrs }) => attrs.body as Body));
    }
  }
  #alignBodies(bodies: readonly Body[]): void {
    for (const key of ["carries", "slices"] as const)
      for (const [k, t] of bodies[0][key].entries())
        this.#same(
          t,
          bodies.map((body) => body[key][k]),
        );
    this.#align(bodies.map(({ trace }) => trace.nodes));
  }

  #unlike({ from }: Node): FormatError {
    const next = "Give the model's input fixed sizes: input([20, 3]) for 20 steps.";
    return new FormatError(problem(`${this.#who}, ${from}`, "one formula for all lengths", "another for each", next));
  }
}

const sizeAttributes = ["shape", "size", "begin", "value", "length", "body"];

/** Whether the attributes are the same, apart from those that may follow from open sizes. */
function sameButSizes(a: OpAttributes, b: OpAttributes): boolean {
  const keys = Object.keys(a).filter((key) => !sizeAttributes.includes(key));
  return keys.every((key) => String(a[key]) === String(b[key]));
}

function traceOf(model: AnyModel, shapes: readonly (readonly number[])[], tracing: Tracing): Traced {
  const trace = new Trace();
  const weights = new Map<Weight, Tensor>();
  const states: CarriedState[] = [];
  const left = new Map<Weight, Tensor>(); // what a layer leaves to its next call
  let streams = 0;
  const owned = new Set(model.ownedWeights().map(({ weight }) => weight));
  const leafOf = (w: Weight): Tensor => {
    if (!owned.has(w)) throw foreignWeight(w);
    const leaf = weights.get(w) ?? trace.leaf("weights", w.shape);
    weights.set(w, leaf);
    return leaf;
  };
  const inputs = model.inputs!.map(({ dtype }, k) => trace.leaf("data", shapes[k], { dtype }));
  const context: CallContext = {
    training: false,
    masks: model.masks,
    weight: (w) => left.get(w) ?? leafOf(w),
    stream: () => streams++,
    update: (w, value) => left.set(w, value),
    addLoss: () => {},
    instead: (layer, given, inside) => tracing.instead(layer, given, inside, states),
  };
  const ran = inTrace(trace, () => model.forwardAll(inputs, context).map((y) => cast(y, "f32")));
  for (const { weight, layer } of model.ownedWeights()) {
    const end = isCarried(weight) && left.get(weight);
    if (!end || states.some(({ begin }) => begin === weights.get(weight))) continue;
    const own = layer.weights.filter(isCarried);
    states.push({ layer, part: partName(own.indexOf(weight), own.length), begin: leafOf(weight), end });
  }
  const now = lower(trace, tracing.keeps);
  const outputs = ran.map(now);
  const ends = states.map((state) => ({ ...state, end: now(state.end) }));
  const used = new Set([...outputs, ...ends.map(({ end }) => end)]);
  const nodes = needed(trace.nodes, used);
  return { inputs, outputs, states: ends, weights, nodes, used };
}

/** The name of a part of a recurrent layer's state. */
export const partName = (k: number, parts: number): string => (parts <= 2 ? "hc"[k] : `state_${k + 1}`);

/** The nodes that compute what is used, and what they use; in a scan's body, too. */
function needed(nodes: readonly Node[], used: Set<Tensor>): Node[] {
  const found: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((t) => used.has(t))) continue;
    found.push(node);
    if (node.op.name in cells) node.inputs[node.inputs.length - 1] = null; // steps that rows share: for speed alone
    for (const t of node.inputs) if (t) used.add(t);
    const body = node.attrs.body as Body | undefined;
    if (!body) continue;
    const results = body.results.filter((_, k) => used.has(node.outputs[body.carries.length + k]));
    for (const t of [...body.nextCarries, ...results]) used.add(t);
    body.trace.nodes = needed(body.trace.nodes, used);
  }
  return found.reverse();
}
