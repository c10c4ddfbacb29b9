/** A layer's or a cell's form in Keras's files: formats/keras reads files by it, so that a new layer needs no line there. */
export interface KerasForm {
  /** Keras's class. */
  readonly className: string;
  /** Config keys of the factory's arguments before the options: `["units"]`. */
  readonly args?: readonly string[];
  /** Config keys that are options here, in camel case. Initializers, regularizers, constraints and activations are read as such. */
  readonly options?: readonly string[];
  /** Keys that Keras writes as lists of one: `[3]` is 3. */
  readonly single?: readonly string[];
  /** Options of Keras's call: in files they stand with the call. */
  readonly call?: readonly string[];
  /** Options that would change the numbers and that nothing here computes: a file that sets one is refused. */
  readonly refused?: readonly string[];
  /** Keys by another name in some versions: `{ negative_slope: "alpha" }`. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Defaults of Keras 1 and 2 where their files leave a key out: `{ reset_after: false }`. */
  readonly before3?: Readonly<Record<string, boolean>>;
  /** It has a `data_format`; features come last here. */
  readonly featuresLast?: boolean;
  /** It is a cell, for `rnn`. */
  readonly cell?: boolean;
}

const forms = new WeakMap<object, KerasForm>();

/**
 * Says how Keras writes what a factory makes.
 *
 *   kerasForm(repeatVector, { className: "RepeatVector", args: ["n"] });
 */
export function kerasForm(factory: (...given: never[]) => unknown, form: KerasForm): void {
  forms.set(factory, form);
}

export const formOf = (factory: unknown): KerasForm | undefined =>
  typeof factory === "function" ? forms.get(factory) : undefined;

/** Keys of the penalties on weights of these names. */
export const penaltyKeys = (...weights: string[]): string[] => [
  ...weights.flatMap((w) => [`${w}_regularizer`, `${w}_constraint`]),
  "activity_regularizer",
];

/** Keys of a layer with one kernel. */
export const kernelKeys = [
  ...["activation", "use_bias", "kernel_initializer", "bias_initializer"],
  ...penaltyKeys("kernel", "bias"),
];
/** Keys of what normalizes, with a scale and a center. */
export const normalizationKeys = [
  ...["epsilon", "center", "scale", "beta_initializer", "gamma_initializer"],
  ...penaltyKeys("beta", "gamma"),
];

const cellPenalties = penaltyKeys("kernel", "recurrent", "bias").filter((key) => key !== "activity_regularizer");
/** Keys of a recurrent cell without gates. */
export const cellKeys = [
  ...["activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer"],
  ...["dropout", "recurrent_dropout", "seed", ...cellPenalties],
];
/** Keys of a recurrent cell with gates. */
export const gatedCellKeys = [...cellKeys, "recurrent_activation"];
/** Keys of a recurrent layer beside its cell's. */
export const recurrentKeys = [
  ...["return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask"],
  "activity_regularizer",
];
