import { NdArray } from "../../tensor/nd-array.ts";
import { lengthFor } from "../shared/defaults.ts";
import { isIob } from "./entities.ts";
import { bagOf, type WordBag, wordBagFor } from "./intent-words.ts";
import type { readTagger } from "./options.ts";
import type { TaggedSentence } from "./sentences.ts";

/** Facts learned from training sentences: which words, characters and labels there are. */
export interface Learned {
  /** Words with ids of their own, from 2 on: 0 is padding, 1 every other word. */
  readonly words: readonly string[];
  /** The same of characters; none where they are not read. */
  readonly chars: readonly string[];
  /** Characters read of a word. */
  readonly wordLength: number;
  readonly lower: boolean;
  readonly maskDigits: boolean;
  /** Labels of tokens, in the order of the model's outputs. */
  readonly labels: readonly string[];
  /** Labels of sentences; none where there are none. */
  readonly intents: readonly string[];
  /** Sizes of the bag of words and pairs that tells a sentence's own label beside the network; null for none, and in files of earlier versions. */
  readonly bag: WordBag | null;
  /** Whether labels are IOB, and entities follow from them. */
  readonly iob: boolean;
}

type Read = ReturnType<typeof readTagger>;

/** Learns from training sentences; `all` are those kept for validation too, of which the labels alone are learned. */
export function learn(training: readonly TaggedSentence[], all: readonly TaggedSentence[], options: Read): Learned {
  const { lower, maskDigits, minCount } = options;
  const tokens = training.flatMap(({ tokens }) => tokens);
  const words = frequent(
    tokens.map((token) => written(token, { lower, maskDigits })),
    minCount,
  );
  const chars =
    options.charEmbedding === 0
      ? []
      : frequent(
          tokens.flatMap((token) => charsOf(token, maskDigits)),
          1,
        );
  const labels = [...new Set(all.flatMap(({ labels }) => labels))].sort();
  const intents = [...new Set(all.flatMap(({ intent }) => intent ?? []))].sort();
  const lengths = [...new Set(tokens)].map((token) => [...token].length);
  const wordLength = options.wordLength ?? Math.max(3, lengthFor(lengths, 20));
  const found = { words, chars, wordLength, lower, maskDigits, labels, intents, iob: isIob(labels) };
  const { idsOf } = encoderOf({ ...found, bag: null });
  const bag = options.linear && intents.length > 1 ? wordBagFor(training.map(({ tokens }) => idsOf(tokens))) : null;
  return { ...found, bag };
}

/** Those that come at least so often, the most frequent first, and of equal ones the first in order. */
function frequent(all: readonly string[], least: number): string[] {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts]
    .filter(([, n]) => n >= least)
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .map(([one]) => one);
}

/** A token as it is looked up. */
export function written(token: string, { lower, maskDigits }: Pick<Learned, "lower" | "maskDigits">): string {
  const cased = lower ? token.toLowerCase() : token;
  return maskDigits ? cased.replace(/\p{Nd}/gu, "0") : cased;
}

const charsOf = (token: string, maskDigits: boolean): string[] => [...written(token, { lower: false, maskDigits })];

/**
 * Turns sentences into ids: words [N, T], and characters [N, T, W] where they are read; `encodeAll` adds the numbers of words and pairs
 * [N, P], where these tell the sentence's label. Made once for many sentences.
 */
export function encoderOf(learned: Learned) {
  const { words, chars, wordLength: width } = learned;
  const wordIds = idsFrom(words);
  const charIds = idsFrom(chars);
  const idsOf = (tokens: readonly string[]) => tokens.map((token) => wordIds.get(written(token, learned)) ?? unknownId);
  return {
    idsOf,
    numbersOf: (tokens: readonly string[]) => bagOf(idsOf(tokens), learned.bag!),
    encodeAll(sentences: readonly (readonly string[])[], length: number): NdArray[] {
      const x = this.encode(sentences, length);
      if (!learned.bag) return x;
      const width = learned.bag.length;
      const numbers = new Int32Array(sentences.length * width);
      for (const [row, tokens] of sentences.entries()) numbers.set(this.numbersOf(tokens), row * width);
      return [...x, new NdArray(numbers, [sentences.length, width])];
    },
    /** Whether the word has an id of its own. */
    knows: (token: string) => wordIds.has(written(token, learned)),
    encode(sentences: readonly (readonly string[])[], length: number): NdArray[] {
      const ids = new Int32Array(sentences.length * length);
      const letters = new Int32Array(chars.length === 0 ? 0 : sentences.length * length * width);
      for (const [row, tokens] of sentences.entries())
        for (const [k, token] of tokens.slice(0, length).entries()) {
          const at = row * length + k;
          ids[at] = wordIds.get(written(token, learned)) ?? unknownId;
          if (chars.length > 0)
            for (const [c, char] of charsOf(token, learned.maskDigits).slice(0, width).entries())
              letters[at * width + c] = charIds.get(char) ?? unknownId;
        }
      const x = new NdArray(ids, [sentences.length, length]);
      return chars.length === 0 ? [x] : [x, new NdArray(letters, [sentences.length, length, width])];
    },
  };
}

const unknownId = 1;
const idsFrom = (names: readonly string[]) => new Map(names.map((name, k) => [name, k + 2]));

/** Label ids [N, T], 0 where a sentence is over. */
export function labelIdsOf(
  sentences: readonly TaggedSentence[],
  { labels }: Pick<Learned, "labels">,
  length: number,
): NdArray {
  const ids = new Map(labels.map((label, k) => [label, k]));
  const data = new Int32Array(sentences.length * length);
  for (const [row, one] of sentences.entries())
    for (const [k, label] of one.labels.entries()) data[row * length + k] = ids.get(label)!;
  return new NdArray(data, [sentences.length, length]);
}
