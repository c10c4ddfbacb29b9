import { assignOp } from "../ops/assign.ts";
import { captured } from "../ops/scan.ts";
import { type Body, inTrace, type Node, type Tensor, type Trace, withPrecision } from "../tensor/tensor.ts";

/**
 * Rewrites every node for which `keep` says no by the op's reference, in place and again until nothing is left to rewrite.
 * An op without reference that is not kept stays: the backend's `load` refuses it by name. Returns what each tensor became.
 */
export function lower(trace: Trace, keep: (node: Node) => boolean): (t: Tensor) => Tensor {
  const replaced = new Map<Tensor, Tensor | null>();
  rewrite(trace, keep, replaced);
  return (t) => latest(t, replaced)!;
}

function latest(t: Tensor | null, replaced: ReadonlyMap<Tensor, Tensor | null>): Tensor | null {
  let found = t;
  while (found && replaced.has(found)) found = replaced.get(found) ?? null;
  return found;
}

function rewrite(trace: Trace, keep: (node: Node) => boolean, replaced: Map<Tensor, Tensor | null>): void {
  const now = (t: Tensor | null) => latest(t, replaced);
  const emit = (node: Node): void => {
    for (let k = 0; k < node.inputs.length; k++) node.inputs[k] = now(node.inputs[k]);
    const body = node.attrs.body as Body | undefined;
    if (body) {
      rewrite(body.trace, keep, replaced);
      for (const list of [body.nextCarries, body.results])
        list.forEach((t, k) => {
          list[k] = now(t)!;
        });
      const first = body.carries.length + body.slices.length;
      node.inputs.splice(first, node.inputs.length, ...captured(body));
    }
    if (!node.op.reference || keep(node)) {
      trace.nodes.push(node);
      return;
    }
    const begun = trace.nodes;
    trace.nodes = [];
    const reference = () => node.op.reference!(node.inputs, node.attrs);
    const values = inTrace(trace, () => trace.scope(node.from, () => withPrecision(node.attrs.precision, reference)));
    const smaller = trace.nodes;
    trace.nodes = begun;
    for (const it of smaller) emit(it);
    node.outputs.forEach((t, k) => {
      const value = now(values[k]);
      if (!t.location) replaced.set(t, value);
      else if (value) trace.nodes.push({ op: assignOp, inputs: [value], outputs: [t], attrs: {}, from: node.from });
    });
  };
  const old = trace.nodes;
  trace.nodes = [];
  for (const node of old) emit(node);
  for (const [name, t] of trace.bindings) trace.bindings.set(name, now(t) ?? t);
}
