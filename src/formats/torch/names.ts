import type { AnyLayer, Weight } from "../../layers/layer.ts";
import { nameInFiles } from "../../layers/options.ts";
import type { AnyCell } from "../../layers/recurrent/cell.ts";
import { RecurrentLayer } from "../../layers/recurrent/recurrent.ts";
import { UniqueNames } from "../../layers/unique-names.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { fromKernel, type Gates, joinBiases, splitBiases, toKernel } from "../gates.ts";
import { savedWeights } from "../keras/paths.ts";
import { type Numbers, permuted } from "./axes.ts";

/**
 * PyTorch's names for one layer's weights, below the module's name, and the conversion in both directions. The names are
 * those of `nn.LSTM` (with a projection too), `nn.GRU`, `nn.RNN` of one layer, `nn.Embedding`, `nn.Linear`, `nn.Conv1d`,
 * `nn.ConvTranspose1d`, `nn.Conv2d`, `nn.LayerNorm`, `nn.BatchNorm1d`; a layer PyTorch does not have keeps Keras's names and arrays.
 */
export interface TorchNames {
  readonly kind: "recurrent" | "embedding" | "linear" | "conv" | "norm" | "other";
  readonly names: readonly string[];
  write(read: (weight: Weight) => NdArray): Numbers[];
  /** Arrays in the order of `weights`, from tensors in the order of `names`. */
  read(tensors: readonly Numbers[]): Numbers[];
  readonly shapes: readonly (readonly number[])[];
  readonly weights: readonly Weight[];
}

/** Null for a layer without weights. */
export function torchNames(layer: AnyLayer): TorchNames | null {
  const weights = keptWeights(layer);
  if (weights.length === 0) return null;
  const recurrent = recurrentNames(layer);
  if (recurrent) return recurrent;
  if (layer.className === "TimeDistributed") return torchNames(layer.sublayers[0]);
  if (layer.className === "Embedding") return same("embedding", ["weight"], weights);
  if (layer.className === "Dense") return linear(weights);
  if (Object.hasOwn(convolutions, layer.className)) return convolution(layer.className, weights);
  const norms: Readonly<Record<string, string>> = {
    gamma: "weight",
    beta: "bias",
    moving_mean: "running_mean",
    moving_variance: "running_var",
  };
  const isNorm = /^(Layer|Batch|Group)Normalization$/.test(layer.className);
  if (isNorm && weights.every(({ name }) => Object.hasOwn(norms, name))) {
    return same(
      "norm",
      weights.map(({ name }) => norms[name]),
      weights,
    );
  }
  return same("other", kerasNames(layer, weights), weights);
}

/** Keras's names and arrays, which files of earlier versions have for layers that are now named as PyTorch names them. */
export function formerNames(layer: AnyLayer): TorchNames {
  const weights = keptWeights(layer);
  return same("other", kerasNames(layer, weights), weights);
}

/** A layer's weights that files keep, each once. */
const keptWeights = (layer: AnyLayer): Weight[] =>
  [...new Set(layer.ownedWeights().map(({ weight }) => weight))].filter((w) => savedWeights([w]).length > 0);

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
const linear = (weights: readonly Weight[]): TorchNames => arranged("linear", weights, [1, 0]);

/** For each class, which axis of Keras's kernel each axis of PyTorch's is. */
const convolutions: Readonly<Record<string, readonly number[]>> = {
  Conv1D: [2, 1, 0], // [K, in, out] → [out, in, K]
  Conv1DTranspose: [2, 1, 0], // [K, out, in] → [in, out, K]
  Conv2D: [3, 2, 0, 1], // [K, L, in, out] → [out, in, K, L]
  DepthwiseConv1D: [1, 2, 0], // [K, C, M] → [C · M, 1, K]
};

function convolution(className: string, weights: readonly Weight[]): TorchNames {
  const plain = arranged("conv", weights, convolutions[className]);
  if (className !== "DepthwiseConv1D") return plain;
  const [inFile, ...others] = plain.shapes;
  const [c, m, k] = inFile;
  const shape = [c * m, 1, k];
  const reshaped = ([{ data }, ...rest]: readonly Numbers[], to: readonly number[]) => [{ shape: to, data }, ...rest];
  return {
    ...plain,
    shapes: [shape, ...others],
    write: (read) => reshaped(plain.write(read), shape),
    read: (tensors) => plain.read(reshaped(tensors, inFile)),
  };
}

/** A kernel whose axes PyTorch has in another order, as `weight`, and a bias. */
function arranged(kind: TorchNames["kind"], weights: readonly Weight[], axes: readonly number[]): TorchNames {
  const [kernel, ...bias] = weights;
  const back = axes.map((_, axis) => axes.indexOf(axis));
  return {
    ...same(kind, ["weight", "bias"].slice(0, weights.length), weights),
    shapes: [axes.map((axis) => kernel.shape[axis]), ...bias.map(({ shape }) => shape)],
    write: (read) => weights.map((w) => (w === kernel ? permuted(numbersOf(read(w)), axes) : numbersOf(read(w)))),
    read: ([w, ...b]) => [permuted(w, back), ...b],
  };
}

const numbersOf = ({ shape, data }: NdArray): Numbers => ({ shape, data: Float32Array.from(data) });

const gatesOf: Readonly<Record<string, Gates>> = { LSTMCell: 4, ProjectedLSTMCell: 4, GRUCell: 3, SimpleRNNCell: 1 };

/** The class of a recurrent layer's cell: an `lstm` is an `rnn` of an `lstmCell`. */
const cellClass = (layer: AnyLayer): string =>
  layer instanceof RecurrentLayer && layer.className === "RNN"
    ? ((layer.cell as AnyCell).className ?? "")
    : `${layer.className}Cell`;

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
  const className = cellClass(layer);
  const weights = savedWeights(layer.weights);
  if (!Object.hasOwn(gatesOf, className) || weights.length < 2) return null;
  const gates = gatesOf[className];
  const projection = className === "ProjectedLSTMCell" ? weights[weights.length - 1] : null;
  const [kernel, recurrent, bias] = weights.filter((weight) => weight !== projection);
  const [n, width, rows] = [kernel.shape[0], recurrent.shape[0], kernel.shape[1]];
  const units = rows / gates;
  if (bias && gates === 3 && bias.shape.length === 1) return null; // resets before the product: PyTorch has no such GRU
  if (!bias && gates === 3 && layer.config().reset_after === false) return null;
  const last = projection ? ["weight_hr_l0"] : [];
  const names = ["weight_ih_l0", "weight_hh_l0", ...(bias ? ["bias_ih_l0", "bias_hh_l0"] : []), ...last];
  return {
    kind: "recurrent",
    names,
    weights,
    shapes: [[rows, n], [rows, width], ...(bias ? [[rows], [rows]] : []), ...last.map(() => [width, units])],
    write: (read) => {
      const wx = fromKernel(numbersOf(read(kernel)).data, gates, "torch", units, n);
      const wh = fromKernel(numbersOf(read(recurrent)).data, gates, "torch", units, width);
      const matrices = [
        { shape: [rows, n], data: wx },
        { shape: [rows, width], data: wh },
      ];
      const out = projection ? [permuted(numbersOf(read(projection)), [1, 0])] : [];
      if (!bias) return [...matrices, ...out];
      const { input, state } = splitBiases(numbersOf(read(bias)).data, gates, "torch", units);
      return [...matrices, { shape: [rows], data: input }, { shape: [rows], data: state }, ...out];
    },
    read: ([wx, wh, ...others]) => [
      { shape: kernel.shape, data: toKernel(wx.data, gates, "torch", units, n) },
      { shape: recurrent.shape, data: toKernel(wh.data, gates, "torch", units, width) },
      ...(bias ? [{ shape: bias.shape, data: joinBiases(others[0].data, others[1].data, gates, "torch") }] : []),
      ...(projection ? [permuted(others[others.length - 1], [1, 0])] : []),
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
