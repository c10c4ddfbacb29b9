import type { NdArray } from "../../tensor/nd-array.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import { type ConfigValue, kerasName, knownOptions, type LayerOptions, oneOf, positiveInteger } from "../options.ts";
import { type EncodingMode, encoded, encodedShape } from "./encodings.ts";
import { bucketOf } from "./fingerprint.ts";
import { InputEncoder, type Values } from "./input-encoder.ts";
import { saltOf } from "./lookup.ts";

export interface HashingOptions extends LayerOptions {
  /** Value that has number 0 to itself. Default null: there is none. */
  maskValue?: string | number | null;
  /** Two numbers, or one for both: the key of SipHash. Default null: FarmHash, without key. */
  salt?: number | readonly [number, number] | null;
  /** Encoding of the numbers. Default `"int"`. */
  outputMode?: Exclude<EncodingMode, "tfIdf">;
}

/**
 * A number below numBins for each text or whole number of an input, by its hash, the same as TensorFlow's: values [B, N] → i32
 * [B, N], or rows of numBins. It reads an input of the model itself and needs no vocabulary; different values may share a number.
 *
 *   sequential([input([1], { dtype: "string" }), hashing(64, { outputMode: "oneHot" }), dense(1)]);
 */
export function hashing(numBins: number, options: HashingOptions = {}): Hashing {
  return new Hashing(numBins, options);
}

/** Texts or whole numbers to numbers by hash; made by `hashing`. */
export class Hashing extends InputEncoder {
  readonly className = "Hashing";
  readonly factory = "hashing";
  readonly numBins: number;
  readonly options: HashingOptions;
  readonly mode: EncodingMode;
  readonly #salt: readonly [number, number] | null;

  constructor(numBins: number, options: HashingOptions) {
    super(options);
    knownOptions(options, ["maskValue", "salt", "outputMode"], "hashing");
    this.numBins = positiveInteger(numBins, "hashing", "numBins");
    this.options = options;
    this.mode = oneOf(options.outputMode ?? "int", ["int", "oneHot", "multiHot", "count"], "hashing", "outputMode");
    this.#salt = saltOf(options.salt ?? null, "hashing");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return encodedShape(input, this.mode, this.numBins, this.label);
  }
  override encode({ data, shape }: Values, who: string): NdArray {
    const { maskValue = null } = this.options;
    const masked = maskValue !== null && this.numBins > 1;
    const ids = Int32Array.from(data, (value) => {
      if (!masked) return bucketOf(written(value), this.numBins, this.#salt);
      return value === maskValue ? 0 : 1 + bucketOf(written(value), this.numBins - 1, this.#salt);
    });
    return encoded(ids, shape, this.mode, this.numBins, who);
  }
  config(): Record<string, ConfigValue> {
    return {
      dtype: this.mode === "int" ? "int64" : "float32",
      num_bins: this.numBins,
      salt: this.#salt && [...this.#salt],
      mask_value: this.options.maskValue ?? null,
      output_mode: kerasName(this.mode),
      sparse: false,
    };
  }
}

/** A number as TensorFlow writes it before hashing: without its fraction. */
const written = (value: string | number): string | number =>
  typeof value === "number" ? Math.trunc(value) + 0 : value; // −0 is 0
