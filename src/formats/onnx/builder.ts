import { UniqueNames } from "../../layers/unique-names.ts";
import type { OnnxAttribute, OnnxNode, OnnxSubgraph, OnnxTensor, OnnxValue } from "./proto.ts";
import { dataTypes } from "./types.ts";

/** Collects the nodes and constants of a graph; every value has a name of its own. */
export class OnnxBuilder {
  nodes: OnnxNode[] = [];
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
  several(
    op: string,
    inputs: readonly string[],
    attributes: Record<string, OnnxAttribute>,
    count: number,
    graphs?: Map<string, OnnxSubgraph>,
  ): string[] {
    const name = this.name(op.toLowerCase());
    const outputs = Array.from({ length: count }, (_, k) => (k === 0 ? name : this.name(`${name}_${k}`)));
    this.nodes.push({
      op,
      name,
      domain: "",
      inputs: [...inputs],
      outputs,
      attributes: new Map(Object.entries(attributes)),
      ...(graphs ? { graphs } : {}),
    });
    return outputs;
  }

  /** A graph inside a node: what `work` writes. It sees the values around it. */
  graph(work: () => { inputs: string[]; outputs: string[] }): OnnxSubgraph {
    const around = this.nodes;
    this.nodes = [];
    const { inputs, outputs } = work();
    const graph = { nodes: this.nodes, initializers: [], inputs, outputs };
    this.nodes = around;
    return graph;
  }

  /** Removes what no output depends on. */
  removeUnused(): void {
    const used = new Set(this.outputs.map(({ name }) => name));
    this.nodes = usedOf(this.nodes, used);
    const kept = this.initializers.filter(({ name }) => used.has(name));
    this.initializers.splice(0, this.initializers.length, ...kept);
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
  tensor(name: string, data: OnnxTensor["data"], dims: readonly number[], type?: number): string {
    const own = this.name(name);
    this.initializers.push({ name: own, dims: [...dims], data, ...(type === undefined ? {} : { type }) });
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
  byte(value: number): string {
    return this.#constant(`byte ${value}`, () => this.tensor("constant", Int32Array.of(value), [], dataTypes.uint8));
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

/** The nodes that compute what is used; they use more. */
function usedOf(nodes: readonly OnnxNode[], used: Set<string>): OnnxNode[] {
  const found: OnnxNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => used.has(name))) continue;
    found.push(node);
    for (const name of node.inputs) used.add(name);
    for (const graph of node.graphs?.values() ?? []) {
      for (const name of graph.outputs) used.add(name);
      graph.nodes = usedOf(graph.nodes, used);
    }
  }
  return found.reverse();
}
