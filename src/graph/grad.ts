import { add } from "../ops/elementwise.ts";
import { smallOpGradients } from "../ops/gradients.ts";
import { inPiecesOp, piecesGradient } from "../ops/recompute.ts";
import { scanGradient, scanOp } from "../ops/scan.ts";
import { inTrace, type Node, type Tensor, type Trace, withPrecision } from "../tensor/tensor.ts";

/**
 * Reverse-mode differentiation: appends to `trace` what computes Σ ∂of/∂wrt · by, and returns one gradient per `wrt`
 * (null: no path). With `ends` nothing flows on from a tensor of `wrt` to what it was made of. Walks the nodes backwards once; a
 * tensor used twice sums its gradients in order of the walk.
 *
 *   const [dw] = gradients(trace, [{ of: loss, by: one }], [w]);
 */
export function gradients(
  trace: Trace,
  seeds: readonly { of: Tensor; by: Tensor }[],
  wrt: readonly Tensor[],
  ends = false,
): (Tensor | null)[] {
  const last = new Set(ends ? wrt : []);
  const nodes = [...trace.nodes];
  const reached = reachedFrom(nodes, wrt);
  const gradient = new Map<Tensor, Tensor>();
  const flow = (to: Tensor, d: Tensor) => {
    const before = gradient.get(to);
    gradient.set(to, before ? add(before, d) : d);
  };
  return inTrace(trace, () => {
    for (const { of, by } of seeds) if (reached.has(of)) flow(of, by);
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i];
      if (node.outputs.some((t) => last.has(t))) continue;
      const dOutputs = node.outputs.map((t) => gradient.get(t) ?? null);
      if (dOutputs.every((d) => d === null)) continue;
      const needed = node.inputs.map((t) => t !== null && reached.has(t));
      if (!needed.includes(true)) continue;
      const dInputs = trace.scope(node.from, () => gradientOf(node, dOutputs, needed));
      node.inputs.forEach((t, k) => {
        const d = dInputs[k];
        if (t && needed[k] && d) flow(t, d);
      });
    }
    return wrt.map((t) => gradient.get(t) ?? null);
  });
}

function gradientOf(node: Node, dOutputs: (Tensor | null)[], needed: boolean[]): (Tensor | null)[] {
  const rule = ofBodies.get(node.op) ?? node.op.gradient ?? smallOpGradients[node.op.name];
  return rule ? withPrecision(node.attrs.precision, () => rule(node, dOutputs, needed)) : [];
}

const ofBodies = new Map([
  [scanOp, scanGradient(gradients)],
  [inPiecesOp, piecesGradient(gradients)],
]);

/** Every tensor that depends on one of `from`, those included. */
function reachedFrom(nodes: readonly Node[], from: readonly Tensor[]): Set<Tensor> {
  const reached = new Set<Tensor>(from);
  for (const node of nodes) {
    if (node.inputs.some((t) => t !== null && reached.has(t))) for (const t of node.outputs) reached.add(t);
  }
  return reached;
}
