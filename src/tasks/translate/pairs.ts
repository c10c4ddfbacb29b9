import { DataError, problem, showValue } from "../../errors.ts";
import { isRecord } from "../shared/task-file.ts";

/** A text and its translation. */
export interface TranslationPair {
  /** The text that is read. */
  readonly source: string;
  /** Its translation. */
  readonly target: string;
}

/** Pairs as given, checked: objects, or lists of two. Throws DataError naming the row. */
export function pairsOf(given: unknown, who: string): TranslationPair[] {
  const next = '[["good morning", "guten Morgen"]], or [{ source: "good morning", target: "guten Morgen" }].';
  if (!Array.isArray(given)) throw new DataError(problem(who, "a list of pairs", showValue(given), next));
  if (given.length === 0) throw new DataError(problem(who, "at least one pair", "none", "Check the input files."));
  return given.map((one: unknown, row) => {
    const [source, target] = Array.isArray(one) ? one : isRecord(one) ? [one.source, one.target] : [];
    for (const [side, text] of [
      ["source", source],
      ["target", target],
    ] as const) {
      if (typeof text === "string" && text.trim() !== "") continue;
      const found = typeof text === "string" ? "an empty one" : showValue(text);
      throw new DataError(problem(who, `a ${side} text`, found, "Leave the pair out.").with({ row }));
    }
    return { source, target } as TranslationPair;
  });
}

/** Texts as given, checked. Throws DataError naming an empty one. */
export function textsToTranslate(given: unknown, who: string): string[] {
  if (!Array.isArray(given)) {
    const found = typeof given === "string" ? "one string" : showValue(given);
    throw new DataError(problem(who, "a list of texts", found, "Put one text in brackets: [text]."));
  }
  given.forEach((text: unknown, row) => {
    if (typeof text === "string" && text.trim() !== "") return;
    const found = typeof text === "string" ? "an empty one" : showValue(text);
    throw new DataError(problem(who, "a text", found, "Leave it out.").with({ row }));
  });
  return given as string[];
}
