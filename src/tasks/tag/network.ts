import {
  bidirectional,
  concatenate,
  dense,
  dropout,
  embedding,
  globalAveragePooling1d,
  input,
  lstm,
  type SymbolicTensor,
  timeDistributed,
} from "../../layers/index.ts";
import { type Crf, crf } from "../../layers/structured/crf.ts";
import { functional } from "../../models/functional.ts";
import type { Model } from "../../models/model.ts";
import { layerNames } from "./intent-words.ts";
import type { Learned } from "./learned.ts";
import type { readTagger } from "./options.ts";

/** A network with its chain of labels, as it is trained; `chain` is null where each label is predicted by itself. */
export interface Network {
  readonly model: Model<SymbolicTensor[]>;
  readonly chain: Crf | null;
}

/**
 * Word vectors [B, T, E] beside what a bidirectional LSTM makes of each word's characters [B, T, 2C] (Lample et al. 2016), read both ways by an
 * LSTM [B, T, 2H]; from there the scores of labels [B, T, K] and, where sentences have labels, their probabilities [B, intents].
 * `"trained"`: the scores go through a conditional random field. `"asked"`: beside the network, weights of words and pairs tell the
 * sentence's label too, where `learned` has a bag of them.
 */
export function taggerNetwork(
  learned: Learned,
  options: ReturnType<typeof readTagger>,
  use: "trained" | "asked",
): Network {
  const { units, recurrentDropout } = options;
  const words = input([null], { dtype: "i32", name: "words" });
  const chars = input([null, learned.wordLength], { dtype: "i32", name: "chars" });
  const vectors = embedding(learned.words.length + 2, options.embedding, { maskZero: true, name: "word_vectors" })(
    words,
  );
  const whole =
    options.wordDropout > 0
      ? dropout(options.wordDropout, { noiseShape: [null, null, 1], name: "word_dropout" })(vectors)
      : vectors;
  const tokens =
    learned.chars.length === 0
      ? whole
      : concatenate({ name: "tokens" })([whole, spelling(learned, options)(chars.tensor)]);
  const fed = options.dropout > 0 ? dropout(options.dropout, { name: "token_dropout" })(tokens) : tokens;
  const read = bidirectional(lstm(units, { returnSequences: true, recurrentDropout }), { name: "reader" })(fed);
  const kept = options.dropout > 0 ? dropout(options.dropout, { name: "reader_dropout" })(read) : read;
  const softmax = options.output === "softmax" ? ({ activation: "softmax" } as const) : {};
  const scores = dense(learned.labels.length, { name: "labels", ...softmax })(kept);
  const chain = use === "trained" && options.output === "crf" ? crf({ name: "chain" }) : null;
  const outputs = [chain ? chain(scores) : scores];
  const inputs = learned.chars.length === 0 ? [words] : [words, chars];
  if (learned.intents.length > 0) {
    const { intents, bag } = learned;
    const sentence = [globalAveragePooling1d({ name: "sentence" })(kept)];
    if (bag && use === "asked") {
      const pairs = input([bag.length], { dtype: "i32", name: "pairs" });
      const frozen = { embeddingsInitializer: "zeros", trainable: false, name: layerNames.weights } as const;
      const weights = embedding(bag.buckets, intents.length, frozen)(pairs); // padding weighs 0
      sentence.push(globalAveragePooling1d({ name: "intent_bag" })(weights));
      inputs.push(pairs);
    }
    const read = sentence.length > 1 ? concatenate({ name: "intent_parts" })(sentence) : sentence[0];
    outputs.push(dense(intents.length, { name: layerNames.intent, activation: "softmax" })(read));
  }
  return { model: functional(inputs, outputs, { seed: options.seed }), chain };
}

/** Characters [B, T, W] → what an LSTM makes of each word's, read both ways [B, T, 2C]. */
function spelling(learned: Learned, { charEmbedding, charUnits }: ReturnType<typeof readTagger>) {
  const vectors = embedding(learned.chars.length + 2, charEmbedding, { maskZero: true, name: "char_vectors" });
  const reader = timeDistributed(bidirectional(lstm(charUnits)), { name: "spelling" });
  return (chars: SymbolicTensor): SymbolicTensor => reader(vectors(chars));
}

/** Gives a network the weights of another, layer by layer of the same name, but for the sentence's label where it has more to it. */
export function copyWeights(from: Model<SymbolicTensor[]>, to: Model<SymbolicTensor[]>): void {
  const known = new Map(from.layers.map((layer) => [layer.name, layer]));
  const more = to.layers.some(({ name }) => name === layerNames.weights);
  for (const layer of to.layers) {
    if (more && layer.name === layerNames.intent) continue;
    const source = known.get(layer.name);
    if (source && layer.ownedWeights().length > 0) layer.setWeights(source.getWeights());
  }
}
