import type { Layer, SymbolicTensor } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { WordWeights } from "../classify/linear-words.ts";
import { pairIds } from "../classify/word-pairs.ts";
import type { TaggedSentence } from "./sentences.ts";

/** Sizes of what is counted of a sentence for its own label: its words and pairs of words. */
export interface WordBag {
  /** Words and pairs share the numbers from 1 to `buckets` − 1. */
  readonly buckets: number;
  /** Numbers read of a sentence. */
  readonly length: number;
}

/** The layers of the network that hold the weights of words and pairs, and the sentence's label. */
export const layerNames = { weights: "intent_words", intent: "intent" };

/** Sizes for sentences as word ids: twice the numbers that there are, so that few are shared. */
export function wordBagFor(sentences: readonly (readonly number[])[]): WordBag {
  const all = sentences.map((ids) => pairIds(ids, 2 ** 24));
  const distinct = new Set(all.flat()).size;
  const buckets = 2 ** Math.ceil(Math.log2(2 * distinct));
  return { buckets: Math.min(2 ** 16, Math.max(64, buckets)), length: Math.max(...all.map((row) => row.length)) };
}

/** Numbers of a sentence's words and pairs, each once. */
export const bagOf = (ids: readonly number[], { buckets, length }: WordBag): number[] =>
  pairIds(ids, buckets).slice(0, length);

/**
 * Weights of words and pairs for each label of sentences: a logistic regression of it against all others (`wordWeights`), solved and not
 * trained by passes. `sentences` as numbers.
 */
export async function intentWords(
  sentences: readonly TaggedSentence[],
  numbers: readonly (readonly number[])[],
  intents: readonly string[],
  { buckets }: WordBag,
): Promise<WordWeights[]> {
  const { wordWeights } = await import("../classify/linear-words.ts"); // loaded when it is used
  const found: WordWeights[] = [];
  for (const name of intents) {
    const ids = sentences.map(({ intent }) => (intent === name ? 1 : 0));
    found.push(await wordWeights(numbers, ids, buckets, { 0: cost, 1: cost }));
  }
  return found;
}

const cost = 10; // times that of two classes of many texts; chosen on training queries of ATIS whose form no other has
const networkPart = 0.5; // of the logits; chosen there too

/** Puts the weights of words and pairs into a network that predicts. */
export function setIntentWords(model: Model<SymbolicTensor[]>, words: readonly WordWeights[]): void {
  const [{ weights }] = words;
  const table = new Float32Array(weights.length * words.length); // [buckets, intents]
  for (const [j, one] of words.entries())
    for (let k = 0; k < weights.length; k++) table[k * words.length + j] = one.weights[k];
  layerOf(model, layerNames.weights).setWeights([new NdArray(table, [weights.length, words.length])]);
}

/** The sentence's label from both: the trained layer's weights beside those that take the words' part, as a mean of their logits. */
export function setIntentLayer(
  from: Model<SymbolicTensor[]>,
  to: Model<SymbolicTensor[]>,
  words: readonly WordWeights[],
  { length }: WordBag,
): void {
  const [kernel, bias] = layerOf(from, layerNames.intent).getWeights();
  const count = words.length;
  const rows = kernel.shape[0];
  const whole = new Float32Array((rows + count) * count); // below the trained rows a diagonal
  for (let at = 0; at < rows * count; at++) whole[at] = networkPart * kernel.data[at];
  for (let j = 0; j < count; j++) whole[(rows + j) * count + j] = (1 - networkPart) * length; // behind a mean over the length
  const added = Float32Array.from(bias.data, (v, j) => networkPart * v + (1 - networkPart) * words[j].bias);
  const layer = layerOf(to, layerNames.intent);
  layer.setWeights([new NdArray(whole, [rows + count, count]), new NdArray(added, [count])]);
}

const layerOf = (model: Model<SymbolicTensor[]>, name: string) =>
  model.layers.find((layer) => layer.name === name) as Layer;
