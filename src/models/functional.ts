import { DataError, problem } from "../errors.ts";
import { Input } from "../layers/input.ts";
import {
  type AnyLayer,
  type CallContext,
  type LayerCall,
  readsOf,
  type Symbolic,
  type SymbolicTensor,
} from "../layers/layer.ts";
import { unmasked } from "../layers/masks.ts";
import { runCall } from "../layers/run-call.ts";
import { UniqueNames } from "../layers/unique-names.ts";
import type { DType, PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ModelOptions, optionNames } from "../train/fit/fit-options.ts";
import type { InputPlace, OutputPlace } from "../train/fit/trainable-model.ts";
import { checkNames } from "../train/options.ts";
import { type InputPart, partsOf } from "./input-encoders.ts";
import { unusedMasks } from "./keras-mask-nodes.ts";
import { kerasOrder, kerasRun } from "./keras-order.ts";
import { Model } from "./model.ts";
import { nameLayers } from "./sequential.ts";

/**
 * A model of any shape: from its inputs to its outputs, through the layers called on the way. A list of outputs makes a
 * model that predicts a list; an output is named after the layer it comes from.
 *
 *   const words = input([null], { dtype: "i32" });
 *   const h = bidirectional(lstm(32))(embedding(10_000, 64)(words));
 *   const model = functional(words, [dense(5, { activation: "softmax", name: "topic" })(h), dense(1, { name: "length" })(h)]);
 *   model.compile({ loss: { topic: "sparseCategoricalCrossentropy", length: "mse" } });
 */
export function functional<Out extends SymbolicTensor | SymbolicTensor[] | [SymbolicTensor]>(
  inputs: Symbolic | readonly Symbolic[],
  outputs: Out,
  options: ModelOptions = {},
): Functional<Out> {
  return new Functional(inputs, outputs, options);
}

/** A model from inputs to outputs through called layers; made by `functional`. */
export class Functional<Out extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor> extends Model<Out> {
  readonly className = "Functional";
  readonly factory = "functional";
  /** The layers, in Keras's order. */
  readonly layers: readonly AnyLayer[];
  readonly outputNames: readonly string[];
  /** Keys of the outputs where a file of Keras has them as a dictionary; null where they are a list. */
  readonly outputKeys: readonly string[] | null;
  readonly severalOutputs: boolean;
  /** Tensors the model begins with, in the order of its inputs. */
  readonly inputTensors: readonly SymbolicTensor[];
  /** Tensors the model ends with, in the order of its outputs. */
  readonly outputTensors: readonly SymbolicTensor[];
  /** The uses of layers this model is made of, each after those it reads from. */
  readonly uses: readonly LayerCall[];
  readonly #run: readonly LayerCall[];
  /** Arrays that the model computes with in place of each input that encoders read. */
  readonly #parts: ReadonlyMap<SymbolicTensor, readonly InputPart[]>;
  /** The arrays that a model inside reads, where encoders make several of one of its inputs. */
  readonly #given: ReadonlyMap<LayerCall, readonly SymbolicTensor[]>;
  readonly #unusedMasks: ReadonlyMap<LayerCall, readonly SymbolicTensor[]>;
  /** The first to read each tensor, or the first to read it as ids. */
  readonly #readers = new Map<SymbolicTensor, InputReader>();

  constructor(
    inputs: Symbolic | readonly Symbolic[],
    outputs: Out,
    options: ModelOptions = {},
    outputKeys: readonly string[] | null = null,
  ) {
    checkNames("functional", options, optionNames.model);
    super(options, "functional");
    const given = (Array.isArray(inputs) ? inputs : [inputs]) as readonly Symbolic[];
    this.inputTensors = given.map((t) => (t && "tensor" in t ? t.tensor : t));
    this.severalOutputs = Array.isArray(outputs);
    this.outputTensors = (Array.isArray(outputs) ? outputs : [outputs]) as SymbolicTensor[];
    check("inputs", this.inputTensors);
    check("outputs", this.outputTensors);
    for (const { call } of this.inputTensors) {
      if (call.layer instanceof Input) continue;
      const next = "Begin the model with input(shape).";
      throw new DataError(
        problem("functional: inputs", "the results of input(shape)", `that of ${call.layer.label}`, next),
      );
    }
    this.uses = usesBetween(this.inputTensors, this.outputTensors);
    this.layers = kerasOrder(this.uses, this.outputTensors);
    this.#run = keepsBetweenCalls(this.uses) ? kerasRun(this.uses, this.outputTensors) : this.uses;
    this.#unusedMasks = unusedMasks(this.uses);
    nameLayers(this.layers, "functional");
    const names = new UniqueNames(); // two outputs of one layer: `lstm`, `lstm_1`
    this.outputKeys = outputKeys;
    this.outputNames = outputKeys ?? this.outputTensors.map((t) => names.of(t.call.layer.name));
    this.builtFor = this.inputTensors.map((t) => t.shape);
    this.keepWeights();
    const { parts, given: within } = partsOf(this.uses, this.inputTensors);
    this.#parts = parts;
    this.#given = within;
    for (const use of this.uses) for (const [k, t] of use.inputs.entries()) this.#read(t, readerOf(use.layer, k));
  }

  #read(t: SymbolicTensor, reader: InputReader): void {
    const before = this.#readers.get(t);
    if (!before || (before.dtype !== "i32" && reader.dtype === "i32")) this.#readers.set(t, reader);
  }
  override get logNames(): readonly string[] {
    return this.outputKeys ?? this.outputTensors.map((t) => t.call.layer.name);
  }
  override get arity(): number {
    return this.inputTensors.length;
  }
  get inputs(): readonly InputPlace[] {
    return this.inputTensors.map((t) => {
      const reader = this.#readers.get(t);
      const place = { name: t.call.layer.name, shape: t.shape, dtype: this.#dtypeOf(t, reader), reader: reader?.layer };
      const computed = this.#parts
        .get(t)
        ?.map((part) => part.computed(this.#readers.get(part.tensor)?.layer) ?? { ...place, encoder: null });
      return computed ? { ...place, texts: (t.call.layer as Input).texts, computed } : place;
    });
  }
  /** A place for each output: name, shape. */
  get outputs(): readonly OutputPlace[] {
    return this.outputTensors.map((t, k) => ({ name: this.outputNames[k], shape: t.shape }));
  }

  /** The dtype of an input: the one the user gave, else the one its reader takes. */
  #dtypeOf(t: SymbolicTensor, reader: InputReader | undefined) {
    const source = t.call.layer as AnyLayer & { dtypeGiven?: boolean };
    return source.dtypeGiven || !reader ? source.inputDtype : reader.dtype;
  }

  override build(): void {
    throw new DataError(problem(this.label, "no build", "one", "A functional model is built when it is created."));
  }
  /** Does nothing: the layers are built where they are called. */
  override buildAll(): void {}
  /** The output shapes for input shapes. */
  override computeOutputShapes(inputs: readonly PartialShape[]): PartialShape[] {
    return this.#through(this.inputTensors, inputs, (use, shapes) =>
      use.layer.computeOutputShapes(use.inputs.map(shapes)),
    );
  }
  /** Runs the layers on tensors: as a layer inside another model. */
  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    const begin = this.inputTensors.flatMap((t) => this.#parts.get(t)?.map(({ tensor }) => tensor) ?? [t]);
    return this.#through(begin, inputs, (use, tensors) => {
      const unused = context.masks === "keras-2" ? undefined : this.#unusedMasks.get(use);
      const within = this.#given.get(use);
      return runCall(
        within ? { ...use, inputs: within } : use,
        (t) => (unused?.includes(t) ? unmasked(tensors(t)) : tensors(t)),
        context,
      );
    });
  }

  /** Walks the uses in order, from values of the inputs to values of the outputs. */
  #through<T>(
    begin: readonly SymbolicTensor[],
    inputs: readonly T[],
    step: (use: LayerCall, value: (t: SymbolicTensor) => T) => T[],
  ): T[] {
    const values = new Map<SymbolicTensor, T>(begin.map((t, k) => [t, inputs[k]]));
    for (const use of this.#run) {
      if (use.inputs.length === 0 || use.outputs.every((t) => values.has(t))) continue; // an input, or made of one
      const results = step(use, (t) => values.get(t)!);
      use.outputs.forEach((t, k) => {
        values.set(t, results[k]);
      });
    }
    return this.outputTensors.map((t) => values.get(t)!);
  }
}

/** The layer that reads an input, and the dtype it takes. */
interface InputReader {
  readonly layer: AnyLayer;
  readonly dtype: DType;
}

/** Of a model inside, whose inputs may differ, the layer that reads this one. */
function readerOf(layer: AnyLayer, input: number): InputReader {
  const place = layer instanceof Model ? layer.inputs?.[input] : undefined;
  return { layer: place?.reader ?? layer, dtype: place?.dtype ?? layer.inputDtype };
}

/** Whether a layer is called twice whose second call depends on its first: a carried state, an average. */
function keepsBetweenCalls(uses: readonly LayerCall[]): boolean {
  const seen = new Set<AnyLayer>();
  return uses.some(({ layer }) => {
    if (!seen.has(layer)) return !seen.add(layer);
    return layer.weights.some(({ trainable }) => !trainable);
  });
}

function check(what: string, tensors: readonly SymbolicTensor[]): void {
  const wrong = tensors.findIndex((t) => !t || !("call" in t));
  if (tensors.length > 0 && wrong < 0) return;
  const found = tensors.length === 0 ? "none" : typeof tensors[wrong];
  const next = "const x = input([3, 1]); functional(x, dense(1)(lstm(8)(x)))";
  throw new DataError(problem(`functional: ${what}`, "tensors that layers were called on or gave", found, next));
}

/** Everything the outputs need, each use after those it reads from. Throws DataError where an input is missing. */
function usesBetween(inputs: readonly SymbolicTensor[], outputs: readonly SymbolicTensor[]): LayerCall[] {
  const order = new Set<LayerCall>(inputs.map((t) => t.call));
  walk(outputs, {
    done: (use) => order.has(use),
    leave: (use) => {
      if (use.layer instanceof Input) {
        const next = "List them all: functional([a, b], outputs).";
        const found = `${use.layer.label} left out`;
        throw new DataError(problem("functional: inputs", "every input that the outputs need", found, next));
      }
      order.add(use);
    },
  });
  return [...order];
}

/** From the outputs back, each use left after those it reads from. */
function walk(
  outputs: readonly SymbolicTensor[],
  on: { done(use: LayerCall): boolean; leave(use: LayerCall): void },
): void {
  for (const { call } of outputs) {
    const stack: [LayerCall, number][] = [[call, 0]]; // of its own: models may be deeper than the call stack
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const [use, next] = top;
      if (next === 0 && on.done(use)) {
        stack.pop();
        continue;
      }
      const reads = readsOf(use);
      if (next < reads.length) {
        top[1]++;
        stack.push([reads[next].call, 0]);
      } else {
        on.leave(use);
        stack.pop();
      }
    }
  }
}
