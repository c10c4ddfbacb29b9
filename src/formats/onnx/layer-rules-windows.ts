import * as l from "../../layers/index.ts";
import type { SymbolicTensor } from "../../layers/layer.ts";
import { type Flow, type Place, plain } from "./flow.ts";
import { type LayerRule, one, type Seen } from "./layer-rule.ts";
import { type Known, numberIn, numbersIn, textIn } from "./values.ts";

/** Layers over windows. The graph has x [N, C, …], layers have channels last. */

/** x with channels last, and which of the graph's axes behind the channels it has; null where no layer gives it. */
function channelsLast(x: Flow): { t: SymbolicTensor; space: number[] } | null {
  const space = x.places.flatMap((p, i) => (i > 1 && p ? [i] : []));
  const wanted = [0, space.length + 1, ...space.map((_, k) => k + 1)];
  const axes = x.places.flatMap((p) => (p && p.part === undefined ? [p.axis] : []));
  if (String(axes) === String(wanted)) return { t: x.t, space };
  const t = plain(x);
  if (!t || x.places.some((p) => p === null)) return null;
  return { t: l.permute([...space.map((_, k) => k + 2), 1])(t) as SymbolicTensor, space };
}

/** The places of a result whose axes behind the channels are those of `space`; others have size 1. */
const placesOf = (rank: number, space: readonly number[], kept = true): Place[] =>
  Array.from({ length: rank }, (_, i): Place => {
    if (i === 0) return { axis: 0 };
    if (i === 1) return { axis: kept ? space.length + 1 : 1 };
    const k = space.indexOf(i);
    return kept && k >= 0 ? { axis: k + 1 } : null;
  });

interface Windows {
  readonly size: number[];
  readonly stride: number[];
  readonly gap: number[];
  readonly before: number[];
  readonly after: number[];
}

/** Sizes, steps and padding of the windows along these axes; null where the others have windows of more than one entry. */
function windowsOf({ node, who }: Seen, kernel: readonly number[], space: readonly number[]): Windows | null {
  const n = kernel.length;
  const list = (name: string, otherwise: number) => numbersIn(node, name, who) ?? new Array<number>(n).fill(otherwise);
  const [strides, gaps] = [list("strides", 1), list("dilations", 1)];
  const pads = numbersIn(node, "pads", who) ?? new Array<number>(2 * n).fill(0);
  const own = space.map((i) => i - 2);
  const others = kernel.flatMap((_, k) => (own.includes(k) ? [] : [k]));
  if (others.some((k) => kernel[k] !== 1 || strides[k] !== 1 || pads[k] !== 0 || pads[n + k] !== 0)) return null;
  const of = (values: readonly number[]) => own.map((k) => values[k]);
  return { size: of(kernel), stride: of(strides), gap: of(gaps), before: of(pads), after: of(pads.slice(n)) };
}

/** "valid", "same" or "causal" where one of them says this padding. */
function paddingOf({ node, who }: Seen, { size, stride, gap, before, after }: Windows, t: SymbolicTensor) {
  const auto = textIn(node, "auto_pad", "NOTSET", who);
  if (auto === "SAME_UPPER") return "same";
  if (auto === "SAME_LOWER") return null;
  if ([...before, ...after].every((p) => p === 0)) return "valid";
  const total = size.map((k, i) => (k - 1) * gap[i]);
  // With steps, what "same" adds depends on the length.
  const steps = size.every((k, i) => {
    const length = t.shape[i + 1];
    if (length === null || gap[i] > 1) return false;
    const all = Math.max(0, (Math.ceil(length / stride[i]) - 1) * stride[i] + k - length);
    return before[i] === Math.floor(all / 2) && after[i] === all - before[i];
  });
  if (steps) return "same";
  const same = size.every(
    (_, i) => stride[i] === 1 && before[i] === Math.floor(total[i] / 2) && after[i] === total[i] - before[i],
  );
  if (same) return "same";
  return size.length === 1 && before[0] === total[0] && after[0] === 0 ? "causal" : null;
}

const conv = one((seen) => {
  const { node, flow, known, shape, who } = seen;
  const [x, w, b] = [flow(0), known(1), known(2)];
  const found = x && channelsLast(x);
  const windows = found && w && windowsOf(seen, w.shape.slice(2), found.space);
  if (!x || !found || !w || !windows || (node.inputs[2] && !b)) return null;
  const { size, stride, gap, before, after } = windows;
  const groups = numberIn(node, "group", 1, who);
  const said = paddingOf(seen, windows, found.t);
  if (said === null && size.length > 1) return null;
  const padded = said === null ? (l.zeroPadding1d([before[0], after[0]])(found.t) as SymbolicTensor) : found.t;
  const filters = w.shape[0];
  const options = { groups, useBias: b !== undefined };
  const layer =
    size.length === 1
      ? l.conv1d(filters, size[0], { ...options, padding: said ?? "valid", strides: stride[0], dilationRate: gap[0] })
      : size.length === 2
        ? l.conv2d(filters, size as [number, number], {
            ...options,
            padding: said as "valid",
            strides: stride as [number, number],
            dilationRate: gap as [number, number],
          })
        : null;
  if (!layer) return null;
  const t = layer(padded) as SymbolicTensor;
  seen.note(layer, [
    { data: kernelOf(w), shape: [...size, w.shape[1], filters] },
    ...(b ? [{ data: Float32Array.from(b.data), shape: [filters] }] : []),
  ]);
  return { t, places: placesOf(x.places.length, found.space), shape: shape(0) };
});

/** [F, C, …] as [..., C, F]. */
function kernelOf({ data, shape: [f, c, ...rest] }: Known): Float32Array {
  const k = rest.reduce((n, d) => n * d, 1);
  return Float32Array.from({ length: data.length }, (_, i) => {
    const [entry, channel, filter] = [Math.floor(i / (c * f)), Math.floor(i / f) % c, i % f];
    return data[(filter * c + channel) * k + entry];
  });
}

const pooling = one((seen) => {
  const { node, flow, shape, who } = seen;
  const x = flow(0);
  const found = x && channelsLast(x);
  const windows = found && windowsOf(seen, numbersIn(node, "kernel_shape", who) ?? [], found.space);
  if (!x || !found || !windows || node.outputs.length > 1 || numberIn(node, "ceil_mode", 0, who) !== 0) return null;
  const padding = paddingOf(seen, windows, found.t);
  const { size, stride, gap } = windows;
  const max = node.op === "MaxPool";
  if (gap.some((d) => d !== 1) || padding === null || padding === "causal" || (padding === "same" && !max)) return null;
  const options = { strides: (size.length === 1 ? stride[0] : stride) as never, padding: padding as "valid" };
  const layer =
    size.length === 1
      ? (max ? l.maxPooling1d : l.averagePooling1d)(size[0], options)
      : size.length === 2
        ? (max ? l.maxPooling2d : l.averagePooling2d)(size as [number, number], options)
        : null;
  return (
    layer && { t: layer(found.t) as SymbolicTensor, places: placesOf(x.places.length, found.space), shape: shape(0) }
  );
});

const globalPooling = one(({ node, flow, shape }) => {
  const x = flow(0);
  const found = x && channelsLast(x);
  if (!x || !found || found.space.length < 1 || found.space.length > 2) return null;
  const max = node.op === "GlobalMaxPool";
  const layer =
    found.space.length === 1
      ? (max ? l.globalMaxPooling1d : l.globalAveragePooling1d)()
      : (max ? l.globalMaxPooling2d : l.globalAveragePooling2d)();
  return {
    t: layer(found.t) as SymbolicTensor,
    places: placesOf(x.places.length, found.space, false),
    shape: shape(0),
  };
});

const batchNormalization = one((seen) => {
  const { node, flow, known, shape, who } = seen;
  const x = flow(0);
  const weights = [1, 2, 3, 4].map((k) => known(k));
  const found = x && (x.places.length === 2 ? { t: plain(x), space: [] } : channelsLast(x));
  if (!x || !found?.t || weights.some((v) => !v) || numberIn(node, "training_mode", 0, who) !== 0) return null;
  const layer = l.batchNormalization({ epsilon: numberIn(node, "epsilon", 1e-5, who) });
  const t = layer(found.t) as SymbolicTensor;
  seen.note(
    layer,
    weights.map((v) => ({ data: Float32Array.from(v!.data), shape: v!.shape })),
  );
  return { t, places: placesOf(x.places.length, found.space), shape: shape(0) };
});

/** Zeros around the steps. */
const pad = one(({ node, flow, known, shape, who }) => {
  const x = flow(0);
  const pads = numbersIn(node, "pads", who) ?? known(1)?.data;
  const value = known(2)?.data[0] ?? numberIn(node, "value", 0, who);
  if (!x || !pads || value !== 0 || textIn(node, "mode", "constant", who) !== "constant" || node.inputs[3]) return null;
  const n = x.places.length;
  const axes = x.places.flatMap((_, i) => (pads[i] !== 0 || pads[n + i] !== 0 ? [i] : []));
  if (axes.length === 0) return { ...x, shape: shape(0) };
  const [axis] = axes;
  if (axes.length > 1 || x.places[axis]?.axis !== 1 || x.t.shape.length !== 3 || pads[axis] < 0 || pads[n + axis] < 0)
    return null;
  return { ...x, t: l.zeroPadding1d([pads[axis], pads[n + axis]])(x.t) as SymbolicTensor, shape: shape(0) };
});

export const windowRules: Readonly<Record<string, LayerRule>> = {
  Conv: conv,
  MaxPool: pooling,
  AveragePool: pooling,
  GlobalAveragePool: globalPooling,
  GlobalMaxPool: globalPooling,
  BatchNormalization: batchNormalization,
  Pad: pad,
};
