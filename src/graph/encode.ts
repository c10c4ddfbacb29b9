import type { Attribute, Instruction, Program, ScanBody, Slot } from "../program/program.ts";
import type { Body, Location, Node, Tensor, Trace } from "../tensor/tensor.ts";
import type { Plan } from "./plan.ts";

/** Writes a planned trace down as a program: flat instructions over slots. */
export function encode(name: string, trace: Trace, plan: Plan): Program {
  const bindings: Record<string, Slot> = {};
  for (const [key, t] of trace.bindings) bindings[key] = slotOf(t, plan);
  return {
    name,
    instructions: encodeNodes(trace.nodes, plan),
    sizes: { ...trace.sizes, scratch: Math.max(plan.planned, trace.sizes.scratch) },
    bindings,
  };
}

function encodeNodes(nodes: readonly Node[], plan: Plan): Instruction[] {
  const used = new Set<Tensor>();
  for (const node of nodes) for (const t of node.inputs) if (t) used.add(t);
  return nodes
    .filter((node) => !node.op.alias)
    .map((node) => {
      const wanted = (t: Tensor) => used.has(t) || (locationOf(t, plan)?.region ?? "scratch") !== "scratch";
      return {
        op: node.op.name,
        inputs: node.inputs.map((t) => (t ? slotOf(t, plan) : null)),
        outputs: node.outputs.map((t) => (wanted(t) ? slotOf(t, plan) : null)),
        attrs: encodeAttributes(node, plan),
        from: node.from,
      };
    });
}

function encodeAttributes(node: Node, plan: Plan): Record<string, Attribute> {
  const attrs: Record<string, Attribute> = {};
  for (const [key, value] of Object.entries(node.attrs)) {
    attrs[key] = key === "body" ? encodeBody(value as Body, plan) : (value as Attribute);
  }
  return attrs;
}

function encodeBody(body: Body, plan: Plan): ScanBody {
  const slots = (list: readonly Tensor[]) => list.map((t) => slotOf(t, plan));
  const instructions = encodeNodes([...body.trace.nodes, keepAll(body)], plan).slice(0, -1);
  return {
    instructions,
    carries: slots(body.carries),
    nextCarries: slots(body.nextCarries),
    slices: slots(body.slices),
    results: slots(body.results),
  };
}

/** A node that reads what a turn leaves behind, so that those outputs count as used. */
function keepAll(body: Body): Node {
  const op = { name: "copy", shapes: () => [] };
  return { op, inputs: [...body.nextCarries, ...body.results], outputs: [], attrs: {}, from: "" };
}

/** A view lies where its source lies. */
function locationOf(t: Tensor, plan: Plan): Location | undefined {
  return t.node?.op.alias && !t.location ? locationOf(t.node.inputs[0]!, plan) : (t.location ?? plan.locations.get(t));
}

function slotOf(t: Tensor, plan: Plan): Slot {
  const location = locationOf(t, plan);
  if (!location)
    throw new Error(`a tensor of ${t.node?.op.name ?? "a leaf"} [${t.shape}] (${t.node?.from ?? ""}) has no location`);
  return { region: location.region, offset: location.offset, shape: t.shape, dtype: t.dtype };
}
