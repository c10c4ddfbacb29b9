import { DataError, option, problem, sentence, suggest } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { hostSize } from "./host-size.ts";
import { checkIds, type IdSequences, idRows } from "./id-rows.ts";

/** Meaning of an entry of the matrix: present or not, how often, how often per token, or the tf-idf weight. */
export type MatrixMode = "binary" | "count" | "freq" | "tfidf";

const modes: readonly MatrixMode[] = ["binary", "count", "freq", "tfidf"];

/** Number of documents, and the number that contain each id. */
export interface DocumentCounts {
  documentCount: number;
  indexDocs: ReadonlyMap<number, number>;
}

/**
 * A row of `width` numbers for each sequence, one column an id (a bag of words): f32 [N, width].
 * Ids from `width` on are left out; `freq` still divides by the full length. `tfidf` is
 * (1 + ln count) · ln(1 + documents / (1 + documents with the id)), as in Keras.
 *
 *   idMatrix([[1, 1, 2]], 3, "count", counts).toArray();   // 0 for id 0, 2 for id 1, 1 for id 2
 */
export function idMatrix(sequences: IdSequences, width: number, mode: MatrixMode, documents: DocumentCounts): NdArray {
  const who = "Tokenizer.sequencesToMatrix";
  if (!modes.includes(mode)) {
    throw new DataError(problem(who, "a known mode", JSON.stringify(mode), suggest(String(mode), modes)));
  }
  if (mode === "tfidf" && documents.documentCount === 0) {
    throw new DataError(
      problem(who, "a fitted tokenizer for tfidf", "one that is not fitted", "Call fitOnTexts first."),
    );
  }
  const rows = idRows(sequences, who);
  const next = sentence`Give the tokenizer a smaller ${option("numWords")}, or convert the texts in portions.`;
  const data = new Float32Array(hostSize([rows.length, width], who, next));
  rows.forEach((row, r) => {
    checkIds(row, r, who);
    for (const [id, count] of countIds(row, width)) {
      data[r * width + id] = entry(mode, count, row.length, id, documents);
    }
  });
  return new NdArray(data, [rows.length, width]);
}

function entry(mode: MatrixMode, count: number, length: number, id: number, documents: DocumentCounts): number {
  if (mode === "binary") return 1;
  if (mode === "count") return count;
  if (mode === "freq") return count / length;
  const rarity = Math.log(1 + documents.documentCount / (1 + (documents.indexDocs.get(id) ?? 0)));
  return (1 + Math.log(count)) * rarity;
}

function countIds(row: ArrayLike<number>, width: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let t = 0; t < row.length; t++) {
    if (row[t] < width) counts.set(row[t], (counts.get(row[t]) ?? 0) + 1);
  }
  return counts;
}
