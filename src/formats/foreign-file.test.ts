import { expect, test } from "vitest";
import { foreignFile } from "./foreign-file.ts";
import { loadModel } from "./load-model.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ["a csv", bytes("review,label\ngood,1\n"), "a CSV file"],
  ["a csv with semicolons", bytes("a;b\n1;2\n"), "a CSV file"],
  ["a text", bytes("once upon a time\n"), "a text file"],
  ["a page", bytes("\n<html><body>"), "a web page (HTML)"],
  ["a pointer", bytes("version https://git-lfs.github.com/spec/v1\n"), "a Git LFS pointer"],
  ["a gzip archive", Uint8Array.of(0x1f, 0x8b, 8, 0), "a gzip archive"],
  ["an array of NumPy", Uint8Array.of(0x93, ...bytes("NUMPY\x01\x00")), "a NumPy array"],
  ["a recording", bytes("RIFF\x01\x01\x01\x01WAVEfmt "), "a WAV recording"],
])("%s is told, and is no model", async (_, file, what) => {
  expect(foreignFile(file)?.what).toBe(what);
  await expect(loadModel(file)).rejects.toThrow(`this is ${what}, not a model`);
});

test("bytes of nobody's kind are shown", async () => {
  expect(foreignFile(Uint8Array.of(0, 1, 2, 3))).toBeNull();
  expect(foreignFile(new Uint8Array())).toBeNull();
  await expect(loadModel(Uint8Array.of(7, 1, 2, 3))).rejects.toThrow("starts with the bytes 07 01 02 03");
});
