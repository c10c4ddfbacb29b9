import { FormatError, problem } from "../../errors.ts";
import { type OnnxCall, refused } from "./call.ts";
import type { IntegerBounds } from "./integer-bounds.ts";
import { onnxOperator } from "./operators.ts";
import type { OnnxNode, OnnxSubgraph } from "./proto.ts";
import { resultTypes } from "./result-types.ts";
import type { OnnxTraced } from "./values.ts";
import type { Within } from "./within.ts";

/** The values of a graph by name, with those of the graphs around it. */
export class Scope {
  readonly #values = new Map<string, OnnxTraced>();
  readonly #types = new Map<string, number>();
  readonly #around: Scope | undefined;

  constructor(around?: Scope) {
    this.#around = around;
  }
  value(name: string): OnnxTraced | undefined {
    return this.#values.get(name) ?? this.#around?.value(name);
  }
  type(name: string): number | undefined {
    return this.#types.get(name) ?? this.#around?.type(name);
  }
  set(name: string, value: OnnxTraced | undefined, type: number | undefined): void {
    if (name === "") return;
    if (value !== undefined) this.#values.set(name, value);
    if (type !== undefined) this.#types.set(name, type);
  }
}

/** The context that every node of a graph is traced with. */
export interface GraphCall extends Pick<OnnxCall, "beside" | "opset" | "memory" | "constant" | "numbers"> {
  readonly who: string;
  readonly integers: IntegerBounds;
  /** The numbers that lie in a graph within: two branches may give them the same names. */
  readonly numbersIn: (
    graph: OnnxSubgraph,
  ) => Iterable<[name: string, value: OnnxTraced | undefined, type: number | undefined]>;
}

const mostAxes = 64;

/** Traces nodes in their order; what they compute is in the scope afterwards. */
export function runNodes(nodes: readonly OnnxNode[], scope: Scope, graph: GraphCall): void {
  for (const [n, node] of nodes.entries()) {
    const who = `${graph.who}, node ${n} (${node.op}${node.name ? ` "${node.name}"` : ""})`;
    if (node.op === "Constant" && node.attributes.has("value") && scope.value(node.outputs[0]) !== undefined) continue;
    const inputs = node.inputs.map((name) => {
      const value = name === "" ? undefined : scope.value(name);
      if (value === undefined && name !== "") {
        const next = "The nodes are not in order, or the file is damaged.";
        throw new FormatError(problem(who, `the value "${name}" computed before it`, "none", next));
      }
      return value;
    });
    const types = node.inputs.map((name) => scope.type(name));
    const call: OnnxCall = {
      ...graph,
      who,
      node,
      inputs,
      types,
      within: (name) => subgraph(node, name, scope, { ...graph, who }),
    };
    const results = onnxOperator(call);
    const found = resultTypes(node, types);
    graph.integers.follow(call, results, found);
    for (const [k, name] of node.outputs.entries()) {
      const rank = results[k]?.shape.length ?? 0;
      if (rank > mostAxes) throw refused(call, `arrays of at most ${mostAxes} axes`, `${rank}`);
      scope.set(name, results[k], found[k]);
    }
  }
}

function subgraph(node: OnnxNode, name: string, around: Scope, graph: GraphCall): Within {
  const found: OnnxSubgraph | undefined = node.graphs?.get(name);
  if (!found) throw new FormatError(problem(graph.who, `a graph as its attribute ${name}`, "none"));
  return {
    size: found.nodes.length,
    outputs: found.outputs.length,
    run: (inputs, types = []) => {
      if (inputs.length !== found.inputs.length)
        throw new FormatError(problem(graph.who, `${found.inputs.length} inputs for ${name}`, `${inputs.length}`));
      const scope = new Scope(around);
      for (const [own, value, type] of graph.numbersIn(found)) scope.set(own, value, type);
      inputs.forEach((value, k) => void scope.set(found.inputs[k], value, types[k]));
      runNodes(found.nodes, scope, graph);
      return found.outputs.map((output) => {
        const value = scope.value(output);
        if (value === undefined)
          throw new FormatError(problem(graph.who, `the output "${output}" of ${name} computed by a node`, "none"));
        return value;
      });
    },
  };
}
