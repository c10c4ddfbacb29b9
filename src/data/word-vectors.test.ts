import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { FormatError } from "../errors.ts";
import { embedding, input } from "../layers/index.ts";
import { sequential } from "../models/sequential.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { readWordVectors } from "./word-vectors.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-vectors-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const bytes = (text: string) => new TextEncoder().encode(text);

const words = ["the", "Größe", "at", "name@x.org", "词"];
const numbers = words.map((_, i) => [i + 0.5, -i - 1, (i + 1) / 8]);
const lines = words.map((word, i) => `${word} ${numbers[i].join(" ")}`);
/** As the C program writes them, with a line end behind each vector, or as gensim does, without. */
function binary(end: string): Uint8Array {
  const parts = words.flatMap((word, i) => [
    bytes(`${word} `),
    new Uint8Array(Float32Array.from(numbers[i]).buffer),
    bytes(end),
  ]);
  return new Uint8Array(Buffer.concat([bytes(`${words.length} 3\n`), ...parts]));
}

describe("every kind of file gives the same vectors", () => {
  const files: Record<string, Uint8Array> = {
    GloVe: bytes(`${lines.join("\n")}\n`),
    "GloVe without an end of the last line": bytes(lines.join("\n")),
    "Windows's line ends": bytes(lines.join("\r\n")),
    "word2vec and fastText as text": bytes(`5 3\n${lines.map((line) => `${line} `).join("\n")}\n`),
    "word2vec's binary": binary("\n"),
    "gensim's binary": binary(""),
  };
  test.for(Object.entries(files))("%s, plain and packed by gzip", async ([name, file]) => {
    const path = join(folder, name.replace(/\W/g, ""));
    writeFileSync(path, file);
    const packed = new Uint8Array(gzipSync(file));
    writeFileSync(`${path}.gz`, packed);
    for (const source of [file, path, new Blob([file as BlobPart]), packed, `${path}.gz`, new Blob([packed])]) {
      const found = await readWordVectors(source);
      expect(found.words).toEqual(words);
      expect(found.vectors.toArray()).toEqual(numbers.map((row) => row.map(Math.fround)));
      expect(found.get("词")?.toArray()).toEqual(numbers[4]);
      expect(found.get("none")).toBeUndefined();
    }
  });
});

test("only the words that are wanted are kept, and the first so many", async () => {
  const file = bytes(lines.join("\n"));
  expect((await readWordVectors(file, { words: ["at", "never"] })).words).toEqual(["at"]);
  expect((await readWordVectors(file, { limit: 2 })).words).toEqual(words.slice(0, 2));
});

test("gzip: of several members, damaged, cut short", async () => {
  const [a, b] = ["a 1 2\n", "b 3 4\n"].map((line) => gzipSync(line));
  expect((await readWordVectors(new Uint8Array(Buffer.concat([a, b])))).words).toEqual(["a", "b"]);
  const whole = new Uint8Array(gzipSync(Array.from({ length: 999 }, (_, k) => `w${k} ${k} ${k / 7}`).join("\n")));
  for (let place = 12; place < whole.length; place += 97) {
    const damaged = Uint8Array.from(whole);
    damaged[place] ^= 1 << (place % 8);
    await expect(readWordVectors(damaged)).rejects.toThrow(FormatError); // no other number is read: the checksum tells
    await expect(readWordVectors(whole.subarray(0, place))).rejects.toThrow(
      /bytes packed by gzip.*\n.*damaged or cut short/,
    );
  }
});

test.skipIf(!thorough)("gzip: a bomb", async () => {
  const packed = new Uint8Array(gzipSync(`a 1 2\n${"a 3 4\n".repeat(2 ** 23)}`, { level: 9 }));
  expect(packed.length).toBeLessThan(2e5);
  await expect(readWordVectors(packed)).rejects.toThrow(/at most \d+ bytes unpacked/);
  await expect(readWordVectors(new Uint8Array(gzipSync(Buffer.alloc(2 ** 26))))).rejects.toThrow(FormatError);
});

test("a word may have blanks, and one that comes twice counts once", async () => {
  const found = await readWordVectors(bytes("a 1 2\nat name@x.org 3 4\na 5 6\n"));
  expect(found.words).toEqual(["a", "at name@x.org"]);
  expect(found.vectors.toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("a tokenizer's embedding begins with them, and what has no vector is said", async () => {
  const tokenizer = new Tokenizer({ numWords: 4 });
  tokenizer.fitOnTexts(["the the the cat cat at", "the cat sat"]); // the 1, cat 2, at 3, sat 4
  const found = await readWordVectors(bytes(lines.join("\n")));
  const { matrix, ...coverage } = found.matrixFor(tokenizer);
  expect(coverage).toEqual({ words: 3, found: 2, missing: ["cat"] });
  expect(matrix.toArray()).toEqual([[0, 0, 0], numbers[0], [0, 0, 0], numbers[2]]);
  const layer = embedding(4, 3, { weights: matrix, trainable: false });
  const model = sequential([input([2], { dtype: "i32" }), layer]);
  model.compile({ loss: "mse", backend: "js" });
  expect((await model.predict([[3, 1]])).toArray()).toEqual([[numbers[2], numbers[0]]]);
  expect(() => embedding(5, 3, { weights: matrix })).toThrow(/weights: expected vectors \[5, 3\], received \[4, 3\]/);
});

test("what is no file of vectors is told with its line", async () => {
  const told = (file: Uint8Array | string, options = {}) =>
    readWordVectors(file, options).then(
      () => "read",
      (error: Error) => `${error.name}: ${error.message}`,
    );
  expect(await told(bytes("a 1 2\nb 3\n"))).toMatch(/FormatError: .*line 2: expected a word and 2 numbers, received 2/);
  expect(await told(bytes("a 1 2\nb 3 x\n"))).toMatch(/line 2: expected numbers behind "b", received "x"/);
  expect(await told(bytes("<html>\n"))).toMatch(/line 1: expected a word and its numbers/);
  expect(await told(bytes(""))).toMatch(/received an empty file/);
  expect(await told(binary("").subarray(0, 39))).toMatch(/received the end of the file\.\n {2}Download the file again/);
  expect(await told(binary("").subarray(0, 40))).toMatch(
    /5 vectors, as line 1 says, received 2 and the end of the file/,
  );
  expect(await told(bytes("9 99999999999\na 1 2\n"))).toMatch(/vectors of 1 to 10000 numbers/);
  expect(await told(Uint8Array.of(0x50, 0x4b, 3, 4, 10))).toMatch(/a zip archive\.\n {2}Unpack it first/);
  expect(await told(new Uint8Array(3_000_000).fill(65))).toMatch(/FormatError/);
  expect(await told(join(folder, "absent.txt"))).toMatch(/DataError: .*absent\.txt: expected a file/);
  expect(await told(bytes("a 1 2"), { limits: 3 })).toMatch(/unknown option "limits"/);
});
