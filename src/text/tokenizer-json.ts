import { DataError, FormatError, problem } from "../errors.ts";
import { parseFlatObject } from "./ordered-json.ts";
import { describe } from "./split-words.ts";

/** Everything a Tokenizer holds. */
export interface TokenizerState {
  numWords: number | undefined;
  filters: string;
  lower: boolean;
  split: string;
  charLevel: boolean;
  oovToken: string | undefined;
  documentCount: number;
  wordCounts: Map<string, number>;
  wordDocs: Map<string, number>;
  indexDocs: Map<number, number>;
  indexWord: Map<number, string>;
  wordIndex: Map<string, number>;
}

/** A tokenizer as Keras's `Tokenizer.to_json` writes it; the last five members of `config` are JSON texts themselves. */
export interface KerasTokenizer {
  /** Keras's class. */
  class_name: "Tokenizer";
  /** Options and counts, the latter as JSON within JSON, as Keras writes them. */
  config: {
    num_words: number | null;
    filters: string;
    lower: boolean;
    split: string;
    char_level: boolean;
    oov_token: string | null;
    document_count: number;
    word_counts: string;
    word_docs: string;
    index_docs: string;
    index_word: string;
    word_index: string;
  };
}

/** A tokenizer as Keras's structure; `JSON.stringify` of it is a file that Keras reads. */
export function kerasTokenizer(state: TokenizerState): KerasTokenizer {
  return {
    class_name: "Tokenizer",
    config: {
      num_words: state.numWords ?? null,
      filters: state.filters,
      lower: state.lower,
      split: state.split,
      char_level: state.charLevel,
      oov_token: state.oovToken ?? null,
      document_count: state.documentCount,
      word_counts: pythonJson(state.wordCounts),
      word_docs: pythonJson(state.wordDocs),
      index_docs: pythonJson(state.indexDocs),
      index_word: pythonJson(state.indexWord),
      word_index: pythonJson(state.wordIndex),
    },
  };
}

/** A tokenizer as the text that Python's `tokenizer.to_json()` returns, character by character. */
export function writeTokenizerJson(state: TokenizerState): string {
  const { class_name, config } = kerasTokenizer(state);
  return `{"class_name": ${pythonJson(class_name)}, "config": ${pythonJson(new Map(Object.entries(config)))}}`;
}

/**
 * Parses a text written by Keras's `to_json` (or `writeTokenizerJson`) with the words in their order: number-like
 * words keep their order. Throws FormatError naming the member that is missing or wrong.
 */
export function readTokenizerJson(text: string): TokenizerState {
  const config = readConfig(text);
  if (config["split"] === "" && config["char_level"] === false) {
    throw new FormatError(problem(reader, "split to be a string of at least one character", '""'));
  }
  return {
    numWords: optional(config, "num_words", count),
    filters: ofType(config, "filters", "string"),
    lower: ofType(config, "lower", "boolean"),
    split: ofType(config, "split", "string"),
    charLevel: ofType(config, "char_level", "boolean"),
    oovToken: optional(config, "oov_token", (value, name) => ofType({ [name]: value }, name, "string")),
    documentCount: count(config["document_count"], "document_count"),
    wordCounts: readMap(config, "word_counts", (word) => word, count),
    wordDocs: readMap(config, "word_docs", (word) => word, count),
    indexDocs: readMap(config, "index_docs", index, count),
    indexWord: readMap(config, "index_word", index, (value, name) => ofType({ [name]: value }, name, "string")),
    wordIndex: readMap(config, "word_index", (word) => word, count),
  };
}

const reader = "Tokenizer.fromJson";
type Config = Readonly<Record<string, unknown>>;
type PythonValue = string | number | boolean | null | ReadonlyMap<string | number, string | number | boolean | null>;

/** As Python's `json.dumps`: ", " and ": " between, everything outside printable ASCII as \uXXXX. Whole numbers only. */
function pythonJson(value: PythonValue): string {
  if (value instanceof Map) {
    const members = Array.from(value, ([key, member]) => `${pythonJson(String(key))}: ${pythonJson(member)}`);
    return `{${members.join(", ")}}`;
  }
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function readConfig(text: string): Config {
  if (typeof text !== "string") {
    throw new DataError(
      problem(reader, "the text of a tokenizer", describe(text), "Give it the contents of the file."),
    );
  }
  const parsed = parse(text);
  const name = parsed["class_name"];
  if (name !== "Tokenizer") {
    const next = "The text is what Keras's tokenizer.to_json() returns.";
    throw new FormatError(problem(reader, 'class_name "Tokenizer"', describe(name), next));
  }
  const config = parsed["config"];
  if (!isObject(config)) throw new FormatError(problem(reader, "config to be an object", describe(config)));
  return config;
}

function parse(text: string): Config {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new FormatError(problem(reader, "JSON", error instanceof Error ? error.message : String(error)));
  }
  if (isObject(parsed)) return parsed;
  const next = typeof parsed === "string" ? "The JSON was encoded twice: decode it once." : undefined;
  throw new FormatError(problem(reader, "a JSON object", describe(parsed), next));
}

function isObject(value: unknown): value is Config {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ofType(config: Config, name: string, type: "string"): string;
function ofType(config: Config, name: string, type: "boolean"): boolean;
function ofType(config: Config, name: string, type: "string" | "boolean"): string | boolean {
  const value = config[name];
  if ((typeof value === "string" || typeof value === "boolean") && typeof value === type) return value;
  throw new FormatError(problem(reader, `${name} to be a ${type}`, describe(value)));
}

function optional<T>(config: Config, name: string, read: (value: unknown, name: string) => T): T | undefined {
  return config[name] === null ? undefined : read(config[name], name);
}

function count(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0x7fffffff) return value;
  throw new FormatError(problem(reader, `${name} to be a whole number, 0 or more`, describe(value)));
}

function index(key: string, name: string): number {
  if (/^\d{1,10}$/.test(key)) return count(Number(key), name);
  throw new FormatError(problem(reader, `a key of ${name} to be a whole number`, JSON.stringify(key.slice(0, 40))));
}

function readMap<K, V>(
  config: Config,
  name: string,
  key: (text: string, name: string) => K,
  value: (found: unknown, name: string) => V,
): Map<K, V> {
  const text = config[name];
  if (typeof text !== "string") {
    const next = "Keras stores it as JSON inside a string.";
    throw new FormatError(problem(reader, `${name} to be a string of JSON`, describe(text), next));
  }
  const members = parseFlatObject(text, `${reader}: ${name}`);
  return new Map(Array.from(members, ([k, v]) => [key(k, name), value(v, `${name}[${JSON.stringify(k)}]`)]));
}
