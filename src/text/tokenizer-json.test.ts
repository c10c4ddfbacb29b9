import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText } from "../../test/any-text.ts";
import { DataError, FormatError } from "../errors.ts";
import { parseFlatObject } from "./ordered-json.ts";
import { Tokenizer, type TokenizerOptions } from "./tokenizer.ts";

// Printed by Keras 3.15.1 (its word_docs come in the order of a Python set, which changes from run to run).
const oovText = String.raw`{"class_name": "Tokenizer", "config": {"num_words": 4, "filters": "!\"#$%&()*+,-./:;<=>?@[\\]^_${"`"}{|}~\t\n", "lower": true, "split": " ", "char_level": false, "oov_token": "<OOV>", "document_count": 2, "word_counts": "{\"the\": 4, \"cat\": 1, \"sat\": 1, \"on\": 1, \"mat\": 1, \"dog\": 2, \"cat's\": 1, \"ran\": 1, \"it's\": 1, \"3\": 1, \"000\": 1, \"feet\": 1}", "word_docs": "{\"mat\": 1, \"sat\": 1, \"cat\": 1, \"the\": 2, \"on\": 1, \"ran\": 1, \"3\": 1, \"cat's\": 1, \"it's\": 1, \"dog\": 1, \"000\": 1, \"feet\": 1}", "index_docs": "{\"7\": 1, \"5\": 1, \"4\": 1, \"2\": 2, \"6\": 1, \"9\": 1, \"11\": 1, \"8\": 1, \"10\": 1, \"3\": 1, \"12\": 1, \"13\": 1}", "index_word": "{\"1\": \"<OOV>\", \"2\": \"the\", \"3\": \"dog\", \"4\": \"cat\", \"5\": \"sat\", \"6\": \"on\", \"7\": \"mat\", \"8\": \"cat's\", \"9\": \"ran\", \"10\": \"it's\", \"11\": \"3\", \"12\": \"000\", \"13\": \"feet\"}", "word_index": "{\"<OOV>\": 1, \"the\": 2, \"dog\": 3, \"cat\": 4, \"sat\": 5, \"on\": 6, \"mat\": 7, \"cat's\": 8, \"ran\": 9, \"it's\": 10, \"3\": 11, \"000\": 12, \"feet\": 13}"}}`;
const oddText = String.raw`{"class_name": "Tokenizer", "config": {"num_words": null, "filters": "!\"#$%&()*+,-./:;<=>?@[\\]^_${"`"}{|}~\t\n", "lower": true, "split": " ", "char_level": false, "oov_token": null, "document_count": 2, "word_counts": "{\"zeta\": 1, \"2001\": 2, \"3\": 2, \"x\": 1, \"y\": 1, \"proto\": 1, \"constructor\\r\": 1, \"caf\\u00e9\": 1, \"\\u007f\": 1, \"\\u0001\": 1, \"10\": 1, \"2\": 1, \"1\": 1}", "word_docs": "{\"zeta\": 1, \"3\": 2, \"caf\\u00e9\": 1, \"proto\": 1, \"2001\": 1, \"\\u0001\": 1, \"constructor\\r\": 1, \"y\": 1, \"\\u007f\": 1, \"x\": 1, \"1\": 1, \"10\": 1, \"2\": 1}", "index_docs": "{\"3\": 1, \"2\": 2, \"8\": 1, \"6\": 1, \"1\": 1, \"10\": 1, \"7\": 1, \"5\": 1, \"9\": 1, \"4\": 1, \"13\": 1, \"11\": 1, \"12\": 1}", "index_word": "{\"1\": \"2001\", \"2\": \"3\", \"3\": \"zeta\", \"4\": \"x\", \"5\": \"y\", \"6\": \"proto\", \"7\": \"constructor\\r\", \"8\": \"caf\\u00e9\", \"9\": \"\\u007f\", \"10\": \"\\u0001\", \"11\": \"10\", \"12\": \"2\", \"13\": \"1\"}", "word_index": "{\"2001\": 1, \"3\": 2, \"zeta\": 3, \"x\": 4, \"y\": 5, \"proto\": 6, \"constructor\\r\": 7, \"caf\\u00e9\": 8, \"\\u007f\": 9, \"\\u0001\": 10, \"10\": 11, \"2\": 12, \"1\": 13}"}}`;
const emojiText = String.raw`"{\"h\": 1, \"\\u00e9\": 1, \"l\": 2, \"o\": 1, \" \": 2, \"\\ud83d\\ude00\": 1, \"!\": 1, \"\\u03b1\": 1, \"\\u03c2\": 1, \"\\u03c3\": 1}"`;

function fitted(texts: readonly (string | readonly string[])[], options: TokenizerOptions = {}): Tokenizer {
  const tokenizer = new Tokenizer(options);
  tokenizer.fitOnTexts(texts);
  return tokenizer;
}

/** The Keras text with one member of its config replaced. */
function changed(member: string, value: unknown): string {
  const parsed = JSON.parse(oovText);
  parsed.config[member] = value;
  return JSON.stringify(parsed);
}

/** The text without word_docs and index_docs, whose order Python leaves open. */
function withoutDocs(text: string): string {
  return text.replace(/"word_docs": .*?(?="index_word")/, "");
}

describe("writing", () => {
  test("a fitted tokenizer writes Keras's text", () => {
    const texts = ["The cat sat on the mat.", "The dog; the CAT's dog -- ran!\tIt's 3,000 feet."];
    const written = fitted(texts, { numWords: 4, oovToken: "<OOV>" }).toJson();
    expect(withoutDocs(written)).toBe(withoutDocs(oovText));
    const odd = ['zeta 2001 3 "x\\y 2001 __proto__ constructor\r caf\u00e9 \u007f \u0001', "3 10 2 1"];
    expect(withoutDocs(fitted(odd).toJson())).toBe(withoutDocs(oddText));
  });

  test("the counts of documents are Keras's whatever their order", () => {
    const ours = fitted(['zeta 2001 3 "x\\y 2001 __proto__ constructor\r caf\u00e9 \u007f \u0001', "3 10 2 1"]);
    const keras = Tokenizer.fromJson(oddText);
    expect(new Map([...ours.wordDocs].sort())).toEqual(new Map([...keras.wordDocs].sort()));
    expect(new Map([...ours.indexDocs].sort())).toEqual(new Map([...keras.indexDocs].sort()));
  });

  test("characters beyond ASCII are written as surrogate escapes, twice encoded", () => {
    const text = fitted(["H\u00e9llo \u{1f600}!", "\u0391\u03a3 \u03a3"], { charLevel: true }).toJson();
    expect(text).toContain(`"word_counts": ${emojiText}`);
    expect(text).toMatch(/^[ -~]*$/);
  });

  test("JSON.stringify writes the same content", () => {
    const tokenizer = Tokenizer.fromJson(oddText);
    expect(JSON.parse(JSON.stringify(tokenizer))).toEqual(JSON.parse(oddText));
  });
});

describe("reading", () => {
  test.each([oovText, oddText])("Keras's text comes back byte for byte (%#)", (text) => {
    expect(Tokenizer.fromJson(text).toJson()).toBe(text);
  });

  test("what was read works as what was fitted", () => {
    const tokenizer = Tokenizer.fromJson(oovText);
    expect(tokenizer.numWords).toBe(4);
    expect(tokenizer.textsToSequences(["the unknown cat sat on"])).toEqual([[2, 1, 1, 1, 1]]);
    tokenizer.fitOnTexts(["feet feet feet feet feet"]);
    expect(tokenizer.wordIndex.get("feet")).toBe(2);
  });

  test("words that are numbers or __proto__ keep their places", () => {
    const words = ["zeta", "10", "__proto__", "2", "constructor", "1", "\ud800", ""];
    const read = Tokenizer.fromJson(fitted([words]).toJson());
    expect([...read.wordCounts.keys()]).toEqual(words);
    expect([...read.wordIndex.keys()]).toEqual(words);
    expect(read.textsToSequences(["hasOwnProperty"])).toEqual([[]]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("ids that a user added by hand, such as 0 for padding, are kept", () => {
    const tokenizer = fitted(["a"]);
    tokenizer.wordIndex.set("<PAD>", 0);
    tokenizer.indexWord.set(0, "<PAD>");
    expect(Tokenizer.fromJson(tokenizer.toJson()).sequencesToTexts([[0, 1]])).toEqual(["<PAD> a"]);
  });

  test("any tokenizer comes back the same, and refitting it continues the same", () => {
    const text = fc.oneof(anyText, fc.array(anyText));
    const options = fc.record(
      {
        numWords: fc.nat(20),
        filters: anyText,
        lower: fc.boolean(),
        split: anyText.filter((text) => text !== ""),
        charLevel: fc.boolean(),
        oovToken: anyText,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), options, text, (texts, chosen, more) => {
        const tokenizer = fitted(texts, chosen);
        const read = Tokenizer.fromJson(tokenizer.toJson());
        expect(read).toEqual(tokenizer);
        expect(read.toJson()).toBe(tokenizer.toJson());
        expect(read.toJson()).toMatch(/^[ -~]*$/);
        tokenizer.fitOnTexts([more]);
        read.fitOnTexts([more]);
        expect(read.toJson()).toBe(tokenizer.toJson());
      }),
      { seed: 4 },
    );
  });
});

describe("a wrong file is refused by the member that is wrong", () => {
  test.each([
    ["no JSON", "{", /expected JSON/],
    ["a list", "[]", /expected a JSON object, received a list/],
    ["encoded twice", JSON.stringify(oovText), /decode it once/],
    [
      "another class",
      '{"class_name": "Sequential", "config": {}}',
      /class_name "Tokenizer", received string "Sequential"/,
    ],
    ["no config", '{"class_name": "Tokenizer"}', /config to be an object/],
    ["an empty config", '{"class_name": "Tokenizer", "config": {}}', /num_words/],
    ["negative num_words", changed("num_words", -3), /num_words to be a whole number/],
    ["filters null", changed("filters", null), /filters to be a string/],
    ["lower a number", changed("lower", 1), /lower to be a boolean/],
    ["oov_token a number", changed("oov_token", 1), /oov_token to be a string/],
    ["word_counts an object", changed("word_counts", { a: 1 }), /word_counts to be a string of JSON/],
    ["word_index with a word for an id", changed("word_index", '{"a": "b"}'), /word_index\["a"\] to be a whole number/],
    ["word_index with a fraction", changed("word_index", '{"a": 1.5}'), /word_index\["a"\]/],
    ["word_index with a huge id", changed("word_index", '{"a": 1e99}'), /word_index\["a"\]/],
    ["index_word with a word for a key", changed("index_word", '{"a": "b"}'), /a key of index_word/],
    ["index_word with a number", changed("index_word", '{"1": 2}'), /index_word\["1"\] to be a string/],
    [
      "index_docs cut short",
      changed("index_docs", '{"1": 2'),
      /index_docs: expected } at character 7, received the end/,
    ],
  ])("%s", (_, text, message) => {
    expect(() => Tokenizer.fromJson(text)).toThrow(FormatError);
    expect(() => Tokenizer.fromJson(text)).toThrow(message);
  });

  test("an empty split is refused unless each character is a token", () => {
    expect(() => Tokenizer.fromJson(changed("split", ""))).toThrow(FormatError);
    const characters = new Tokenizer({ split: "", charLevel: true });
    expect(Tokenizer.fromJson(characters.toJson())).toEqual(characters);
  });

  test("something that is no text at all", () => {
    expect(() => Tokenizer.fromJson({} as never)).toThrow(DataError);
  });
});

describe("a flat JSON object in file order", () => {
  test("white space, escapes, empty objects and repeated keys are read as JSON has them", () => {
    expect(parseFlatObject(" { } ", "x")).toEqual(new Map());
    expect([...parseFlatObject('{\n"b\\"\\u0041\\\\" : -1.5e1 ,"1":"x"}', "x")]).toEqual([
      ['b"A\\', -15],
      ["1", "x"],
    ]);
    expect([...parseFlatObject('{"a": 1, "b": 2, "a": 3}', "x")]).toEqual([
      ["a", 3],
      ["b", 2],
    ]);
  });

  test.each([
    "",
    "{",
    "[]",
    '{"a"}',
    '{"a": }',
    '{"a": 1,}',
    '{"a": 1} x',
    '{"a": 01}',
    '{"a": {}}',
    '{"a": null}',
    '{"a',
    '{"a\\": 1}',
    '{"\\x": 1}',
    '{"a\nb": 1}',
    "{'a': 1}",
  ])("%j is refused with its place", (text) => {
    expect(() => parseFlatObject(text, "x")).toThrow(FormatError);
    expect(() => parseFlatObject(text, "x")).toThrow(/character \d+/);
  });

  test("agrees with JSON.parse on any object of numbers and strings", () => {
    const member = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string());
    fc.assert(
      fc.property(fc.dictionary(anyText, member), (object) => {
        const text = JSON.stringify(object, null, 1);
        const expected = new Map(Object.entries(JSON.parse(text)).sort());
        expect(new Map([...parseFlatObject(text, "x")].sort())).toEqual(expected);
      }),
      { seed: 5 },
    );
  });
});
