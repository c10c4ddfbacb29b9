import { CellstateError, FormatError, problem } from "../../errors.ts";
import { input } from "../../layers/input.ts";
import type { AnyLayer, SymbolicTensor } from "../../layers/layer.ts";
import { Functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { constant } from "../../ops/index.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { inTrace, Trace } from "../../tensor/tensor.ts";
import { Budget } from "../budget.ts";
import { weightReader } from "../keras/weights.ts";
import { type Flow, plain, type WeightNumbers, whole } from "./flow.ts";
import { farthest, IntegerBounds } from "./integer-bounds.ts";
import type { LayerRule, Seen } from "./layer-rule.ts";
import { layerRules } from "./layer-rules.ts";
import { knownTensor } from "./made.ts";
import type { OnnxSubgraph } from "./proto.ts";
import { readOnnxModel } from "./read-graph.ts";
import { runNodes, Scope } from "./run-nodes.ts";
import { dataTypes } from "./types.ts";
import { isKnown, type Known } from "./values.ts";
import { graphOf, writtenAgain } from "./written-again.ts";

/**
 * A model that was read from an ONNX file as the layers that compute the same, to be trained and saved as `.keras`: embeddings, LSTM,
 * GRU, RNN, one way or both, dense layers, convolutions, pooling, normalization, activations. Numbers are compared before it is handed
 * over. Throws FormatError naming the first node that is no layer; a model of layers is given back as it is.
 *
 *   const model = await asLayers(await loadModel("classifier.onnx"));
 *   await model.save("classifier.keras");
 */
export async function asLayers(model: AnyModel): Promise<AnyModel> {
  const graph = graphOf(model);
  if (!graph) return model;
  const who = `model "${model.name}"`;
  if (model.inputs!.some(({ shape }) => shape[0] !== null))
    throw new FormatError(problem(`${who}, as layers`, "an open batch", "one size", "Export it with the batch open."));
  const { file, tensors } = graph.source;
  const read = weightReader(model);
  const trace = new Trace();
  const leaves = graph.places.map(({ shape, type }) =>
    trace.leaf(
      "data",
      shape.map((d, axis) => (typeof d === "number" && d > 0 ? d : axis === 0 ? rows : steps)),
      {
        dtype: ["float", "float16", "double"].includes(type) ? "f32" : "i32",
      },
    ),
  );
  const inputs = graph.places.map(({ name, shape }, k) =>
    input(
      shape.slice(1).map((d) => (typeof d === "number" && d > 0 ? d : null)),
      { name, dtype: leaves[k].dtype },
    ),
  );
  const scope = new Scope();
  for (const { tensor, weight } of tensors()) {
    const numbers = weight ? { ...tensor, data: Float32Array.from(read(weight).data) } : tensor;
    scope.set(tensor.name, knownTensor(numbers), tensor.type);
  }
  const flows = new Map<string, Flow>();
  graph.places.forEach(({ name, type }, k) => {
    scope.set(name, leaves[k], dataTypes[type]);
    const tensor = inputs[k].tensor;
    flows.set(name, { ...whole(tensor, leaves[k].shape), ids: leaves[k].dtype === "i32" ? tensor : undefined });
  });
  const notes: [AnyLayer, readonly WeightNumbers[]][] = [];
  const traced = {
    who,
    beside: leaves[0],
    opset: file.opset,
    integers: new IntegerBounds(),
    memory: new Budget(who, 2 ** 32, "bytes of numbers known before it runs"),
    constant: ({ shape, whole: isWhole }: { shape: readonly number[]; whole: boolean }) =>
      constant(0, leaves[0], shape, isWhole ? "i32" : "f32"),
    numbers: () => undefined,
    numbersIn: ({ initializers }: OnnxSubgraph) =>
      initializers.map((t): [string, Known, number | undefined] => [t.name, knownTensor(t), t.type]),
  };
  const passed = new Set<unknown>(); // nodes that a layer before them has taken along
  inTrace(trace, () => {
    for (const node of file.nodes) {
      runNodes([node], scope, traced);
      if (passed.has(node) || node.outputs.every((name) => name === "" || isFixed(scope, name))) continue;
      const seen: Seen = {
        node,
        who: `${who}, node ${node.op}${node.name ? ` "${node.name}"` : ""}`,
        opset: file.opset,
        flow: (k) => flows.get(node.inputs[k] ?? ""),
        known: (k) => {
          const value = scope.value(node.inputs[k] ?? "");
          return value && isKnown(value) ? value : undefined;
        },
        shape: (k) => scope.value(node.outputs[k])!.shape,
        // Graphs within read the values around them by name, and are no layers; outputs are readers too.
        readers: (k) => file.nodes.filter((other) => other.inputs.includes(node.outputs[k])),
        isOutput: (k) => file.outputs.some(({ name }) => name === node.outputs[k]),
        after: (of) => file.nodes.filter((other) => other.inputs.some((name) => of.outputs.includes(name))),
        beside: (other, read = node) => scope.value(other.inputs.find((name) => !read.outputs.includes(name)) ?? ""),
        take: (other) => void passed.add(other),
        note: (layer, weights) => void notes.push([layer, weights]),
      };
      const results = layersOf(seen);
      if (!results) throw noLayer(seen.who);
      for (const { name, flow } of results) flows.set(name, flow);
    }
  });
  const outputs = file.outputs.map(({ name }) => {
    const flow = flows.get(name);
    const t = flow && plain(flow);
    if (!t) throw noLayer(`${who}, output "${name}"`);
    return t;
  });
  const found = new Functional(inputs, (outputs.length > 1 ? outputs : outputs[0]) as SymbolicTensor, {
    name: model.name,
  });
  for (const [layer, weights] of notes) layer.setWeights(weights.map(({ data, shape }) => new NdArray(data, shape)));
  await compare(readOnnxModel(writtenAgain(model)!, who), found, who); // a copy: the model itself may be waiting to be saved
  return found;
}

/** The layer that a node becomes; null where no rule has a layer, and where the layer refuses what the node reads. */
function layersOf(seen: Seen): ReturnType<LayerRule> {
  const { op } = seen.node;
  try {
    return Object.hasOwn(layerRules, op) ? layerRules[op](seen) : null;
  } catch (error) {
    if (error instanceof CellstateError) return null;
    throw error;
  }
}

const rows = 5;
const steps = 7;
const isFixed = (scope: Scope, name: string) => {
  const value = scope.value(name);
  return value !== undefined && isKnown(value);
};

function noLayer(place: string): FormatError {
  const next = "Keep it as .onnx: it predicts, can be trained, and is saved as .onnx again.";
  return new FormatError(problem(`${place}, as layers`, "a node that is a layer, or a part of one", "another", next));
}

/** Both models on the same random rows. Throws FormatError where their numbers differ. */
async function compare(graph: AnyModel, layers: AnyModel, who: string): Promise<void> {
  const random = new Random(1);
  const read = layers instanceof Functional ? layers.uses.filter(({ layer }) => layer.className === "Embedding") : [];
  const ids = new Set(read.flatMap((use) => use.inputs.map(({ call }) => call.layer.name)));
  for (const [count, length] of [
    [2, 4],
    [3, 6],
  ]) {
    const xs = graph.inputs!.map(({ name, shape, dtype }) => {
      const sizes = [count, ...shape.slice(1).map((d) => d ?? length)];
      const size = sizes.reduce((n, d) => n * d, 1);
      // Ids of 0 and 1 are in every vocabulary.
      const draw = dtype === "i32" || ids.has(name) ? () => random.below(2) : () => random.uniform(-1, 1);
      const numbers = Array.from({ length: size }, draw);
      return new NdArray(dtype === "i32" ? Int32Array.from(numbers) : Float32Array.from(numbers), sizes);
    });
    const x = (xs.length > 1 ? xs : xs[0]) as never;
    const [a, b] = [[await graph.predict(x)].flat(), [await layers.predict(x)].flat()] as NdArray[][];
    for (const [k, wanted] of a.entries()) {
      const scale = Math.max(1, farthest(wanted));
      // f32: the same sums in another order, layer behind layer
      const same =
        String(wanted.shape) === String(b[k].shape) &&
        Array.from(wanted.data).every((v, i) => Math.abs(v - b[k].data[i]) <= 1e-4 * scale);
      if (!same)
        throw new FormatError(
          problem(`${who}, as layers`, "layers that give the graph's numbers", "others", "Keep it as .onnx."),
        );
    }
  }
}
