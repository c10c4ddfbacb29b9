import { DataError, problem, ShapeError, showShape, showValue } from "../errors.ts";
import type { ArrayLike, NdArray } from "../tensor/nd-array.ts";
import type { DType, PartialShape, Shape } from "../tensor/shape.ts";
import { type Precision, type Tensor, withPrecision } from "../tensor/tensor.ts";
import { type CallOptionsOf, checkMask, readCallOptions } from "./call-options.ts";
import type { MaskRules } from "./masks.ts";
import type { SymbolicOperations } from "./operations/symbolic-operations.ts";
import type { ConfigValue, LayerOptions } from "./options.ts";
import type { Ran, RunRounding, WholeRun } from "./recurrent/whole-run.ts";
import { type Initializer, type InitializerLike, initializer } from "./weights/initializers.ts";
import { storeOf, type WeightStore } from "./weights/weight-store.ts";

/** A penalty on a weight or an output, added to the loss: tensor of any shape → one number, shape []. */
export interface Regularizer {
  /** Keras's class: `L2`. */
  readonly className: string;
  /** Keras's config. */
  readonly config: Readonly<Record<string, ConfigValue>>;
  /** The penalty, shape []. */
  penalty(w: Tensor): Tensor;
}

/** Changes a weight after every step, to keep it within bounds: tensor → tensor of the same shape. */
export interface Constraint {
  /** Keras's class: `MaxNorm`. */
  readonly className: string;
  /** Keras's config. */
  readonly config: Readonly<Record<string, ConfigValue>>;
  /** The nearest tensor that the constraint allows. */
  project(w: Tensor): Tensor;
}

/** A parameter: its name in Keras's files, its shape, its initializer. Its values live in the model's memory. */
export interface Weight {
  /** Its name in the layer: `kernel`. */
  readonly name: string;
  /** Sizes of its axes. */
  readonly shape: Shape;
  /** Its initializer. */
  readonly initializer: Initializer;
  /** False for statistics and states that no gradient moves. A layer's `trainable` counts too. */
  readonly trainable: boolean;
  /** A count: whole numbers in Keras's files. */
  readonly integer?: boolean;
  /** Whole numbers from −127 to 127, of 8 bits in files. */
  readonly int8?: boolean;
  /** A penalty on it, added to the loss. */
  readonly regularizer?: Regularizer | null;
  /** Constraint applied after every step. */
  readonly constraint?: Constraint | null;
}

/** A weight with the layer that declared it, and whether it is trainable there. */
export interface OwnedWeight {
  /** The weight itself. */
  readonly weight: Weight;
  /** The layer that declared it. */
  readonly layer: AnyLayer;
  /** Whether training changes it here; false in a frozen layer. */
  readonly trainable: boolean;
}

/** Services for a layer while its formula is traced. */
export interface CallContext {
  /** Whether this is a training step: dropout then drops. */
  readonly training: boolean;
  /** The tensor of a weight in this trace. */
  weight(weight: Weight): Tensor;
  /** A separate stream of random numbers, the same in every trace of the model. */
  stream(purpose?: string): number;
  /** Gives a weight that no gradient moves its value for the next step: a moving average, a state that is carried. */
  update(weight: Weight, value: Tensor): void;
  /** Adds a number, shape [], to the loss. */
  addLoss(value: Tensor): void;
  /** Whether the layer's call says which mask it has. */
  readonly maskGiven?: boolean;
  /** Mask of the keys that each query may attend to, if the layer's call gives one. */
  readonly attentionMask?: Tensor;
  /** Whose rules say where masks go; Keras 3.15's otherwise. */
  readonly masks?: MaskRules;
  /** Other results of a layer than those of its formula, for a model that is written in the operators of a file; null: its own. */
  instead?(layer: AnyLayer, inputs: readonly Tensor[], context: CallContext): Tensor[] | null;
  /** Runs a recurrent layer's cell over all steps for someone who looks at them; absent: the layer does it. */
  recurrence?(layer: AnyLayer, run: WholeRun, context: CallContext): Ran;
  /** Takes a value [B, N] of a recurrent cell's step under its name, and gives what the step continues with. */
  gate?(name: string, value: Tensor): Tensor;
}

/** Another way to compute a layer: with numbers rounded to fewer bits. Its code is loaded where a model has such layers. */
export interface Rounding extends RunRounding {
  /** Declares a built layer's weights as rounded ones. */
  declare(layer: AnyLayer): void;
  /** x · kernel + bias of a dense layer. */
  product(layer: AnyLayer, x: Tensor, context: CallContext): Tensor;
  /** An embedding's vectors of ids [B, T]. */
  vectors(layer: AnyLayer, ids: Tensor, context: CallContext): Tensor;
  /** All vectors of an embedding, [words, size]. */
  table(layer: AnyLayer, context: CallContext): Tensor;
}

/** Number of layers that compute with rounded weights: the layer, and those inside it. */
export const roundedLayers = (layer: AnyLayer): number =>
  layer.sublayers.reduce((n, inner) => n + roundedLayers(inner), layer.rounding ? 1 : 0);

/** Sets how a layer, and those inside it, compute; what is not given stays. */
export function setComputing(layer: AnyLayer, how: { products?: Precision; recompute: boolean }): void {
  Object.assign(layer, how);
  for (const inner of layer.sublayers) setComputing(inner, how);
}

/** The results of a layer inside a model, a wrapper or a call. */
export const runLayer = (layer: AnyLayer, inputs: readonly Tensor[], context: CallContext): Tensor[] =>
  context.instead?.(layer, inputs, context) ?? withPrecision(layer.products, () => layer.forwardAll(inputs, context));

/** A tensor of a functional model before there are numbers: a layer's future result, with its shape, `null` where open. */
export interface SymbolicTensor extends SymbolicOperations<SymbolicTensor, Symbolic | NdArray> {
  /** The layer call that it comes from. */
  readonly call: LayerCall;
  /** Index among the call's results. */
  readonly index: number;
  /** With the batch; null where a size is open. */
  readonly shape: PartialShape;
  /** Of its entries. */
  readonly dtype: DType;
}

/** One use of a layer in a functional model. */
export interface LayerCall {
  /** The layer that is called. */
  readonly layer: AnyLayer;
  /** Inputs, an initial state after them. */
  readonly inputs: readonly SymbolicTensor[];
  /** Number of inputs, from the end, that are an initial state. */
  readonly states: number;
  /** For each input the mask it was given: null for no mask, undefined for its own. Empty where none was given. */
  readonly masks: readonly (SymbolicTensor | null | undefined)[];
  /** Mask of the keys that each query of an attention may attend to, if the call gives one. */
  readonly attentionMask: SymbolicTensor | null;
  /** Whether it computes as while fitting, where the call says so. */
  readonly training: boolean | null;
  /** The call's results. */
  readonly outputs: readonly SymbolicTensor[];
}

/** An argument of a layer's call: a symbolic tensor, or an `input(...)` itself. */
export type Symbolic = SymbolicTensor | SymbolicSource;
/** A layer that is a tensor too: `input([10, 3])`. */
export interface SymbolicSource extends SymbolicOperations<SymbolicTensor, Symbolic | NdArray> {
  /** The tensor that the source returns. */
  readonly tensor: SymbolicTensor;
}

/** Options of a call of a layer, in addition to its inputs. */
export interface CallOptions extends CallOptionsOf<Symbolic> {}

/** Everything a call reads: its inputs, an initial state, masks it was given. */
export const readsOf = (call: LayerCall): readonly SymbolicTensor[] =>
  call.masks.length === 0 && !call.attentionMask
    ? call.inputs
    : [...call.inputs, ...[...call.masks, call.attentionMask].filter((m) => m !== null && m !== undefined)];

/** Any layer, of one result or several. */
export type AnyLayer = Layer<SymbolicTensor | SymbolicTensor[]>;
/** @deprecated Its name until 0.1; now `AnyLayer`. */
export type Layers = AnyLayer;

interface Called<Out> {
  (inputs: Symbolic | readonly Symbolic[], options?: CallOptions | null): Out;
  /** Several inputs, also without the list. */
  (first: Symbolic, second: Symbolic, ...others: readonly (Symbolic | CallOptions)[]): Out;
}

/** Instances are functions, so that a layer of a functional model is called as in Keras: `const h = lstm(64)(x)`. */
const Callable = class {
  constructor() {
    const callable = (...given: readonly unknown[]) => connect(callable as unknown as Layer, given);
    // biome-ignore lint/correctness/noConstructorReturn: the function takes the instance's place
    return Object.setPrototypeOf(callable, new.target.prototype);
  }
} as unknown as new <Out>() => Called<Out>;

/**
 * A layer: parameters, and one forward formula over ops. Gradients, backends, saving and summary follow from those.
 * Shapes have `null` where a size is not fixed (the batch, sometimes time). A layer of one input and one output defines
 * `build`, `computeOutputShape` and `forward`; others `buildAll`, `computeOutputShapes` and `forwardAll`.
 */
export abstract class Layer<Out extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor> extends Callable<Out> {
  /** Keras's class name: `LSTM`. */
  abstract readonly className: string;
  /** The function that makes such a layer: `lstm`. */
  abstract readonly factory: string;
  /** Given by the user, or by the model when the layer joins one. */
  override name: string;
  /** Whether the user named the layer. */
  readonly named: boolean;
  /** False freezes the weights: optimizers leave them as they are. */
  trainable: boolean;
  /** The shape of one batch as the user gave it, the batch usually null. */
  readonly givenShape: PartialShape | undefined;
  /** The layer's own weights, in Keras's order; empty before it is built. */
  readonly weights: Weight[] = [];
  /** The input shapes the weights were made for; null before. */
  builtFor: readonly PartialShape[] | null = null;
  /** The uses of this layer in functional models. */
  readonly calls: LayerCall[] = [];
  /** The rounding of its weights by `model.quantize`; null: they are as they were learned. */
  rounding: Rounding | null = null;
  /** Precision of what its products multiply, by `compile({ dtype })` or Keras's policy in a file. */
  products: Precision = null;
  /** Training computes the insides of recurrent layers' steps again on the way back, by `compile({ recompute })`. */
  recompute = false;

  constructor(options: LayerOptions = {}) {
    super();
    const given = options ?? {}; // each factory says what is wrong with null
    for (const key of ["inputShape", "batchShape"] as const)
      if (given[key] !== undefined && !Array.isArray(given[key]))
        throw new DataError(problem("layer", `${key} as a list: [steps, features]`, showValue(given[key])));
    if (given.name !== undefined && typeof given.name !== "string")
      throw new DataError(problem("layer", "name as a text", showValue(given.name), 'lstm(64, { name: "encoder" })'));
    this.name = given.name ?? "";
    this.named = this.name !== ""; // an empty name is none
    this.trainable = given.trainable ?? true;
    this.givenShape = given.batchShape ?? (given.inputShape && [null, ...given.inputShape]);
  }

  /** `lstm "encoder"`: how messages and programs name the layer. */
  get label(): string {
    return `${this.factory} "${this.name || this.factory}"`;
  }
  /** Dtype of the input when the layer comes first. */
  get inputDtype(): DType {
    return "f32";
  }
  /** Ids the layer accepts are below this; only embeddings say so. */
  get idLimit(): number | undefined {
    return undefined;
  }
  /** Whether weights made for inputs of shape `before` are right for `now`. */
  weightsSuit(now: PartialShape, before: PartialShape): boolean {
    return now.length === before.length && now.at(-1) === before.at(-1);
  }
  /** Options of a call that the layer takes, in addition to `training`: `mask`, `initialState`. */
  get callNames(): readonly string[] {
    return [];
  }
  /** Refuses a mask that a call gives and the layer cannot use. */
  checkCallMask(mask: PartialShape, input: PartialShape): void {
    checkMask(this, mask, input);
  }
  /** Refuses an attentionMask that does not fit. */
  checkAttentionMask(_mask: PartialShape, _inputs: readonly PartialShape[]): void {}
  /** Number of inputs the layer reads: one number, or a range. */
  get arity(): number | readonly [number, number] {
    return 1;
  }
  /** The layers this one is made of: a wrapped layer, a cell, a nested model's layers; after own weights, in Keras's order. */
  get sublayers(): readonly AnyLayer[] {
    return [];
  }
  /** Whether a row of the output may follow from other rows: then a batch is never computed in parts. */
  get mixesRows(): boolean {
    return this.sublayers.some((layer) => layer.mixesRows);
  }
  /** Whether rows belong together, as steps of one sequence do: they are predicted all at once, and not trained. */
  get rowsTogether(): boolean {
    return this.sublayers.some((layer) => layer.rowsTogether);
  }
  /** Whether the weights are there. */
  get built(): boolean {
    return this.builtFor !== null;
  }

  /** Declares the weights for an input shape; refuses shapes that make no sense. Called once. */
  build(_input: PartialShape): void {}
  /** Declares the weights for the shapes of several inputs. */
  buildAll(inputs: readonly PartialShape[]): void {
    this.build(inputs[0]);
    this.builtFor = inputs;
  }
  /** The output shape for an input shape; the same shape, if not overridden. */
  computeOutputShape(input: PartialShape): PartialShape {
    return input;
  }
  /** The output shapes for the shapes of several inputs. */
  computeOutputShapes(inputs: readonly PartialShape[]): PartialShape[] {
    return [this.computeOutputShape(inputs[0])];
  }
  /** The formula: x → y, over `ops`. */
  forward(_x: Tensor, _context: CallContext): Tensor {
    throw new Error(`${this.label} has no forward formula`);
  }
  /** The formula for several inputs or outputs. */
  forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    return [this.forward(inputs[0], context)];
  }
  /** Keras's config keys and values, without name, trainable and dtype. */
  abstract config(): Record<string, ConfigValue>;
  /** Options that Keras takes where the layer is called, and keeps with the call in files. */
  callConfig(): Record<string, ConfigValue> {
    return {};
  }

  /**
   * The numbers of the layer's weights, those of layers inside it too, in Keras's order: [kernel, recurrent kernel, bias].
   * Nothing before the layer is built. Throws DataError while no model has the layer, or while one trains.
   *
   *   const [kernel, bias] = model.layers[0].getWeights();
   */
  getWeights(): NdArray[] {
    return this.#learned().map((weight) =>
      this.#storeOf(weight, "getWeights").read(weight, `${this.label} getWeights`),
    );
  }

  /**
   * Replaces the numbers of the layer's weights, in the order of `getWeights`. Throws ShapeError on the first that does not
   * fit; then none is replaced.
   *
   *   model.layers[0].setWeights([vectors]);
   */
  setWeights(values: readonly ArrayLike[]): void {
    const weights = this.#learned();
    if (values.length !== weights.length) {
      const next = this.built ? "getWeights() gives them in order." : "Build it first: put it into a model.";
      const expected = `${weights.length} arrays`;
      throw new ShapeError(problem(`${this.label} setWeights`, expected, `${values.length}`, next));
    }
    if (weights.length > 0) this.#storeOf(weights[0], "setWeights").write(weights, values, `${this.label} setWeights`);
  }

  /** Each weight once, without states that are carried from batch to batch. */
  #learned(): Weight[] {
    const all = this.ownedWeights().map(({ weight }) => weight);
    return [...new Set(all)].filter(({ name }) => name !== "rnn_state");
  }
  #storeOf(weight: Weight, who: string): WeightStore {
    const store = storeOf(weight);
    if (store) return store;
    const next = "A layer's weights are drawn by its model: sequential([...]) or functional(inputs, outputs).";
    throw new DataError(problem(`${this.label} ${who}`, "a layer of a model", "one that is in none yet", next));
  }

  /** Every weight, own ones first and then those of the layers inside, in Keras's order. */
  ownedWeights(trained = true): OwnedWeight[] {
    const on = trained && this.trainable;
    const layer = this as AnyLayer;
    const own = this.weights.map((weight) => ({ weight, layer, trainable: on && weight.trainable }));
    return [...own, ...this.sublayers.flatMap((inner) => inner.ownedWeights(on))];
  }

  protected addWeight(
    name: string,
    shape: Shape,
    init: InitializerLike,
    options: {
      trainable?: boolean;
      integer?: boolean;
      regularizer?: Regularizer | null;
      constraint?: Constraint | null;
      /** A weight that another layer has already: it is this one's too. */
      existing?: Weight;
    } = {},
  ): Weight {
    const { trainable = true, integer = false, regularizer = null, constraint = null, existing } = options;
    if (existing) {
      this.weights.push(existing);
      return existing;
    }
    const begin = initializer(init, `${this.label} ${name}`);
    const weight = { name, shape, initializer: begin, trainable, integer, regularizer, constraint };
    this.weights.push(weight);
    return weight;
  }
}

/** Records the use of a layer on tensors, from the arguments of its call; builds its weights at the first. */
function connect<Out extends SymbolicTensor | SymbolicTensor[]>(layer: Layer<Out>, asked: readonly unknown[]): Out {
  const { given, options } = argumentsOf(layer, asked);
  const [least, most] = typeof layer.arity === "number" ? [layer.arity, layer.arity] : layer.arity;
  if (given.length < least || given.length > most) {
    const wanted =
      least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`;
    throw new DataError(
      problem(
        layer.label,
        `${wanted} input${most === 1 ? "" : "s"}`,
        `${given.length}`,
        "cell" in layer && given.length > most
          ? "The state to begin with goes apart: layer(x, { initialState: [h, c] })."
          : "Several inputs are given as a list: layer([a, b]).",
      ),
    );
  }
  const tensorOf = (value: unknown) => symbolicTensor(value, layer.label);
  const { masks, training, states, attentionMask } = readCallOptions(layer, options, given.length, tensorOf);
  const tensors = [...given.map(tensorOf), ...states];
  const shapes = tensors.map((t) => t.shape);
  masks.forEach((mask, k) => {
    if (mask) layer.checkCallMask(mask.shape, shapes[k]);
  });
  buildOnce(layer, shapes);
  if (attentionMask) layer.checkAttentionMask(attentionMask.shape, shapes);
  const outputs: SymbolicTensor[] = [];
  const called = { inputs: tensors, states: states.length, masks, attentionMask, training, outputs };
  const use = { layer: layer, ...called };
  layer.computeOutputShapes(shapes).forEach((shape, index) => {
    outputs.push(symbolicLike(tensors[0], { call: use, index, shape, dtype: "f32" }));
  });
  layer.calls.push(use);
  return (outputs.length === 1 ? outputs[0] : outputs) as Out;
}

/** A tensor with the operations that another has. */
const symbolicLike = (t: SymbolicTensor, own: Pick<SymbolicTensor, "call" | "index" | "shape" | "dtype">) =>
  Object.assign(Object.create(Object.getPrototypeOf(t)), own) as SymbolicTensor;

/** Inputs and options of a call: layer(x), layer([a, b], options), or layer(a, b, options). */
function argumentsOf(layer: { readonly label: string }, called: readonly unknown[]) {
  const [first, ...others] = called;
  if (Array.isArray(first) || !others.some(isSymbolic)) {
    if (others.length > 1) {
      const next = "Give the inputs, several as a list, then options: layer([a, b], { mask }).";
      throw new DataError(problem(layer.label, "inputs and call options", `${called.length} arguments`, next));
    }
    return { given: [first].flat() as unknown[], options: others[0] as CallOptions | null | undefined };
  }
  const last = others[others.length - 1];
  const options = isSymbolic(last) ? undefined : (last as CallOptions);
  return { given: options === undefined ? [...called] : called.slice(0, -1), options };
}

/** Builds a layer for its first input shapes; a second use must suit the same weights. */
export function buildOnce(
  layer: AnyLayer | Layer<SymbolicTensor | SymbolicTensor[]>,
  shapes: readonly PartialShape[],
): void {
  if (!layer.built) {
    layer.buildAll(shapes);
    layer.rounding?.declare(layer);
    return;
  }
  const before = layer.builtFor![0];
  const now = shapes[0];
  if (layer.ownedWeights().length > 0 && !layer.weightsSuit(now, before))
    throw new ShapeError(
      problem(
        layer.label,
        `${showShape(before)} again, which its weights are for`,
        showShape(now),
        "Make a second layer for another shape.",
      ),
    );
}

export function isSymbolic(value: unknown): value is Symbolic {
  if (!value || (typeof value !== "object" && typeof value !== "function")) return false;
  return "tensor" in value || (Object.hasOwn(value, "call") && Array.isArray((value as SymbolicTensor).shape));
}

function symbolicTensor(value: unknown, who: string): SymbolicTensor {
  if (isSymbolic(value)) return "tensor" in value ? value.tensor : value;
  throw new DataError(
    problem(
      who,
      "the tensors of a functional model",
      typeof value,
      "Begin with input([steps, features]) and call each layer on the result of the one before.",
    ),
  );
}
