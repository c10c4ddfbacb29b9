import { Tokenizer } from "../../text/tokenizer.ts";
import { type Bundled, readBundled } from "../shared/bundled.ts";
import { isCount, isRecord, isText, readField, type TaskData } from "../shared/task-file.ts";
import { withBlanks } from "../shared/white-space.ts";

/** Numbers that words and pairs share, and how many are read of a text. */
interface Bag {
  readonly buckets: number;
  readonly length: number;
}

/** The fitted preprocessing: converts texts to ids. */
export interface TextLearned {
  readonly tokenizer: Tokenizer;
  /** Words read of each text; 0: all. */
  readonly length: number;
  readonly keep: "start" | "end";
  readonly bag: Bag | null;
  /** The same for the weights of words and pairs. */
  readonly linear: Bag | null;
  /** For how many texts the network is made. */
  readonly texts: number;
  /** Preprocessing of the texts that another program's model was trained on; null: as here. */
  readonly bundled: Bundled | null;
}

/** The part of it that a file keeps: data, and files by name. */
export function textData({ tokenizer, length, keep, bag, linear, bundled }: TextLearned) {
  const data = {
    length,
    keep,
    ...(bag ? { pairs: bag } : {}),
    ...(linear ? { linear } : {}),
    ...(bundled ? { bundled } : {}),
  };
  return { data, files: { "tokenizer.json": tokenizer.toJson() } };
}

/** The same, checked. Throws FormatError for a damaged file. */
export function readTextData(data: TaskData, file: (name: string) => string): TextLearned {
  return {
    keep: readField(data, "keep", '"start" or "end"', isText) === "start" ? "start" : "end",
    length: readField(data, "length", "a length up to a million", isCount(1_000_000)),
    tokenizer: Tokenizer.fromJson(file("tokenizer.json")),
    bag: data.pairs === undefined ? null : readField(data, "pairs", "{ buckets, length }", isBag),
    linear: data.linear === undefined ? null : readField(data, "linear", "{ buckets, length }", isBag),
    texts: 0,
    bundled: readBundled(data),
  };
}

export const mostBuckets = 2 ** 26; // with Adam's two slots and 16 numbers each 13 GB

const isBag = (v: unknown): v is Bag =>
  isRecord(v) && isCount(mostBuckets)(v.buckets) && v.buckets >= 2 && isCount(1_000_000)(v.length);

export const unknownWord = "<unk>";
const unknownId = 1; // the oov token's

/** The numbers of each text's words; one that is only punctuation, ":-)", is an unknown word. */
export const idsOf = (texts: readonly string[], tokenizer: Tokenizer): number[][] =>
  tokenizer
    .textsToSequences(texts.map((text) => withBlanks(text, tokenizer.charLevel)))
    .map((ids) => (ids.length > 0 ? ids : [unknownId]));
