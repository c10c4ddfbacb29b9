import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../test/any-text.ts";
import { DataError } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { splitWords } from "./split-words.ts";
import { Tokenizer, type TokenizerOptions } from "./tokenizer.ts";

// Every expected value here was printed by Keras 3.15.1.
const twoTexts = ["The cat sat on the mat.", "The dog; the CAT's dog -- ran!\tIt's 3,000 feet."];

function fitted(texts: readonly (string | readonly string[])[], options: TokenizerOptions = {}): Tokenizer {
  const tokenizer = new Tokenizer(options);
  tokenizer.fitOnTexts(texts);
  return tokenizer;
}

describe("splitting a text", () => {
  test("punctuation, tab and newline separate, the apostrophe does not", () => {
    expect(splitWords("The dog -- it's\t3,000\nfeet.")).toEqual(["the", "dog", "it's", "3", "000", "feet"]);
  });

  test("only the split string separates: other white space stays inside words", () => {
    expect(splitWords("A\u00a0b\r c")).toEqual(["a\u00a0b\r", "c"]);
  });

  test("a split of several characters takes the place of each filtered one", () => {
    expect(splitWords("onexTWOABthree-four abfive", { split: "ab", filters: "-x" })).toEqual([
      "one",
      "two",
      "three",
      "four ",
      "five",
    ]);
  });

  test("charLevel cuts at code points and keeps what filters name", () => {
    expect(splitWords("H\u{1f600}!", { charLevel: true })).toEqual(["h", "\u{1f600}", "!"]);
  });

  test("a list of tokens is lower-cased and not cut", () => {
    expect(splitWords(["A b", "C"])).toEqual(["a b", "c"]);
    expect(splitWords(["A b", "C"], { lower: false })).toEqual(["A b", "C"]);
  });

  test("lower case is Python's for the dotted capital I and the final sigma", () => {
    expect(splitWords("\u0130 \u039f\u0394\u039f\u03a3 \u03a3")).toEqual([
      "i\u0307",
      "\u03bf\u03b4\u03bf\u03c2",
      "\u03c3",
    ]);
  });

  test("no word is empty and none holds a filtered character, for any text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const word of splitWords(text)) expect(word).toMatch(/^[^ !"#$%&()*+,\-./:;<=>?@[\\\]^_`{|}~\t\n]+$/);
      }),
      { seed: 1 },
    );
  });
});

describe("fitting", () => {
  test("words are numbered by count, and equal counts by first sight", () => {
    const expected = ["the", "dog", "cat", "sat", "on", "mat", "cat's", "ran", "it's", "3", "000", "feet"];
    const tokenizer = fitted(twoTexts);
    expect([...tokenizer.wordIndex]).toEqual(expected.map((word, i) => [word, i + 1]));
    expect([...tokenizer.indexWord]).toEqual(expected.map((word, i) => [i + 1, word]));
    expect(tokenizer.documentCount).toBe(2);
    expect([...tokenizer.wordCounts].slice(0, 3)).toEqual([
      ["the", 4],
      ["cat", 1],
      ["sat", 1],
    ]);
    expect(tokenizer.wordDocs.get("the")).toBe(2);
    expect(tokenizer.wordDocs.get("dog")).toBe(1);
  });

  test("the oov token takes id 1 and shifts the rest", () => {
    const tokenizer = fitted(twoTexts, { oovToken: "<OOV>" });
    expect([...tokenizer.wordIndex].slice(0, 3)).toEqual([
      ["<OOV>", 1],
      ["the", 2],
      ["dog", 3],
    ]);
  });

  test("an oov token that is itself a word has that word's later id, and id 1 has no word", () => {
    const tokenizer = fitted(["cat dog"], { oovToken: "cat" });
    expect([...tokenizer.wordIndex]).toEqual([
      ["cat", 2],
      ["dog", 3],
    ]);
    expect([...tokenizer.indexWord]).toEqual([
      [2, "cat"],
      [3, "dog"],
    ]);
    expect(tokenizer.textsToSequences(["cat dog bird"])).toEqual([[2, 3, 2]]);
    expect(tokenizer.sequencesToTexts([[1, 2, 3, 0]])).toEqual(["cat cat dog cat"]);
    expect(tokenizer.textsToMatrix(["cat dog"]).toArray()).toEqual([[0, 0, 1]]);
  });

  test("fitting again adds to the counts and numbers the words again", () => {
    const tokenizer = fitted(["b a"]);
    tokenizer.fitOnTexts(["c c a a"]);
    expect([...tokenizer.wordIndex.keys()]).toEqual(["a", "c", "b"]);
    expect([...tokenizer.wordCounts]).toEqual([
      ["b", 1],
      ["a", 3],
      ["c", 2],
    ]);
    expect(tokenizer.documentCount).toBe(2);
    expect([...tokenizer.indexDocs].sort()).toEqual([
      [1, 2],
      [2, 1],
      [3, 1],
    ]);
  });

  test("number-like words and names of object members are words like any other", () => {
    const tokenizer = fitted(["zeta 2001 3 constructor __proto__ 10 toString"], { filters: "", lower: false });
    expect([...tokenizer.wordIndex.keys()]).toEqual([
      "zeta",
      "2001",
      "3",
      "constructor",
      "__proto__",
      "10",
      "toString",
    ]);
    expect(tokenizer.textsToSequences(["__proto__ valueOf 3"])).toEqual([[5, 3]]);
  });

  test("counts never rise along the ids, and equal counts keep the order first seen, for any texts", () => {
    const word = fc.constantFrom("a", "b", "c", "1", "2", "10", "__proto__", "constructor", "\u00e9");
    fc.assert(
      fc.property(fc.array(fc.array(word)), (texts) => {
        const tokenizer = fitted(texts);
        const seen = [...tokenizer.wordCounts.keys()];
        const words = [...tokenizer.wordIndex.keys()];
        expect(seen).toEqual([...new Set(texts.flat())]);
        for (let i = 1; i < words.length; i++) {
          const before = tokenizer.wordCounts.get(words[i - 1])!;
          const here = tokenizer.wordCounts.get(words[i])!;
          expect(before).toBeGreaterThanOrEqual(here);
          if (before === here) expect(seen.indexOf(words[i - 1])).toBeLessThan(seen.indexOf(words[i]));
        }
      }),
      { seed: 2 },
    );
  });
});

describe("texts to sequences and back", () => {
  test("numWords keeps ids below it, and the oov token stands for the rest", () => {
    const tokenizer = fitted(twoTexts, { numWords: 4, oovToken: "<OOV>" });
    expect(tokenizer.textsToSequences(["the unknown cat sat on"])).toEqual([[2, 1, 1, 1, 1]]);
    expect(tokenizer.sequencesToTexts([[0, 1, 2, 3, 4, 99]])).toEqual(["<OOV> <OOV> the dog <OOV> <OOV>"]);
    expect(tokenizer.wordIndex.size).toBe(13);
  });

  test("without an oov token, unknown words and ids are left out", () => {
    const tokenizer = fitted(twoTexts, { numWords: 4 });
    expect(tokenizer.textsToSequences(["the unknown cat sat on", ""])).toEqual([[1, 3], []]);
    expect(tokenizer.sequencesToTexts([[0, 1, 2, 4, 99]])).toEqual(["the dog"]);
  });

  test("numWords 0 keeps every word", () => {
    expect(fitted(["a b"], { numWords: 0 }).textsToSequences(["a b"])).toEqual([[1, 2]]);
  });

  test("the rows of a padded array are read as sequences", () => {
    const padded = new NdArray(new Int32Array([0, 0, 1, 0, 2, 3]), [2, 3]);
    expect(fitted(twoTexts).sequencesToTexts(padded)).toEqual(["the", "dog cat"]);
  });

  test("known words come back as they were, and ids stay below numWords, for any texts", () => {
    const texts = fc.array(fc.array(fc.stringMatching(/^[a-z0-9']{1,3}$/)), { minLength: 1 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 12 }), (words, numWords) => {
        const lines = words.map((line) => line.join(" "));
        const all = fitted(lines);
        expect(all.sequencesToTexts(all.textsToSequences(lines))).toEqual(lines);
        const some = fitted(lines, { numWords });
        const kept = all.textsToSequences(lines).map((ids) => ids.filter((id) => id < numWords));
        expect(some.textsToSequences(lines)).toEqual(kept);
        const marked = fitted(lines, { numWords, oovToken: "<OOV>" });
        const expected = all.textsToSequences(lines).map((ids) => ids.map((id) => (id + 1 < numWords ? id + 1 : 1)));
        expect(marked.textsToSequences(lines)).toEqual(expected);
      }),
      { seed: 3 },
    );
  });
});

describe("matrices", () => {
  const asked = ["the the dog cat zebra", ""];

  test.each([
    ["binary", [1, 1, 1]],
    ["count", [2, 1, 1]],
    ["freq", [0.5, 0.25, 0.25]],
    ["tfidf", [0.8649029646371624, Math.LN2, Math.LN2]],
  ] as const)("mode %s gives Keras's numbers", (mode, expected) => {
    const matrix = fitted(twoTexts).textsToMatrix(asked, mode);
    expect(matrix.shape).toEqual([2, 13]);
    expect(Array.from(matrix.data.slice(0, 4))).toEqual([0, ...expected.map(Math.fround)]);
    expect(matrix.data.slice(4).every((v) => v === 0)).toBe(true);
  });

  test("numWords is the width, and freq divides by the whole length", () => {
    const matrix = new Tokenizer({ numWords: 4 }).sequencesToMatrix([[1, 2, 2, 9]], "freq");
    expect(matrix.toArray()).toEqual([[0, 0.25, 0.5, 0]]);
  });

  test("fitOnSequences is enough for tfidf", () => {
    const tokenizer = new Tokenizer({ numWords: 4 });
    tokenizer.fitOnSequences([
      [1, 2, 2],
      [2, 3],
    ]);
    expect([...tokenizer.indexDocs]).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
    ]);
    const matrix = tokenizer.sequencesToMatrix([[1, 2, 2], [5]], "tfidf");
    expect(Array.from(matrix.data)).toEqual([0, Math.fround(Math.LN2), Math.fround(0.8649029646371624), 0, 0, 0, 0, 0]);
  });
});

describe("wrong input says what to do", () => {
  const unknown = (value: unknown) => value as never;

  test.each([-1, 1.5, Number.NaN, "100"])("numWords %s is refused", (numWords) => {
    expect(() => new Tokenizer({ numWords: unknown(numWords) })).toThrow(/numWords to be a whole number/);
  });

  test("an empty split is refused and names charLevel", () => {
    expect(() => new Tokenizer({ split: "" })).toThrow(/charLevel: true/);
    expect(fitted(["ba"], { split: "", charLevel: true }).textsToSequences(["ab"])).toEqual([[2, 1]]);
  });

  test("an oov token or filters that are no strings are refused", () => {
    expect(() => new Tokenizer({ oovToken: unknown(1) })).toThrow(/oovToken to be a string, received number "1"/);
    expect(() => new Tokenizer({ filters: unknown(["!"]) })).toThrow(/filters to be a string/);
  });

  test("one string in place of a list is refused, not taken letter by letter", () => {
    expect(() => new Tokenizer().fitOnTexts("the cat")).toThrow(/Put it in brackets/);
    expect(() => fitted(["a"]).textsToSequences("the cat")).toThrow(/Put it in brackets/);
    expect(() => new Tokenizer().fitOnTexts(unknown(undefined))).toThrow(DataError);
  });

  test("a text that is no string is named by its place, and nothing is counted", () => {
    const tokenizer = new Tokenizer();
    expect(() => tokenizer.fitOnTexts(["a", unknown(3)])).toThrow(/a string at \[1\], received number "3"/);
    expect(() => tokenizer.fitOnTexts([unknown(["a", null])])).toThrow(/a string at \[0\]\[1\], received null/);
    expect(tokenizer.documentCount).toBe(0);
    expect(tokenizer.wordCounts.size).toBe(0);
  });

  test("with an oov token, an unfitted tokenizer says so", () => {
    const tokenizer = new Tokenizer({ oovToken: "?" });
    expect(() => tokenizer.textsToSequences(["a"])).toThrow(/Call fitOnTexts first/);
    expect(() => tokenizer.sequencesToTexts([[1]])).toThrow(/Call fitOnTexts first/);
  });

  test("a matrix needs a width, a known mode, documents for tfidf, and whole ids", () => {
    expect(() => new Tokenizer().sequencesToMatrix([[1]])).toThrow(/numWords/);
    const tokenizer = new Tokenizer({ numWords: 4 });
    expect(() => tokenizer.sequencesToMatrix([[1]], unknown("tfidff"))).toThrow(/Did you mean "tfidf"/);
    expect(() => tokenizer.sequencesToMatrix([[1]], "tfidf")).toThrow(/Call fitOnTexts first/);
    expect(() => tokenizer.sequencesToMatrix([[1, -1]])).toThrow(/at \[0\]\[1\], received -1/);
    expect(() => tokenizer.sequencesToMatrix([[0.5]])).toThrow(DataError);
  });

  test("sequences must be lists of numbers", () => {
    const tokenizer = fitted(["a"]);
    expect(() => tokenizer.sequencesToTexts(unknown([1, 2]))).toThrow(/Put one sequence in brackets/);
    expect(() => tokenizer.sequencesToTexts(unknown([["a"]]))).toThrow(/a number at \[0\]\[0\]/);
    expect(() => tokenizer.sequencesToTexts(new NdArray(new Int32Array(2)))).toThrow(/rank 2/);
    expect(() => tokenizer.fitOnSequences([[1.5]])).toThrow(DataError);
    expect(tokenizer.documentCount).toBe(1);
  });
});

const faq = new URL("../../../shared/data/course-faq/faq.txt", import.meta.url);
const noFaq = existsSync(faq) ? "" : " (skipped: ../shared/data/course-faq/faq.txt is not here)";

if (noFaq) console.warn(`the course questions${noFaq}`);
test.skipIf(noFaq)(`the course questions have 265 distinct words${noFaq}`, () => {
  const lines = readFileSync(faq, "utf8").split("\n");
  expect(fitted(lines).wordIndex.size).toBe(265);
});
