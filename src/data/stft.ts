import { fft } from "fourier-transform";
import { DataError, problem, ShapeError, showValue } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { checkKnown, checkWhole } from "./checks.ts";

/** Options of stft. */
export interface StftOptions {
  /** Samples in a transform, a power of two from 2 to 65,536. Default 2048. */
  nFft?: number;
  /** Samples from one frame to the next. Default: a quarter of `winLength`. */
  hopLength?: number;
  /** Samples under the Hann window, centred in the transform; the rest of it is zeros. Default `nFft`. */
  winLength?: number;
  /** Whether frame t is centred on sample t · hopLength, with zeros before and behind the recording. Default true. */
  center?: boolean;
}

/** A transform of a recording: [T, 1 + nFft / 2] each. */
export interface Stft {
  /** Real parts. */
  readonly real: NdArray;
  /** Imaginary parts. */
  readonly imaginary: NdArray;
  /** Squared magnitudes. */
  readonly power: NdArray;
}

/**
 * The short-time Fourier transform of a sound: of each frame under a Hann window, the amplitudes of the frequencies k · sampleRate / nFft,
 * k = 0 … nFft / 2. T = 1 + ⌊N / hopLength⌋ frames where they are centred, else 1 + ⌊(N − nFft) / hopLength⌋. Frames first, where
 * librosa has them last; its values. Throws ShapeError for no samples, DataError for an option out of range.
 *
 *   const tone = Float32Array.from({ length: 8000 }, (_, n) => Math.sin((2 * Math.PI * 440 * n) / 8000)); // a second
 *   stft(tone, { nFft: 256 }).power.shape; // [126, 129]
 */
export function stft(samples: ArrayLike<number>, options: StftOptions = {}): Stft {
  const plan = readStft("stft", samples, options);
  const bins = plan.nFft / 2 + 1;
  const [real, imaginary, power] = [0, 1, 2].map(() => new Float32Array(plan.frames * bins));
  eachFrame("stft", samples, plan, (t, re, im) => {
    for (let k = 0; k < bins; k++) {
      real[t * bins + k] = re[k];
      imaginary[t * bins + k] = im[k];
      power[t * bins + k] = re[k] ** 2 + im[k] ** 2;
    }
  });
  const shape = [plan.frames, bins];
  return {
    real: new NdArray(real, shape),
    imaginary: new NdArray(imaginary, shape),
    power: new NdArray(power, shape),
  };
}

/** Frames of a recording as they are transformed. */
export interface StftPlan extends Required<StftOptions> {
  readonly frames: number;
}

/** Every option, given or by default, checked against the recording. */
export function readStft(who: string, samples: ArrayLike<number>, options: StftOptions): StftPlan {
  if (!(samples?.length > 0)) {
    const next = "readWav(bytes).samples is such a list.";
    throw new ShapeError(problem(who, "samples [N], N at least 1", showValue(samples?.length ?? samples), next));
  }
  const { nFft = 2048, center = true } = checkKnown(who, options, ["nFft", "hopLength", "winLength", "center"]);
  if (!Number.isInteger(Math.log2(nFft)) || nFft < 2 || nFft > 65_536)
    throw new DataError(
      problem(who, "nFft: a power of two from 2 to 65,536", showValue(nFft), "Give nFft 512, for example."),
    );
  const winLength = options.winLength ?? nFft;
  checkWhole(who, "winLength", winLength, 1, nFft);
  const hopLength = options.hopLength ?? Math.max(1, Math.floor(winLength / 4));
  checkWhole(who, "hopLength", hopLength, 1);
  if (!center && samples.length < nFft) {
    const next = "Give a smaller nFft, or leave center out.";
    throw new ShapeError(problem(who, `${nFft} samples or more, as many as a frame has`, `${samples.length}`, next));
  }
  const frames = 1 + Math.floor((center ? samples.length : samples.length - nFft) / hopLength);
  return { nFft, hopLength, winLength, center, frames };
}

/** The periodic Hann window of n samples: ½ − ½ cos(2πk / n). */
export const hannWindow = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / n));

/** Calls `use` with real and imaginary parts of each frame, in memory that the next frame reuses. */
export function eachFrame(
  who: string,
  samples: ArrayLike<number>,
  { nFft, hopLength, winLength, center, frames }: StftPlan,
  use: (t: number, re: Float64Array, im: Float64Array) => void,
): void {
  const before = Math.floor((nFft - winLength) / 2);
  const hann = hannWindow(winLength);
  const frame = new Float64Array(nFft);
  for (let t = 0; t < frames; t++) {
    const from = t * hopLength - (center ? nFft / 2 : 0) + before;
    for (let n = 0; n < winLength; n++) {
      const sample = samples[from + n] ?? 0;
      if (!Number.isFinite(sample))
        throw new DataError(problem(who, `finite samples in frame ${t}`, `${sample}`, "Cut that part out."));
      frame[before + n] = hann[n] * sample;
    }
    const [re, im] = fft(frame);
    use(t, re, im);
  }
}
