import type { AnyLayer, Weight } from "../../layers/layer.ts";
import type { RecurrentCell } from "../../layers/recurrent/cell.ts";
import { Rnn } from "../../layers/recurrent/rnn.ts";
import { cellClass, StackedRnnCells } from "../../layers/recurrent/stacked-rnn-cells.ts";
import { Model } from "../../models/model.ts";
import { snakeCase } from "../../models/sequential.ts";

/** The path of one object's variables in `model.weights.h5`, and the weights there in order. */
export interface WeightPath {
  /** The layer whose name messages and old files know. */
  readonly layer: AnyLayer;
  readonly path: string;
  /** The name Keras writes beside the variables. */
  readonly name: string;
  readonly weights: readonly Weight[];
}

/**
 * The places of all layers' variables: by class and count, not by name; cells, wrapped layers and models inside below their
 * owner. A layer or a cell that is used in two places is where Keras comes first, or at each of them.
 *
 *   weightPaths(model.layers).map((p) => p.path)     // "layers/embedding", "layers/lstm", "layers/lstm/cell", …
 */
export function weightPaths(layers: readonly AnyLayer[], shared: "once" | "everywhere" = "once"): WeightPath[] {
  const places: WeightPath[] = [];
  const visited = new Set<AnyLayer | RecurrentCell>();
  const met = (object: AnyLayer | RecurrentCell): boolean => {
    if (shared === "once" && visited.has(object)) return true;
    visited.add(object);
    return false;
  };
  const listed = (list: readonly AnyLayer[], base: string) => {
    const counts = new Map<string, number>();
    for (const layer of list) {
      if (layer.className === "InputLayer") continue;
      const name = snakeCase(layer.className);
      const k = counts.get(name) ?? 0;
      counts.set(name, k + 1);
      visit(layer, `${base}/${name}${k > 0 ? `_${k}` : ""}`);
    }
  };
  const visit = (layer: AnyLayer, path: string) => {
    if (met(layer)) return;
    const weights = savedWeights(layer.weights);
    if (hasCell(layer) && weights.length > 0) {
      places.push({ layer, path: `${path}/cell`, name: `${snakeCase(layer.className)}_cell`, weights });
      places.push({ layer, path, name: layer.name, weights: [] });
    } else if (layer instanceof Rnn) {
      for (const part of cellPaths(layer.cell, `${path}/cell`, weights, met)) places.push({ ...part, layer });
      places.push({ layer, path, name: layer.name, weights: [] });
    } else if (layer.className === "MultiHeadAttention") {
      places.push({ layer, path, name: layer.name, weights: [] });
      for (const part of ["query", "key", "gate", "value", "attention_output"]) {
        const own = weights.filter((w) => w.name.startsWith(`${part}/`));
        if (own.length === 0) continue;
        const attribute = part === "gate" ? "_gate" : part.replace("attention_", "");
        places.push({ layer, path: `${path}/${attribute}_dense`, name: part, weights: own });
      }
    } else places.push({ layer, path, name: layer.name, weights });
    if (layer instanceof Model) return listed(layer.layers, `${path}/layers`);
    layer.sublayers.forEach((inner, k) => {
      visit(inner, `${path}/${attribute(layer, k)}`);
    });
  };
  listed(layers, "layers");
  return places;
}

/** States carried from batch to batch are not in files. */
export const savedWeights = (weights: readonly Weight[]) => weights.filter(({ name }) => name !== "rnn_state");

/** Layers whose weights Keras gives to a cell inside them. */
const hasCell = (layer: AnyLayer) => /^(LSTM|GRU|SimpleRNN|ConvLSTM[123]D)$/.test(layer.className);

/** Keras's name for the k-th layer inside a wrapper. */
function attribute(layer: AnyLayer, k: number): string {
  if (layer.className === "Bidirectional") return ["forward_layer", "backward_layer"][k];
  return "layer";
}

/** Paths of the weights of an rnn's cell, or of each cell of a stack. */
function cellPaths(
  cell: RecurrentCell,
  path: string,
  weights: readonly Weight[],
  met: (cell: RecurrentCell) => boolean,
): Omit<WeightPath, "layer">[] {
  if (met(cell)) return [];
  const name = snakeCase(cellClass(cell));
  if (!(cell instanceof StackedRnnCells)) return [{ path, name, weights }];
  const counts = new Map<string, number>();
  const inner = cell.cells.flatMap((each, k) => {
    const own = snakeCase(cellClass(each));
    const before = counts.get(own) ?? 0;
    counts.set(own, before + 1);
    return cellPaths(each, `${path}/cells/${own}${before > 0 ? `_${before}` : ""}`, cell.cellWeights[k] ?? [], met);
  });
  return [...inner, { path, name, weights: [] }];
}
