import type { Recording } from "../../data/audio-wav.ts";
import { DataError, problem, showShape, showValue } from "../../errors.ts";
import { asNdArray, NdArray } from "../../tensor/nd-array.ts";
import { isRecord } from "../shared/task-file.ts";

/** Input of a transcriber: frames [T, F], or a recording. `imageColumns` makes frames of an image. */
export type TranscriberInput = NdArray | readonly (readonly number[])[] | Recording;

/** An input with its transcript. */
export interface TranscribedExample {
  /** Frames [T, F], or a recording. */
  readonly input: TranscriberInput;
  /** The right text; each character is a label. */
  readonly transcript: string;
}

/** An input as it is read: frames as an array, or a recording. */
export type ReadInput = NdArray | Recording;

/** An example that was checked. */
export interface ReadExample {
  readonly input: ReadInput;
  readonly transcript: readonly string[];
}

/** Examples, checked. Throws DataError naming the row. */
export function readExamples(given: unknown, who: string): ReadExample[] {
  if (!Array.isArray(given)) {
    const next = '[{ input: frames, transcript: "314" }]';
    throw new DataError(problem(who, "a list of examples", showValue(given), next));
  }
  if (given.length === 0) throw new DataError(problem(who, "at least one example", "none", "Check the input files."));
  const inputs = readInputs(
    given.map((row) => (isRecord(row) ? row.input : row)),
    who,
  );
  return given.map((row: unknown, k) => {
    const transcript = isRecord(row) ? row.transcript : undefined;
    if (typeof transcript === "string" && transcript !== "") return { input: inputs[k], transcript: [...transcript] };
    const [found, next] =
      transcript === ""
        ? ["an empty one", "Leave the example out, or write what is there."]
        : [showValue(transcript), '{ input: frames, transcript: "314" }'];
    throw new DataError(problem(who, "a transcript", found, next).with({ row: k }));
  });
}

/** Inputs, checked: all are recordings, or all are frames of one width. Throws DataError naming the row. */
export function readInputs(given: unknown, who: string): ReadInput[] {
  if (!Array.isArray(given)) {
    const next = "[frames], with frames [T, F]; or [readWav(bytes)].";
    throw new DataError(problem(who, "a list of inputs", showValue(given), next));
  }
  const inputs = given.map((one: unknown, row) => readInput(one, who, row));
  const first = inputs[0];
  for (const [row, one] of inputs.entries()) {
    if (isRecording(one) !== isRecording(first)) {
      const next = "Give recordings, or frames, not both.";
      throw new DataError(problem(who, inWords(first), inWords(one), next).with({ row }));
    }
    if (!isRecording(one) && !isRecording(first) && one.shape[1] !== first.shape[1]) {
      const next = "All frames have as many features; images are of one height.";
      throw new DataError(problem(who, `frames of ${first.shape[1]} features`, `${one.shape[1]}`, next).with({ row }));
    }
  }
  return inputs;
}

function readInput(one: unknown, who: string, row: number): ReadInput {
  if (isRecording(one)) {
    if (one.samples.length > 0 && one.sampleRate > 0) return one;
    const next = "readWav(bytes) gives both.";
    throw new DataError(problem(who, "samples and their rate", "a recording without", next).with({ row }));
  }
  const frames = asNdArray(one as NdArray, { who: `${who}: input ${row}` });
  if (frames.rank === 2 && frames.shape[0] > 0 && frames.shape[1] > 0) {
    const wrong = Array.from(frames.data).findIndex((v) => !Number.isFinite(v));
    if (wrong < 0) return frames;
    const where = `finite numbers in frame ${Math.floor(wrong / frames.shape[1])}`;
    throw new DataError(problem(who, where, `${frames.data[wrong]}`, "Fill it, or cut that part out.").with({ row }));
  }
  const next = "Give one list of features for each step: [[0.1, 0.2], [0.3, 0.1]].";
  throw new DataError(problem(who, "frames [T, F]", showShape(frames.shape), next).with({ row }));
}

export const isRecording = (value: unknown): value is Recording =>
  isRecord(value) && ArrayBuffer.isView(value.samples) && typeof value.sampleRate === "number";

const inWords = (one: ReadInput): string => (isRecording(one) ? "a recording" : `frames ${showShape(one.shape)}`);

/**
 * Frames of an image: its columns, left to right. Pixels [height, width] → [width, height]; bytes (integers up to 255) become 0 to 1. Throws
 * DataError for another rank.
 *
 *   imageColumns([[0, 128, 255], [0, 0, 255]]).shape; // [3, 2]
 */
export function imageColumns(image: NdArray | readonly (readonly number[])[]): NdArray {
  const pixels = asNdArray(image as NdArray, { who: "imageColumns" });
  if (pixels.rank !== 2) {
    const next = "Take one channel, or the mean of the channels.";
    throw new DataError(problem("imageColumns", "pixels [height, width]", showShape(pixels.shape), next));
  }
  const [height, width] = pixels.shape;
  const whole = Array.from(pixels.data).some((v) => v > 1) ? 255 : 1;
  const columns = new Float32Array(height * width);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      columns[column * height + row] = pixels.data[row * width + column] / whole;
  return new NdArray(columns, [width, height]);
}
