import fc from "fast-check";
import { expect, test } from "vitest";
import { CellstateError, FormatError } from "../errors.ts";
import { readWav } from "./audio-wav.ts";
import { tone, wavBytes } from "./testing/wav-bytes.ts";

const sound = tone(440, 50);

for (const { bits, float } of [
  { bits: 8, float: false },
  { bits: 16, float: false },
  { bits: 24, float: false },
  { bits: 32, float: false },
  { bits: 32, float: true },
  { bits: 64, float: true },
]) {
  for (const extensible of [false, true]) {
    test(`${float ? "floating point" : "PCM"} of ${bits} bits is read${extensible ? ", extensible" : ""}`, () => {
      const { samples, sampleRate } = readWav(wavBytes([sound], { bits, float, extensible, sampleRate: 11025 }));
      expect(sampleRate).toBe(11025);
      expect(samples).toHaveLength(sound.length);
      // what rounding to so many bits takes away, twice because files scale by 2^k - 1 and readers by 2^k
      const tolerance = float ? 1e-7 : Math.max(2 / 2 ** (bits - 1), 1e-7);
      const furthest = Math.max(...sound.map((v, n) => Math.abs(v - samples[n])));
      expect(furthest).toBeLessThanOrEqual(tolerance);
    });
  }
}

test("channels are averaged", () => {
  const { samples } = readWav(
    wavBytes(
      [
        [0.5, 0.25],
        [-0.5, 0.75],
      ],
      { bits: 32, float: true },
    ),
  );
  expect([...samples]).toEqual([0, 0.5]);
});

test("the extremes of 16 and 24 bits are -1 and nearly 1", () => {
  const bytes = wavBytes([[0, 0]]);
  bytes.set([0x00, 0x80, 0xff, 0x7f], bytes.length - 4);
  expect([...readWav(bytes).samples]).toEqual([-1, 32767 / 32768]);
  const wide = wavBytes([[0, 0]], { bits: 24 });
  wide.set([0x00, 0x00, 0x80, 0xff, 0xff, 0x7f], wide.length - 6);
  expect([...readWav(wide).samples]).toEqual([-1, Math.fround(1 - 2 ** -23)]);
});

test("a file whose writer could not go back to say its length is read to the end", () => {
  const bytes = wavBytes([sound]);
  new DataView(bytes.buffer).setUint32(bytes.length - 2 * sound.length - 4, 0xffffffff, true);
  expect(readWav(bytes).samples).toHaveLength(sound.length);
});

const bytesOf = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part)));
const whole = (bytes: number, n: number) => Array.from({ length: bytes }, (_, i) => Math.floor(n / 2 ** (8 * i)) % 256);

test("A-law and µ-law sound as G.711 has it", () => {
  // Python 3.11: audioop.alaw2lin and ulaw2lin of these bytes, 2 bytes a sample
  const bytes = [0, 1, 42, 85, 127, 128, 170, 213, 255];
  const right = {
    6: [-5504, -5248, -32256, -8, -848, 5504, 32256, 8, 848],
    7: [-32124, -31100, -5372, -716, 0, 32124, 5372, 716, 0],
  };
  for (const [tag, samples] of Object.entries(right)) {
    const wav = wavBytes([bytes.map(() => 0)], { bits: 8 });
    wav.set([Number(tag), 0], 20);
    wav.set(bytes, wav.length - 10);
    expect(Array.from(readWav(wav).samples, (v) => v * 2 ** 15)).toEqual(samples);
  }
});

test("PCM of 64 bits is read, as SciPy writes it", () => {
  const wav = wavBytes([[0, 0]], { bits: 64, float: true });
  wav.set([1, 0], 20);
  wav.set([...whole(7, 0), 0x40, ...whole(7, 0), 0x80], wav.length - 16);
  expect([...readWav(wav).samples]).toEqual([0.5, -1]);
});

test("RF64 and Wave64, for what 32 bits cannot count, are read; what follows the samples is no sound", () => {
  const format = [
    ...whole(2, 1),
    ...whole(2, 1),
    ...whole(4, 8000),
    ...whole(4, 16000),
    ...whole(2, 2),
    ...whole(2, 16),
  ];
  const samples = [0, 0x40, 0, 0x80];
  const none = whole(4, 2 ** 32 - 1);
  const counted = bytesOf("ds64", whole(4, 28), whole(8, 100), whole(8, 4), whole(8, 2), whole(4, 0));
  const rf64 = bytesOf(
    "RF64",
    none,
    "WAVE",
    [...counted],
    "fmt ",
    whole(4, 16),
    format,
    "data",
    none,
    samples,
    "LIST",
    none,
  );
  const guid = whole(12, 7);
  const wave64 = bytesOf(
    ...["riff", guid, whole(8, 140), "wave", guid],
    ...[
      "fmt ",
      guid,
      whole(8, 40),
      format,
      "data",
      guid,
      whole(8, 28),
      samples,
      whole(4, 0),
      "levl",
      guid,
      whole(8, 24),
    ],
  );
  for (const file of [rf64, wave64]) expect([...readWav(file).samples]).toEqual([0.5, -1]);
  expect(() => readWav(wave64.subarray(0, 106))).toThrow(/4 bytes of samples, received/);
});

test("bytes that begin in the middle of a buffer are read alike", () => {
  const bytes = wavBytes([sound]);
  const moved = new Uint8Array(bytes.length + 3);
  moved.set(bytes, 3);
  expect(readWav(moved.subarray(3))).toEqual(readWav(bytes));
});

const good = wavBytes([[0.5, -0.5]]);
const changed = (at: number, ...values: number[]) =>
  Uint8Array.from([...good.slice(0, at), ...values, ...good.slice(at + values.length)]);

test.each<[string, Uint8Array, RegExp]>([
  ["an empty file", new Uint8Array(0), /one\.wav, byte 0: expected a wav file.*an empty file/],
  ["another kind of file", new TextEncoder().encode("ID3 not a wav at all"), /byte 0: .*20 bytes of something else/],
  ["a header alone", good.slice(0, 12), /byte 12: expected a chunk of samples/],
  ["a file cut in its samples", good.slice(0, -1), /byte 48: expected 4 bytes of samples, received 3/],
  ["a chunk longer than the file", changed(16, 255, 255, 255, 127), /byte 12: expected a chunk of 2147483647 bytes/],
  ["samples before their format", changed(12, 0x4c), /byte 48: expected the format before the samples/],
  ["ADPCM", changed(20, 2, 0), /byte 20: expected PCM.*format 2 of 16 bits, ADPCM/],
  ["20 bits", changed(34, 20), /format 1 of 20 bits/],
  ["no channel", changed(22, 0), /byte 22: expected a channel/],
  ["no sample rate", changed(24, 0, 0, 0, 0), /byte 24: expected 1 to 1,000,000 samples/],
  ["a block of the wrong size", changed(32, 3), /byte 32: expected 2 bytes for 1 channels of 16 bits, received 3/],
  ["no samples", wavBytes([[]]), /byte 48: expected at least one sample/],
  ["a short extensible format", changed(20, 0xfe, 0xff), /byte 20: expected an extensible format of 40 bytes/],
  ["NaN", wavBytes([[0, Number.NaN]], { bits: 32, float: true }), /byte 60: expected a finite sample, received NaN/],
])("%s is refused, naming the byte", (_, bytes, message) => {
  expect(() => readWav(bytes, "one.wav")).toThrow(FormatError);
  expect(() => readWav(bytes, "one.wav")).toThrow(message);
});

test("whatever the bytes, a recording or an error of ours comes back", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }).map((edits) => {
      const damaged = good.slice();
      for (const [at, value] of edits) damaged[at] = value;
      return damaged;
    }),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      try {
        const { samples } = readWav(given);
        expect(samples.every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(CellstateError);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("a path is refused, with the call that reads it", () => {
  expect(() => readWav("one.wav" as never)).toThrow(
    /readWav: expected the bytes of a wav file, received "one\.wav"\.\n {2}readWav\(await readFile/,
  );
});
