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
 * With `chained` the scores go through a conditional random field.
 */
export function taggerNetwork(learned: Learned, options: ReturnType<typeof readTagger>, chained: boolean): Network {
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
  const chain = chained && options.output === "crf" ? crf({ name: "chain" }) : null;
  const outputs = [chain ? chain(scores) : scores];
  if (learned.intents.length > 0)
    outputs.push(
      dense(learned.intents.length, { name: "intent", activation: "softmax" })(
        globalAveragePooling1d({ name: "sentence" })(kept),
      ),
    );
  const inputs = learned.chars.length === 0 ? [words] : [words, chars];
  return { model: functional(inputs, outputs, { seed: options.seed }), chain };
}

/** Characters [B, T, W] → what an LSTM makes of each word's, read both ways [B, T, 2C]. */
function spelling(learned: Learned, { charEmbedding, charUnits }: ReturnType<typeof readTagger>) {
  const vectors = embedding(learned.chars.length + 2, charEmbedding, { maskZero: true, name: "char_vectors" });
  const reader = timeDistributed(bidirectional(lstm(charUnits)), { name: "spelling" });
  return (chars: SymbolicTensor): SymbolicTensor => reader(vectors(chars));
}

/** Gives a network the weights of another, layer by layer of the same name. */
export function copyWeights(from: Model<SymbolicTensor[]>, to: Model<SymbolicTensor[]>): void {
  const known = new Map(from.layers.map((layer) => [layer.name, layer]));
  for (const layer of to.layers) {
    const source = known.get(layer.name);
    if (source && layer.ownedWeights().length > 0) layer.setWeights(source.getWeights());
  }
}
