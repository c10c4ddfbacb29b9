import { counted, DataError, option, problem, sentence, suggest } from "../../errors.ts";
import { encodePrompt } from "../../text/next-word.ts";
import { Tokenizer } from "../../text/tokenizer.ts";
import { withBlanks } from "../shared/white-space.ts";
import type { LanguageModelOptions, Scheme } from "./options.ts";

/** A text in one string, or its lines. */
export type RawText = string | readonly string[];

/** Conversion of raw text to ids and back. */
export interface Reading {
  /** Makes ids of tokens. */
  readonly tokenizer: Tokenizer;
  /** Way to make training rows from a text. */
  readonly scheme: Scheme;
  /** Ends each line and begins each text; null for none. */
  readonly endToken: string | null;
}

/** Ids of a text: a list for each line, or one for a stream; and how many of its tokens were unknown. */
export interface EncodedText {
  readonly rows: readonly (readonly number[])[];
  readonly unknown: number;
}

/** Learns the tokens of a text. Throws DataError where there are none. */
export function learnReading(text: RawText, scheme: Scheme, options: LanguageModelOptions, who: string): Reading {
  const { charLevel = false, numWords, oovToken, filters } = options;
  const tokenizer = new Tokenizer({ numWords, oovToken, filters, charLevel, lower: options.lower ?? !charLevel });
  const plain = scheme === "prefixes" || (charLevel && scheme === "stream");
  const given = options.endToken === undefined ? (plain ? null : charLevel ? "\n" : "<end>") : options.endToken;
  const endToken = given !== null && tokenizer.lower ? given.toLowerCase() : given; // as the tokenizer keeps it
  const reading = { tokenizer, scheme, endToken };
  tokenizer.fitOnTexts(
    tokensOf(text, reading, who).map((tokens) => (endToken === null ? tokens : [...tokens, endToken])),
  );
  if (endToken === null || idOf(reading, endToken) !== undefined) return reading;
  const times = `one that comes ${tokenizer.wordCounts.get(endToken)} times`;
  const next = sentence`Keep more words, or go without: ${option("endToken", null)}.`;
  throw new DataError(
    problem(who, sentence`an end token among the ${numWords! - 1} words that ${option("numWords")} keeps`, times, next),
  );
}

/** The ids of a text. Throws DataError where no token has a next one. */
export function encodeText(text: RawText, reading: Reading, who: string): EncodedText {
  const { tokenizer, endToken, scheme } = reading;
  const end = endToken === null ? [] : [idOf(reading, endToken)!];
  const lines = tokensOf(text, reading, who);
  const ids = tokenizer.textsToSequences(lines);
  const unknown = lines.reduce((n, tokens) => n + unknownTokens(reading, tokens).length, 0);
  if (ids.every((line) => line.length === 0)) {
    const next = "Is it a text like the one the model was trained on?";
    throw new DataError(problem(who, `a ${kindOf(reading)} that the model knows`, `${unknown} unknown ones`, next));
  }
  const stream = scheme === "stream";
  const rows = stream
    ? [[...end, ...ids.flatMap((line) => [...line, ...end])]]
    : ids.map((line) => [...end, ...line, ...end]);
  const usable = rows.filter((row) => row.length > 1);
  if (usable.length > 0) return { rows: usable, unknown };
  const next = "A next word needs a word before it. Are they the words the model was trained on?";
  throw new DataError(problem(who, "a line of at least two known tokens", `${lines.length} with fewer`, next));
}

/** The ids a prompt begins with, and its unknown tokens. Throws DataError where nothing is left to continue. */
export function encodeBeginning(prompt: string, reading: Reading, who: string): { ids: number[]; unknown: string[] } {
  if (typeof prompt !== "string") throw new DataError(problem(who, "a prompt as a string", typeof prompt));
  const { tokenizer, endToken } = reading;
  const tokens = tokenizer.textToWords(withBlanks(prompt, tokenizer.charLevel));
  const [ids] = tokenizer.textsToSequences([tokens]);
  const unknown = unknownTokens(reading, tokens);
  // With nothing left, encodePrompt says what the tokenizer knows.
  if (ids.length === 0 && (tokens.length > 0 || endToken === null)) encodePrompt(tokenizer, prompt, 1);
  return { ids: endToken === null ? ids : [idOf(reading, endToken)!, ...ids], unknown: [...new Set(unknown)] };
}

/** The ids of single tokens. Throws DataError for one the model never says. */
export function tokenIds(tokens: readonly string[], reading: Reading, who: string): number[] {
  return tokens.map((token) => {
    const id = idOf(reading, reading.tokenizer.lower ? token.toLowerCase() : token);
    if (id !== undefined) return id;
    const next = suggest(token, [...reading.tokenizer.wordIndex.keys()].slice(0, 500)).replace(/ Known: .*/, "");
    throw new DataError(problem(who, `one ${kindOf(reading)} that the model knows`, JSON.stringify(token), next));
  });
}

/** Vocabulary size of the model, padding (0) included. An oov token that is itself a word of the text leaves id 1 unused. */
export function vocabularyOf({ tokenizer }: Reading): number {
  let all = 1;
  for (const id of tokenizer.wordIndex.values()) all = Math.max(all, id + 1);
  return tokenizer.numWords ? Math.min(tokenizer.numWords, all) : all;
}

export function idOf({ tokenizer }: Reading, token: string): number | undefined {
  const id = tokenizer.wordIndex.get(token);
  return id !== undefined && (!tokenizer.numWords || id < tokenizer.numWords) ? id : undefined;
}

/** Ids below `vocabulary` that no token has: padding, 0, among them. */
export const wordless = ({ tokenizer }: Reading, vocabulary: number): number[] =>
  Array.from({ length: vocabulary }, (_, id) => id).filter((id) => !tokenizer.indexWord.has(id));

/** Tokens as one text. */
export const joinTokens = ({ tokenizer }: Pick<Reading, "tokenizer">, tokens: readonly string[]): string =>
  tokens.join(tokenizer.charLevel ? "" : " ");

/** The unit of a token. */
const kindOf = ({ tokenizer }: Pick<Reading, "tokenizer">): string => (tokenizer.charLevel ? "character" : "word");

const unknownTokens = (reading: Reading, tokens: readonly string[]): string[] =>
  tokens.filter((token) => idOf(reading, token) === undefined);

/** The tokens of each line that has some; of a stream of characters those of the whole. */
function tokensOf(text: RawText, { tokenizer, scheme }: Reading, who: string): string[][] {
  const whole = tokenizer.charLevel && scheme === "stream";
  const lines = linesOf(text, who);
  const tokens = (whole ? [typeof text === "string" ? text : lines.join("\n")] : lines).map((l) =>
    tokenizer.textToWords(withBlanks(l, tokenizer.charLevel)),
  );
  const some = tokens.filter((line) => line.length > 0);
  if (some.length > 0) return some;
  const blank = lines.every((line) => line.trim() === "");
  const found = lines.length === 0 ? "no lines" : `${counted(lines.length, "line")} without any`;
  const next = blank
    ? "Look where it was lost."
    : sentence`They hold nothing but separators: leave ${option("filters")} out, or give others.`;
  throw new DataError(problem(who, `a text with a ${kindOf({ tokenizer })} in it`, found, next));
}

function linesOf(text: RawText, who: string): readonly string[] {
  if (typeof text === "string") return text.split(/\r\n|\r|\n/);
  const wrong = Array.isArray(text) ? text.findIndex((line) => typeof line !== "string") : -1;
  if (Array.isArray(text) && wrong < 0) return text.map((line: string) => line.replace(/[\r\n]+$/, "")); // ends of lines that were cut off with them
  const found = wrong < 0 ? (text === null ? "null" : typeof text) : `${typeof text[wrong]} in line ${wrong}`;
  throw new DataError(problem(who, "a text in one string, or a list of lines", found));
}
