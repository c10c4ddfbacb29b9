import { CellstateError, FormatError, problem } from "../../errors.ts";
import { type CallContext, Layer, type Weight } from "../../layers/layer.ts";
import { cast, equal, reshape, sub } from "../../ops/index.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { type PartialShape, sameShape } from "../../tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../../tensor/tensor.ts";
import { Budget, memoryFor } from "../budget.ts";
import { halved } from "./cast.ts";
import { Constants } from "./constants.ts";
import { farthest, IntegerBounds } from "./integer-bounds.ts";
import { knownTensor } from "./made.ts";
import { inOrder } from "./node-order.ts";
import type { OnnxModel, OnnxNode, OnnxSubgraph, OnnxTensor, OnnxValue } from "./proto.ts";
import { rowsApart } from "./row-axis.ts";
import { runNodes, Scope } from "./run-nodes.ts";
import { dataTypes } from "./types.ts";
import { type Known, type OnnxTraced, tensorOf } from "./values.ts";

/** The data type that an input or output is computed in. */
export const dtypeOf = (type: OnnxValue["type"]) => (["float", "float16", "double"].includes(type) ? "f32" : "i32");

/** Arrays of up to so many numbers may be what must be known: axes, a shape, bounds. */
const fewNumbers = 4096;

/** Operators with weights: all inputs but the first, and, if there is a bias, the second operand of the addition after it. */
const layersOf = new Set("MatMul Gemm Conv LSTM GRU RNN Gather LayerNormalization BatchNormalization PRelu".split(" "));

/**
 * The tensors of one number that are learned, as the bias of a last layer of one unit is: inputs of a layer, and what is
 * added to its product. Others, as the 0.5 of a formula, are constants. Our own files write constants without an axis.
 */
function learnedNumbers({ nodes, initializers, producer }: OnnxModel): Set<string> {
  const single = new Set(
    initializers.flatMap(({ name, dims, data }) => (data.length === 1 && dims.length > 0 ? name : [])),
  );
  if (producer === "Cellstate") return single;
  const products = new Set<string>(); // a layer's results, reshaped or not
  const learned = new Set<string>();
  const learn = (names: readonly string[]) => {
    for (const name of names) if (single.has(name)) learned.add(name);
  };
  for (const { op, inputs, outputs } of nodes) {
    const from = inputs.some((name) => products.has(name));
    if (layersOf.has(op)) learn(inputs);
    if (op === "Add" && from) learn(inputs);
    const kept = from && ["Reshape", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Cast"].includes(op);
    if (layersOf.has(op) || kept) for (const name of outputs) products.add(name);
  }
  return learned;
}

/** The numbers that lie in a graph, not in those within it. */
const numbersOf = ({ nodes, initializers }: Pick<OnnxSubgraph, "nodes" | "initializers">): OnnxTensor[] => [
  ...initializers,
  ...nodes.flatMap((node) => {
    const value = node.op === "Constant" ? node.attributes.get("value") : undefined;
    return typeof value === "object" && !Array.isArray(value) ? [{ ...value, name: node.outputs[0] }] : [];
  }),
];

/** The graphs within nodes, of all levels. */
const graphsWithin = (nodes: readonly OnnxNode[]): OnnxSubgraph[] =>
  nodes.flatMap(({ graphs }) =>
    [...(graphs?.values() ?? [])].flatMap((graph) => [graph, ...graphsWithin(graph.nodes)]),
  );

/** A whole ONNX graph as one layer: its floating-point initializers are weights, and each node is traced in its turn. */
export class OnnxGraph extends Layer<never> {
  /** Its operators may go along any axis, that of the rows too. */
  override get mixesRows(): boolean {
    return true;
  }
  readonly className = "OnnxGraph";
  readonly factory = "onnx";
  readonly places: readonly OnnxValue[];
  readonly #file: OnnxModel;
  readonly #who: string;
  /** Arrays at hand that are the one row of their batch; without them rows come. */
  readonly #arrays: readonly NdArray[] | undefined;
  readonly #bytes: number; // of the file
  readonly #weights = new Map<string, Weight>();
  readonly #known = new Map<string, Known>();
  readonly #numbers = new Map<string, Known>(); // of weights and of arrays, for what must be known
  readonly #types = new Map<string, number>();
  readonly #within = new Map<OnnxSubgraph, [name: string, key: string][]>(); // numbers of graphs within
  readonly #constants = new Constants();

  constructor(file: OnnxModel, who: string, bytes: number, arrays?: readonly NdArray[]) {
    super({ name: "graph" });
    this.#bytes = bytes;
    this.#file = { ...file, nodes: inOrder(file.nodes) };
    this.#who = who;
    this.#arrays = arrays;
    const own = new Set(file.initializers.map(({ name }) => name));
    const learned = learnedNumbers(file);
    for (const tensor of numbersOf(file))
      this.#keep(tensor, tensor.data.length > 1 || (own.has(tensor.name) && learned.has(tensor.name)));
    for (const [g, graph] of graphsWithin(file.nodes).entries())
      this.#within.set(
        graph,
        numbersOf(graph).map((tensor): [string, string] => {
          const key = `graph ${g}: ${tensor.name}`;
          this.#keep({ ...tensor, name: key }, tensor.data.length > 1);
          return [tensor.name, key];
        }),
      );
    this.places = file.inputs.filter(({ name }) => !own.has(name)); // old files list initializers among the inputs
    if (this.places.length === 0) throw new FormatError(problem(who, "a graph that reads something", "no inputs"));
    this.places.forEach(({ name, type }, k) => {
      this.#types.set(name, dataTypes[type]);
      const array = arrays?.[k];
      if (array && array.size <= fewNumbers)
        this.#numbers.set(name, {
          shape: array.shape,
          data: Array.from(array.data, Number),
          whole: dtypeOf(type) === "i32",
        });
    });
  }

  /** The operator that the one output comes of, behind those that change its shape alone; null for several. */
  get lastOperator(): string | null {
    const { nodes, outputs } = this.#file;
    let name = outputs.length === 1 ? outputs[0].name : null;
    for (const { op, inputs, outputs } of nodes.toReversed()) {
      if (name === null || !outputs.includes(name)) continue;
      if (!["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Cast"].includes(op)) return op;
      name = inputs[0];
    }
    return null;
  }

  /** Numbers of the file: a weight, or numbers that shapes and bounds are made of. */
  #keep(tensor: OnnxTensor, isWeight: boolean): void {
    const { name, dims, data, type } = tensor;
    if (type !== undefined) this.#types.set(name, type);
    if (data instanceof Float32Array && isWeight) {
      const initializer = { className: "Constant", config: { value: 0 }, fill: () => data };
      this.#weights.set(name, this.addWeight(name, dims, initializer));
      if (data.length <= fewNumbers) this.#numbers.set(name, knownTensor(tensor));
    } else this.#known.set(name, knownTensor(tensor));
  }

  override get arity(): number {
    return this.places.length;
  }

  /** Traces the graph to see which numbers without order it needs as tensors: they are weights that nothing trains. */
  override buildAll(inputs: readonly PartialShape[]): void {
    this.builtFor = inputs;
    this.#constants.open = true;
    const shapes = this.computeOutputShapes(inputs);
    this.#constants.open = false;
    for (const { key, data, shape } of this.#constants.needed()) {
      const initializer = { className: "Constant", config: { value: 0 }, fill: () => data };
      const name = `constant_${this.#constants.weights.size}`;
      this.#constants.weights.set(key, this.addWeight(name, shape, initializer, { trainable: false }));
    }
    this.#shapes = shapes;
  }
  #shapes: PartialShape[] | undefined;

  /** Traces the graph with two sizes in the open places: what differs in the result is open there. */
  override computeOutputShapes(inputs: readonly PartialShape[]): PartialShape[] {
    if (this.#shapes && inputs.every((shape, k) => sameShape(shape, this.builtFor![k]))) return this.#shapes;
    const traced = (open: number) => this.#traced(inputs, () => open).outputs.map(({ shape }) => shape);
    if (this.#arrays || inputs.every((shape) => !shape.includes(null))) return traced(1);
    const [a, b] = [traced(5), traced(7)];
    return a.map((shape, k) => shape.map((d, i) => (d === b[k][i] ? d : null)));
  }

  /** The graph traced for inputs of these shapes, with sizes of our choice along open axes. */
  #traced(shapes: readonly PartialShape[], open: (axis: number) => number) {
    const trace = new Trace();
    const inputs = shapes.map((shape, k) =>
      trace.leaf(
        "data",
        shape.map((d, axis) => d ?? this.#arrays?.[k]?.shape[axis - 1] ?? open(axis)),
        { dtype: dtypeOf(this.places[k].type) },
      ),
    );
    const context = {
      training: false,
      weight: (w: Weight) => trace.leaf("weights", w.shape),
      stream: () => 0,
      update: () => {},
      addLoss: () => {},
    };
    this.#constants.begin();
    return { trace, inputs, outputs: inTrace(trace, () => this.forwardAll(inputs, context)) };
  }

  /** Whether inputs and outputs have the batch first: an open size that goes through the graph, or one fixed size. */
  hasRows(): boolean {
    const all = [...this.places, ...this.#file.outputs].map(({ shape }) => shape[0]);
    if (all.includes(undefined as never)) return false;
    // A size that is in front here and further back there, as in x [time, batch, …] beside h [layers, batch, …], is no batch of all.
    const back = [...this.places, ...this.#file.outputs].flatMap(({ shape }) => shape.slice(1));
    if (all.some((d) => typeof d === "string" && d !== "" && back.includes(d))) return false;
    if (all.every((d) => d !== null && d === all[0])) return true;
    if (this.places.some(({ shape }) => typeof shape[0] === "number" && shape[0] > 0)) return false;
    // Exporters give the batch of each output a name of its own: sizes are seen to go through. An error comes when it is built.
    return [5, 11].every((rows) => this.#probed(rows)?.outputs.every(({ shape }) => shape[0] === rows) ?? true);
  }

  /** True where rows depend on one another, as where the first axis is time: predictions take all rows at once. */
  override get rowsTogether(): boolean {
    this.#together ??= (() => {
      if (this.places.some(({ shape }) => typeof shape[0] === "number" && shape[0] > 0)) return false; // batches of one size
      const sizes = new Set(this.#file.initializers.flatMap(({ dims }) => dims));
      const rows = [5, 11, 13, 17, 19, 23].find((p) => !sizes.has(p)) ?? 29;
      const probed = this.#probed(rows);
      // A graph may take a size of 1 for something else, as Squeeze does.
      const one = this.#probed(1)?.outputs.map(({ shape }) => shape.join());
      const same = probed?.outputs.every(({ shape }, k) => [1, ...shape.slice(1)].join() === one?.[k]);
      return !probed || !same || !rowsApart(probed.trace.nodes, probed.inputs, probed.outputs, rows);
    })();
    return this.#together;
  }
  #together: boolean | undefined;

  /** The graph traced with so many rows; undefined where it does not take them. */
  #probed(rows: number) {
    const shapes = this.places.map(({ shape }) => shape.map((d) => (typeof d === "number" && d > 0 ? d : null)));
    this.#constants.open = true;
    try {
      return this.#traced(shapes, (axis) => (axis === 0 ? rows : 7));
    } catch (error) {
      if (error instanceof CellstateError) return undefined;
      throw error;
    } finally {
      this.#constants.open = false;
      this.#constants.needed();
    }
  }

  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    const scope = new Scope();
    for (const [name, value] of this.#known) scope.set(name, value, undefined);
    for (const [name, type] of this.#types) scope.set(name, undefined, type);
    const numbers = new Map<Tensor, Known>();
    const integers = new IntegerBounds();
    for (const [name, weight] of this.#weights) {
      const tensor = context.weight(weight);
      scope.set(name, tensor, undefined);
      if (this.#numbers.has(name)) numbers.set(tensor, this.#numbers.get(name)!);
    }
    inputs.forEach((x, k) => {
      const { name, type } = this.places[k];
      const given = this.#arrays ? reshape(x, x.shape.slice(1)) : x;
      const tensor = type === "bool" ? sub(1, equal(cast(given, "f32"), 0)) : given;
      const found = this.#numbers.get(name);
      scope.set(name, found?.whole && type !== "bool" ? { ...found, tensor } : tensor, undefined);
      if (found) numbers.set(tensor, found);
      const array = this.#arrays?.[k];
      if (array && tensor.dtype === "i32") integers.set(tensor, farthest(array));
    });
    const constant = (value: Known) => this.#constants.tensor(value, inputs[0], context);
    runNodes(this.#file.nodes, scope, {
      beside: inputs[0],
      integers,
      who: this.#who,
      opset: this.#file.opset,
      memory: new Budget(this.#who, memoryFor(this.#bytes), "bytes of numbers known before it runs"),
      constant,
      numbers: (value) => numbers.get(value),
      numbersIn: (graph) =>
        (this.#within.get(graph) ?? []).map(([name, key]) => [name, scope.value(key), scope.type(key)]),
    });
    return this.#file.outputs.map(({ name }) => {
      const output = this.#output(scope.value(name), { name, beside: inputs[0], constant });
      return scope.type(name) === dataTypes.float16 ? halved(output) : output;
    });
  }

  #output(
    value: OnnxTraced | undefined,
    { name, beside, constant }: { name: string; beside: Tensor; constant: (value: Known) => Tensor | undefined },
  ): Tensor {
    if (value === undefined)
      throw new FormatError(problem(this.#who, `the output "${name}" computed by a node`, "none"));
    const tensor = tensorOf(value, { beside, who: this.#who, constant });
    return this.#arrays ? reshape(tensor, [1, ...tensor.shape]) : tensor;
  }

  /** The file, its numbers that are weights by their names in it or in a graph within, and all numbers that lie in it. */
  get source(): {
    file: OnnxModel;
    weightsOf: (graph?: OnnxSubgraph) => Map<string, Weight>;
    tensors: () => { tensor: OnnxTensor; weight: Weight | undefined }[];
  } {
    const weightsOf = (graph?: OnnxSubgraph) => {
      const names = graph ? (this.#within.get(graph) ?? []) : [...this.#weights.keys()].map((key) => [key, key]);
      return new Map(names.flatMap(([name, key]) => (this.#weights.has(key) ? [[name, this.#weights.get(key)!]] : [])));
    };
    const tensors = () => numbersOf(this.#file).map((tensor) => ({ tensor, weight: this.#weights.get(tensor.name) }));
    return { file: this.#file, weightsOf, tensors };
  }

  config(): Record<string, never> {
    return {};
  }
}
