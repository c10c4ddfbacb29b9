import type { ActivationName, LstmOptions } from "../../layers/index.ts";
import * as l from "../../layers/index.ts";
import type { AnyLayer, SymbolicTensor } from "../../layers/layer.ts";
import { type Gates, joinBiases, toBias, toKernel } from "../gates.ts";
import type { Flow, Place } from "./flow.ts";
import { gateFunctionsOf } from "./gate-functions.ts";
import type { LayerRule } from "./layer-rule.ts";
import { type Known, numberIn, textIn } from "./values.ts";

/** A recurrent operator over x [T, B, D]: the layer with the results that are read. */
export const recurrent: LayerRule = (seen) => {
  const { node, who, known, flow } = seen;
  const x = flow(0);
  const layout = numberIn(node, "layout", 0, who);
  const [w, r, b] = [known(1), known(2), known(3)];
  const axes = x?.places.map((p) => p?.axis).join();
  const begun = [5, 6].flatMap((k) => (node.inputs[k] && !known(k)?.data.every((v) => v === 0) ? [flow(k)] : []));
  const given = begun.map((state) => (state?.places.map((p) => p?.axis).join() === ",0,1" ? state.t : undefined));
  const extra = ["clip", "input_forget"].some((name) => numberIn(node, name, 0, who) !== 0);
  if (!x || layout !== 0 || axes !== "1,0,2" || !w || !r || node.inputs[4] || node.inputs[7] || extra) return null;
  const direction = textIn(node, "direction", "forward", who);
  const gates = ({ LSTM: 4, GRU: 3, RNN: 1 } as const)[node.op as "LSTM"] as Gates;
  const ways = w.shape[0];
  const units = r.shape[2];
  const initialState = given.filter((t) => t !== undefined);
  if (
    initialState.length < given.length ||
    (given.length > 0 && (ways > 1 || given.length !== (node.op === "LSTM" ? 2 : 1)))
  )
    return null;
  const functions = gateFunctionsOf(node, ways, who).map(({ kernel }) => kernel);
  const plainOnes = functions.slice(0, functions.length / ways);
  const phi = node.op === "RNN" ? plainOnes[0] : plainOnes[1];
  const sigma = node.op === "RNN" ? null : plainOnes[0];
  const usual = (name: string | null) => name === "sigmoid" || name === "tanh" || name === "relu" || name === "linear";
  const alike =
    functions.every((f, k) => f === plainOnes[k % plainOnes.length]) && usual(phi) && (sigma === null || usual(sigma));
  if (!alike || (node.op === "LSTM" && plainOnes[2] !== phi)) return null;
  const used = node.outputs.map((name, k) => name !== "" && (seen.readers(k).length > 0 || seen.isOutput(k)));
  const states = Boolean(used[1] || used[2]);
  const lastAlone = !used[0] && !used[2];
  const reverse = direction === "reverse";
  if ((direction === "bidirectional" && used[2]) || (reverse && used[0])) return null;
  const after = numberIn(node, "linear_before_reset", 0, who) !== 0;
  const options: LstmOptions = {
    activation: phi as ActivationName,
    returnSequences: !lastAlone,
    returnState: states && !lastAlone,
    useBias: b !== undefined,
    ...(sigma ? { recurrentActivation: sigma as ActivationName } : {}),
    ...(node.op === "GRU" ? { resetAfter: after } : {}),
  };
  if (direction === "bidirectional" && states && !lastAlone) return null;
  const make = { LSTM: l.lstm, GRU: l.gru, RNN: l.simpleRnn }[node.op as "LSTM"] as (
    n: number,
    o: LstmOptions,
  ) => AnyLayer;
  const cell = make(units, { ...options, goBackwards: reverse });
  const layer = direction === "bidirectional" ? (l.bidirectional(cell as never) as AnyLayer) : cell;
  const run = layer as unknown as (t: SymbolicTensor, options?: object) => SymbolicTensor | SymbolicTensor[];
  const results = [initialState.length > 0 ? run(x.t, { initialState }) : run(x.t)].flat();
  seen.note(layer, Array.from({ length: ways }, (_, k) => wayOf({ w, r, b }, k, { gates, units, after })).flat());
  const found: { name: string; flow: Flow }[] = [];
  const both = direction === "bidirectional";
  const way = (axis: number): Place => (both ? { axis, part: "outer" } : null);
  const unit = (axis: number): Place => (both ? { axis, part: "inner" } : { axis });
  if (used[0]) {
    found.push({
      name: node.outputs[0],
      flow: { t: results[0], places: [{ axis: 1 }, way(2), { axis: 0 }, unit(2)], shape: seen.shape(0) },
    });
  }
  for (const k of [1, 2])
    if (used[k])
      found.push({
        name: node.outputs[k],
        flow: { t: lastAlone ? results[0] : results[k], places: [way(1), { axis: 0 }, unit(1)], shape: seen.shape(k) },
      });
  return found;
};

interface Matrices {
  readonly w: Known;
  readonly r: Known;
  readonly b: Known | undefined;
}
/** One direction's kernel, recurrent kernel and bias in Keras's order. */
function wayOf(
  { w, r, b }: Matrices,
  k: number,
  { gates, units, after }: { gates: Gates; units: number; after: boolean },
) {
  const n = w.shape[2];
  const width = gates * units;
  const part = (v: Known, size: number) => Float32Array.from(v.data.slice(k * size, (k + 1) * size));
  const kernel = toKernel(part(w, width * n), gates, "onnx", units, n);
  const recurrentKernel = toKernel(part(r, width * units), gates, "onnx", units, units);
  const found = [
    { data: kernel, shape: [n, width] },
    { data: recurrentKernel, shape: [units, width] },
  ];
  if (!b) return found;
  const biases = part(b, 2 * width);
  const [own, state] = [biases.slice(0, width), biases.slice(width)];
  if (gates !== 3 || after) {
    const data = joinBiases(own, state, gates, "onnx");
    return [...found, { data, shape: gates === 3 ? [2, width] : [width] }];
  }
  const [p, q] = [toBias(own, gates, "onnx", units), toBias(state, gates, "onnx", units)];
  return [...found, { data: p.map((v, i) => v + q[i]), shape: [width] }];
}
