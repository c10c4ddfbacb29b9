import type { OnnxNode, OnnxSubgraph } from "./proto.ts";

/** Nodes each behind those whose results it reads, as the standard wants them; tools append some at the end, and ONNX Runtime sorts them. */
export function inOrder(nodes: readonly OnnxNode[]): OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name): [string, OnnxNode] => [name, node])));
  const sorted: OnnxNode[] = [];
  const begun = new Set<OnnxNode>();
  const begin = (node: OnnxNode) => {
    begun.add(node);
    return { node, needed: namesOf(node).values() };
  };
  for (const first of nodes) {
    const path = begun.has(first) ? [] : [begin(first)];
    while (path.length > 0) {
      const last = path[path.length - 1];
      const { value: name, done } = last.needed.next();
      const maker = name === undefined ? undefined : makers.get(name);
      if (maker && !begun.has(maker)) path.push(begin(maker)); // a circle ends here, and is told of when the nodes run
      if (done) sorted.push(path.pop()!.node);
    }
  }
  return sorted;
}

/** Inputs of a node, those of the graphs within it too. */
const namesOf = ({ inputs, graphs }: OnnxNode): string[] => [
  ...inputs,
  ...[...(graphs?.values() ?? [])].flatMap(outerNames),
];
const outerNames = ({ nodes, outputs }: OnnxSubgraph): string[] => [...nodes.flatMap(namesOf), ...outputs];
