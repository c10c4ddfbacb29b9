import { expect, test } from "vitest";
import { DataError, FormatError } from "../errors.ts";
import { standardizeAndSplit } from "./standardize.ts";
import { TextVectorization, type TextVectorizationOptions, textVectorization } from "./text-vectorization.ts";

const texts = ["The cat sat on the mat.", "The dog; the CAT's dog -- ran!\tIt's 3,000 feet."];

test("ids follow frequency, ties the reverse alphabet; the apostrophe and other punctuation vanish", () => {
  const vectorize = textVectorization();
  vectorize.adapt(texts);
  const words = ["the", "dog", "sat", "ran", "on", "mat", "its", "feet", "cats", "cat", "3000"];
  expect(vectorize.vocabulary()).toEqual(["", "[UNK]", ...words]);
  expect(vectorize.vocabulary("words")).toEqual(words);
  expect(vectorize.size).toBe(13);
  expect(vectorize.encode(["the unknown cat sat on", "dog"]).toArray()).toEqual([
    [2, 1, 11, 4, 6],
    [3, 0, 0, 0, 0],
  ]);
});

test("rows are cut and filled at the end, and an empty text is padding alone", () => {
  const vectorize = textVectorization({ outputSequenceLength: 3, vocabulary: ["a", "b"] });
  expect(vectorize.encode(["a b a b", "b", "", "?!"]).toArray()).toEqual([
    [2, 3, 2],
    [3, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(textVectorization({ vocabulary: ["a"] }).encode(["", "."]).shape).toEqual([2, 0]);
});

test("maxTokens counts the special ids, and what is cut off becomes unknown", () => {
  const vectorize = textVectorization({ maxTokens: 4 });
  vectorize.adapt(["b b b c c a"]);
  expect(vectorize.vocabulary()).toEqual(["", "[UNK]", "b", "c"]);
  expect(vectorize.encode(["a b c"]).toArray()).toEqual([[1, 2, 3]]);
});

test("multiHot and count have one column an id, unknown words in the first", () => {
  const options = { vocabulary: ["a", "b", "c"] };
  const hot = textVectorization({ ...options, outputMode: "multiHot" });
  expect(hot.vocabulary()).toEqual(["[UNK]", "a", "b", "c"]);
  expect(hot.encode(["a a c", "x y", ""]).toArray()).toEqual([
    [0, 1, 0, 1],
    [1, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  const count = textVectorization({ ...options, outputMode: "count", maxTokens: 6, padToMaxTokens: true });
  expect(count.encode(["a a c x"]).toArray()).toEqual([[1, 2, 0, 1, 0, 0]]);
});

test("tfIdf is count times ln(1 + texts / (1 + texts with it)); unknown words weigh the mean", () => {
  const vectorize = textVectorization({ outputMode: "tfIdf" });
  vectorize.adapt(["a b", "a a", "a c"]);
  const weight = { a: Math.log(1 + 3 / 4), b: Math.log(1 + 3 / 2), c: Math.log(1 + 3 / 2) };
  const mean = (weight.a + weight.b + weight.c) / 3;
  const [row] = vectorize.encode(["a a c x"]).toArray() as number[][];
  expect(vectorize.vocabulary()).toEqual(["[UNK]", "a", "c", "b"]);
  [mean, 2 * weight.a, weight.c, 0].forEach((value, i) => {
    expect(row[i]).toBeCloseTo(value, 6); // f32
  });
});

test("adapting again forgets the first vocabulary, as in Keras", () => {
  const vectorize = textVectorization();
  vectorize.adapt(["a b"]);
  vectorize.adapt(["c"]);
  expect(vectorize.vocabulary("words")).toEqual(["c"]);
});

test("special tokens in the texts are not learned, and keep their ids", () => {
  const vectorize = textVectorization({ standardize: null });
  vectorize.adapt(["[UNK] [UNK] a"]);
  expect(vectorize.vocabulary()).toEqual(["", "[UNK]", "a"]);
  expect(vectorize.encode(["[UNK] a"]).toArray()).toEqual([[1, 2]]);
});

test("words of JavaScript's own objects, number-like words and signs beyond the first plane are words like any other", () => {
  const vectorize = textVectorization();
  vectorize.adapt(["__proto__ constructor 7 7", "\u{1f600} \uffee"]);
  // Bytes order U+FFEE before U+1F600; UTF-16 units would order them the other way round.
  expect(vectorize.vocabulary("words")).toEqual(["7", "\u{1f600}", "\uffee", "proto", "constructor"]);
});

test("standardizing lower-cases ASCII only, as TensorFlow does, and each part can be left out or replaced", () => {
  expect(standardizeAndSplit("ÉCOLE It's", {})).toEqual(["École", "its"]);
  expect(standardizeAndSplit("It's A", { standardize: "lower" })).toEqual(["it's", "a"]);
  expect(standardizeAndSplit("It's A", { standardize: "stripPunctuation" })).toEqual(["Its", "A"]);
  expect(standardizeAndSplit("It's A", { standardize: null })).toEqual(["It's", "A"]);
  expect(standardizeAndSplit("a-b", { standardize: (text) => text.replace("-", " ") })).toEqual(["a", "b"]);
  expect(standardizeAndSplit("a \t\n b\u00a0c", {})).toEqual(["a", "b\u00a0c"]);
  expect(standardizeAndSplit("a \u{1f600}", { split: "character" })).toEqual(["a", " ", "\u{1f600}"]);
  expect(standardizeAndSplit("a b", { split: null })).toEqual(["a b"]);
  expect(standardizeAndSplit("a,b", { standardize: null, split: (text) => text.split(",") })).toEqual(["a", "b"]);
});

test("n-grams come width by width", () => {
  expect(standardizeAndSplit("a b c", { ngrams: 2 })).toEqual(["a", "b", "c", "a b", "b c"]);
  expect(standardizeAndSplit("a b c", { ngrams: [3, 2] })).toEqual(["a b c", "a b", "b c"]);
});

test("a vocabulary may bring the special tokens with it", () => {
  const vectorize = textVectorization();
  vectorize.setVocabulary(["", "[UNK]", "x", "y"]);
  expect(vectorize.vocabulary("words")).toEqual(["x", "y"]);
});

test("JSON gives the same encoder back, in every mode", () => {
  for (const outputMode of ["int", "multiHot", "count", "tfIdf"] as const) {
    const before = textVectorization({ outputMode, ngrams: 2 });
    before.adapt(texts);
    const after = TextVectorization.fromJSON(JSON.parse(JSON.stringify(before)));
    expect(after.vocabulary()).toEqual(before.vocabulary());
    expect(after.encode(texts)).toEqual(before.encode(texts));
  }
  expect(() => textVectorization({ split: (text) => [text] }).toJSON()).toThrow(DataError);
  expect(() => TextVectorization.fromJSON({ kind: "scaler" } as never)).toThrow(FormatError);
});

const wrong: [options: TextVectorizationOptions, message: RegExp][] = [
  [{ outputMode: "multi_hot" as never }, /known outputMode.*multi_hot[\s\S]*multiHot/],
  [{ maxTokens: 2 }, /maxTokens to be a whole number, 3 or more/],
  [{ maxTokens: 2.5 }, /maxTokens/],
  [{ outputSequenceLength: 0 }, /outputSequenceLength to be a whole number, 1 or more/],
  [{ outputSequenceLength: 3, outputMode: "count" }, /outputSequenceLength with outputMode "int" only/],
  [{ padToMaxTokens: true }, /padToMaxTokens with maxTokens/],
  [{ standardize: "lowr" as never, vocabulary: ["a"] }, /known standardize[\s\S]*"lower"/],
  [{ split: "words" as never, vocabulary: ["a"] }, /known split/],
  [{ ngrams: 0, vocabulary: ["a"] }, /ngrams/],
  [{ vocabulary: [] }, /at least one word/],
  [{ vocabulary: ["a", "a"] }, /every word once, received "a" again at \[1\]/],
  [{ vocabulary: ["a", "[UNK]"] }, /special token "\[UNK\]"/],
  [{ vocabulary: ["a", 3 as never] }, /a string at \[1\]/],
  [{ vocabulary: ["a", "b", "c"], maxTokens: 4 }, /at most 2 words, received 3/],
  [{ vocabulary: ["a"], outputMode: "tfIdf" }, /idfWeights for 1 words, received none/],
  [{ vocabulary: ["a"], outputMode: "tfIdf", idfWeights: [Number.NaN] }, /received 0 finite/],
  [{ vocabulary: ["a"], outputMode: "tfIdf", idfWeights: 3 as never }, /idfWeights as a list/],
  [{}, /a vocabulary, received none/],
];

test("a wrong option is refused by name", () => {
  for (const [options, message] of wrong) {
    const use = () => textVectorization(options).encode(["a"]);
    expect(use, JSON.stringify(options)).toThrow(message);
    expect(use, JSON.stringify(options)).toThrow(DataError);
  }
  expect(() => textVectorization().adapt("a" as never)).toThrow("a list of texts");
  expect(() => textVectorization().adapt(["..."])).toThrow("at least one word");
  expect(() => textVectorization().adapt([["a"]] as never)).toThrow("a string at [0]");
});

test("a text without words is no token of its own and adds no column, as in Keras", () => {
  const counting = textVectorization({ split: null, outputMode: "count" });
  counting.adapt(["", "a b"]);
  expect(counting.vocabulary()).toEqual(["[UNK]", "a b"]);
  expect(counting.encode(["", "a b", "c"]).toArray()).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
  ]);
  const ids = textVectorization();
  ids.adapt(["a b"]);
  expect(ids.encode([""]).shape).toEqual([1, 0]);
});
