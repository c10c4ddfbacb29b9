import { DataError, problem, showValue } from "../errors.ts";
import type { Recording } from "./audio-wav.ts";

/**
 * A recording at another sample rate: each new sample is the old ones around it under a windowed sinc (Smith & Gossett 1984), cut off below half
 * the lower of the two rates, so that nothing folds back. N samples become ⌈N · to / from⌉. Throws DataError for a rate that is no number above 0.
 *
 *   const tone = { samples: Float32Array.from({ length: 441 }, (_, n) => Math.sin(n / 20)), sampleRate: 44_100 };
 *   resample(tone, 8000).samples.length; // 80
 */
export function resample({ samples, sampleRate }: Recording, rate: number): Recording {
  if (!(Number.isFinite(rate) && rate > 0)) {
    const next = "Give samples per second: 8000, 16000.";
    throw new DataError(problem("resample", "a rate above 0", showValue(rate), next));
  }
  if (rate === sampleRate) return { samples, sampleRate };
  const step = sampleRate / rate; // old samples from one new one to the next
  const cut = 0.95 * Math.min(1, 1 / step); // of the old rate's half
  const reach = crossings / cut; // old samples to either side
  const out = new Float32Array(Math.ceil(samples.length / step));
  for (let n = 0; n < out.length; n++) {
    const center = n * step;
    const last = Math.min(samples.length - 1, Math.floor(center + reach));
    let sum = 0;
    for (let k = Math.max(0, Math.ceil(center - reach)); k <= last; k++)
      sum += samples[k] * weightAt((center - k) * cut);
    out[n] = cut * sum;
  }
  return { samples: out, sampleRate: rate };
}

const crossings = 16; // of the sinc's zeros, to either side
const fineness = 512; // entries of the table from one zero to the next
const table = Float64Array.from({ length: crossings * fineness + 2 }, (_, k) => {
  const x = k / fineness;
  if (x >= crossings) return 0;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / crossings)); // a Hann window
});

/** The filter at a distance in zeros of the sinc, between two entries of the table. */
function weightAt(x: number): number {
  const at = Math.abs(x) * fineness;
  const k = Math.floor(at);
  return table[k] + (at - k) * (table[k + 1] - table[k]);
}
