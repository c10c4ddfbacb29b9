import { expect, test } from "vitest";
import { FormatError } from "../errors.ts";
import { readIdx } from "./idx.ts";

/** An IDX file: type, sizes, numbers as they lie. */
const file = (type: number, shape: number[], numbers: number[]) =>
  new Uint8Array([0, 0, type, shape.length, ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]), ...numbers]);

test("bytes come in the file's shape", () => {
  const a = readIdx(file(8, [2, 3], [0, 1, 2, 253, 254, 255]));
  expect(a.toArray()).toEqual([
    [0, 1, 2],
    [253, 254, 255],
  ]);
});

test.each([
  ["int8", 0x09, [0xff], -1],
  ["int16", 0x0b, [0xff, 0xfe], -2],
  ["int32", 0x0c, [0, 1, 0, 0], 65_536],
  ["float32", 0x0d, [0x3f, 0xc0, 0, 0], 1.5],
  ["float64", 0x0e, [0xbf, 0xf8, 0, 0, 0, 0, 0, 0], -1.5],
])("%s is read high byte first", (_, type, numbers, value) => {
  expect(readIdx(file(type, [1], numbers)).toArray()).toEqual([value]);
});

test("a file may begin anywhere in its buffer", () => {
  const bytes = new Uint8Array([9, 9, 9, ...file(8, [2], [3, 4])]);
  expect(readIdx(bytes.subarray(3)).toArray()).toEqual([3, 4]);
});

test.each<[string, Uint8Array, RegExp]>([
  ["nothing", new Uint8Array(), /byte 0: expected an IDX file.*received 0 bytes/s],
  ["a zipped file", new Uint8Array([0x1f, 0x8b, 8, 0, 0]), /gunzipSync/],
  ["an unknown type", file(7, [1], [1]), /received bytes 0 0 7 1/],
  ["sizes cut short", file(8, [1, 1, 1], []).subarray(0, 9), /byte 4: expected 3 sizes.*received 5 bytes/s],
  ["numbers cut short", file(8, [300], [1, 2]), /byte 8: expected 300 bytes for \[300\], received 2/],
  ["numbers left over", file(8, [1], [1, 2]), /expected 1 bytes for \[1\], received 2/],
  ["sizes beyond all memory", new Uint8Array([0, 0, 14, 2, ...new Array<number>(8).fill(255)]), /received 0/],
])("%s is refused, saying where and what to do", (_, bytes, message) => {
  expect(() => readIdx(bytes)).toThrow(FormatError);
  expect(() => readIdx(bytes)).toThrow(message);
  expect(() => readIdx(bytes)).toThrow(/\n {2}\S/);
});
