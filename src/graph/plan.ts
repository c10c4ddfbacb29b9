import { sizeOf } from "../tensor/shape.ts";
import { alignWords, type Body, type Location, type Node, type Tensor, type Trace } from "../tensor/tensor.ts";

/** The memory plan: the location of every tensor of a trace, and the size of scratch. */
export interface Plan {
  readonly locations: ReadonlyMap<Tensor, Location>;
  /** Words of scratch with memory shared among tensors that never live at the same time. */
  readonly planned: number;
  /** Words if every tensor had memory of its own. */
  readonly unplanned: number;
}

/** A stretch of scratch: from the instruction that writes it to the last one that reads it. */
export interface Lifetime {
  readonly size: number; // words
  readonly first: number; // instruction
  readonly last: number;
}

/**
 * Gives every tensor a location. Values that are only assigned to a leaf are computed there directly; views share their
 * source's memory; everything else shares scratch, largest tensors placed first at the lowest free offset.
 */
export function plan(trace: Trace): Plan {
  const nodes = trace.nodes;
  const views = viewsOf(nodes);
  const source = (t: Tensor) => sourceOf(t, views);
  const locations = new Map<Tensor, Location>();
  pinAssigned(nodes, source, locations);
  const inPlace = trace.parent ? [] : takeOver(nodes, views, locations);

  const read = new Set(nodes.flatMap((node) => node.inputs));
  const lifetimes = new Map<Tensor | Body, { size: number; first: number; last: number }>();
  const bodies: { body: Body; plan: Plan; at: number }[] = [];
  nodes.forEach((node, at) => {
    for (const t of node.inputs) {
      const life = t && lifetimes.get(source(t));
      if (life) life.last = at;
    }
    if (node.op.alias) return;
    for (const t of node.outputs) {
      if (!t.location && !locations.has(t) && !views.has(t) && read.has(t))
        lifetimes.set(t, { size: alignWords(sizeOf(t.shape)), first: at, last: at });
    }
    const body = node.attrs.body as Body | undefined;
    if (body) {
      const inner = planBody(body);
      bodies.push({ body, plan: inner, at });
      lifetimes.set(body, { size: inner.planned, first: at, last: at });
    }
  });

  const entries = [...lifetimes];
  const offsets = placeLifetimes(entries.map(([, life]) => life));
  const planned = entries.reduce((end, [, life], k) => Math.max(end, offsets[k] + life.size), 0);
  let unplanned = 0;
  entries.forEach(([key, life], k) => {
    unplanned += life.size;
    if ("trace" in key && "carries" in key) {
      const inner = bodies.find((b) => b.body === key)!.plan;
      unplanned += inner.unplanned - inner.planned;
      for (const [t, location] of inner.locations)
        locations.set(t, { region: "scratch", offset: offsets[k] + location.offset });
    } else {
      locations.set(key as Tensor, { region: "scratch", offset: offsets[k] });
    }
  });
  for (const t of inPlace) {
    locations.set(t, locations.get(source(t))!);
    unplanned += alignWords(sizeOf(t.shape));
  }
  return { locations, planned, unplanned };
}

/**
 * Lets the results of ops that work in place see the memory of their first input, as a view does, where that lies in scratch and
 * nothing reads it any more. Not within a scan's body, whose results are read after its last instruction. Returns those results.
 */
function takeOver(
  nodes: readonly Node[],
  views: Map<Tensor, Tensor>,
  locations: ReadonlyMap<Tensor, Location>,
): Tensor[] {
  const lastRead = new Map<Tensor, number>();
  const made = new Set<Tensor>();
  nodes.forEach((node, at) => {
    for (const t of node.inputs) if (t) lastRead.set(sourceOf(t, views), at);
    for (const t of node.outputs) made.add(t);
  });
  const taken: Tensor[] = [];
  nodes.forEach(({ op, inputs, outputs: [y] }, at) => {
    if (!op.inPlace || y.location || locations.has(y)) return;
    const x = sourceOf(inputs[0]!, views);
    const others = inputs.slice(1).some((t) => t && sourceOf(t, views) === x);
    if (x.location || locations.has(x) || !made.has(x) || others || lastRead.get(x) !== at) return;
    views.set(y, x);
    lastRead.set(x, Math.max(at, lastRead.get(y) ?? at));
    taken.push(y);
  });
  return taken;
}

/** Lowest free offset for each lifetime, largest first: no two that overlap in time overlap in space. */
export function placeLifetimes(lifetimes: readonly Lifetime[]): number[] {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const placed: number[] = [];
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b].size - lifetimes[a].size || a - b);
  for (const i of order) {
    const { size, first, last } = lifetimes[i];
    const inTheWay = placed.filter((j) => lifetimes[j].first <= last && first <= lifetimes[j].last);
    inTheWay.sort((a, b) => offsets[a] - offsets[b]);
    let offset = 0;
    for (const j of inTheWay) {
      if (offset + size <= offsets[j]) break;
      offset = Math.max(offset, offsets[j] + lifetimes[j].size);
    }
    offsets[i] = offset;
    placed.push(i);
  }
  return offsets;
}

/** A body's leaves live through the whole turn; its other tensors like any. */
function planBody(body: Body): Plan {
  const inner = plan(body.trace);
  const locations = new Map(inner.locations);
  let end = inner.planned;
  for (const t of [...body.carries, ...body.slices]) {
    locations.set(t, { region: "scratch", offset: end });
    end += alignWords(sizeOf(t.shape));
  }
  // Results and next carries are read after the last instruction, so they must outlive the turn: move them past the rest.
  const lasting = new Set([...body.nextCarries, ...body.results]);
  const own = body.trace.nodes.flatMap((n) => (n.op.alias ? [] : n.outputs));
  const views = viewsOf(body.trace.nodes);
  const source = (t: Tensor) => sourceOf(t, views);
  const moved = new Set([...lasting].map(source).filter((t) => own.includes(t)));
  for (const t of moved) {
    locations.set(t, { region: "scratch", offset: end });
    end += alignWords(sizeOf(t.shape));
  }
  return { locations, planned: end, unplanned: inner.unplanned + end - inner.planned };
}

/** Views and what they are views of. */
function viewsOf(nodes: readonly Node[]): Map<Tensor, Tensor> {
  return new Map(nodes.flatMap((node) => (node.op.alias ? [[node.outputs[0], node.inputs[0]!] as const] : [])));
}

/** The tensor that owns the memory. */
function sourceOf(t: Tensor, views: ReadonlyMap<Tensor, Tensor>): Tensor {
  let found = t;
  while (views.has(found)) found = views.get(found)!;
  return found;
}

/**
 * `assign(value) → leaf`: if the value is made in this trace for no other location, and between its making and the assign
 * nothing uses the leaf, the value is made in the leaf and the assign disappears.
 */
function pinAssigned(nodes: Node[], source: (t: Tensor) => Tensor, locations: Map<Tensor, Location>): void {
  const madeAt = new Map<Tensor, number>();
  nodes.forEach((node, i) => {
    if (!node.op.alias) for (const t of node.outputs) madeAt.set(t, i);
  });
  const dropped = new Set<Node>();
  nodes.forEach((node, at) => {
    if (node.op.name !== "assign") return;
    const value = source(node.inputs[0]!);
    const target = node.outputs[0];
    const made = madeAt.get(value);
    if (made === undefined || value.location || locations.has(value) || !target.location) return;
    for (let i = made; i < at; i++) {
      if ([...nodes[i].inputs, ...nodes[i].outputs].some((t) => t && t !== value && overlaps(source(t), target)))
        return;
    }
    // Later readers of the value would see later writes to the leaf.
    const end = target.location;
    for (let i = at + 1; i < nodes.length; i++) {
      const writes = nodes[i].outputs.some((t) => overlaps(t, target));
      if (writes && nodes.slice(i).some((n) => n.inputs.some((t) => t && source(t) === value))) return;
    }
    locations.set(value, end);
    dropped.add(node);
  });
  const kept = nodes.filter((n) => !dropped.has(n));
  nodes.splice(0, nodes.length, ...kept);
}

function overlaps(a: Tensor, b: Tensor): boolean {
  if (!a.location || !b.location || a.location.region !== b.location.region) return false;
  return (
    a.location.offset < b.location.offset + sizeOf(b.shape) && b.location.offset < a.location.offset + sizeOf(a.shape)
  );
}
