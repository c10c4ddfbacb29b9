import type { Tensor } from "../../tensor/tensor.ts";
import { categoricalCrossentropy, sparseCategoricalCrossentropy } from "../losses/cross-entropy.ts";
import { flag, readOptions } from "../options.ts";
import { type Metric, meanMetric } from "./metric.ts";

export interface LanguageOptions {
  /** The model's last layer has no softmax. Default false. */
  fromLogits?: boolean;
}

/**
 * e to the mean cross-entropy per word: the number of equally probable words the model chooses among (Jelinek et al. 1977).
 * Predictions [B, ..., V]; whole-number or one-hot targets. The mean is taken over all words, then the exponential.
 *
 *   model.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["perplexity"] });
 */
export const perplexity = (options: LanguageOptions = {}): Metric =>
  meanMetric("perplexity", crossentropy("perplexity", options), Math.exp);

/**
 * The mean cross-entropy per character in bits.
 *
 *   model.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["bitsPerCharacter"] });
 */
export const bitsPerCharacter = (options: LanguageOptions = {}): Metric =>
  meanMetric("bits_per_character", crossentropy("bitsPerCharacter", options), (nats) => nats / Math.LN2);

function crossentropy(who: string, options: LanguageOptions): (y: Tensor, p: Tensor) => Tensor {
  const { fromLogits } = readOptions(who, options, { fromLogits: flag(false) });
  const sparse = sparseCategoricalCrossentropy({ fromLogits });
  const rows = categoricalCrossentropy({ fromLogits });
  return (y, p) => (y.dtype === "i32" ? sparse : rows).formula(y, p);
}
