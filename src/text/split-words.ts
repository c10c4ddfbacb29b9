import { DataError, problem } from "../errors.ts";

/** A text as a string, or already split into its tokens. */
export type Text = string | readonly string[];

/** The characters Keras's Tokenizer takes for separators: ASCII punctuation without the apostrophe, tab and newline. */
export const defaultFilters = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';

export interface SplitOptions {
  /** Characters to take for separators. Default `defaultFilters`; ignored with `charLevel`. */
  filters?: string;
  /** Whether to lower-case the text first. Default true. */
  lower?: boolean;
  /** The string that separates words; other white space stays inside a word. Default: one space. */
  split?: string;
  /** Whether every character (code point) is a token. Default false. */
  charLevel?: boolean;
}

/**
 * The tokens of one text by Keras's rule: lower-case, turn each filtered character into `split`, cut at `split`, drop
 * what is empty. A text given as a list is its tokens already: they are lower-cased and not cut.
 *
 *   splitWords("The dog -- it's 3,000 feet.");   // ["the", "dog", "it's", "3", "000", "feet"]
 */
export function splitWords(text: Text, options: SplitOptions = {}): string[] {
  const { filters = defaultFilters, lower = true, split = " ", charLevel = false } = options;
  if (typeof text !== "string") return text.map((token) => (lower ? token.toLowerCase() : token));
  const cased = lower ? text.toLowerCase() : text;
  if (charLevel) return [...cased]; // spreading a string walks code points, as Python does
  return replaceEach(cased, filters, split)
    .split(split)
    .filter((word) => word !== "");
}

/** The texts as an array, each one a string or a list of strings; throws DataError naming the first that is neither. */
export function checkTexts(texts: Iterable<Text>, who: string): Text[] {
  if (typeof texts === "string") {
    throw new DataError(problem(who, "a list of texts", "one string", "Put it in brackets: [text]."));
  }
  if (texts === null || typeof texts !== "object" || !(Symbol.iterator in texts)) {
    throw new DataError(problem(who, "a list of texts", describe(texts)));
  }
  const list = [...texts];
  list.forEach((text, i) => {
    if (typeof text === "string") return;
    const at = Array.isArray(text) ? text.findIndex((token) => typeof token !== "string") : -2;
    if (at === -1) return;
    const place = at === -2 ? `[${i}]` : `[${i}][${at}]`;
    const received = describe(at === -2 ? text : text[at]);
    throw new DataError(problem(who, `a string at ${place}`, received, "Turn numbers into text with String(value)."));
  });
  return list;
}

/** `null`, `number 3`, `an object`: a value of the wrong type, for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  return typeof value === "function" ? "a function" : `${typeof value} ${JSON.stringify(String(value).slice(0, 40))}`;
}

/** Code points are written as escapes, so that none has a meaning of its own inside the brackets. */
function replaceEach(text: string, characters: string, replacement: string): string {
  if (characters === "") return text;
  const escapes = Array.from(characters, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return text.replace(new RegExp(`[${escapes.join("")}]`, "gu"), () => replacement);
}
