import { fft } from "fourier-transform";
import { DataError, problem, ShapeError, showValue } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { checkWhole } from "./checks.ts";
import { hannWindow } from "./stft.ts";

/** Options of melSpectrogram. */
export interface MelOptions {
  /** Samples a second, Hz: the recording's own. */
  sampleRate: number;
  /** Milliseconds of sound in a frame. Default 25. */
  frameMs?: number;
  /** Milliseconds from one frame to the next. Default 10. */
  hopMs?: number;
  /** Number of filters, the features of a frame. Default 40. */
  mels?: number;
  /** Hz where the first filter begins. Default 20. */
  lowest?: number;
  /** Upper end of the last filter in Hz. Default: half the sample rate. */
  highest?: number;
  /** Decibels below the loudest energy at which silence begins, so that faint noise does not count. Default 60. */
  range?: number;
  /**
   * `"recording"` (default) gives each filter mean 0 and variance 1 over the frames of the recording, so that loudness and
   * microphone do not count; `"none"` leaves logarithms of energies.
   */
  normalize?: "recording" | "none";
}

/**
 * The mel spectrogram of a sound, as frames [T, mels]: the logarithms of its energies in bands that are equally wide to
 * the ear, T = 1 + ⌊(N − frame) / hop⌋ (a shorter sound is one frame, padded with zeros). Each frame is multiplied by a
 * Hann window and transformed; |X|² is summed under triangles at equal distances in mel = 2595 log₁₀(1 + Hz / 700).
 * Throws ShapeError for no samples, DataError for an option out of range. The scale: Stevens, Volkmann & Newman 1937, in
 * the formula of O'Shaughnessy 1987 that HTK uses; the filters: Davis & Mermelstein 1980.
 *
 *   const tone = Float32Array.from({ length: 8000 }, (_, n) => Math.sin((2 * Math.PI * 440 * n) / 8000)); // a second
 *   melSpectrogram(tone, { sampleRate: 8000, mels: 20 }).shape; // [98, 20]
 */
export function melSpectrogram(samples: ArrayLike<number>, options: MelOptions): NdArray {
  if (!(samples?.length > 0)) {
    const next = "readWav(bytes).samples is such a list.";
    throw new ShapeError(problem(who, "samples [N], N at least 1", showValue(samples?.length ?? samples), next));
  }
  const { frame, hop, mels, size, filters, range, normalize } = planFor(options);
  const T = melFrames(samples.length, options);
  const energies = new Float64Array(T * mels);
  const windowed = new Float64Array(size);
  const hann = hannWindow(frame);
  for (let t = 0; t < T; t++) {
    for (let n = 0; n < frame; n++) windowed[n] = hann[n] * (samples[t * hop + n] ?? 0);
    const [re, im] = fft(windowed); // [size / 2 + 1] each
    for (const [m, { from, weights }] of filters.entries()) {
      let energy = 0;
      for (let k = 0; k < weights.length; k++) energy += weights[k] * (re[from + k] ** 2 + im[from + k] ** 2);
      energies[t * mels + m] = energy;
    }
  }
  const wrong = energies.findIndex((v) => !Number.isFinite(v));
  if (wrong >= 0) {
    const place = `finite samples in frame ${Math.floor(wrong / mels)}`;
    throw new DataError(problem(who, place, "others", "Cut that part out."));
  }
  const loudest = energies.reduce((a, b) => Math.max(a, b));
  const silence = loudest * 10 ** (-range / 10) + Number.MIN_VALUE; // so that the logarithm of nothing is finite
  const logs = Float32Array.from(energies, (energy) => Math.log(energy + silence));
  return new NdArray(normalize === "recording" ? standardized(logs, mels) : logs, [T, mels]);
}

/** Every option, given or by default, checked. */
export function melOptions(options: MelOptions): Required<MelOptions> {
  const {
    sampleRate,
    frameMs = 25,
    hopMs = 10,
    mels = 40,
    lowest = 20,
    range = 60,
    normalize = "recording",
  } = options ?? {};
  checkNumber("sampleRate", sampleRate, 1, 1e6, "Hz");
  checkNumber("frameMs", frameMs, 0.1, 10_000, "ms");
  checkNumber("hopMs", hopMs, 0.1, 10_000, "ms");
  checkWhole(who, "mels", mels, 1, 1000);
  const highest = options.highest ?? sampleRate / 2;
  checkNumber("highest", highest, 1, sampleRate / 2, "Hz");
  checkNumber("lowest", lowest, 0, highest, "Hz");
  checkNumber("range", range, 1, 200, "dB");
  if (normalize !== "recording" && normalize !== "none")
    throw new DataError(
      problem(who, 'normalize "recording" or "none"', showValue(normalize), 'Leave it out for "recording".'),
    );
  return { sampleRate, frameMs, hopMs, mels, lowest, highest, range, normalize };
}

const who = "melSpectrogram";

/** A triangle over the bins of a transform: its weights from bin `from` on. */
interface Filter {
  from: number;
  weights: Float64Array;
}

/** Samples of a frame, and from one frame to the next. */
function stepsIn({ sampleRate, frameMs, hopMs }: ReturnType<typeof melOptions>): { frame: number; hop: number } {
  const samplesOf = (ms: number) => Math.max(1, Math.round((ms * sampleRate) / 1000));
  return { frame: samplesOf(frameMs), hop: samplesOf(hopMs) };
}

/** The number of frames T that `melSpectrogram` makes of so many samples. */
export function melFrames(samples: number, options: MelOptions): number {
  const { frame, hop } = stepsIn(melOptions(options));
  return 1 + Math.max(0, Math.floor((samples - frame) / hop));
}

/** Options in samples, and the filters they need. */
function planFor(options: MelOptions) {
  const all = melOptions(options);
  const { sampleRate, mels, lowest, highest, range, normalize } = all;
  const { frame, hop } = stepsIn(all);
  const size = 2 ** Math.max(1, Math.ceil(Math.log2(frame))); // of the transform
  return {
    frame,
    hop,
    mels,
    size,
    range,
    normalize,
    filters: triangles(mels, lowest, highest, sampleRate / size, size / 2),
  };
}

const melOf = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const hertzOf = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

/** Triangles whose corners are equally far apart in mel, each rising from its left neighbour's peak and falling to the right one's. */
function triangles(mels: number, lowest: number, highest: number, hertzPerBin: number, last: number): Filter[] {
  const step = (melOf(highest) - melOf(lowest)) / (mels + 1);
  return Array.from({ length: mels }, (_, m) => {
    const [left, peak, right] = [m, m + 1, m + 2].map((i) => hertzOf(melOf(lowest) + i * step));
    const from = Math.floor(left / hertzPerBin) + 1; // the first bin beyond the left corner
    const to = Math.min(last, Math.ceil(right / hertzPerBin) - 1);
    if (to < from) {
      const found = `none in filter ${m}, ${left.toFixed(0)} to ${right.toFixed(0)} Hz`;
      throw new DataError(
        problem(who, "a frequency of the transform in every filter", found, "Fewer mels, or longer frames."),
      );
    }
    const weights = Float64Array.from({ length: to - from + 1 }, (_, k) => {
      const hertz = (from + k) * hertzPerBin;
      return Math.min((hertz - left) / (peak - left), (right - hertz) / (right - peak));
    });
    return { from, weights };
  });
}

/** Each column of x [T, D] with mean 0 and variance 1; one that does not change becomes 0. */
function standardized(x: Float32Array, D: number): Float32Array {
  const T = x.length / D;
  const out = new Float32Array(x.length);
  for (let j = 0; j < D; j++) {
    let [sum, squares] = [0, 0];
    for (let t = 0; t < T; t++) sum += x[t * D + j];
    const mean = sum / T;
    for (let t = 0; t < T; t++) squares += (x[t * D + j] - mean) ** 2;
    const deviation = Math.sqrt(squares / T);
    for (let t = 0; t < T; t++) out[t * D + j] = deviation > 1e-6 ? (x[t * D + j] - mean) / deviation : 0;
  }
  return out;
}

function checkNumber(name: string, value: number, least: number, most: number, unit: string): void {
  if (Number.isFinite(value) && value >= least && value <= most) return;
  throw new DataError(problem(who, `${name} from ${least} to ${most} ${unit}`, showValue(value), nextFor[name]));
}

const nextFor: Readonly<Record<string, string>> = {
  sampleRate: "Give the recording's own: readWav(bytes).sampleRate.",
  frameMs: "Leave it out for 25.",
  hopMs: "Leave it out for 10.",
  lowest: "Leave it out for 20; it lies below the highest.",
  highest: "Leave it out for half the sample rate.",
  range: "Leave it out for 60.",
};
