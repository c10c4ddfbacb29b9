import { DataError, problem } from "../../errors.ts";
import { add, mul } from "../../ops/elementwise.ts";
import { concat, reverse } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type AnyLayer, type CallContext, Layer, type SymbolicTensor } from "../layer.ts";
import { type ConfigValue, kerasName, knownOptions, type LayerOptions, layerObject, show } from "../options.ts";
import { RecurrentLayer } from "../recurrent/recurrent.ts";

export interface BidirectionalOptions extends LayerOptions {
  /** Combines the outputs of the two directions; null returns both. Default `"concat"`. */
  mergeMode?: MergeMode | null;
  /** The layer that reads backwards, with `goBackwards: true`. Default: a copy of the first. */
  backwardLayer?: AnyLayer;
}
/** Ways to combine the outputs of the two directions: concatenation, sum, mean or product. */
export type MergeMode = keyof typeof merges;

const merges = {
  concat: (a: Tensor, b: Tensor) => concat([a, b]),
  sum: add,
  mul,
  ave: (a: Tensor, b: Tensor) => mul(add(a, b), 0.5),
};

/**
 * A recurrent layer run in both directions over the sequence (Schuster & Paliwal 1997), its outputs merged: [B, T, D] →
 * [B, 2·units] with "concat", [B, units] with "sum", "mul", "ave"; one output for each direction with `mergeMode: null`. With
 * `returnState` the forward layer's state follows, then the backward layer's; an initial state comes in that order too.
 *
 *   bidirectional(lstm(64, { returnSequences: true }))
 */
export function bidirectional(
  layer: Layer,
  options: BidirectionalOptions & { mergeMode: null },
): Layer<[there: SymbolicTensor, back: SymbolicTensor]>;
export function bidirectional(
  layer: AnyLayer,
  options: BidirectionalOptions & { mergeMode: null },
): Layer<[there: SymbolicTensor, back: SymbolicTensor, ...states: SymbolicTensor[]]>;
export function bidirectional<State extends SymbolicTensor[]>(
  layer: Layer<[SymbolicTensor, ...State]>,
  options?: BidirectionalOptions,
): Layer<[y: SymbolicTensor, ...State, ...State]>;
export function bidirectional(layer: Layer<SymbolicTensor[]>, options?: BidirectionalOptions): Layer<SymbolicTensor[]>;
export function bidirectional(layer: AnyLayer, options?: BidirectionalOptions): Layer;
export function bidirectional(layer: AnyLayer, options: BidirectionalOptions = {}): Layer<never> {
  return new Bidirectional(layer, options);
}

export class Bidirectional extends Layer<never> {
  readonly className = "Bidirectional";
  readonly factory = "bidirectional";
  readonly mergeMode: MergeMode | null;
  readonly forwardLayer: RecurrentLayer;
  readonly backwardLayer: RecurrentLayer;

  constructor(layer: AnyLayer, options: BidirectionalOptions) {
    knownOptions(options, ["mergeMode", "backwardLayer"], "bidirectional");
    super({ ...options, batchShape: options.batchShape ?? layer?.givenShape });
    const { mergeMode = "concat", backwardLayer } = options;
    if (mergeMode !== null && !Object.hasOwn(merges, mergeMode)) {
      const known = `${Object.keys(merges).join(", ")} or null`;
      throw new DataError(
        problem(
          "bidirectional",
          `mergeMode as one of ${known}`,
          show(mergeMode),
          "concat joins both outputs; sum adds them.",
        ),
      );
    }
    this.mergeMode = mergeMode;
    const there = recurrent(layer, "layer");
    const back = backwardLayer ? recurrent(backwardLayer, "backwardLayer") : there;
    const goBackwards = there.options.goBackwards ?? false;
    if (backwardLayer) checkPair(there, back);
    // As Keras: masked steps are zeros in both sequences.
    const zeroOutputForMask = there.options.returnSequences ?? false;
    const plain = (l: RecurrentLayer) => (l.name || kerasName(l.factory)).replace(/^(forward|backward)_/, "");
    const named = (way: string, l: RecurrentLayer) => `${way}_${plain(l)}`;
    this.forwardLayer = there.again({ name: named("forward", there), goBackwards, zeroOutputForMask });
    this.backwardLayer = back.again({ name: named("backward", back), goBackwards: !goBackwards, zeroOutputForMask });
    this.forwardLayer.rounding = there.rounding;
    this.backwardLayer.rounding = back.rounding;
    this.forwardLayer.products = there.products;
    this.backwardLayer.products = back.products;
  }

  override get sublayers(): readonly AnyLayer[] {
    return [this.forwardLayer, this.backwardLayer];
  }

  override get callNames(): readonly string[] {
    return ["mask", "initialState"];
  }

  override buildAll(inputs: readonly PartialShape[]): void {
    const [there, back] = this.#ways(inputs);
    this.forwardLayer.buildAll(there);
    this.backwardLayer.buildAll(back);
    this.builtFor = inputs;
  }

  /** x for both; the first half of the states for the way there. */
  #ways<T>([x, ...states]: readonly T[]): [T[], T[]] {
    if (states.length % 2 === 1) {
      const next = "First those of the forward layer, then as many of the backward layer.";
      throw new DataError(problem(this.label, "an even number of initial states", `${states.length}`, next));
    }
    const half = states.length / 2;
    return [
      [x, ...states.slice(0, half)],
      [x, ...states.slice(half)],
    ];
  }

  override computeOutputShapes(inputs: readonly PartialShape[]): PartialShape[] {
    const [a, ...statesThere] = this.forwardLayer.computeOutputShapes(inputs);
    const [b, ...statesBack] = this.backwardLayer.computeOutputShapes(inputs);
    const merged = this.mergeMode === "concat" ? [...a.slice(0, -1), a.at(-1)! + b.at(-1)!] : a;
    return [...(this.mergeMode === null ? [a, b] : [merged]), ...statesThere, ...statesBack];
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return this.computeOutputShapes([input])[0];
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    return this.forwardAll([x], context)[0];
  }

  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    const [there, back] = this.#ways(inputs);
    const [a, ...statesThere] = this.forwardLayer.forwardAll(there, context);
    const [last, ...statesBack] = this.backwardLayer.forwardAll(back, context);
    const sequences = this.forwardLayer.options.returnSequences;
    const b = sequences ? reverse(last, 1) : last; // back to the order of the input
    const outputs = this.mergeMode === null ? [a, b] : [merges[this.mergeMode](a, b)];
    for (const y of outputs) {
      y.mask = sequences && context.masks !== "keras-3.16" ? inputs[0].mask : undefined;
      y.prefix = undefined; // what lies behind a step differs from row to row
    }
    return [...outputs, ...statesThere, ...statesBack];
  }

  config(): Record<string, ConfigValue> {
    return {
      merge_mode: this.mergeMode,
      layer: layerObject(this.forwardLayer),
      backward_layer: layerObject(this.backwardLayer),
    };
  }
}

function recurrent(layer: AnyLayer, what: string): RecurrentLayer {
  if (layer instanceof RecurrentLayer && !layer.built) return layer;
  const found = layer instanceof RecurrentLayer ? "one that is in a model already" : (layer?.label ?? show(layer));
  throw new DataError(
    problem(
      "bidirectional",
      `${what} as a new lstm, gru, simpleRnn or rnn`,
      found,
      "bidirectional(lstm(64)), for example.",
    ),
  );
}

function checkPair(there: RecurrentLayer, back: RecurrentLayer): void {
  if ((there.options.goBackwards ?? false) === (back.options.goBackwards ?? false)) {
    const next = "Give the backwardLayer goBackwards: true.";
    throw new DataError(problem("bidirectional", "layers of opposite directions", "two of the same direction", next));
  }
  for (const key of ["returnSequences", "returnState", "stateful"] as const) {
    const [a, b] = [there.options[key] ?? false, back.options[key] ?? false];
    if (a !== b) throw new DataError(problem("bidirectional", `the same ${key} in both layers`, `${a} and ${b}`));
  }
}
