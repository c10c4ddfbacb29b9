import { permute, reshape } from "../../layers/index.ts";
import type { AnyLayer, SymbolicTensor } from "../../layers/layer.ts";
import { flatten } from "../../layers/shaping/flatten.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";

/**
 * The axis of a layer's tensor that an axis of the graph is; null for one of size 1 that the tensor has not. Two directions side by
 * side in one axis of a layer are two in the graph: the direction ("outer") and the units of each ("inner"). All axes but the last may
 * be one there, as for a product of matrices ("rows").
 */
export type Place = { readonly axis: number; readonly part?: "outer" | "inner" | "rows" } | null;

/** A value of the graph as a tensor between layers, which has the batch first and features last, whatever the graph's order. */
export interface Flow {
  readonly t: SymbolicTensor;
  readonly places: readonly Place[];
  /** Its sizes in the graph, as it was traced. */
  readonly shape: Shape;
  /** Whether it is made of ids that came as an input, by steps that change no valid id. */
  readonly ids?: SymbolicTensor;
}

/** Notes what is to be written into a layer once the model is built. */
export type Note = (layer: AnyLayer, weights: readonly WeightNumbers[]) => void;
export interface WeightNumbers {
  readonly shape: Shape;
  readonly data: Float32Array;
}

export const whole = (t: SymbolicTensor, shape: Shape): Flow => ({
  t,
  shape,
  places: shape.map((_, axis) => ({ axis })),
});

const isWhole = ({ places, t }: Flow) =>
  places.length === t.shape.length && places.every((p, i) => p?.axis === i && p.part === undefined);

/** The tensor with the graph's own order of axes, by a permutation if need be; null where no layer gives it. */
export function plain(flow: Flow): SymbolicTensor | null {
  if (isWhole(flow)) return flow.t;
  const { places, t } = flow;
  if (places[0]?.axis !== 0 || places.some((p) => p?.part !== undefined)) return null;
  const axes = places.flatMap((p) => (p ? [p.axis] : []));
  if (axes.length !== t.shape.length || new Set(axes).size < axes.length) return null;
  const turned = axes.every((a, i) => a === i) ? t : permute(axes.slice(1))(t);
  if (axes.length === places.length) return turned;
  let open = false; // one size at most is left open
  const sizes = flow.shape.slice(1).map((d, i) => {
    const place = places[i + 1];
    const size = place ? t.shape[place.axis] : d;
    if (size !== null) return size;
    if (open) return 0;
    open = true;
    return -1;
  });
  return sizes.includes(0) ? null : reshape(sizes)(turned);
}

/** The same numbers under another shape: where axes only come, go or join again; otherwise by a layer; null where none does. */
export function reshapedFlow(flow: Flow, shape: Shape): Flow | null {
  const places = regrouped(flow, shape) ?? asRows(flow, shape) ?? fromRows(flow, shape);
  if (places) return { ...flow, places, shape };
  const t = plain(flow);
  if (!t || shape[0] !== flow.shape[0]) return null;
  if (shape.length === 2) return whole(flatten()(t), shape);
  const known = shape.slice(1).filter((d) => !isOpen(d, flow));
  if (shape.length - 1 - known.length > 1) return null;
  return whole(reshape(shape.slice(1).map((d) => (isOpen(d, flow) ? -1 : d)))(t), shape);
}

/** Whether a size is that of an axis whose length is open. */
const isOpen = (d: number, { t, places, shape }: Flow) =>
  places.some((p, i) => i > 0 && p && t.shape[p.axis] === null && shape[i] === d);

function asRows(flow: Flow, shape: Shape): Place[] | null {
  const { shape: old } = flow;
  const fits = shape.length === 2 && old.length > 2 && shape[1] === old.at(-1) && sizeOf(shape) === sizeOf(old);
  return fits && isWhole(flow) ? [{ axis: 0, part: "rows" }, { axis: old.length - 1 }] : null;
}

function fromRows({ places, shape: old, t }: Flow, shape: Shape): Place[] | null {
  const fits = shape.length === t.shape.length && shape.at(-1) === old.at(-1) && sizeOf(shape) === sizeOf(old);
  return places[0]?.part === "rows" && fits ? shape.map((_, axis) => ({ axis })) : null;
}

function regrouped({ places, shape: old }: Flow, shape: Shape): Place[] | null {
  const rest = places.map((place, i) => ({ place, size: old[i] })).filter(({ place, size }) => place && size !== 1);
  const ones = places.filter((place, i) => place && old[i] === 1);
  const found: Place[] = [];
  for (const d of shape) {
    if (d === 1) {
      found.push(ones.shift() ?? null);
      continue;
    }
    const [first, second] = rest;
    if (first?.size === d) found.push(rest.shift()!.place);
    else if (joins(first?.place, second?.place) && first.size * second.size === d) {
      rest.splice(0, 2);
      found.push({ axis: first.place!.axis });
    } else return null;
  }
  return rest.length === 0 && ones.length === 0 && sizeOf(shape) === sizeOf(old) ? found : null;
}

const joins = (a: Place | undefined, b: Place | undefined) =>
  a && b && a.axis === b.axis && a.part === "outer" && b.part === "inner";
