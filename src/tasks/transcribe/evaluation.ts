import { type ErrorRate, errorRate } from "./error-rate.ts";

/** Results on examples with transcripts. */
export interface TranscriberEvaluation {
  /** Character error rate: edits divided by the characters of the right transcripts. */
  readonly cer: number;
  /** Word error rate, words being what white space parts. */
  readonly wer: number;
  /** Fraction of examples whose transcript is right as a whole. */
  readonly exact: number;
  /** Substitutions, deletions and insertions of characters. */
  readonly characters: ErrorRate;
  /** The same of words. */
  readonly words: ErrorRate;
  /** Number of examples. */
  readonly examples: number;
}

/** Compares predicted transcripts with the right ones. */
export function evaluated(right: readonly string[], predicted: readonly string[]): TranscriberEvaluation {
  const characters = errorRate(right.map(charactersOf), predicted.map(charactersOf));
  const words = errorRate(right.map(wordsOf), predicted.map(wordsOf));
  const exact = right.filter((one, row) => one === predicted[row]).length / right.length;
  return { cer: characters.rate, wer: words.rate, exact, characters, words, examples: right.length };
}

const charactersOf = (text: string): string[] => [...text];
const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
