import type { ActivationName } from "../../layers/index.ts";
import * as l from "../../layers/index.ts";
import type { SymbolicTensor } from "../../layers/layer.ts";
import type { Shape } from "../../tensor/shape.ts";
import { type Flow, type Place, reshapedFlow } from "./flow.ts";
import { featuresLast, type LayerRule, one, weight } from "./layer-rule.ts";
import { operationRules } from "./layer-rules-operations.ts";
import { recurrent } from "./layer-rules-recurrent.ts";
import { windowRules } from "./layer-rules-windows.ts";
import type { OnnxNode } from "./proto.ts";
import { dataTypes } from "./types.ts";
import { type Known, numberIn, numbersIn, type OnnxTraced, walked } from "./values.ts";

const same = one(({ flow, shape }) => flow(0) && { ...flow(0)!, shape: shape(0) });
/** As the same numbers; what is cast to integers is ids from here on. */
const cast = one(({ node, flow, shape, who }) => {
  const x = flow(0);
  const ids =
    x && isInteger(numberIn(node, "to", 1, who)) && x.t.shape.length === x.places.length ? (x.ids ?? x.t) : x?.ids;
  return x && { ...x, ids, shape: shape(0) };
});
const isInteger = (type: number) => type === dataTypes.int32 || type === dataTypes.int64;
const ofShape = one(({ flow, shape }) => flow(0) && reshapedFlow(flow(0)!, shape(0)));

const transpose = one(({ node, flow, shape, who }) => {
  const x = flow(0);
  const perm = numbersIn(node, "perm", who) ?? x?.places.map((_, i) => x.places.length - 1 - i);
  return x && perm && { ...x, places: perm.map((a) => x.places[a]), shape: shape(0) };
});

const turned = (v: Known): Known => walked(v, [v.shape[1], v.shape[0]], [1, v.shape[1]]);

/** x times a matrix, and the bias that is added to it alone. */
const dense = one((seen) => {
  const { node, flow, known, shape, readers, who } = seen;
  const x = flow(0);
  const w = known(1);
  if (!x || w?.shape.length !== 2 || !featuresLast(x)) return null;
  if (node.op === "Gemm" && ["alpha", "beta"].some((name) => numberIn(node, name, 1, who) !== 1)) return null;
  if (node.op === "Gemm" && numberIn(node, "transA", 0, who) !== 0) return null;
  const kernel = node.op === "Gemm" && numberIn(node, "transB", 0, who) !== 0 ? turned(w) : w;
  const units = kernel.shape[1];
  const [reader, ...others] = readers(0);
  const added = reader?.op === "Add" && others.length === 0 && !seen.isOutput(0) ? seen.beside(reader) : undefined;
  const own = node.op === "Gemm" ? known(2) : isBias(added, units) ? added : undefined;
  if (node.op === "Gemm" && node.inputs[2] && !(own && own.data.length === units)) return null;
  if (x.t.shape.length < 2) return null;
  const layer = l.dense(units, { useBias: own !== undefined });
  const t = layer(x.t) as SymbolicTensor;
  seen.note(layer, [weight(kernel), ...(own ? [{ data: Float32Array.from(own.data), shape: [units] }] : [])]);
  if (own && node.op !== "Gemm") seen.take(reader);
  return { t, places: x.places, shape: shape(0) };
});
const isBias = (value: OnnxTraced | undefined, units: number): value is Known =>
  value !== undefined && "data" in value && value.data.length === units && value.shape.at(-1) === units;

/** Where a dense layer took the addition along, the sum has its name. */
const withAddition =
  (rule: LayerRule): LayerRule =>
  (seen) => {
    const taken: OnnxNode[] = [];
    const take = (reader: OnnxNode) => {
      seen.take(reader);
      taken.push(reader);
    };
    const results = rule({ ...seen, take });
    return results && [...results, ...taken.map(({ outputs }) => ({ name: outputs[0], flow: results[0].flow }))];
  };

/** Rows of a table by ids; an entry along an axis by number. */
const gather = one((seen) => {
  const { node, flow, known, shape, who } = seen;
  const [table, at] = [known(0), flow(1)];
  const axis = numberIn(node, "axis", 0, who);
  if (table?.shape.length === 2 && at && axis === 0) {
    const ids = at.ids;
    if (!ids) return null;
    const layer = l.embedding(table.shape[0], table.shape[1]);
    const t = layer(ids) as SymbolicTensor;
    seen.note(layer, [weight(table)]);
    return { t, places: [...at.places, { axis: t.shape.length - 1 }], shape: shape(0) };
  }
  const [x, index] = [flow(0), known(1)];
  if (!x || index?.data.length !== 1) return null;
  return picked(x, axis < 0 ? axis + x.places.length : axis, index.data[0], {
    keep: index.shape.length === 1,
    shape: shape(0),
  });
});

/** One entry along an axis: of a length that is open the first or the last, as the numbers behind it decide. */
function picked(x: Flow, axis: number, index: number, { keep, shape }: { keep: boolean; shape: Shape }): Flow | null {
  const place = x.places[axis];
  const size = x.shape[axis];
  const at = index < 0 ? index + size : index;
  const without = (t: SymbolicTensor, gone: number): Flow => {
    const left = x.places.map(
      (p, i): Place => (i === axis ? null : p && p.axis > gone ? { ...p, axis: p.axis - 1 } : p),
    );
    return { t, places: keep ? left : left.filter((_, i) => i !== axis), shape };
  };
  if (!place) return { ...x, places: keep ? x.places : x.places.filter((_, i) => i !== axis), shape };
  if (place.part === "outer") {
    const units = x.t.shape[place.axis]! / size;
    const keys = x.t.shape.map((_, i) =>
      i === place.axis ? ([at * units, (at + 1) * units] as [number, number]) : ":",
    );
    const t = x.t.slice(...(keys as never[])) as SymbolicTensor;
    const own = x.places.map(
      (p): Place => (p?.axis === place.axis ? (p.part === "outer" ? null : { axis: p.axis }) : p),
    );
    return { t, places: keep ? own : own.filter((_, i) => i !== axis), shape };
  }
  if (place.axis === 0 || place.part) return null;
  const number = at === size - 1 ? -1 : at;
  const t = x.t.slice(...(x.t.shape.map((_, i) => (i === place.axis ? number : ":")) as never[])) as SymbolicTensor;
  return without(t, place.axis);
}

/** Part of an axis: one entry of it, from either end. */
const slice = one((seen) => {
  const { node, flow, known, shape, who } = seen;
  const x = flow(0);
  const axes = numbersIn(node, "axes", who) ?? known(3)?.data;
  if (!x) return null;
  const changed = x.shape.flatMap((d, i) => (d === shape(0)[i] ? [] : [i]));
  if (changed.length === 0)
    return (known(4)?.data ?? []).every((step) => step === 1) ? { ...x, shape: shape(0) } : null;
  const [axis] = changed;
  const start = (numbersIn(node, "starts", who) ?? known(1)?.data)?.[
    axes ? [...axes].map((a) => (a < 0 ? a + x.shape.length : a)).indexOf(axis) : axis
  ];
  if (changed.length > 1 || shape(0)[axis] !== 1 || start === undefined) return null;
  return picked(x, axis, start, { keep: true, shape: shape(0) });
});

const concat = one(({ node, flow, shape, who }) => {
  const parts = node.inputs.map((_, k) => flow(k));
  const [first] = parts;
  const given = numberIn(node, "axis", 0, who);
  const axis = first && (given < 0 ? given + first.places.length : given);
  if (
    !first ||
    axis === undefined ||
    parts.some((p) => !p || String(p.places.map((q) => q?.axis)) !== String(first.places.map((q) => q?.axis)))
  )
    return null;
  const place = first.places[axis];
  if (!place || place.part || place.axis === 0) return null;
  const t = l.concatenate({ axis: place.axis })(parts.map((p) => p!.t)) as SymbolicTensor;
  return { t, places: first.places, shape: shape(0) };
});

const activationNames: Readonly<Record<string, ActivationName>> = {
  Relu: "relu",
  Sigmoid: "sigmoid",
  Tanh: "tanh",
  Softplus: "softplus",
  Softsign: "softsign",
  Elu: "elu",
  Selu: "selu",
  Mish: "mish",
};
const activation = one(({ node, flow, shape }) => {
  const x = flow(0);
  if (!x || (node.attributes.get("alpha") ?? 1) !== 1 || node.attributes.has("gamma")) return null;
  return { ...x, t: l.activation(activationNames[node.op])(x.t) as SymbolicTensor, shape: shape(0) };
});
const leakyRelu = one(({ node, flow, shape, who }) => {
  const x = flow(0);
  const layer = l.leakyRelu({ negativeSlope: numberIn(node, "alpha", 0.01, who) });
  return x && { ...x, t: layer(x.t) as SymbolicTensor, shape: shape(0) };
});
const softmax = one(({ node, flow, shape, opset, who }) => {
  const x = flow(0);
  const axis = numberIn(node, "axis", opset < 13 ? 1 : -1, who);
  if (!x || !featuresLast(x) || (axis !== -1 && axis !== x.places.length - 1)) return null;
  return {
    ...x,
    t: l.activation(node.op === "Softmax" ? "softmax" : "logSoftmax")(x.t) as SymbolicTensor,
    shape: shape(0),
  };
});

/** Over axes behind the first. */
const mean = one(({ node, flow, known, shape, who }) => {
  const x = flow(0);
  const axes = (numbersIn(node, "axes", who) ?? known(1)?.data)?.map((a) => (a < 0 ? a + (x?.places.length ?? 0) : a));
  const places = axes?.map((a) => x?.places[a]);
  if (!x || !axes || places?.length === 0 || !places?.every((p) => p && !p.part && p.axis !== 0)) return null;
  const keep = numberIn(node, "keepdims", 1, who) === 1;
  const gone = places.map((p) => p!.axis);
  const over = gone.length === 1 ? gone[0] : gone;
  const t = (node.op === "ReduceMean" ? x.t.mean(over) : x.t.max(over)) as SymbolicTensor;
  const left = x.places.map(
    (p, i): Place => (axes.includes(i) ? null : p && { ...p, axis: p.axis - gone.filter((a) => a < p.axis).length }),
  );
  return { t, places: keep ? left : left.filter((_, i) => !axes.includes(i)), shape: shape(0) };
});

const layerNormalization = one((seen) => {
  const { node, flow, known, shape, who } = seen;
  const x = flow(0);
  const [gamma, beta] = [known(1), known(2)];
  const axis = numberIn(node, "axis", -1, who);
  if (!x || !gamma || !featuresLast(x) || (axis !== -1 && axis !== x.places.length - 1) || node.outputs.length > 1)
    return null;
  const layer = l.layerNormalization({ epsilon: numberIn(node, "epsilon", 1e-5, who), center: beta !== undefined });
  const t = layer(x.t) as SymbolicTensor;
  seen.note(layer, [weight(gamma), ...(beta ? [weight(beta)] : [])]);
  return { ...x, t, shape: shape(0) };
});

/** Nodes that are layers, or parts of one. */
export const layerRules: Readonly<Record<string, LayerRule>> = {
  Identity: same,
  Dropout: same,
  Cast: cast,
  Squeeze: ofShape,
  Unsqueeze: ofShape,
  Reshape: ofShape,
  Flatten: ofShape,
  Transpose: transpose,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  MatMul: withAddition(dense),
  Gemm: dense,
  LeakyRelu: leakyRelu,
  Softmax: softmax,
  LogSoftmax: softmax,
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  ReduceMean: mean,
  ReduceMax: mean,
  LayerNormalization: layerNormalization,
  ...Object.fromEntries(Object.keys(activationNames).map((name) => [name, activation])),
  ...operationRules,
  ...windowRules,
};
