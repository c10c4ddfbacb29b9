import type { DType, PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Layer } from "../layer.ts";
import { type ConfigValue, kerasName, knownOptions, type LayerOptions, oneOf, positiveInteger } from "../options.ts";
import { type EncodingMode, encodedShape, encodedTensor } from "./encodings.ts";

export interface CategoryEncodingOptions extends LayerOptions {
  /** A row with 1 at each number, 1 where a row has the number, or how often it has it. Default `"multiHot"`. */
  outputMode?: "multiHot" | "oneHot" | "count";
}

/**
 * Rows of numTokens for whole numbers below it: [B, N] → [B, numTokens], or [B, N, numTokens] with `"oneHot"` (N of 1 gives way).
 *
 *   sequential([input([3], { dtype: "i32" }), categoryEncoding(10, { outputMode: "count" }), dense(1)]);
 */
export function categoryEncoding(numTokens: number, options: CategoryEncodingOptions = {}): Layer {
  return new CategoryEncoding(numTokens, options);
}

export class CategoryEncoding extends Layer {
  readonly className = "CategoryEncoding";
  readonly factory = "categoryEncoding";
  readonly numTokens: number;
  readonly mode: EncodingMode;

  constructor(numTokens: number, options: CategoryEncodingOptions) {
    super(options);
    knownOptions(options, ["outputMode"], "categoryEncoding");
    this.numTokens = positiveInteger(numTokens, "categoryEncoding", "numTokens");
    const { outputMode = "multiHot" } = options;
    this.mode = oneOf(outputMode, ["multiHot", "oneHot", "count"], "categoryEncoding", "outputMode");
  }
  override get inputDtype(): DType {
    return "i32";
  }
  override get idLimit(): number {
    return this.numTokens;
  }
  override build(input: PartialShape): void {
    this.computeOutputShape(input);
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return encodedShape(input, this.mode, this.numTokens, this.label);
  }
  override forward(x: Tensor): Tensor {
    return encodedTensor(x, this.mode, this.numTokens, this.label);
  }
  config(): Record<string, ConfigValue> {
    return { num_tokens: this.numTokens, output_mode: kerasName(this.mode) };
  }
}
