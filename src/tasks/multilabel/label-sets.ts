import { DataError, problem, suggest } from "../../errors.ts";
import type { Label } from "../classify/labels.ts";
import { isRecord } from "../shared/task-file.ts";

/** A text and its labels. */
export interface TextWithLabels {
  /** The text. */
  text: string;
  /** Its labels, none to all of them. */
  labels: readonly Label[];
}

/**
 * Texts and sets of labels, from two lists or from rows that hold both (`paired`); labels as their names. Throws DataError naming the row.
 */
export function readRows(given: unknown, second: unknown, who: string) {
  if (!Array.isArray(given) || given.length === 0) {
    const next = '[{ text: "...", labels: ["a", "b"] }], or texts and lists of labels.';
    throw new DataError(problem(who, "rows", Array.isArray(given) ? "none" : typeof given, next));
  }
  const paired = isRecord(given[0]);
  const lists: unknown = paired ? given.map((row) => (isRecord(row) ? row.labels : undefined)) : second;
  if (!Array.isArray(lists) || lists.length !== given.length) {
    const found = Array.isArray(lists) ? `${lists.length}` : typeof lists;
    throw new DataError(problem(who, `a list of labels for each of ${given.length} texts`, found));
  }
  const texts: unknown[] = paired ? given.map((row) => (isRecord(row) ? row.text : undefined)) : given;
  return { paired, texts, sets: lists.map((list, row) => setOf(list, row, who)) };
}

function setOf(list: unknown, row: number, who: string): string[] {
  const isLabel = (v: unknown) => (typeof v === "string" && v !== "") || (typeof v === "number" && Number.isFinite(v));
  if (Array.isArray(list) && list.every(isLabel)) return [...new Set(list.map(String))];
  const found = Array.isArray(list) ? `one of ${JSON.stringify(list.find((v) => !isLabel(v)))}` : typeof list;
  const next = "Give a list for each text, an empty one for none.";
  throw new DataError(problem(who, "a list of labels", found, next).with({ row }));
}

/**
 * The distinct labels, in order of their letters. Throws DataError for none, and naming the row of one that comes in a single row: it cannot
 * be both learned from and validated on.
 */
export function labelsIn(sets: readonly (readonly string[])[], who: string): string[] {
  const rows = new Map<string, number[]>();
  for (const [row, set] of sets.entries())
    for (const label of set) {
      if (!rows.has(label)) rows.set(label, []);
      rows.get(label)!.push(row);
    }
  if (rows.size === 0) throw new DataError(problem(who, "at least one label", "none", "Every list is empty."));
  const lonely = [...rows].find(([, at]) => at.length === 1);
  if (!lonely) return [...rows.keys()].sort();
  const next = "Add rows of it, or leave the label out.";
  const found = `one of ${JSON.stringify(lonely[0])}`;
  throw new DataError(problem(who, "at least two rows of each label", found, next).with({ row: lonely[1][0] }));
}

/** A 1 for each label of each row [N, labels]. Throws DataError naming row and label for one that is not known. */
export function targetsOf(sets: readonly (readonly string[])[], labels: readonly string[], who: string): Float32Array {
  const places = new Map(labels.map((label, k) => [label, k]));
  const targets = new Float32Array(sets.length * labels.length);
  for (const [row, set] of sets.entries())
    for (const label of set) {
      const k = places.get(label);
      if (k === undefined) {
        const expected = "a label it was trained on";
        throw new DataError(problem(who, expected, JSON.stringify(label), suggest(label, labels)).with({ row }));
      }
      targets[row * labels.length + k] = 1;
    }
  return targets;
}
