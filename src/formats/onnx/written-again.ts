import type { Weight } from "../../layers/layer.ts";
import { Functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { weightReader } from "../keras/weights.ts";
import { OnnxGraph } from "./graph.ts";
import { type OnnxNode, type OnnxSubgraph, type OnnxTensor, writeOnnx } from "./proto.ts";

/** A model read from an ONNX file is written as the nodes that it came with, and the weights that it has now. */

/** The graph that a model is, if it came from an ONNX file. */
export function graphOf(model: AnyModel): OnnxGraph | undefined {
  const layers = model instanceof Functional ? model.uses.map(({ layer }) => layer) : [];
  return layers.find((layer): layer is OnnxGraph => layer instanceof OnnxGraph);
}

/** The bytes of such a file; undefined for a model of layers. */
export function writtenAgain(model: AnyModel): Uint8Array | undefined {
  const graph = graphOf(model);
  if (!graph) return undefined;
  const read = weightReader(model);
  const { file, weightsOf } = graph.source;
  const nodesWith = (nodes: readonly OnnxNode[], numbers: Numbers): OnnxNode[] =>
    nodes.map((node) => ({
      ...node,
      attributes: new Map(
        [...node.attributes].map(([key, value]) => {
          const held = node.op === "Constant" && key === "value" && typeof value === "object" && !Array.isArray(value);
          return [key, held ? numbers(value, node.outputs[0]) : value];
        }),
      ),
      graphs: node.graphs && new Map([...node.graphs].map(([key, inner]) => [key, innerWith(inner)])),
    }));
  const innerWith = (inner: OnnxSubgraph): OnnxSubgraph => {
    const numbers = numbersOf(weightsOf(inner), read);
    return {
      ...inner,
      nodes: nodesWith(inner.nodes, numbers),
      initializers: inner.initializers.map((tensor) => numbers(tensor, tensor.name)),
    };
  };
  const numbers = numbersOf(weightsOf(), read);
  return writeOnnx({
    ...file,
    nodes: nodesWith(file.nodes, numbers),
    initializers: file.initializers.map((tensor) => numbers(tensor, tensor.name)),
  });
}

/** A tensor with the numbers that its weight has now. */
type Numbers = (tensor: OnnxTensor, name: string) => OnnxTensor;
const numbersOf =
  (weights: ReadonlyMap<string, Weight>, read: (weight: Weight) => NdArray): Numbers =>
  (tensor, name) => {
    const weight = weights.get(name);
    return weight ? { ...tensor, data: Float32Array.from(read(weight).data) } : tensor;
  };
