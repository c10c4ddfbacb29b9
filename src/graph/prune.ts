import type { Body, Node, Tensor, Trace } from "../tensor/tensor.ts";

/** Removes nodes that nothing uses and that write nowhere; computes twice-asked constants once. */
export function prune(trace: Trace): void {
  mergeConstants(trace);
  const used = new Set<Tensor>();
  const live: Node[] = [];
  for (let i = trace.nodes.length - 1; i >= 0; i--) {
    const node = trace.nodes[i];
    if (!node.outputs.some((t) => t.location !== null || used.has(t))) continue;
    live.push(node);
    for (const t of node.inputs) if (t) used.add(t);
  }
  trace.nodes = live.reverse();
  for (const node of trace.nodes) {
    const body = node.attrs.body as Body | undefined;
    if (body) pruneBody(body, node, used);
  }
}

/** Keeps in a scan's body what its carries and the results somebody uses need; the other results disappear. */
function pruneBody(body: Body, node: Node, used: ReadonlySet<Tensor>): void {
  for (let k = body.results.length - 1; k >= 0; k--) {
    const at = body.carries.length + k;
    if (used.has(node.outputs[at])) continue;
    body.results.splice(k, 1);
    node.outputs.splice(at, 1);
  }
  const wanted = new Set<Tensor>([...body.nextCarries, ...body.results]);
  const live: Node[] = [];
  for (const inner of [...body.trace.nodes].reverse()) {
    if (!inner.outputs.some((t) => t.location !== null || wanted.has(t))) continue;
    live.push(inner);
    for (const t of inner.inputs) if (t) wanted.add(t);
  }
  body.trace.nodes = live.reverse();
  for (const inner of body.trace.nodes) {
    const deeper = inner.attrs.body as Body | undefined;
    if (deeper) pruneBody(deeper, inner, wanted);
  }
}

/** One `fill` per value and shape: formulas use the same small constants again and again. */
function mergeConstants(trace: Trace): void {
  const first = new Map<string, Tensor>();
  const same = new Map<Tensor, Tensor>();
  for (const node of trace.nodes) {
    const out = node.outputs[0];
    if (node.op.name !== "fill" || out.location) continue;
    const key = `${node.attrs.value}:${node.attrs.dtype}:${node.attrs.shape}`;
    const known = first.get(key);
    if (known) same.set(out, known);
    else first.set(key, out);
  }
  const replace = (list: (Tensor | null)[]) => {
    list.forEach((t, k) => {
      list[k] = (t && same.get(t)) ?? t;
    });
  };
  const replaceIn = (nodes: readonly Node[]) => {
    for (const node of nodes) {
      replace(node.inputs);
      const body = node.attrs.body as Body | undefined;
      if (body) {
        replaceIn(body.trace.nodes);
        replace(body.results);
        replace(body.nextCarries);
      }
    }
  };
  replaceIn(trace.nodes);
}
