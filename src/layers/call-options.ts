import { DataError, nearest, problem, ShapeError, showShape, unknownOption } from "../errors.ts";
import type { PartialShape } from "../tensor/shape.ts";

/** Options of a call of a layer, in addition to its inputs. */
export interface CallOptionsOf<T> {
  /**
   * Mask of the input [B, T] for x [B, T, D]: 0 or false where a step is padding. For attention a list, one for each input; null
   * in it is no mask. Default: the mask that the input carries.
   */
  mask?: T | null | readonly (T | null)[];
  /**
   * True computes as in training (dropout at prediction: Monte Carlo dropout), false as in prediction. Default: as the model is
   * running.
   */
  training?: boolean | null;
  /** Initial state of a recurrent layer: [h], or [h, c]. Only a mask given here is then used, as in Keras 3. Default: zeros. */
  initialState?: T | readonly T[] | null;
  /** Mask of multiHeadAttention's value. Default: the one it carries. */
  valueMask?: T | null;
  /** Mask of multiHeadAttention's key. Default: the one it carries. */
  keyMask?: T | null;
  /** Keys that each query of multiHeadAttention may attend to, 1 or 0: [B, T, S], [T, S], or [B, heads, T, S]. Default: all. */
  attentionMask?: T | null;
}

/** The options of a call, read. */
export interface CallArguments<T> {
  /** For each input the mask given: null for no mask, undefined for its own. Empty where none was given. */
  readonly masks: readonly (T | null | undefined)[];
  readonly training: boolean | null;
  readonly states: readonly T[];
  readonly attentionMask: T | null;
}

interface Called {
  readonly label: string;
  readonly callNames: readonly string[];
}

const allNames = ["mask", "training", "initialState", "valueMask", "keyMask", "attentionMask"];
const hints: Readonly<Record<string, string>> = {
  mask: "A mask goes where it is used: lstm(8)(x, { mask }); masking() makes one of padded steps.",
  initialState: "Recurrent layers begin with a state: lstm(8)(x, { initialState: [h, c] }).",
};

/** Reads the options of a call on a number of inputs. Throws DataError for one that the layer does not take. */
export function readCallOptions<T>(
  layer: Called,
  given: CallOptionsOf<unknown> | null | undefined,
  inputs: number,
  tensor: (value: unknown) => T,
): CallArguments<T> {
  const options = given ?? {};
  if (typeof options !== "object" || Array.isArray(options)) {
    const next = "Several inputs are given as a list: layer([a, b]); a state as layer(x, { initialState: [h, c] }).";
    const found = Array.isArray(options) ? "a list" : typeof options;
    throw new DataError(problem(layer.label, "call options in braces after the inputs", found, next));
  }
  const known = ["training", ...layer.callNames];
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const meant = nearest(key, allNames);
    const hint = meant && !known.includes(meant) ? hints[meant] : undefined;
    throw new DataError(unknownOption(layer.label, key, known, hint));
  }
  const { mask, training, initialState, valueMask, keyMask, attentionMask } = options;
  if (training !== undefined && training !== null && typeof training !== "boolean")
    throw new DataError(problem(layer.label, "training: true or false", String(training), "Leave it out otherwise."));
  const states = initialState === undefined || initialState === null ? [] : [initialState].flat();
  return {
    masks: masksOf(layer, mask, [undefined, valueMask ?? undefined, keyMask ?? undefined], inputs, tensor),
    training: training ?? null,
    states: states.map(tensor),
    attentionMask: attentionMask === undefined || attentionMask === null ? null : tensor(attentionMask),
  };
}

function masksOf<T>(
  layer: Called,
  mask: unknown,
  named: readonly unknown[],
  inputs: number,
  tensor: (value: unknown) => T,
): (T | null | undefined)[] {
  if (named.some((m) => m !== undefined)) {
    if (named[2] !== undefined && inputs < 3)
      throw new DataError(
        problem(layer.label, "a key beside keyMask", `${inputs} inputs`, "Call it on [query, value, key]."),
      );
    return named.slice(0, inputs).map((m) => (m === undefined ? undefined : tensor(m)));
  }
  if (mask === undefined || mask === null) return []; // as in Keras, which then takes the input's own
  if (inputs === 1 && !Array.isArray(mask)) return [tensor(mask)];
  if (!Array.isArray(mask) || mask.length !== inputs) {
    const found = Array.isArray(mask) ? `${mask.length}` : "one that is not in a list";
    const next = "Give mask: [queryMask, valueMask]; null in it is no mask.";
    throw new DataError(problem(layer.label, `masks for its ${inputs} inputs`, found, next));
  }
  return mask.map((m) => (m === undefined || m === null ? null : tensor(m)));
}

/** Refuses a mask that does not say something of each step of its input. */
export function checkMask(layer: Called, mask: PartialShape, input: PartialShape): void {
  const fits = mask.length <= input.length && mask.every((d, i) => d === null || input[i] === null || d === input[i]);
  if (fits && mask.length > 0) return;
  const next = "A mask has one number for each step: 1 where it counts, 0 where it is padding.";
  throw new ShapeError(
    problem(layer.label, `a mask of the first axes of x ${showShape(input)}`, showShape(mask), next),
  );
}
