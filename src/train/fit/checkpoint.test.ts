import { expect, test } from "vitest";
import { DataError, FormatError } from "../../errors.ts";
import { crc32c } from "../../files/crc.ts";
import { decodeCheckpoint, encodeCheckpoint, type Saved } from "./checkpoint.ts";

/** A checkpoint of this header, its checksum right. */
function crafted(header: string, arrays = 0, length = new TextEncoder().encode(header).length): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(16 + text.length + arrays);
  bytes.set(new TextEncoder().encode("CELLCKPT"));
  bytes.set(text, 16);
  const view = new DataView(bytes.buffer);
  view.setUint32(12, length, true);
  view.setUint32(8, crc32c(bytes.subarray(12)), true);
  return bytes;
}

test("whatever plain data goes in comes out, bit for bit and under every key", () => {
  const values: Saved[] = [
    { $: 5 },
    { prices: { $: 1.5, e: 2 }, $: ["bytes", 0, 4] },
    { $: { $: { $: null } }, list: [{ $: "object" }] },
    { $: Uint8Array.of(1, 2), after: Float32Array.of(Number.NaN, 3) },
    [Number.NaN, -0, Infinity, -Infinity, 5e-324, 2 ** 53],
    { "": 0, constructor: 1, 10: "ten", 9: "nine", ["__proto__"]: { a: 1 } },
    Float32Array.of(),
    null,
  ];
  for (const value of values) expect(decodeCheckpoint(encodeCheckpoint(value))).toEqual(value);
  const own = decodeCheckpoint(encodeCheckpoint({ ["__proto__"]: 1 })) as object;
  expect(Object.getPrototypeOf(own)).toBe(Object.prototype);
});

test("a right checksum around wrong contents is a FormatError that says what to do", () => {
  const headers: [string, number?, number?][] = [
    ["{nonsense"],
    [""],
    ["{}", 0, 2 ** 31],
    ['{"$": 3}'],
    ['{"$": null}'],
    ['{"$": []}'],
    ['{"$": ["mine", 0, 1]}', 8],
    ['{"$": ["bytes", 4, 5]}', 8],
    ['{"$": ["bytes", -4, 4]}', 8],
    ['{"$": ["bytes", "0", 4]}', 8],
    ['{"$": ["floats", 0, 6]}', 8],
    ['{"$": ["object", 3]}'],
    [`${"[".repeat(1e5)}${"]".repeat(1e5)}`],
    [`[${Array(1000).fill('{"$": ["bytes", 0, 8]}').join()}]`, 8], // 8 bytes taken a thousand times
  ];
  for (const [header, arrays, length] of headers) {
    const read = () => decodeCheckpoint(crafted(header, arrays, length));
    expect(read, header.slice(0, 40)).toThrow(FormatError);
    expect(read).toThrow(/checkpoint: expected a whole training checkpoint, received .*\n {2}Delete it to start over/);
  }
});

test("data in a circle are refused with what to do", () => {
  const circle: Saved[] = [];
  circle.push(circle);
  expect(() => encodeCheckpoint(circle)).toThrow(DataError);
  expect(() => encodeCheckpoint(circle)).toThrow(/at most 256 deep/);
});
