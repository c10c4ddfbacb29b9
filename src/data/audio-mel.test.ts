import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DataError, ShapeError } from "../errors.ts";
import { type MelOptions, melSpectrogram } from "./audio-mel.ts";
import { tone } from "./testing/wav-bytes.ts";

interface Case {
  name: string;
  options: Record<"sample_rate" | "frame_ms" | "hop_ms" | "mels" | "lowest" | "highest" | "range", number>;
  samples: number[];
  shape: number[];
  logs: number[];
  normalized: number[];
}
const fixture = new URL("../../test/fixtures/mel-numbers.json", import.meta.url);
const { made_by, cases } = JSON.parse(readFileSync(fixture, "utf8")) as { made_by: string; cases: Case[] };

for (const { name, options, samples, shape, logs, normalized } of cases) {
  test(`${name}: frames as by ${made_by}`, () => {
    const { sample_rate: sampleRate, frame_ms: frameMs, hop_ms: hopMs, ...others } = options;
    for (const [normalize, expected] of [
      ["none", logs],
      ["recording", normalized],
    ] as const) {
      const found = melSpectrogram(samples, { sampleRate, frameMs, hopMs, ...others, normalize });
      expect(found.shape).toEqual(shape);
      // f32 against f64, and corners of the triangles read from a table there
      expected.forEach((v, i) => void expect(Math.abs(found.data[i] - v), `${normalize} ${i}`).toBeLessThan(1e-4));
    }
  });
}

test("a tone is loudest in the filter whose triangle it is in, and a higher tone in a higher one", () => {
  const loudest = [220, 500, 1000, 2000, 3500].map((hertz) => {
    const frames = melSpectrogram(tone(hertz, 1600), { sampleRate: 8000, mels: 20, normalize: "none" });
    return frames.row(5).reshape([1, 20]).argmax().at(0);
  });
  expect(loudest).toEqual([2, 5, 9, 14, 19]); // peaks lie at 20 Hz + (m + 1) 100.7 mel
});

test("silence is all zeros, or all the same where nothing is normalized", () => {
  const silence = new Float32Array(400);
  const zeros = [0, 0];
  expect(melSpectrogram(silence, { sampleRate: 8000, mels: 2 }).toArray()).toEqual([zeros, zeros, zeros]);
  const { data } = melSpectrogram(silence, { sampleRate: 8000, mels: 2, normalize: "none" });
  expect(data.every((v) => Number.isFinite(v) && v === data[0])).toBe(true);
});

test("ten times as loud is the same, once each filter has mean 0 and variance 1", () => {
  const noise = fc.sample(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { seed: 3, numRuns: 800 });
  const [soft, loud] = [noise, noise.map((v) => 10 * v)].map((x) => melSpectrogram(x, { sampleRate: 8000 }).data);
  const furthest = Math.max(...soft.map((v, i) => Math.abs(v - loud[i])));
  expect(furthest).toBeLessThan(1e-4); // logarithms in f32
});

test("whatever the sound, frames are finite, as many as fit", () => {
  const sound = fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: 1, maxLength: 600 });
  fc.assert(
    fc.property(
      sound,
      fc.constantFrom(5, 10, 32),
      fc.constantFrom(2.5, 10),
      fc.integer({ min: 1, max: 8 }),
      (x, frameMs, hopMs, mels) => {
        const frames = melSpectrogram(x, { sampleRate: 8000, frameMs, hopMs, mels, lowest: 0 });
        expect(frames.shape).toEqual([1 + Math.max(0, Math.floor((x.length - 8 * frameMs) / (8 * hopMs))), mels]);
        expect(frames.data.every(Number.isFinite)).toBe(true);
      },
    ),
    { seed: 1 },
  );
});

test("a later hop is the same sound heard later", () => {
  const x = tone(700, 900);
  const options: MelOptions = { sampleRate: 8000, normalize: "none" };
  const [all, late] = [melSpectrogram(x, options), melSpectrogram(x.slice(160), options)];
  expect(late.toArray()).toEqual(all.slice(2).toArray());
});

test.each<[string, ArrayLike<number>, Partial<MelOptions>, RegExp]>([
  ["no sample rate", [1], { sampleRate: undefined }, /sampleRate from 1 to 1000000 Hz, received undefined/],
  ["frames of no time", [1], { frameMs: 0 }, /frameMs from 0.1 to 10000 ms, received 0/],
  ["a range of nothing", [1], { range: 0 }, /range from 1 to 200 dB/],
  ["a hop backwards", [1], { hopMs: -10 }, /hopMs/],
  ["half a filter", [1], { mels: 2.5 }, /mels to be a whole number/],
  ["filters beyond half the sample rate", [1], { highest: 5000 }, /highest from 1 to 4000 Hz, received 5000/],
  ["a lowest above the highest", [1], { lowest: 3000, highest: 2000 }, /lowest from 0 to 2000 Hz/],
  [
    "more filters than frequencies",
    [1],
    { mels: 200 },
    /a frequency of the transform in every filter, received none in filter 2, 34 to 47 Hz/,
  ],
  [
    "another way to normalize",
    [1],
    { normalize: "file" as "none" },
    /normalize "recording" or "none", received "file"/,
  ],
  ["NaN", [0, Number.NaN], {}, /finite samples in frame 0/],
])("%s is refused", (_, samples, options, message) => {
  const attempt = () => melSpectrogram(samples, { sampleRate: 8000, ...options } as MelOptions);
  expect(attempt).toThrow(DataError);
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(/\.\n {2}[A-Z].*\.$/); // what to do next
});

test("no samples are refused", () => {
  expect(() => melSpectrogram([], { sampleRate: 8000 })).toThrow(ShapeError);
});
