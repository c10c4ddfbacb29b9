import { counted, DataError, FormatError, problem } from "../../errors.ts";
import { iobLabel, isIob, mayFollow } from "./entities.ts";
import type { ParsedSentences, TaggedSentence } from "./sentences.ts";

/** A sentence and where each of its tokens stands: "slots.iob: line 12". */
export interface PlacedSentence {
  readonly sentence: TaggedSentence;
  readonly places: readonly string[];
}

/**
 * Checks labels over a whole file. A label that is no IOB one among others that are is an error, as are intents of some sentences only;
 * an `I-` that continues nothing, and labels of one sentence alone, are said in a note.
 */
export function checkedSentences(found: readonly PlacedSentence[]): ParsedSentences {
  const sentences = found.map(({ sentence }) => sentence);
  const iob = isIob(sentences.flatMap(({ labels }) => labels));
  const broken: string[] = [];
  for (const { sentence, places } of found)
    for (const [k, label] of sentence.labels.entries()) {
      if (!iob) break;
      if (label !== "O" && !iobLabel.test(label)) {
        const next = "Write O for a token that is outside, B-city for the first of an entity, I-city inside it.";
        throw new FormatError(
          problem(places[k], "O, B-TYPE or I-TYPE, as the other labels", JSON.stringify(label), next),
        );
      }
      if (!mayFollow(sentence.labels[k - 1] ?? null, label)) broken.push(`${places[k]}, ${label}`);
    }
  const lone = found.find(({ sentence }) => sentence.intent === undefined);
  if (lone && sentences.some(({ intent }) => intent !== undefined)) {
    const next = "Give every sentence one, or none.";
    throw new DataError(problem(lone.places[0], "a label of the sentence", "none, where others have one", next));
  }
  const first =
    broken.length > 0
      ? [
          `${counted(broken.length, "label")} I- without a B- before (first: ${broken[0]}): each begins an entity, as in conlleval`,
        ]
      : [];
  return { sentences, notes: [...first, ...rareNotes(sentences)] };
}

/** Says which classes come in one sentence only. */
function rareNotes(sentences: readonly TaggedSentence[]): string[] {
  const kinds = [
    ["label", sentences.map(({ labels }) => labels)],
    ["intent", sentences.map(({ intent }) => (intent === undefined ? [] : [intent]))],
  ] as const;
  return kinds.flatMap(([kind, rows]) => {
    const rare = [...rareOf(rows)];
    if (rare.length === 0) return [];
    const shown = rare.slice(0, 3).join(", ") + (rare.length > 3 ? ", …" : "");
    return [`${counted(rare.length, kind)} in one sentence only (${shown}): trained on, never validated`];
  });
}

/** Labels that come in one row only. */
export function rareOf(rows: readonly (readonly string[])[]): Set<string> {
  const counts = new Map<string, number>();
  for (const row of rows) for (const one of new Set(row)) counts.set(one, (counts.get(one) ?? 0) + 1);
  return new Set([...counts].filter(([, n]) => n === 1).map(([one]) => one));
}
