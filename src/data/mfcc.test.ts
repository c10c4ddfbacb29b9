import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DataError, ShapeError } from "../errors.ts";
import { type MfccOptions, mfcc } from "./mfcc.ts";
import { type StftOptions, stft } from "./stft.ts";

interface Case {
  name: string;
  samples: number[];
  options: Record<string, number | boolean>;
  shape: number[];
}
const fixture = new URL("../../test/fixtures/mfcc-numbers.json", import.meta.url);
const judged = JSON.parse(readFileSync(fixture, "utf8")) as {
  made_by: string;
  stft: (Case & { real: number[]; imaginary: number[] })[];
  mfcc: (Case & { rate: number; values: number[] })[];
};
const ours: Record<string, string> = {
  ...{ n_fft: "nFft", hop_length: "hopLength", win_length: "winLength", center: "center" },
  ...{ n_mfcc: "nMfcc", n_mels: "nMels", fmin: "fMin", fmax: "fMax" },
};
const optionsOf = (options: Case["options"]) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [ours[name], value]));

/** Within a share of the largest value: f32 against f64. */
function near(found: ArrayLike<number>, expected: readonly number[], share: number): void {
  const largest = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  expect(found.length).toBe(expected.length);
  expected.forEach((v, i) => void expect(Math.abs(found[i] - v), `number ${i}`).toBeLessThan(share * largest));
}

describe(`the numbers of ${judged.made_by}`, () => {
  test.for(judged.stft)("stft: $name", ({ samples, options, shape, real, imaginary }) => {
    const found = stft(samples, optionsOf(options) as StftOptions);
    expect(found.real.shape).toEqual(shape);
    near(found.real.data, real, 1e-6);
    near(found.imaginary.data, imaginary, 1e-6);
    found.power.data.forEach((v, i) => void expect(v / (real[i] ** 2 + imaginary[i] ** 2)).toBeCloseTo(1, 3));
  });
  test.for(judged.mfcc)("mfcc: $name", ({ samples, rate, options, shape, values }) => {
    const found = mfcc(samples, { sampleRate: rate, ...optionsOf(options) } as MfccOptions);
    expect(found.shape).toEqual(shape);
    near(found.data, values, 1e-6);
  });
});

test("bad input is said", () => {
  const rate = { sampleRate: 8000 };
  expect(() => stft([])).toThrow(ShapeError);
  expect(() => stft([1, 2], { nFft: 100 })).toThrow(/nFft: a power of two/);
  expect(() => stft([1, 2], { nFft: 64, center: false })).toThrow(/64 samples or more, .*received 2/);
  expect(() => stft([1, Number.NaN, 2], { nFft: 4 })).toThrow(/finite samples in frame 0/);
  expect(() => stft([1, 2], { hopLength: 0 })).toThrow(/hopLength/);
  expect(() => stft([1, 2], { winLength: 4096 })).toThrow(/winLength/);
  expect(() => stft([1, 2], { fft: 64 } as never)).toThrow(/nFft/);
  expect(() => mfcc([1, 2], {} as never)).toThrow(/sampleRate/);
  expect(() => mfcc([1, 2], { ...rate, nMfcc: 200 })).toThrow(/nMfcc/);
  expect(() => mfcc([1, 2], { ...rate, fMax: 5000 })).toThrow(/fMax from 1 to 4000/);
  expect(() => mfcc(null as never, rate)).toThrow(ShapeError);
  expect(() => mfcc([1, 2], { ...rate, mels: 40 } as never)).toThrow(DataError);
});

test("silence is one floor, and a recording of one sample has a frame", () => {
  expect(mfcc(new Float32Array(100), { sampleRate: 8000, nFft: 64, nMels: 8, nMfcc: 3 }).shape).toEqual([1, 3]);
  const silent = mfcc(new Float32Array(100), { sampleRate: 8000, nFft: 64, nMels: 8, nMfcc: 3 }).data;
  expect(silent[0]).toBeCloseTo(-100 * Math.sqrt(8), 3);
  expect(mfcc([0.5], { sampleRate: 8000 }).shape).toEqual([1, 20]);
});
