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

/**
 * A model of two inputs: word ids [B, T], read in order by `layers`, and what `pairIds` makes of them [B, length], of which
 * the mean vector is taken, whatever their order (Joulin et al. 2016). `head` sees both side by side.
 */
export function besidePairs(words: Input, layers: readonly Layer[], bag: BagSizes, head: Layer, seed: number): Model {
  const read = layers.reduce<SymbolicTensor>((x, layer) => layer(x), words.tensor); // [B, features]
  const pairs = input([bag.length], { dtype: "i32", name: "pairs" });
  const mean = globalAveragePooling1d()(embedding(bag.buckets, bag.size, { maskZero: true })(pairs)); // [B, size]
  return functional([words, pairs], head(concatenate()([read, mean])), { seed });
}
