import type { AnyLayer, LayerCall, OwnedWeight } from "../layers/layer.ts";
import { type PartialShape, sizeOf } from "../tensor/shape.ts";
import { isCarried } from "../train/parameters.ts";

/** One layer of a model's graph. */
export interface GraphNode {
  /** Unique in the graph. */
  readonly id: string;
  /** Of the layer. */
  readonly name: string;
  /** A wrapper names what it wraps: `Bidirectional(LSTM)`. */
  readonly className: string;
  /** One shape, or a list for a layer of several results; sizes that are open are null. */
  readonly outputShape: PartialShape | readonly PartialShape[];
  /** Parameters of the layer. */
  readonly params: number;
}

/** The layers of a model and their connections, as plain data. */
export interface Graph {
  /** Of the model. */
  readonly name: string;
  /** AnyLayer, in the order they are computed. */
  readonly nodes: readonly GraphNode[];
  /** Connections between layers, by `id`. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

interface Described {
  readonly name: string;
  readonly layers: readonly AnyLayer[];
  readonly inputShape: PartialShape | null;
  readonly uses?: readonly LayerCall[];
  /** Options of a stack beside its layers. */
  readonly inputLayer?: AnyLayer | null;
}

/** The graph of a built model. */
export function graphOf(model: Described): Graph {
  if (model.uses) {
    const { uses } = model;
    const shapesOf = (layer: AnyLayer) => uses.find((use) => use.layer === layer)!.outputs.map((t) => t.shape);
    const pairs = uses.flatMap((use) => use.inputs.map((t) => [t.call.layer.name, use.layer.name] as const));
    const edges = [...new Map(pairs.map((pair) => [pair.join("\0"), pair])).values()];
    return { name: model.name, nodes: model.layers.map((layer) => nodeOf(layer, shapesOf(layer))), edges };
  }
  let shapes: PartialShape[] = [model.inputShape!];
  const begin = model.inputLayer && !model.layers.includes(model.inputLayer) ? [model.inputLayer] : [];
  const nodes = [...begin, ...model.layers].map((layer) => {
    shapes = layer.computeOutputShapes(shapes);
    return nodeOf(layer, shapes);
  });
  return { name: model.name, nodes, edges: nodes.slice(1).map((node, k) => [nodes[k].id, node.id] as const) };
}

function nodeOf(layer: AnyLayer, shapes: readonly PartialShape[]): GraphNode {
  const learned = layer.ownedWeights().filter(({ weight }: OwnedWeight) => !isCarried(weight));
  const own = new Map(learned.map(({ weight }) => [weight, sizeOf(weight.shape)]));
  return {
    id: layer.name,
    name: layer.name,
    className: titleOf(layer),
    outputShape: shapes.length === 1 ? shapes[0] : shapes,
    params: [...own.values()].reduce((n, size) => n + size, 0),
  };
}

const wrappers = ["Bidirectional", "TimeDistributed", "SpectralNormalization"];

function titleOf(layer: AnyLayer): string {
  const [inner] = layer.sublayers;
  return wrappers.includes(layer.className) && inner ? `${layer.className}(${inner.className})` : layer.className;
}
