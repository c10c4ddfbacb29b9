import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { guessEncoding, textDecoder, wideEncoding } from "./text-encoding.ts";

/** Code points of the Encoding Standard's index tables, at bytes where Node's own decoder has others or none. */
test.each([
  ["windows-1252", [0x93, 0x68, 0x69, 0x94, 0x80], "“hi”€"],
  ["iso-8859-16", [0xaa, 0xba, 0xa4], "Șș€"],
  ["koi8-u", [0xae, 0xbe], "ўЎ"],
  ["shift_jis", [0x93, 0xfa, 0x96, 0x7b], "日本"],
  ["euc-kr", [0xc7, 0xd1], "한"],
])("%s is read as the standard has it, all at once and in parts", async (encoding, bytes, text) => {
  const decoder = await textDecoder(encoding, { fatal: true });
  expect(decoder.decode(Uint8Array.from(bytes))).toBe(text);
  const parts = bytes.map((byte) => decoder.decode(Uint8Array.of(byte), { stream: true }));
  expect(parts.join("") + decoder.decode()).toBe(text);
});

test("bytes that are no text of an encoding, and names of none, are refused", async () => {
  const decoder = await textDecoder("shift_jis", { fatal: true });
  expect(() => decoder.decode(Uint8Array.of(0x61, 0xff, 0xff))).toThrow(TypeError);
  await expect(textDecoder("shift-this", { who: "reviews.csv" })).rejects.toThrow(DataError);
  await expect(textDecoder("shift-this", { who: "reviews.csv" })).rejects.toThrow(
    /reviews\.csv: expected an encoding as the web names it, received .*shift-this.*\n.*"windows-1252"/,
  );
});

test("the likely encoding of bytes that are not UTF-8", async () => {
  expect(await guessEncoding(Uint8Array.of(0x61, 0x93, 0x68, 0x94))).toBe("windows-1252");
  expect(wideEncoding(Uint8Array.of(0x68, 0, 0x69, 0))).toBe("utf-16le");
  expect(wideEncoding(new TextEncoder().encode("plain"))).toBeNull();
});
