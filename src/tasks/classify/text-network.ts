import {
  concatenate,
  embedding,
  globalAveragePooling1d,
  type Input,
  input,
  type Layer,
  type SymbolicTensor,
} from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { Model } from "../../models/model.ts";

interface BagSizes {
  /** Numbers that words and pairs share, 0 for padding among them. */
  buckets: number;
  /** Numbers read of each text. */
  length: number;
  /** Numbers that stand for each. */
  size: number;
}

/** The layer that holds the weights of words and pairs for `linear`. */
export const linearName = "word_weights";

/**
 * A model of two inputs: word ids [B, T], read in order by `layers`, and what `pairIds` makes of them [B, length], of which
 * the mean vector is taken, whatever their order (Joulin et al. 2016). `head` sees both side by side. `linear` adds a third input, of as many
 * numbers as it says, whose weights are 0 and not trained: `addWordWeights` sets them.
 */
export function besidePairs(
  words: Input,
  layers: readonly Layer[],
  bag: BagSizes,
  head: Layer,
  seed: number,
  linear: Omit<BagSizes, "size"> | null = null,
): Model {
  const read = layers.reduce<SymbolicTensor>((x, layer) => layer(x), words.tensor); // [B, features]
  const pairs = input([bag.length], { dtype: "i32", name: "pairs" });
  const mean = globalAveragePooling1d()(embedding(bag.buckets, bag.size, { maskZero: true })(pairs)); // [B, size]
  if (!linear) return functional([words, pairs], head(concatenate()([read, mean])), { seed });
  const grams = input([linear.length], { dtype: "i32", name: "linear" });
  const weights = embedding(linear.buckets, 1, {
    ...{ embeddingsInitializer: "zeros", trainable: false, name: linearName },
  });
  const sum = globalAveragePooling1d()(weights(grams)); // [B, 1], over length: padding weighs 0
  return functional([words, pairs, grams], head(concatenate()([read, mean, sum])), { seed });
}
