import { counted, DataError, problem, showValue } from "../../errors.ts";
import { isRecord } from "../shared/task-file.ts";

/** A sentence with a label for each token, and perhaps one of its own. */
export interface TaggedSentence {
  /** Words and signs, in order. */
  readonly tokens: readonly string[];
  /** One for each token: `O`, `B-city`, `I-city`; or any class of tokens. */
  readonly labels: readonly string[];
  /** Label of the whole sentence. */
  readonly intent?: string;
}

/** Sentences of a file, and remarks for whoever trains on them. */
export interface ParsedSentences {
  /** Tokens and labels, and intents where the file has them. */
  readonly sentences: TaggedSentence[];
  /** Lines of text that say what was done with odd labels; empty where all are usual. */
  readonly notes: readonly string[];
}

/** Tokens of a sentence, or a text that is split at white space. */
export type Untagged = readonly string[] | string;

/** Sentences with labels, checked. Throws DataError naming the row. */
export function taggedSentences(given: unknown, who: string): TaggedSentence[] {
  if (!Array.isArray(given)) {
    const next = "[{ tokens: [...], labels: [...] }]";
    throw new DataError(problem(who, "a list of sentences", showValue(given), next));
  }
  if (given.length === 0) throw new DataError(problem(who, "at least one sentence", "none", "Check the input files."));
  const intents = given.filter((row) => isRecord(row) && row.intent !== undefined).length;
  given.forEach((row, k) => {
    const wrong = wrongWith(row, intents > 0);
    if (wrong) throw new DataError(problem(who, wrong.expected, wrong.found, wrong.next).with({ row: k }));
  });
  return given as TaggedSentence[];
}

interface Wrong {
  expected: string;
  found: string;
  next: string;
}

function wrongWith(row: unknown, intents: boolean): Wrong | null {
  const { tokens, labels, intent } = isRecord(row) ? row : {};
  if (!Array.isArray(tokens) || !Array.isArray(labels))
    return { expected: "{ tokens, labels }", found: showValue(row), next: "Give two lists of the same length." };
  if (tokens.length === 0) return { expected: "a sentence with tokens", found: "an empty one", next: "Leave it out." };
  if (tokens.length !== labels.length)
    return {
      expected: `a label for each of ${counted(tokens.length, "token")}`,
      found: counted(labels.length, "label"),
      next: "Give one label for each token.",
    };
  if (![...tokens, ...labels].every((v) => typeof v === "string" && v !== ""))
    return { expected: "tokens and labels that are texts", found: "another one", next: "Leave empty ones out." };
  if (intents && (typeof intent !== "string" || intent === ""))
    return { expected: "an intent for each sentence, or for none", found: showValue(intent), next: "Label it too." };
  return null;
}

/** Sentences as lists of tokens. Throws DataError naming an empty one. */
export function untagged(given: unknown, who: string): string[][] {
  if (!Array.isArray(given)) {
    const next = `[["fly", "to", "boston"]], or texts: ["fly to boston"].`;
    throw new DataError(problem(who, "a list of sentences", showValue(given), next));
  }
  return given.map((one: unknown, row) => {
    const tokens = typeof one === "string" ? one.split(/\s+/).filter((token) => token !== "") : one;
    if (Array.isArray(tokens) && tokens.length > 0 && tokens.every((t) => typeof t === "string" && t !== ""))
      return tokens as string[];
    const found = Array.isArray(tokens) && tokens.length === 0 ? "an empty one" : showValue(one);
    throw new DataError(problem(who, "a sentence with tokens", found, "Leave it out.").with({ row }));
  });
}
