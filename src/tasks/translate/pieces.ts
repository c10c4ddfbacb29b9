/** Ids that are no piece of a text: padding, a character never seen, the begin of a text and its end. */
export const paddingId = 0;
export const unknownId = 1;
export const startId = 2;
export const endId = 3;
const reserved = ["", "[unknown]", "[start]", "[end]"];

const blank = "▁"; // stands for the blank before a word, so that pieces joined are the text again

/** Facts of a byte-pair encoding, plain data: characters, then merges of two pieces in their order. */
export interface PieceRules {
  /** Characters of the training texts, the most frequent first. */
  readonly characters: readonly string[];
  /** Pairs of pieces that become one, in the order in which they were learned. */
  readonly merges: readonly (readonly [string, string])[];
  /** Whether texts lose their case. */
  readonly lower: boolean;
}

/** A text as words, each with the blank before it; signs stand alone, as digits do from letters. */
function wordsOf(text: string, lower: boolean): string[] {
  const plain = text.normalize("NFC").replaceAll(blank, "_").trim().replace(/\s+/gu, blank);
  const cased = lower ? plain.toLowerCase() : plain;
  return cased === "" ? [] : (`${blank}${cased}`.match(word) ?? []);
}
const word = /▁?(?:\p{L}[\p{L}\p{M}]*|\p{N}+|[^▁])|▁/gu;

/**
 * Learns a byte-pair encoding (Sennrich et al. 2016): beginning with characters, the most frequent pair of neighbouring pieces becomes
 * a piece, until there are `size` or no pair comes twice. Of equally frequent pairs the first in alphabetical order.
 */
export function learnPieces(texts: readonly string[], size: number, lower: boolean): PieceRules {
  const counts = new Map<string, number>();
  for (const text of texts) for (const one of wordsOf(text, lower)) counts.set(one, (counts.get(one) ?? 0) + 1);
  const words = [...counts].map(([one, count]) => ({ parts: [...one], count }));
  const letters = new Map<string, number>();
  for (const { parts, count } of words) for (const part of parts) letters.set(part, (letters.get(part) ?? 0) + count);
  const characters = [...letters].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([letter]) => letter);
  return { characters, merges: learnMerges(words, size - reserved.length - characters.length), lower };
}

interface CountedWord {
  parts: string[];
  readonly count: number;
}

function learnMerges(words: readonly CountedWord[], most: number): [string, string][] {
  const pairs = new Map<string, { count: number; words: Set<number> }>();
  const count = (k: number, sign: 1 | -1) => {
    const { parts, count } = words[k];
    for (let i = 0; i + 1 < parts.length; i++) {
      const name = pairName(parts[i], parts[i + 1]);
      const pair = pairs.get(name) ?? { count: 0, words: new Set() };
      pair.count += sign * count;
      if (sign > 0) pair.words.add(k);
      pairs.set(name, pair);
    }
  };
  for (const k of words.keys()) count(k, 1);
  const merges: [string, string][] = [];
  while (merges.length < most) {
    let best: string | null = null;
    let top = 2; // a pair that comes once is no rule
    for (const [name, pair] of pairs)
      if (pair.count > top || (pair.count === top && (best === null || name < best))) {
        best = name;
        top = pair.count;
      }
    if (best === null) break;
    const [a, b] = best.split(pairMark);
    merges.push([a, b]);
    for (const k of pairs.get(best)!.words) {
      count(k, -1);
      words[k].parts = merged(words[k].parts, a, b);
      count(k, 1);
    }
    pairs.delete(best);
  }
  return merges;
}

const pairMark = " "; // in no piece: blanks are ▁ there
const pairName = (a: string, b: string): string => a + pairMark + b;

function merged(parts: readonly string[], a: string, b: string): string[] {
  const next: string[] = [];
  for (let i = 0; i < parts.length; i++)
    if (parts[i] === a && parts[i + 1] === b) {
      next.push(a + b);
      i++;
    } else next.push(parts[i]);
  return next;
}

/** Texts as ids of pieces, and back. */
export class Pieces {
  /** Rules that it was made from. */
  readonly rules: PieceRules;
  /** The pieces, by id; a blank is ▁. */
  readonly names: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #known = new Map<string, readonly number[]>();

  constructor(rules: PieceRules) {
    this.rules = rules;
    this.names = [...new Set([...reserved, ...rules.characters, ...rules.merges.map(([a, b]) => a + b)])];
    this.#ids = new Map(this.names.map((name, id) => [name, id]));
    this.#ranks = new Map(rules.merges.map(([a, b], rank) => [pairName(a, b), rank]));
  }

  /** Ids of a text's pieces. */
  encode(text: string): number[] {
    return wordsOf(text, this.rules.lower).flatMap((one) => this.#wordIds(one));
  }

  /** The text of ids. */
  decode(ids: readonly number[]): string {
    const pieces = ids.map((id) => (id < reserved.length ? "" : (this.names[id] ?? "")));
    return pieces.join("").replaceAll(blank, " ").trim();
  }

  /** Characters of a text that the training texts did not have. */
  unknown(text: string): string[] {
    const letters = new Set(wordsOf(text, this.rules.lower).flatMap((one) => [...one]));
    return [...letters].filter((letter) => !this.#ids.has(letter));
  }

  #wordIds(one: string): readonly number[] {
    const known = this.#known.get(one);
    if (known) return known;
    let parts: string[] = [...one];
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i + 1 < parts.length; i++)
        best = Math.min(best, this.#ranks.get(pairName(parts[i], parts[i + 1])) ?? best);
      if (best === Number.POSITIVE_INFINITY) break;
      parts = merged(parts, ...(this.rules.merges[best] as [string, string]));
    }
    const ids = parts.map((part) => this.#ids.get(part) ?? unknownId);
    if (this.#known.size < mostKnown) this.#known.set(one, ids);
    return ids;
  }
}

const mostKnown = 100_000; // words whose pieces are remembered
