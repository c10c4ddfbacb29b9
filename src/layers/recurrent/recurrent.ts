import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { reshape, sliceAxis } from "../../ops/view.ts";
import { type PartialShape, sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { keptWhere } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";
import { addActivityLoss } from "../weights/penalties.ts";
import { type RegularizerLike, regularizerOf } from "../weights/regularizers.ts";
import { buildCell, type RecurrentCell, runCell, stateSizes } from "./cell.ts";
import { runInPieces } from "./in-pieces.ts";
import type { Ran } from "./whole-run.ts";

/** Sequence options of a recurrent layer, whatever its cell. */
export interface RecurrentOptions extends LayerOptions {
  /** Gives the output of every step instead of the last one's; a next recurrent layer needs it. Default false. */
  returnSequences?: boolean;
  /** Gives the final state after the output: h, or h and c. Default false. */
  returnState?: boolean;
  /** Reads from the last step to the first; outputs then come in that order. Default false. */
  goBackwards?: boolean;
  /** The final state of row k of a batch is the initial state of row k of the next batch; needs `batchShape`. Default false. */
  stateful?: boolean;
  /**
   * Accepted for Keras's sake. With `goBackwards` and `zeroOutputForMask` the zeros stand where the mask, not turned round, has
   * them. Default false.
   */
  unroll?: boolean;
  /** The outputs of masked steps are zeros instead of the previous output. Default false. */
  zeroOutputForMask?: boolean;
  /** A penalty on the output, added to the loss. Default null: none. */
  activityRegularizer?: RegularizerLike | null;
}

const flagNames = ["returnSequences", "returnState", "goBackwards", "stateful", "unroll", "zeroOutputForMask"] as const;
const layerNames = [...flagNames, "activityRegularizer", "name", "trainable", "inputShape", "batchShape"];

/** The options of a layer apart from those of its cell; refuses unknown names. */
export function splitOptions<O extends RecurrentOptions>(
  options: O,
  cell: readonly string[],
  factory: string,
): { own: Omit<O, keyof RecurrentOptions>; flags: RecurrentOptions } {
  knownOptions(options, [...cell, ...layerNames], factory);
  for (const name of flagNames) {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean")
      throw new DataError(problem(factory, `${name} as true or false`, String(value)));
  }
  const entries = Object.entries(options);
  const pick = (wanted: (key: string) => boolean) => Object.fromEntries(entries.filter(([key]) => wanted(key)));
  return {
    own: pick((key) => cell.includes(key)) as Omit<O, keyof RecurrentOptions>,
    flags: pick((key) => layerNames.includes(key)),
  };
}

/** Options that `bidirectional` changes when it copies a layer. */
export type RecurrentChanges = Pick<RecurrentOptions, "name" | "goBackwards" | "zeroOutputForMask">;

/**
 * A cell over the steps of a sequence: what lstm, gru, simpleRnn and rnn have in common. Inputs are x [B, T, D] and,
 * after it, an initial state; results y, and the final state with `returnState`. The number of results of a call depends on
 * the options, so the factories say it in their types (`never` suits both).
 */
export class RecurrentLayer extends Layer<never> {
  readonly className: string;
  readonly factory: string;
  readonly cell: RecurrentCell;
  readonly options: RecurrentOptions;
  /** A new layer like this one, except for the given options. */
  readonly again: (changes: RecurrentChanges) => RecurrentLayer;
  #carried: Weight[] = [];

  constructor(
    className: string,
    factory: string,
    cell: RecurrentCell,
    options: RecurrentOptions,
    again: (changes: RecurrentChanges) => RecurrentLayer,
  ) {
    super(options);
    regularizerOf(options.activityRegularizer, `${factory} activityRegularizer`); // refuses unknown ones
    this.className = className;
    this.factory = factory;
    this.cell = cell;
    this.options = options;
    this.again = again;
  }

  override get callNames(): readonly string[] {
    return ["mask", "initialState"];
  }
  override buildAll(inputs: readonly PartialShape[]): void {
    const [x, ...states] = inputs;
    sequenceShape(this, x);
    this.#checkStates(x[0], states);
    buildCell(this.cell, x[2]!, (...weight) => this.addWeight(...weight));
    if (this.options.stateful) this.#carried = this.#addStates(x);
    this.builtFor = inputs;
  }

  #addStates(x: PartialShape): Weight[] {
    const [batch] = x;
    if (batch === null) {
      const next = "Give the first layer batchShape: [rows, steps, features] (or [rows, steps] for ids).";
      throw new DataError(problem(this.label, "a fixed number of rows, as it is stateful", showShape(x), next));
    }
    return stateSizes(this.cell).map((size) =>
      this.addWeight("rnn_state", [batch, size], "zeros", { trainable: false }),
    );
  }

  #checkStates(batch: number | null, states: readonly PartialShape[]): void {
    if (states.length === 0) return;
    const wanted = stateSizes(this.cell).map((size) => [batch, size]);
    const next = "Use the state of a layer with the same number of units, or project it with dense(units).";
    checkStateShapes(this.label, wanted, states, next);
  }

  override computeOutputShapes([x]: readonly PartialShape[]): PartialShape[] {
    const { outputSize } = this.cell;
    const y = this.options.returnSequences ? [x[0], x[1], outputSize] : [x[0], outputSize];
    return [y, ...(this.options.returnState ? stateSizes(this.cell).map((size) => [x[0], size]) : [])];
  }
  override computeOutputShape(x: PartialShape): PartialShape {
    return this.computeOutputShapes([x])[0];
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    return this.forwardAll([x], context)[0];
  }

  override forwardAll([x, ...given]: readonly Tensor[], context: CallContext): Tensor[] {
    const { goBackwards = false, zeroOutputForMask = false, unroll, returnSequences, returnState } = this.options;
    const state = given.length > 0 ? given : this.#carriedIn(x, context);
    const { masks = "keras-3.15", maskGiven = false } = context;
    // Keras 3 looks for a mask by itself only where x is all that the layer is called with.
    const usesMask = given.length === 0 || maskGiven || masks === "keras-2";
    const mask = (usesMask && x.mask) || null;
    const prefix = state.length > 0 || mask || goBackwards ? undefined : x.prefix;
    const zeros = zeroOutputForMask && mask !== null;
    const turned = zeros && goBackwards && unroll; // the one way in which Keras reads the mask for the zeros from its front
    const { rounding } = this;
    const run = { x, state, mask, prefix, reverse: goBackwards, zeroOutput: zeros && !turned, rounding };
    const plain =
      context.recurrence?.(this, run, context) ??
      (this.recompute && context.training ? runInPieces(this.cell, run, context) : null) ??
      runCell(this.cell, run, context);
    const ran = turned ? zeroed(plain, mask) : plain;
    for (const [k, w] of this.#carried.entries()) context.update(w, ran.state[k]);
    if (returnSequences && masks !== "keras-3.16") ran.y.mask = x.mask;
    const outputs = [returnSequences ? ran.y : ran.last, ...(returnState ? ran.state : [])];
    for (const y of outputs) addActivityLoss(this.options, y, context);
    return outputs;
  }

  #carriedIn(x: Tensor, context: CallContext): Tensor[] {
    const state = this.#carried.map((w) => context.weight(w));
    const wrong = state.find((s) => s.shape[0] !== x.shape[0]);
    if (!wrong) return state;
    const next = "A stateful layer keeps one state per row: use the batchSize it was built for, and whole batches.";
    throw new ShapeError(problem(this.label, `batches of ${wrong.shape[0]} rows`, `${x.shape[0]}`, next));
  }

  config(): Record<string, ConfigValue> {
    const o = this.options;
    const flags = {
      return_sequences: o.returnSequences ?? false,
      return_state: o.returnState ?? false,
      go_backwards: o.goBackwards ?? false,
      stateful: o.stateful ?? false,
      unroll: o.unroll ?? false,
      zero_output_for_mask: o.zeroOutputForMask ?? false,
    };
    return { ...flags, ...this.cellConfig() };
  }
  /** Keras writes the options of lstm, gru and simpleRnn beside the flags, and a cell of `rnn` as an object. */
  protected cellConfig(): Record<string, ConfigValue> {
    const cell = this.cell as { config?(layer: RecurrentOptions): Record<string, ConfigValue> };
    return cell.config?.(this.options) ?? {};
  }
}

/** Refuses an initial state of other shapes; a batch that is open fits any. */
export function checkStateShapes(
  who: string,
  wanted: readonly PartialShape[],
  states: readonly PartialShape[],
  next: string,
): void {
  const fits = (s: PartialShape, k: number) =>
    sameShape(s.slice(1), wanted[k].slice(1)) && (s[0] === null || wanted[k][0] === null || s[0] === wanted[k][0]);
  if (states.length === wanted.length && states.every(fits)) return;
  const show = (list: readonly PartialShape[]) => list.map(showShape).join(", ");
  throw new ShapeError(problem(who, `an initial state of ${show(wanted)}`, show(states), next));
}

/** Outputs that come last step first, zeros where the mask, first step first, says padding. */
function zeroed({ y, last, state }: Ran, mask: Tensor): Ran {
  const begin = reshape(sliceAxis(mask, 1, 0, 1), [mask.shape[0]]);
  return { y: keptWhere(mask, y), last: keptWhere(begin, last), state };
}

/** Refuses what is not [B, T, D], and says what was probably meant. */
export function sequenceShape(layer: { readonly label: string }, input: PartialShape): void {
  if (input.length === 3 && input[2] !== null) return;
  const next =
    input.length === 2
      ? "There is no step or feature axis. After another recurrent layer: give that one returnSequences: true. For word ids, put embedding(vocabulary, 64) before it; for a series of numbers, reshape to [rows, steps, 1]."
      : input.length === 3
        ? "The number of features must be known: input([null, features])."
        : "A recurrent layer reads [rows, steps, features].";
  throw new ShapeError(problem(layer.label, "x [B, T, D]", showShape(input), next));
}
