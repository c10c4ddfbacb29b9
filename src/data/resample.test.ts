import { expect, test } from "vitest";
import { resample } from "./resample.ts";

const tone = (hertz: number, sampleRate: number, count: number) => ({
  samples: Float32Array.from({ length: count }, (_, n) => Math.sin((2 * Math.PI * hertz * n) / sampleRate)),
  sampleRate,
});

for (const [from, to] of [
  [44_100, 8000],
  [8000, 44_100],
  [16_000, 8000],
  [8000, 7300],
])
  test(`a tone of 440 Hz at ${from} samples per second is that tone at ${to}`, () => {
    const { samples, sampleRate } = resample(tone(440, from, from / 4), to);
    expect(sampleRate).toBe(to);
    expect(samples.length).toBe(Math.ceil(to / 4));
    const right = tone(440, to, samples.length).samples;
    for (let n = 100; n < samples.length - 100; n++) expect(Math.abs(samples[n] - right[n])).toBeLessThan(2e-3);
  });

test("a tone that the lower rate cannot hold is gone, not folded back", () => {
  const { samples } = resample(tone(6000, 44_100, 11_025), 8000);
  expect(Math.max(...samples.slice(100, -100).map(Math.abs))).toBeLessThan(2e-3);
});

test("the same rate is the same samples, and a rate that is none is refused", () => {
  const one = tone(440, 8000, 80);
  expect(resample(one, 8000).samples).toBe(one.samples);
  expect(() => resample(one, 0)).toThrow(/a rate above 0, received 0/);
});
