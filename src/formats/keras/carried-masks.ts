import type { SymbolicTensor } from "../../layers/layer.ts";
import type { MaskRules } from "../../layers/masks.ts";
import { type Argument, isInputIndex, Operation } from "../../layers/operations/operation.ts";
import type { JsonObject } from "../json.ts";

/** Layers that pass on the mask of what they read. */
const passing = new Set([
  ...["Dense", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Dropout", "SpatialDropout1D"],
  ...[
    "SpatialDropout2D",
    "SpatialDropout3D",
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
  ],
  ...["LayerNormalization", "BatchNormalization", "GroupNormalization", "UnitNormalization", "Identity"],
  ...["Rescaling", "Normalization", "MultiHeadAttention"],
]);
const merging = new Set(["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]);
const recurrent = new Set([
  "LSTM",
  "GRU",
  "SimpleRNN",
  "RNN",
  "Bidirectional",
  "ConvLSTM1D",
  "ConvLSTM2D",
  "ConvLSTM3D",
]);

/**
 * Keras 3 writes the mask that a layer uses as an argument of its call, computed by operations among the layers. This tells
 * the mask that its input carries anyway from one that the program gave: both are followed as terms, equal ones under one
 * number. A mask that is not recognised counts as given, which costs operations and changes no number.
 */
export class CarriedMasks {
  readonly #rules: MaskRules;
  readonly #numbers = new Map<string, number>();
  readonly #terms = new Map<SymbolicTensor, number>();
  readonly #masks = new Map<SymbolicTensor, number>();

  constructor(rules: MaskRules) {
    this.#rules = rules;
  }

  /** Whether the masks given to a call are those that its inputs carry. */
  areOwn(inputs: readonly SymbolicTensor[], masks: readonly (SymbolicTensor | null | undefined)[]): boolean {
    return masks.every((mask, k) => {
      if (mask === undefined) return true;
      const own = this.#masks.get(inputs[k]);
      return mask === null ? own === undefined : own !== undefined && this.#term(mask) === own;
    });
  }

  /** Follows a call that was made. */
  record(
    object: JsonObject,
    inputs: readonly SymbolicTensor[],
    masks: readonly (SymbolicTensor | null | undefined)[],
    outputs: readonly SymbolicTensor[],
  ): void {
    const { layer } = outputs[0].call;
    if (layer instanceof Operation) {
      const { axis, dtype } = layer.attributes;
      const term = this.#operation(layer.className, axis, dtype, this.#arguments(layer.args, inputs));
      outputs.forEach((t, k) => void this.#terms.set(t, outputs.length === 1 ? term : this.#number(`${term}#${k}`)));
      return;
    }
    const used = inputs.map((t, k) => {
      const given = masks[k];
      return given === undefined ? this.#masks.get(t) : given === null ? undefined : this.#term(given);
    });
    const passed = this.#passed(object, inputs, used);
    outputs.forEach((t, k) => {
      const mask = passed[k];
      if (mask !== undefined) this.#masks.set(t, mask);
    });
  }

  /** The mask of each result. */
  #passed(object: JsonObject, inputs: readonly SymbolicTensor[], used: readonly (number | undefined)[]) {
    const className = String(object.class_name);
    const config = (object.config ?? {}) as JsonObject;
    const [x] = inputs;
    if (className === "Embedding")
      return config.mask_zero === true ? [this.#operation("NotEqual", undefined, undefined, `${this.#term(x)},0`)] : [];
    if (className === "Masking") {
      const other = this.#operation("NotEqual", undefined, undefined, `${this.#term(x)},${config.mask_value}`);
      return [this.#operation("Any", -1, undefined, `${other}`)];
    }
    if (passing.has(className)) return [used[0]];
    if (className === "TimeDistributed") return this.#rules === "keras-3.16" ? [] : [used[0]];
    if (recurrent.has(className)) {
      const layer = (config.layer ?? object) as JsonObject;
      const sequences = ((layer.config ?? {}) as JsonObject).return_sequences === true;
      if (!sequences || this.#rules === "keras-3.16") return [];
      return className === "Bidirectional" && config.merge_mode === null ? [used[0], used[0]] : [used[0]];
    }
    if (className === "Attention" || className === "AdditiveAttention")
      return used[0] === undefined ? [] : [this.#operation("ConvertToTensor", undefined, undefined, `${used[0]}`)];
    if (merging.has(className)) {
      if (used.includes(undefined)) return [];
      return [used.reduce((a, b) => this.#operation("LogicalOr", undefined, undefined, `${a},${b}`))];
    }
    if (className === "Concatenate" && used.some((m) => m !== undefined)) {
      const flags = inputs.map((t, k) => {
        const term = this.#term(t);
        if (used[k] === undefined) return this.#operation("OnesLike", undefined, "bool", `${term}`);
        const wide = this.#operation("ExpandDims", -1, undefined, `${used[k]}`);
        const none = this.#operation("ZerosLike", undefined, "bool", `${term}`);
        return this.#operation("LogicalOr", undefined, undefined, `${wide},${none}`);
      });
      const joined = this.#operation("Concatenate", config.axis, undefined, `[${flags}]`);
      return [this.#operation("Any", -1, undefined, `${joined}`)];
    }
    return [];
  }

  #arguments(args: readonly Argument[], inputs: readonly SymbolicTensor[]): string {
    const shown = (arg: Argument): string => {
      if (Array.isArray(arg)) return `[${arg.map(shown)}]`;
      return isInputIndex(arg)
        ? `${this.#term(inputs[arg.input])}`
        : typeof arg === "number"
          ? `${arg}`
          : JSON.stringify(arg);
    };
    return args.map(shown).join(",");
  }
  #operation(name: string, axis: unknown, dtype: unknown, args: string): number {
    return this.#number(`${name} ${axis ?? ""} ${dtype ?? ""} (${args})`);
  }
  /** A tensor that is no operation's result is a term by itself. */
  #term(t: SymbolicTensor): number {
    let term = this.#terms.get(t);
    if (term === undefined) {
      term = this.#number(`tensor ${this.#terms.size} ${this.#numbers.size}`);
      this.#terms.set(t, term);
    }
    return term;
  }
  #number(key: string): number {
    const found = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, found);
    return found;
  }
}
