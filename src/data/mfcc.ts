import { DataError, problem, showValue } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { checkKnown, checkWhole } from "./checks.ts";
import { eachFrame, readStft, type StftOptions } from "./stft.ts";

/** Options of mfcc. */
export interface MfccOptions extends StftOptions {
  /** Samples a second, Hz: the recording's own. */
  sampleRate: number;
  /** Number of coefficients, the features of a frame. Default 20. */
  nMfcc?: number;
  /** Number of mel bands that they are made of. Default 128. */
  nMels?: number;
  /** Hz where the first band begins. Default 0. */
  fMin?: number;
  /** Upper end of the last band in Hz. Default: half the sample rate. */
  fMax?: number;
  /** Decibels below the loudest band at which all is equally silent; null for no such floor. Default 80. */
  topDb?: number | null;
}

/**
 * Mel-frequency cepstral coefficients of a sound, [T, nMfcc], a frame a time step: the power of each frame (see `stft`) under triangular
 * bands of equal area and of Slaney's mel scale (Auditory Toolbox, 1998), in decibels, and the first coefficients of their orthonormal cosine transform
 * (DCT-II; Davis & Mermelstein 1980). librosa's values (0.11) with time first, where it has time last. Throws ShapeError for no samples,
 * DataError for an option out of range.
 *
 *   const tone = Float32Array.from({ length: 8000 }, (_, n) => Math.sin((2 * Math.PI * 440 * n) / 8000)); // a second
 *   mfcc(tone, { sampleRate: 8000, nMfcc: 13, nMels: 40, nFft: 512 }).shape; // [16, 13]
 */
export function mfcc(samples: ArrayLike<number>, options: MfccOptions): NdArray {
  const plan = readMfcc(samples, options);
  const { nMels, nMfcc, topDb, bands } = plan;
  const decibels = new Float64Array(plan.stft.frames * nMels);
  eachFrame(who, samples, plan.stft, (t, re, im) => {
    for (const [m, { from, weights }] of bands.entries()) {
      let energy = 0;
      for (let k = 0; k < weights.length; k++) energy += weights[k] * (re[from + k] ** 2 + im[from + k] ** 2);
      decibels[t * nMels + m] = 10 * Math.log10(Math.max(1e-10, energy));
    }
  });
  const floor = topDb === null ? Number.NEGATIVE_INFINITY : decibels.reduce((a, b) => Math.max(a, b)) - topDb;
  const cosines = Float64Array.from({ length: nMfcc * nMels }, (_, i) => {
    const [k, m] = [Math.floor(i / nMels), i % nMels];
    return Math.sqrt((k === 0 ? 1 : 2) / nMels) * Math.cos((Math.PI * k * (2 * m + 1)) / (2 * nMels));
  });
  const out = new Float32Array(plan.stft.frames * nMfcc);
  for (let t = 0; t < plan.stft.frames; t++)
    for (let k = 0; k < nMfcc; k++) {
      let sum = 0;
      for (let m = 0; m < nMels; m++) sum += cosines[k * nMels + m] * Math.max(decibels[t * nMels + m], floor);
      out[t * nMfcc + k] = sum;
    }
  return new NdArray(out, [plan.stft.frames, nMfcc]);
}

const who = "mfcc";
const known = [
  "sampleRate",
  "nMfcc",
  "nMels",
  "fMin",
  "fMax",
  "topDb",
  "nFft",
  "hopLength",
  "winLength",
  "center",
] as const;

function readMfcc(samples: ArrayLike<number>, options: MfccOptions) {
  const { sampleRate, nMels = 128, nMfcc = 20, fMin = 0, topDb = 80 } = checkKnown(who, options ?? {}, known);
  const { nFft, hopLength, winLength, center } = options;
  // librosa's distance is 512 where nothing else is said, whatever the window.
  const own = Object.entries({ nFft, hopLength: hopLength ?? 512, winLength, center }).filter(
    ([, v]) => v !== undefined,
  );
  const stft = readStft(who, samples, Object.fromEntries(own));
  between("sampleRate", sampleRate, 1, 1e6, "readWav(bytes).sampleRate is the recording's own.");
  checkWhole(who, "nMels", nMels, 1, 4096);
  checkWhole(who, "nMfcc", nMfcc, 1, nMels);
  const fMax = options.fMax ?? sampleRate / 2;
  between("fMax", fMax, 1, sampleRate / 2, "Leave it out for half the sample rate.");
  between("fMin", fMin, 0, fMax, "Leave it out for 0.");
  if (topDb !== null) between("topDb", topDb, 0, 1000, "Leave it out for 80.");
  return { stft, nMels, nMfcc, topDb, bands: slaneyBands(nMels, fMin, fMax, sampleRate / stft.nFft, stft.nFft / 2) };
}

function between(name: string, value: number, least: number, most: number, next: string): void {
  if (Number.isFinite(value) && value >= least && value <= most) return;
  throw new DataError(problem(who, `${name} from ${least} to ${most}`, showValue(value), next));
}

/** A triangle over the bins of a transform: its weights from bin `from` on. */
interface Band {
  readonly from: number;
  readonly weights: Float64Array;
}

/** Triangles equally far apart in mel, each of the same area over Hz. */
function slaneyBands(count: number, fMin: number, fMax: number, hertzPerBin: number, last: number): Band[] {
  const step = (melOf(fMax) - melOf(fMin)) / (count + 1);
  return Array.from({ length: count }, (_, m) => {
    const [left, peak, right] = [m, m + 1, m + 2].map((i) => hertzOf(melOf(fMin) + i * step));
    const from = Math.max(0, Math.ceil(left / hertzPerBin));
    const to = Math.min(last, Math.floor(right / hertzPerBin));
    const weights = Float64Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => {
      const hertz = (from + k) * hertzPerBin;
      const height = Math.min((hertz - left) / (peak - left), (right - hertz) / (right - peak));
      return (2 / (right - left)) * Math.max(0, height);
    });
    return { from, weights };
  });
}

/** Slaney's scale: linear up to 1,000 Hz (15 mel), logarithmic above. */
const ratio = Math.log(6.4) / 27;
const melOf = (hertz: number): number => (hertz < 1000 ? (3 * hertz) / 200 : 15 + Math.log(hertz / 1000) / ratio);
const hertzOf = (mel: number): number => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp(ratio * (mel - 15)));
