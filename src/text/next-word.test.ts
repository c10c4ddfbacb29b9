import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { encodePrompt, nextWordRows } from "./next-word.ts";
import { padSequences } from "./pad-sequences.ts";
import { Tokenizer, type TokenizerOptions } from "./tokenizer.ts";

function fitted(texts: readonly string[], options: TokenizerOptions = {}): Tokenizer {
  const tokenizer = new Tokenizer(options);
  tokenizer.fitOnTexts(texts);
  return tokenizer;
}

const fourLines = [
  "hello how are you",
  "hello how is your day",
  "hello how are your friends",
  "hello what are you doing",
];

describe("rows for the next word", () => {
  test("every beginning of two words or more is a row, zeros before it", () => {
    const { x, y, maxLen } = nextWordRows([[4, 7, 9], [5], [], [6, 8]]);
    expect(maxLen).toBe(3);
    expect(x.toArray()).toEqual([
      [0, 4],
      [4, 7],
      [0, 6],
    ]);
    expect(y.toArray()).toEqual([7, 9, 8]);
    expect([x.dtype, y.dtype]).toEqual(["i32", "i32"]);
  });

  test("maxLen keeps the last ids of longer beginnings", () => {
    const { x, y, maxLen } = nextWordRows([[1, 2, 3, 4]], { maxLen: 3 });
    expect(maxLen).toBe(3);
    expect(x.toArray()).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(y.toArray()).toEqual([2, 3, 4]);
  });

  test("a maxLen beyond the longest line only adds zeros", () => {
    expect(nextWordRows([[1, 2]], { maxLen: 4 }).x.toArray()).toEqual([[0, 0, 1]]);
  });

  test("the four lines of the class give 15 rows of 4, the first 0 0 0 1 → 2", () => {
    const tokenizer = fitted(fourLines);
    expect(tokenizer.wordIndex.size + 1).toBe(11);
    const { x, y } = nextWordRows(tokenizer.textsToSequences(fourLines));
    expect(x.shape).toEqual([15, 4]);
    expect(Array.from(x.row(0).data)).toEqual([0, 0, 0, 1]);
    expect(y.at(0)).toBe(2);
  });

  test("is padSequences of every prefix, cut before its last column, for any lines", () => {
    const lines = fc.array(fc.array(fc.nat(50), { maxLength: 9 })).filter((all) => all.some((l) => l.length > 1));
    fc.assert(
      fc.property(lines, fc.option(fc.integer({ min: 2, max: 12 }), { nil: undefined }), (ids, maxLen) => {
        const found = nextWordRows(ids, { maxLen });
        const prefixes = ids.flatMap((line) => line.slice(1).map((_, i) => line.slice(0, i + 2)));
        const padded = padSequences(prefixes, { maxLen }).toArray() as number[][];
        expect(found.x.toArray()).toEqual(padded.map((row) => row.slice(0, -1)));
        expect(found.y.toArray()).toEqual(padded.map((row) => row[row.length - 1]));
        expect(found.maxLen).toBe(padded[0].length);
      }),
      { seed: 8 },
    );
  });

  test("no line of two words is refused, with the reason", () => {
    expect(() => nextWordRows([[1], []])).toThrow(/a line with at least two words, received 2 with at most 1/);
    expect(() => nextWordRows([])).toThrow(/received no line/);
  });

  test("ids that are none, and a maxLen below two, are refused", () => {
    expect(() => nextWordRows([[1, -2]])).toThrow(/at \[0\]\[1\], received -2/);
    expect(() => nextWordRows(["a b"] as never)).toThrow(/textsToSequences/);
    expect(() => nextWordRows([[1, 2]], { maxLen: 1 })).toThrow(/maxLen to be a whole number, 2 or more/);
  });

  test("one endless line is answered before memory is", () => {
    expect(() => nextWordRows([new Int32Array(100_000)])).toThrow(/smaller maxLen, or cut long lines/);
  });
});

describe("a prompt", () => {
  const tokenizer = fitted(fourLines);

  test("is encoded with zeros before it", () => {
    expect(encodePrompt(tokenizer, "Hello, how!", 4).toArray()).toEqual([[0, 0, 1, 2]]);
  });

  test("longer than the width keeps its last words, and leaves unknown ones out", () => {
    const all = tokenizer.textsToSequences(["how are you"])[0];
    expect(encodePrompt(tokenizer, "hello how zebra are you", 3).toArray()).toEqual([all]);
  });

  test("with no known word names the unknown and some known words", () => {
    expect(() => encodePrompt(tokenizer, "freinds zebra", 4)).toThrow(DataError);
    expect(() => encodePrompt(tokenizer, "freinds zebra", 4)).toThrow(
      /only unknown words: "freinds", "zebra"\.\n {2}Try some of its 10 words: "friends", "hello", /,
    );
  });

  test("of words beyond numWords is unknown too, and they are not offered", () => {
    const few = fitted(fourLines, { numWords: 3 });
    expect(() => encodePrompt(few, "friends", 4)).toThrow(
      /"friends"\.\n {2}Try some of its 2 words: "hello", "[a-z]+"\.$/,
    );
  });

  test("without a word says so", () => {
    expect(() => encodePrompt(tokenizer, " ... ", 4)).toThrow(/a prompt with a word in it, received none/);
    expect(() => encodePrompt(new Tokenizer(), "hello", 4)).toThrow(/Call tokenizer.fitOnTexts/);
    expect(() => encodePrompt(tokenizer, 3 as never, 4)).toThrow(DataError);
  });

  test("of unknown words is the oov token where there is one", () => {
    expect(encodePrompt(fitted(fourLines, { oovToken: "?" }), "zebra", 2).toArray()).toEqual([[0, 1]]);
  });

  test("needs a width", () => {
    expect(() => encodePrompt(tokenizer, "hello", 0)).toThrow(/maxLen - 1/);
  });
});

const faq = new URL("../../../shared/data/course-faq/faq.txt", import.meta.url);
const noFaq = existsSync(faq) ? "" : " (skipped: ../shared/data/course-faq/faq.txt is not here)";

if (noFaq) console.warn(`the course questions${noFaq}`);
test.skipIf(noFaq)(`the course questions give 817 beginnings, the longest of 57 words${noFaq}`, () => {
  const lines = readFileSync(faq, "utf8").split("\n");
  const tokenizer = fitted(lines);
  const { x, y, maxLen } = nextWordRows(tokenizer.textsToSequences(lines));
  expect(maxLen).toBe(57);
  expect(x.shape).toEqual([817, 56]);
  expect(y.shape).toEqual([817]);
  expect(tokenizer.sequencesToTexts(encodePrompt(tokenizer, "what is the fee", 56))).toEqual(["what is the fee"]);
});
