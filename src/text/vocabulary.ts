import { DataError, problem } from "../errors.ts";
import { describe } from "./split-words.ts";

/** The token that stands for every unknown one. */
export const unknownToken = "[UNK]";

/** Count of each token, and number of texts that contain it. */
export interface TokenCounts<Token = string> {
  counts: Map<Token, number>;
  documents: Map<Token, number>;
  rows: number;
}

export function countTokens<Token = string>(rows: readonly Token[][]): TokenCounts<Token> {
  const counts = new Map<Token, number>();
  const documents = new Map<Token, number>();
  for (const tokens of rows) {
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    for (const token of new Set(tokens)) documents.set(token, (documents.get(token) ?? 0) + 1);
  }
  return { counts, documents, rows: rows.length };
}

/** At most `most` tokens, the most frequent first; of equal ones the last in order first, as Keras sorts them. */
export function mostFrequent<Token extends string | number>(counts: ReadonlyMap<Token, number>, most: number): Token[] {
  const compare = (a: Token, b: Token) =>
    typeof a === "number" ? a - (b as number) : compareCodePoints(a, b as string);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || -compare(a, b));
  return sorted.slice(0, most).map(([token]) => token);
}

/** The words without the special tokens, which may stand before them all or nowhere. */
export function checkVocabulary(
  words: readonly string[],
  specials: readonly string[],
  maxTokens = Number.POSITIVE_INFINITY,
): string[] {
  const who = "textVectorization vocabulary";
  if (!Array.isArray(words)) throw new DataError(problem(who, "a list of words", describe(words)));
  const led = specials.every((special, i) => words[i] === special);
  const plain: string[] = led ? words.slice(specials.length) : [...words];
  if (plain.length === 0) throw new DataError(problem(who, "at least one word", "none"));
  const seen = new Set<string>();
  plain.forEach((word: unknown, i) => {
    if (typeof word !== "string") throw new DataError(problem(who, `a string at [${i}]`, describe(word)));
    if (specials.includes(word)) {
      const next = `Either all of ${JSON.stringify(specials)} come first, or none of them is there.`;
      throw new DataError(problem(who, `a word at [${i}]`, `the special token ${JSON.stringify(word)}`, next));
    }
    if (seen.has(word)) throw new DataError(problem(who, "every word once", `${JSON.stringify(word)} again at [${i}]`));
    seen.add(word);
  });
  const room = maxTokens - specials.length;
  if (plain.length > room) {
    const next = `Give a larger maxTokens: ${specials.length} ids are special.`;
    throw new DataError(problem(who, `at most ${room} words`, `${plain.length}`, next));
  }
  return plain;
}

export function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0) / Math.max(1, numbers.length);
}

/** The order of the UTF-8 bytes, which is that of code points; `<` on strings compares UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  if (i === a.length || i === b.length) return a.length - b.length;
  return rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
}

/** Surrogates, halves of the code points from U+10000 on, come after all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
