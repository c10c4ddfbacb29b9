import type { AnyLayer, Weight } from "../../layers/layer.ts";
import { nameInFiles } from "../../layers/options.ts";
import { UniqueNames } from "../../layers/unique-names.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { fromKernel, type Gates, joinBiases, splitBiases, toKernel } from "../gates.ts";
import { savedWeights } from "../keras/paths.ts";

/** Numbers with their shape. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * PyTorch's names for one layer's weights, below the module's name, and the conversion in both directions. The names are
 * those of `nn.LSTM`, `nn.GRU`, `nn.RNN` of one layer, `nn.Embedding`, `nn.Linear`, `nn.LayerNorm`, `nn.BatchNorm1d`; a layer
 * PyTorch does not have keeps Keras's names and arrays.
 */
export interface TorchNames {
  readonly kind: "recurrent" | "embedding" | "linear" | "norm" | "other";
  readonly names: readonly string[];
  write(read: (weight: Weight) => NdArray): Numbers[];
  /** Arrays in the order of `weights`, from tensors in the order of `names`. */
  read(tensors: readonly Numbers[]): Numbers[];
  readonly shapes: readonly (readonly number[])[];
  readonly weights: readonly Weight[];
}

/** Null for a layer without weights. */
export function torchNames(layer: AnyLayer): TorchNames | null {
  const weights = [...new Set(layer.ownedWeights().map(({ weight }) => weight))].filter(
    (w) => savedWeights([w]).length > 0,
  );
  if (weights.length === 0) return null;
  const recurrent = recurrentNames(layer);
  if (recurrent) return recurrent;
  if (layer.className === "Embedding") return same("embedding", ["weight"], weights);
  if (layer.className === "Dense") return linear(weights);
  const norms: Readonly<Record<string, string>> = {
    gamma: "weight",
    beta: "bias",
    moving_mean: "running_mean",
    moving_variance: "running_var",
  };
  const isNorm = layer.className === "LayerNormalization" || layer.className === "BatchNormalization";
  if (isNorm && weights.every(({ name }) => Object.hasOwn(norms, name))) {
    return same(
      "norm",
      weights.map(({ name }) => norms[name]),
      weights,
    );
  }
  return same("other", kerasNames(layer, weights), weights);
}

function same(kind: TorchNames["kind"], names: readonly string[], weights: readonly Weight[]): TorchNames {
  const plain = ({ shape, data }: NdArray): Numbers => ({ shape, data: Float32Array.from(data) });
  return {
    kind,
    names,
    weights,
    shapes: weights.map(({ shape }) => shape),
    write: (read) => weights.map((weight) => plain(read(weight))),
    read: (tensors) => [...tensors],
  };
}

/** Keras's kernel [in, out] is PyTorch's weight [out, in]. */
function linear(weights: readonly Weight[]): TorchNames {
  const [kernel, ...bias] = weights;
  const [n, out] = kernel.shape;
  return {
    ...same("linear", ["weight", "bias"].slice(0, weights.length), weights),
    shapes: [[out, n], ...bias.map(({ shape }) => shape)],
    write: (read) => weights.map((w) => (w === kernel ? transposed(numbersOf(read(w)), [out, n]) : numbersOf(read(w)))),
    read: ([w, ...b]) => [transposed(w, [n, out]), ...b],
  };
}

const numbersOf = ({ shape, data }: NdArray): Numbers => ({ shape, data: Float32Array.from(data) });

/** [r, c] → [c, r]. */
function transposed({ data, shape: [r, c] }: Numbers, shape: readonly number[]): Numbers {
  const out = new Float32Array(data.length);
  for (let i = 0; i < r; i++) for (let j = 0; j < c; j++) out[j * r + i] = data[i * c + j];
  return { shape, data: out };
}

const gatesOf: Readonly<Record<string, Gates>> = { LSTM: 4, GRU: 3, SimpleRNN: 1 };

/** An LSTM, GRU or plain recurrent layer, or both directions of one. */
function recurrentNames(layer: AnyLayer): TorchNames | null {
  const parts = layer.className === "Bidirectional" ? layer.sublayers : [layer];
  const cells = parts.map(oneDirection);
  if (cells.some((cell) => cell === null)) return null;
  const all = cells as TorchNames[];
  const counts = all.map((cell) => cell.names.length);
  return {
    kind: "recurrent",
    names: all.flatMap(({ names }, k) => names.map((name) => (k === 0 ? name : `${name}_reverse`))),
    weights: all.flatMap(({ weights }) => weights),
    shapes: all.flatMap(({ shapes }) => shapes),
    write: (read) => all.flatMap((cell) => cell.write(read)),
    read: (tensors) => all.flatMap((cell, k) => cell.read(tensors.slice(k * counts[0], k * counts[0] + counts[k]))),
  };
}

function oneDirection(layer: AnyLayer): TorchNames | null {
  const gates = gatesOf[layer.className];
  const weights = savedWeights(layer.weights);
  if (!gates || weights.length < 2) return null;
  const [kernel, recurrent, bias] = weights;
  const [n, units] = [kernel.shape[0], recurrent.shape[0]];
  const rows = gates * units;
  if (bias && gates === 3 && bias.shape.length === 1) return null; // resets before the product: PyTorch has no such GRU
  if (!bias && gates === 3 && layer.config().reset_after === false) return null;
  const names = ["weight_ih_l0", "weight_hh_l0", ...(bias ? ["bias_ih_l0", "bias_hh_l0"] : [])];
  return {
    kind: "recurrent",
    names,
    weights,
    shapes: [[rows, n], [rows, units], ...(bias ? [[rows], [rows]] : [])],
    write: (read) => {
      const wx = fromKernel(numbersOf(read(kernel)).data, gates, "torch", units, n);
      const wh = fromKernel(numbersOf(read(recurrent)).data, gates, "torch", units, units);
      const matrices = [
        { shape: [rows, n], data: wx },
        { shape: [rows, units], data: wh },
      ];
      if (!bias) return matrices;
      const { input, state } = splitBiases(numbersOf(read(bias)).data, gates, "torch", units);
      return [...matrices, { shape: [rows], data: input }, { shape: [rows], data: state }];
    },
    read: ([wx, wh, input, state]) => [
      { shape: kernel.shape, data: toKernel(wx.data, gates, "torch", units, n) },
      { shape: recurrent.shape, data: toKernel(wh.data, gates, "torch", units, units) },
      ...(bias ? [{ shape: bias.shape, data: joinBiases(input.data, state.data, gates, "torch") }] : []),
    ],
  };
}

/** Names of Keras for what PyTorch has not, each once: `forward_gru.kernel`. */
function kerasNames(layer: AnyLayer, weights: readonly Weight[]): string[] {
  const paths = new Map<Weight, string>();
  const visit = (at: AnyLayer, path: string) => {
    for (const weight of at.weights) if (!paths.has(weight)) paths.set(weight, `${path}${weight.name}`);
    at.sublayers.forEach((inner) => {
      visit(inner, `${path}${nameInFiles(inner)}.`);
    });
  };
  visit(layer, "");
  const unique = new UniqueNames();
  return weights.map((weight) => unique.of(paths.get(weight)!));
}
