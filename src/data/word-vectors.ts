import { FormatError, problem, showValue } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { ByteReader, unpackedChunks } from "./byte-reader.ts";
import { checkKnown, checkWhole } from "./checks.ts";
import type { TextSource } from "./read-text.ts";

export interface WordVectorOptions {
  /** Only the vectors of these words are kept, which saves memory and time: the words of a tokenizer. Default: all. */
  words?: Iterable<string>;
  /** Number of vectors read, from the start; files have frequent words first. Default: all. */
  limit?: number;
}

/** An index of words, from 1: a `Tokenizer`. */
export interface WordNumbers {
  /** word → id. */
  readonly wordIndex: ReadonlyMap<string, number>;
  /** Only ids below this are used. Default: all. */
  readonly numWords?: number | undefined;
}

/** The words of a vocabulary that have a vector. */
export interface Coverage {
  /** Number of words looked up. */
  readonly words: number;
  /** Number of them with a vector. */
  readonly found: number;
  /** The words without one, in the order of the vocabulary. */
  readonly missing: readonly string[];
}

/** Vectors by word, as a file had them. Made by `readWordVectors`. */
export class WordVectors {
  /** Numbers of a vector. */
  readonly dimension: number;
  /** The words, in the order of the file. */
  readonly words: readonly string[];
  /** Their vectors: float32 [words, dimension]. */
  readonly vectors: NdArray;
  readonly #rows: ReadonlyMap<string, number>;

  constructor(words: readonly string[], vectors: NdArray) {
    this.words = words;
    this.vectors = vectors;
    this.dimension = vectors.shape[1];
    this.#rows = new Map(words.map((word, row) => [word, row]));
  }

  /** The vector of a word, [dimension]; undefined for a word that has none. */
  get(word: string): NdArray | undefined {
    const row = this.#rows.get(word);
    return row === undefined ? undefined : this.vectors.row(row);
  }

  /** The words among these that have a vector. */
  coverage(words: Iterable<string>): Coverage {
    const all = [...words];
    const missing = all.filter((word) => !this.#rows.has(word));
    return { words: all.length, found: all.length - missing.length, missing };
  }

  /**
   * The matrix that an embedding of a tokenizer's ids begins with, [ids, dimension], id 0 and words without a vector zeros, and
   * which words those are.
   *
   *   const { matrix, found, words } = vectors.matrixFor(tokenizer);
   *   const layer = embedding(matrix.shape[0], matrix.shape[1], { weights: matrix, trainable: false });
   */
  matrixFor({ wordIndex, numWords }: WordNumbers): Coverage & { readonly matrix: NdArray } {
    const limit = numWords ?? Number.POSITIVE_INFINITY;
    const used = [...wordIndex].filter(([, id]) => id < limit);
    const rows = Math.min(limit, used.reduce((most, [, id]) => Math.max(most, id), 0) + 1);
    const matrix = new NdArray(new Float32Array(rows * this.dimension), [rows, this.dimension]);
    for (const [word, id] of used) {
      const vector = this.get(word);
      if (vector) matrix.data.set(vector.data, id * this.dimension);
    }
    return { ...this.coverage(used.map(([word]) => word)), matrix };
  }
}

/**
 * Word vectors of a GloVe file (`glove.6B.100d.txt`), of word2vec, text or binary, or of fastText (`.vec`); which of them it is
 * follows from its first lines; also packed by gzip (`cc.en.300.vec.gz`). The file is read piece by piece and may be larger than the memory, where `words` says what is
 * wanted. Throws DataError where there is no file, FormatError naming the line that is no vector.
 *
 *   const vectors = await readWordVectors("glove.6B.100d.txt", { words: tokenizer.wordIndex.keys() });
 */
export async function readWordVectors(
  source: TextSource | Uint8Array,
  options: WordVectorOptions = {},
): Promise<WordVectors> {
  const who = source instanceof Uint8Array || source instanceof Blob ? "readWordVectors" : String(source);
  const { words, limit = Number.POSITIVE_INFINITY } = checkKnown("readWordVectors", options, ["words", "limit"]);
  if (limit !== Number.POSITIVE_INFINITY) checkWhole("readWordVectors", "limit", limit, 1);
  const reader = new ByteReader(unpackedChunks(source, who), who);
  try {
    return await readVectors(reader, new Found(who, words === undefined ? null : new Set(words)), limit);
  } finally {
    await reader.close();
  }
}

async function readVectors(reader: ByteReader, found: Found, limit: number): Promise<WordVectors> {
  const { who } = found;
  const first = await reader.until(10, mostOfLine, true);
  if (first === null) throw new FormatError(problem(who, "word vectors", "an empty file"));
  refuseForeign(first, who);
  const header = /^(\d+) (\d+) ?$/.exec(text(first));
  if (!header) {
    const dimension = dimensionOf(first, who);
    found.line(first, dimension, 1);
    await readLines(reader, found, dimension, limit, 2);
  } else {
    const dimension = Number(header[2]);
    if (!(dimension >= 1 && dimension <= mostNumbers))
      throw new FormatError(problem(`${who}, line 1`, `vectors of 1 to ${mostNumbers} numbers`, `${header[2]}`));
    const most = Math.min(limit, Number(header[1]));
    if (await looksBinary(reader, dimension)) await readBinary(reader, found, dimension, most);
    else await readLines(reader, found, dimension, most, 2);
    if (found.read < most) {
      const expected = `${header[1]} vectors, as line 1 says`;
      throw new FormatError(
        problem(who, expected, `${found.read} and the end of the file`, "Download the file again."),
      );
    }
  }
  return found.vectors();
}

const mostNumbers = 10_000;
const mostOfWord = 10_000; // bytes
const mostOfLine = 64 * mostNumbers;
const decoder = new TextDecoder();
const text = (bytes: Uint8Array): string => decoder.decode(bytes);

/** The words kept. */
class Found {
  readonly who: string;
  readonly #wanted: ReadonlySet<string> | null;
  readonly #words: string[] = [];
  readonly #seen = new Set<string>();
  #numbers = new Float32Array(1 << 12);
  #dimension = 0;
  read = 0;

  constructor(who: string, wanted: ReadonlySet<string> | null) {
    this.who = who;
    this.#wanted = wanted;
  }

  /** A line `word 0.1 0.2 …`; the word itself may have blanks. */
  line(bytes: Uint8Array, dimension: number, number: number): void {
    this.read++;
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] === 32 || bytes[end - 1] === 13 || bytes[end - 1] === 9)) end--;
    let at = end;
    for (let k = 0; k < dimension && at >= 0; k++) at = lastBlank(bytes, at);
    const where = `${this.who}, line ${number}`;
    if (at <= 0) {
      const fields = text(bytes.subarray(0, end)).split(/[ \t]+/).length;
      throw new FormatError(problem(where, `a word and ${dimension} numbers`, `${fields} fields`));
    }
    const word = text(bytes.subarray(0, at));
    if (!this.#keeps(word)) return;
    const fields = text(bytes.subarray(at + 1, end)).split(/[ \t]/);
    this.#keep(word, dimension, (k) => {
      const value = Number(fields[k]);
      if (fields[k] !== "" && Number.isFinite(value)) return value;
      throw new FormatError(problem(where, `numbers behind ${showValue(word)}`, showValue(fields[k])));
    });
  }

  binary(word: string, numbers: DataView, dimension: number): void {
    this.read++;
    if (!this.#keeps(word)) return;
    this.#keep(word, dimension, (k) => {
      const value = numbers.getFloat32(4 * k, true);
      if (Number.isFinite(value)) return value;
      throw new FormatError(
        problem(`${this.who}, vector ${this.read}`, "finite numbers", `${value} of ${showValue(word)}`),
      );
    });
  }

  vectors(): WordVectors {
    if (this.read === 0) throw new FormatError(problem(this.who, "word vectors", "none"));
    const size = this.#words.length * this.#dimension;
    return new WordVectors(
      this.#words,
      new NdArray(this.#numbers.slice(0, size), [this.#words.length, this.#dimension]),
    );
  }

  /** The first vector of a word counts. */
  #keeps(word: string): boolean {
    return (this.#wanted === null || this.#wanted.has(word)) && !this.#seen.has(word);
  }

  #keep(word: string, dimension: number, number: (k: number) => number): void {
    this.#dimension = dimension;
    const from = this.#words.length * dimension;
    if (from + dimension > this.#numbers.length) {
      const larger = new Float32Array(Math.max(2 * this.#numbers.length, from + dimension));
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    for (let k = 0; k < dimension; k++) this.#numbers[from + k] = number(k);
    this.#seen.add(word);
    this.#words.push(word);
  }
}

function lastBlank(bytes: Uint8Array, before: number): number {
  let at = before - 1;
  while (at >= 0 && bytes[at] !== 32 && bytes[at] !== 9) at--;
  return at;
}

/** Number of numbers at the end of a line. */
function dimensionOf(line: Uint8Array, who: string): number {
  const fields = text(line)
    .trimEnd()
    .split(/[ \t]+/);
  let n = 0;
  while (
    n < fields.length - 1 &&
    fields[fields.length - 1 - n] !== "" &&
    Number.isFinite(Number(fields[fields.length - 1 - n]))
  )
    n++;
  if (n > 1 && n <= mostNumbers) return n;
  throw new FormatError(
    problem(
      `${who}, line 1`,
      "a word and its numbers, or how many vectors of how many",
      showValue(text(line).slice(0, 40)),
    ),
  );
}

function refuseForeign(first: Uint8Array, who: string): void {
  if (first[0] === 0x50 && first[1] === 0x4b)
    throw new FormatError(problem(who, "word vectors as text or binary", "a zip archive", "Unpack it first."));
}

async function readLines(
  reader: ByteReader,
  found: Found,
  dimension: number,
  most: number,
  from: number,
): Promise<void> {
  for (let number = from; found.read < most; number++) {
    const line = await reader.until(10, mostOfLine, true);
    if (line === null) return;
    if (line.length > 0 && !(line.length === 1 && line[0] === 13)) found.line(line, dimension, number);
  }
}

/** Behind the header, the line that text would have has a word and as many numbers as the header says. */
async function looksBinary(reader: ByteReader, dimension: number): Promise<boolean> {
  const start = await reader.peek(64 + 32 * dimension);
  const end = start.indexOf(10);
  const fields = text(start.subarray(0, end < 0 ? start.length : end))
    .trimEnd()
    .split(/[ \t]+/);
  const numbers = fields.slice(1);
  return (
    !(numbers.length >= dimension || end < 0) || !numbers.slice(-dimension).every((v) => Number.isFinite(Number(v)))
  );
}

async function readBinary(reader: ByteReader, found: Found, dimension: number, most: number): Promise<void> {
  while (found.read < most) {
    const word = await reader.until(32, mostOfWord);
    if (word === null) return;
    const numbers = await reader.exactly(4 * dimension);
    if (numbers === null) {
      const expected = `${4 * dimension} bytes of vector ${found.read + 1}`;
      throw new FormatError(problem(found.who, expected, "the end of the file", "Download the file again."));
    }
    const begin = word[0] === 10 ? 1 : 0; // word2vec's own writer ends a vector with a line end
    found.binary(
      text(word.subarray(begin)),
      new DataView(numbers.buffer, numbers.byteOffset, numbers.length),
      dimension,
    );
  }
}
