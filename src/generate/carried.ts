import { DataError, problem } from "../errors.ts";
import { Input } from "../layers/input.ts";
import { type AnyLayer, type CallContext, Layer, type Weight } from "../layers/layer.ts";
import { type RecurrentCell, runCell, stateSizes } from "../layers/recurrent/cell.ts";
import { RecurrentLayer } from "../layers/recurrent/recurrent.ts";
import { addActivityLoss } from "../layers/weights/penalties.ts";
import type { Model } from "../models/model.ts";
import { Sequential, sequential } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { type DType, type PartialShape, type Shape, sizeOf } from "../tensor/shape.ts";
import { type Tensor, withPrecision } from "../tensor/tensor.ts";

/** A model whose recurrent layers continue, batch after batch, where they stopped. */
export interface Carried {
  /** Reads [rows, T, ...] for any T; its weights are those of the model it was made from. */
  readonly model: Model;
  /** Number of sequences continued in parallel. */
  readonly rows: number;
  /** Zeros in every state. */
  reset(): void;
  /** The states, each [rows, size], layer by layer; and putting them back. */
  states(): NdArray[];
  /** Puts back states that were saved before. */
  restore(states: readonly NdArray[]): void;
}

/**
 * The layers of a stack of layers with states that are carried: row k of a batch continues where row k of the previous
 * batch ended, as Keras's `stateful=True`, without another model to keep in step: both share one set of weights. Throws
 * DataError for layers that look beyond one step.
 *
 *   const { model: reader, reset } = carried(model, 1);
 *   await reader.predictOnBatch([[12]]); // one word
 *   await reader.predictOnBatch([[7]]); // and the next
 */
export function carried(model: Model, rows: number): Carried {
  const layers = stackOf(model);
  const stack = new CarriedLayers(layers, [rows, ...(model.inputShape ?? [null, null]).slice(1).with(0, null)]);
  const copy = sequential([stack], { name: model.name, seed: model.seed });
  const { compiled } = model;
  if (compiled) copy.compile(compiled.options);
  // Its own weights are the states. Compiling again gives a model another store.
  const places = () => copy.weightStore.list.filter((p) => p.layer === (stack as AnyLayer));
  const restore = (states: readonly NdArray[]) => {
    for (const [k, p] of places().entries()) copy.weightStore.write(p, states[k], "restore");
  };
  const states = () => places().map((p) => copy.weightStore.read(p));
  const zeros = places().map(({ shape }) => new NdArray(new Float32Array(sizeOf(shape)), shape));
  return { model: copy, rows, reset: () => restore(zeros), states, restore };
}

/** Layers whose output at a step depends on that step alone. */
const stepwise = [
  ..."Embedding Dense Dropout SpatialDropout1D LockedDropout GaussianNoise GaussianDropout".split(" "),
  ..."Activation ReLU LeakyReLU ELU PReLU Softmax LayerNormalization BatchNormalization TimeDistributed".split(" "),
  ..."Masking TiedEmbedding".split(" "),
];

function stackOf(model: Model): AnyLayer[] {
  const who = "carried";
  if (!(model instanceof Sequential)) {
    const next = "Only in a sequential model is each layer's input clear.";
    throw new DataError(problem(who, "a sequential model", model.className, next));
  }
  const layers = model.layers.filter((layer) => !(layer instanceof Input));
  const wrong = layers.find((layer) =>
    layer instanceof RecurrentLayer ? layer.options.goBackwards : !stepwise.includes(layer.className),
  );
  if (!wrong) return layers;
  const next =
    "Continuing word by word needs layers that read forwards, one step at a time: embedding, lstm, gru, dense.";
  throw new DataError(problem(who, "layers that depend on earlier steps only", wrong.label, next));
}

class CarriedLayers extends Layer {
  readonly className = "Carried";
  readonly factory = "carried";
  readonly #layers: readonly AnyLayer[];
  readonly #states = new Map<AnyLayer, Weight[]>();

  constructor(layers: readonly AnyLayer[], batchShape: PartialShape) {
    super({ batchShape });
    this.#layers = layers;
  }
  override get sublayers(): readonly AnyLayer[] {
    return this.#layers;
  }
  override get inputDtype(): DType {
    return this.#layers[0].inputDtype;
  }
  override get idLimit(): number | undefined {
    return this.#layers[0].idLimit;
  }
  override build([rows]: PartialShape): void {
    for (const layer of this.#layers) {
      if (!(layer instanceof RecurrentLayer)) continue;
      const shapes: Shape[] = stateSizes(layer.cell).map((size) => [rows!, size]);
      const weights = shapes.map((shape) => this.addWeight("rnn_state", shape, "zeros", { trainable: false }));
      this.#states.set(layer, weights);
    }
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return this.#layers.reduce((shape, layer) => layer.computeOutputShapes([shape])[0], input);
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    let y = x;
    for (const layer of this.#layers) {
      x.trace.from = layer.label;
      y = withPrecision(layer.products, () =>
        layer instanceof RecurrentLayer ? this.#carry(layer, y, context) : layer.forwardAll([y], context)[0],
      );
    }
    return y;
  }

  #carry(layer: RecurrentLayer, x: Tensor, context: CallContext): Tensor {
    const weights = this.#states.get(layer)!;
    const { returnSequences, zeroOutputForMask = false } = layer.options;
    const state = weights.map((w) => context.weight(w));
    const { rounding } = layer;
    const run = { x, state, mask: x.mask ?? null, reverse: false, zeroOutput: zeroOutputForMask, rounding };
    const ran = runCell(layer.cell as RecurrentCell, run, context);
    for (const [k, w] of weights.entries()) context.update(w, ran.state[k]);
    const y = returnSequences ? ran.y : ran.last;
    if (returnSequences) y.mask = x.mask;
    addActivityLoss(layer.options, y, context);
    return y;
  }
  /** It is never saved: the model it was made from is. */
  config(): Record<string, never> {
    return {};
  }
}
