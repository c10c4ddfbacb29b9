import type { AnyLayer, LayerCall, SymbolicTensor } from "../layers/layer.ts";
import { kerasNodes, type Node } from "./keras-mask-nodes.ts";

/**
 * The layers of a functional model as Keras 3 orders them, which decides where files have their weights: by depth, the
 * longest way to an output, a shared layer's being that of its deepest use; then as they are met from the outputs back. Both
 * are counted in Keras's own graph, to which the operations on masks belong.
 */
export function kerasOrder(uses: readonly LayerCall[], outputs: readonly SymbolicTensor[]): AnyLayer[] {
  const { met, operations: depths } = measured(kerasNodes(uses), outputs);
  const places = new Map<AnyLayer, { depth: number; met: number }>();
  // An input that no output needs comes first among the last.
  for (const { layer } of uses) places.set(layer, { depth: depths.get(layer) ?? 0, met: met.get(layer) ?? -1 });
  const order = ([, a]: [AnyLayer, Position], [, b]: [AnyLayer, Position]) => b.depth - a.depth || a.met - b.met;
  return [...places].sort(order).map(([layer]) => layer);
}

/**
 * The calls as Keras 3 runs them, which decides what a layer that keeps something finds from its other call: the deepest first,
 * and of one depth those of later outputs.
 */
export function kerasRun(uses: readonly LayerCall[], outputs: readonly SymbolicTensor[]): LayerCall[] {
  const nodes = kerasNodes(uses);
  const { depths } = measured(nodes, outputs);
  const order = new Map([...depths.keys()].map((node, k) => [node, k]));
  const place = (use: LayerCall) => order.get(nodes.get(use)!) ?? -1; // an input that no output needs
  const depth = (use: LayerCall) => depths.get(nodes.get(use)!) ?? 0;
  return [...uses].sort((a, b) => depth(b) - depth(a) || place(a) - place(b));
}

/** The order in which operations are first met, and the depths of operations and calls. */
function measured(nodes: ReadonlyMap<LayerCall, Node>, outputs: readonly SymbolicTensor[]) {
  const met = new Map<object, number>();
  const left = new Set<Node>();
  for (const { call } of outputs) walk(nodes.get(call)!, met, left);
  return { met, ...depthsOf([...left].reverse()) };
}

interface Position {
  readonly depth: number;
  readonly met: number;
}

/** From a node back: its operation is met before those it reads from, the node is left after them. */
function walk(end: Node, met: Map<object, number>, left: Set<Node>): void {
  const stack: [Node, number][] = [[end, 0]]; // of its own: models may be deeper than the call stack
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const [node, next] = top;
    if (next === 0 && left.has(node)) {
      stack.pop();
      continue;
    }
    if (next === 0 && !met.has(node.operation)) met.set(node.operation, met.size);
    if (next < node.inputs.length) {
      top[1]++;
      stack.push([node.inputs[next], 0]);
    } else {
      left.add(node);
      stack.pop();
    }
  }
}

/** The depths of calls and of operations, from nodes in the order outputs to inputs; calls as Keras comes upon them. */
function depthsOf(nodes: readonly Node[]): { depths: Map<Node, number>; operations: Map<object, number> } {
  const depths = new Map<Node, number>();
  const operations = new Map<object, number>();
  for (const node of nodes) {
    const mine = Math.max(depths.get(node) ?? 0, operations.get(node.operation) ?? 0);
    depths.set(node, mine);
    operations.set(node.operation, mine);
    for (const input of node.inputs) depths.set(input, Math.max(depths.get(input) ?? 0, mine + 1));
  }
  return { depths, operations };
}
