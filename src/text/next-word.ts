import { DataError, nearest, type Problem, problem } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { hostSize } from "./host-size.ts";
import { checkIds, type IdSequences, idRows } from "./id-rows.ts";
import { padSequences } from "./pad-sequences.ts";
import { describe, type Text } from "./split-words.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Rows for next-word training. */
export interface NextWordRows {
  /** The words so far, zeros before them: i32 [N, maxLen - 1]. */
  x: NdArray;
  /** The word that follows: i32 [N]. */
  y: NdArray;
  /** Ids in the longest row, the following word included. */
  maxLen: number;
}

/**
 * A row for every beginning of a line that has at least two words: all but its last id is the input, the last id the
 * target. With `maxLen`, only the last `maxLen` ids of longer beginnings are used; otherwise it is the length of the
 * longest line. Throws DataError where no line has two words.
 *
 *   nextWordRows([[4, 7, 9]]);   // x [[0, 4], [4, 7]], y [7, 9], maxLen 3
 */
export function nextWordRows(sequences: IdSequences, options: { maxLen?: number } = {}): NextWordRows {
  const who = "nextWordRows";
  const lines = idRows(sequences, who);
  lines.forEach((line, i) => {
    checkIds(line, i, who);
  });
  const longest = lines.reduce((most, line) => Math.max(most, line.length), 0);
  if (longest < 2) {
    const received = lines.length === 0 ? "no line" : `${lines.length} with at most ${longest}`;
    const next = "A line of one word has no next word. Is each line a sentence, and was the tokenizer fitted on them?";
    throw new DataError(problem(who, "a line with at least two words", received, next));
  }
  const maxLen = options.maxLen ?? longest;
  if (!(Number.isInteger(maxLen) && maxLen >= 2)) {
    throw new DataError(problem(who, "maxLen to be a whole number, 2 or more", String(maxLen)));
  }

  const width = maxLen - 1;
  const rows = lines.reduce((sum, line) => sum + Math.max(0, line.length - 1), 0);
  const x = new Int32Array(hostSize([rows, width], who, "Give a smaller maxLen, or cut long lines into sentences."));
  const y = new Int32Array(rows);
  let row = 0;
  for (const line of lines) {
    for (let end = 1; end < line.length; end++, row++) {
      const seen = Math.min(end, width);
      for (let k = 1; k <= seen; k++) x[(row + 1) * width - k] = line[end - k];
      y[row] = line[end];
    }
  }
  return { x: new NdArray(x, [rows, width]), y: new NdArray(y), maxLen };
}

/**
 * A prompt as a next-word model takes it: i32 [1, width], zeros before its words; of a longer prompt the last words.
 * Unknown words are left out (or are the oov token); throws DataError where nothing is left.
 *
 *   encodePrompt(tokenizer, "what is the fee", maxLen - 1);   // [[0, 0, …, 12, 3, 1, 40]]
 */
export function encodePrompt(tokenizer: Tokenizer, prompt: Text, width: number): NdArray {
  const who = "encodePrompt";
  if (!(Number.isInteger(width) && width > 0)) {
    throw new DataError(problem(who, "width to be a whole number, 1 or more", String(width), "It is maxLen - 1."));
  }
  if (typeof prompt !== "string" && !Array.isArray(prompt)) {
    throw new DataError(problem(who, "a prompt of words", describe(prompt)));
  }
  const [ids] = tokenizer.textsToSequences([prompt]);
  if (ids.length > 0) return padSequences([ids], { maxLen: width });
  throw new DataError(unknownPrompt(who, tokenizer, tokenizer.textToWords(prompt)));
}

function unknownPrompt(who: string, tokenizer: Tokenizer, unknown: readonly string[]): Problem {
  const limit = tokenizer.numWords || Number.POSITIVE_INFINITY;
  const known = [...tokenizer.wordIndex].filter(([, id]) => id < limit).map(([word]) => word);
  if (known.length === 0) {
    return problem(
      who,
      "a tokenizer that knows words",
      "one that knows none",
      "Call tokenizer.fitOnTexts(lines) first.",
    );
  }
  const asked = [...new Set(unknown)].slice(0, 5);
  const guesses = asked.flatMap((word) => nearest(word, known) ?? []);
  const plain = known.slice(0, 20).filter((word) => tokenizer.textToWords(word)[0] === word); // not <end>
  const examples = [...new Set([...guesses, ...plain])].slice(0, 6);
  const next = `Try some of its ${known.length} words: ${quoted(examples)}.`;
  if (asked.length === 0) return problem(who, "a prompt with a word in it", "none", next);
  const received = `only unknown words: ${quoted(asked)}${new Set(unknown).size > asked.length ? ", …" : ""}`;
  return problem(who, "a prompt with a word the tokenizer knows", received, next);
}

function quoted(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word)).join(", ");
}
