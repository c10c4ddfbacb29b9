import { FormatError, problem, showValue } from "../errors.ts";
import type { PickledObject } from "../formats/containers/pickle-values.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { writeTokenizerJson } from "../text/tokenizer-json.ts";

/** Keras's Tokenizer, of Keras 2 and 3; null for another class. */
export function tokenizerFrom(object: PickledObject, who: string): Tokenizer | null {
  if (!/(^|\.)(keras|keras_preprocessing)\..*text\.Tokenizer$/.test(object.className)) return null;
  const text = (name: string): string => {
    const value = object.field(name);
    if (typeof value === "string") return value;
    throw new FormatError(problem(who, `a text as ${name} of a Tokenizer`, showValue(value)));
  };
  const map = <K extends string | number, V extends string | number>(name: string): Map<K, V> => {
    const value = object.field(name);
    if (value instanceof Map) return value as unknown as Map<K, V>;
    throw new FormatError(problem(who, `a dict as ${name} of a Tokenizer`, showValue(value)));
  };
  return Tokenizer.fromJson(
    writeTokenizerJson({
      numWords: (object.field("num_words") ?? undefined) as number | undefined,
      filters: text("filters"),
      lower: object.field("lower") === true,
      split: text("split"),
      charLevel: object.field("char_level") === true,
      oovToken: (object.field("oov_token") ?? undefined) as string | undefined,
      documentCount: Number(object.field("document_count") ?? 0),
      wordCounts: map("word_counts"),
      wordDocs: map("word_docs"),
      indexDocs: map("index_docs"),
      indexWord: map("index_word"),
      wordIndex: map("word_index"),
    }),
  );
}
