import type { LayerCall, Layers, SymbolicTensor } from "../layers/layer.ts";
import { kerasNodes, type Node } from "./keras-mask-nodes.ts";

/**
 * The layers of a functional model as Keras 3 orders them, which decides where files have their weights: by depth, the
 * longest way to an output, a shared layer's being that of its deepest use; then as they are met from the outputs back. Both
 * are counted in Keras's own graph, to which the operations on masks belong.
 */
export function kerasOrder(uses: readonly LayerCall[], outputs: readonly SymbolicTensor[]): Layers[] {
  const nodes = kerasNodes(uses);
  const met = new Map<object, number>();
  const left = new Set<Node>();
  for (const { call } of outputs) walk(nodes.get(call)!, met, left);
  const depths = depthsOf([...left].reverse());
  const places = new Map<Layers, { depth: number; met: number }>();
  // An input that no output needs comes first among the last.
  for (const { layer } of uses) places.set(layer, { depth: depths.get(layer) ?? 0, met: met.get(layer) ?? -1 });
  const order = ([, a]: [Layers, Place], [, b]: [Layers, Place]) => b.depth - a.depth || a.met - b.met;
  return [...places].sort(order).map(([layer]) => layer);
}

interface Place {
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

/** The depth of every operation, from nodes in the order outputs to inputs. */
function depthsOf(nodes: readonly Node[]): Map<object, number> {
  const depth = new Map<Node, number>();
  const operations = new Map<object, number>();
  for (const node of nodes) {
    const mine = Math.max(depth.get(node) ?? 0, operations.get(node.operation) ?? 0);
    operations.set(node.operation, mine);
    for (const input of node.inputs) depth.set(input, Math.max(depth.get(input) ?? 0, mine + 1));
  }
  return operations;
}
