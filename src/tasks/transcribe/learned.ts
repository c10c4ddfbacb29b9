import { resample } from "../../data/resample.ts";
import { counted, DataError, problem, showValue } from "../../errors.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { type AudioInput, audioInput } from "../classify/recordings.ts";
import { isRecording, type ReadExample, type ReadInput } from "./examples.ts";
import { type readTranscriber, stepsFor } from "./options.ts";

/** Facts learned from training examples: the characters, and how input becomes steps. */
export interface Learned {
  /** Characters of transcripts, in the order of the model's outputs from 1 on; output 0 is the blank. */
  readonly alphabet: readonly string[];
  /** Options of the frames of recordings; null where frames were given. */
  readonly audio: AudioInput | null;
  /** Features of a frame. */
  readonly features: number;
  /** Frames that a step reads, and from one step to the next. */
  readonly window: number;
  readonly stride: number;
  /** Mean and deviation of each feature, [features]; 0 and 1 of recordings, whose frames are standardized already. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Learns from training examples; the alphabet from `all`, those kept for validation too. */
export async function learn(
  training: readonly ReadExample[],
  all: readonly ReadExample[],
  options: ReturnType<typeof readTranscriber>,
): Promise<Learned> {
  const audio = await audioInput([training[0].input], options.audio);
  const features = audio ? audio.mels : (training[0].input as NdArray).shape[1];
  const alphabet = [...new Set(all.flatMap(({ transcript }) => transcript))].sort();
  const flat = { mean: Array(features).fill(0), deviation: Array(features).fill(1) };
  const spread = audio ? flat : spreadOf(training.map(({ input }) => input as NdArray));
  return { alphabet, audio, features, ...stepsFor(options, audio !== null), ...spread };
}

/** Mean and deviation of each feature. One that hardly changes (an image's edge) is not blown up: at least a tenth of the root mean square. */
function spreadOf(inputs: readonly NdArray[]): { mean: number[]; deviation: number[] } {
  const F = inputs[0].shape[1];
  const [sum, squares] = [new Float64Array(F), new Float64Array(F)];
  let frames = 0;
  for (const { data, shape } of inputs) {
    for (let at = 0; at < data.length; at++) sum[at % F] += data[at];
    frames += shape[0];
  }
  const mean = Array.from(sum, (v) => v / frames);
  for (const { data } of inputs)
    for (let at = 0; at < data.length; at++) squares[at % F] += (data[at] - mean[at % F]) ** 2;
  const deviations = Array.from(squares, (v) => Math.sqrt(v / frames));
  const whole = Math.sqrt(deviations.reduce((a, d) => a + d * d, 0) / F);
  const least = whole > 0 ? 0.1 * whole : 1;
  return { mean, deviation: deviations.map((d) => Math.max(d, least)) };
}

/**
 * Frames [T, F] of inputs, standardized: recordings become mel spectrograms, resampled where their rate is another. Throws DataError naming
 * the row of what does not fit.
 */
export async function framesOf(inputs: readonly ReadInput[], learned: Learned, who: string): Promise<NdArray[]> {
  const { audio, features, mean, deviation } = learned;
  const mels = audio ? (await import("../../data/audio-mel.ts")).melSpectrogram : null;
  return inputs.map((input, row) => {
    if (isRecording(input)) {
      if (mels && audio) return mels(resample(input, audio.sampleRate).samples, audio);
      const next = "It was trained on frames; melSpectrogram makes frames of recordings.";
      throw new DataError(problem(who, "frames [T, F]", "a recording", next).with({ row }));
    }
    if (audio) {
      const next = "It was trained on recordings: readWav(bytes).";
      throw new DataError(problem(who, "a recording", "frames", next).with({ row }));
    }
    if (input.shape[1] !== features) {
      const next = "Images are of the height that it was trained on.";
      const expected = `frames of ${features} features`;
      throw new DataError(problem(who, expected, `${input.shape[1]}`, next).with({ row }));
    }
    const out = Float32Array.from(input.data, (v, at) => (v - mean[at % features]) / deviation[at % features]);
    return new NdArray(out, input.shape);
  });
}

/** Steps of so many frames. */
export const stepsOf = (frames: number, { stride }: Pick<Learned, "stride">): number => Math.ceil(frames / stride);

/** Steps that a transcript needs: one a character, and a blank between equal ones. */
export const stepsNeeded = (transcript: readonly string[]): number =>
  transcript.length + transcript.filter((one, k) => one === transcript[k - 1]).length;

/** The value of steps behind the last: the network masks them. */
export const padding = -1000;

/**
 * Frames of several inputs as the network reads them: [N, steps, window · F]. A step reads the frames around its own; zeros beside the ends.
 * Rows are filled up with `padding` to a multiple of `lengthStep` steps, so that there are few shapes.
 */
export function batchOf(frames: readonly NdArray[], learned: Pick<Learned, "window" | "stride" | "features">): NdArray {
  const { window, stride, features: F } = learned;
  const steps = paddedSteps(Math.max(...frames.map(({ shape }) => stepsOf(shape[0], learned))));
  const width = window * F;
  const data = new Float32Array(frames.length * steps * width).fill(padding);
  const before = (window - stride) >> 1; // frames read before the step's own
  for (const [row, { data: from, shape }] of frames.entries())
    for (let k = 0; k < stepsOf(shape[0], learned); k++)
      for (let w = 0; w < window; w++) {
        const frame = k * stride - before + w;
        const at = (row * steps + k) * width + w * F;
        if (frame < 0 || frame >= shape[0]) data.fill(0, at, at + F);
        else data.set(from.subarray(frame * F, frame * F + F), at);
      }
  return new NdArray(data, [frames.length, steps, width]);
}

/** Steps that rows are filled up to: the next multiple of this. */
const lengthStep = 8;

export const paddedSteps = (steps: number): number => Math.max(1, Math.ceil(steps / lengthStep)) * lengthStep;

/** Label ids [N, U] of transcripts, filled up with 0, the blank. */
export function labelsOf(
  transcripts: readonly (readonly string[])[],
  { alphabet }: Pick<Learned, "alphabet">,
): NdArray {
  const ids = new Map(alphabet.map((character, k) => [character, k + 1]));
  const longest = paddedLabels(Math.max(...transcripts.map((one) => one.length)));
  const data = new Int32Array(transcripts.length * longest);
  for (const [row, transcript] of transcripts.entries())
    for (const [k, character] of transcript.entries()) data[row * longest + k] = ids.get(character)!;
  return new NdArray(data, [transcripts.length, longest]);
}

const paddedLabels = (count: number): number => Math.ceil(count / 4) * 4;

/** Throws DataError naming the row of a transcript that is longer than its steps, or has a character that is not known. */
export function checkTranscripts(
  examples: readonly { readonly transcript: readonly string[]; readonly frames: number }[],
  learned: Learned,
  who: string,
): void {
  const known = new Set(learned.alphabet);
  for (const [row, { transcript, frames }] of examples.entries()) {
    const unknown = transcript.find((character) => !known.has(character));
    if (unknown !== undefined) {
      const next = "Give an example with it to the first pass of fit.";
      throw new DataError(
        problem(who, "characters of the training transcripts", JSON.stringify(unknown), next).with({ row }),
      );
    }
    const [steps, needed] = [stepsOf(frames, learned), stepsNeeded(transcript)];
    if (needed <= steps) continue;
    const found = `${counted(frames, "frame")}, ${counted(steps, "step")}`;
    const next =
      learned.stride > 1
        ? "Give a smaller stride, or check the transcript."
        : "Check the transcript, or the length of its input.";
    throw new DataError(
      problem(who, `at least ${needed} steps for ${showValue(transcript.join(""))}`, found, next).with({ row }),
    );
  }
}
