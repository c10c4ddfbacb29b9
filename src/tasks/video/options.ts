import { DataError, invalidOption } from "../../errors.ts";
import { below1, type Field, oneOf, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { type ClassifierOptions, classifierFields } from "../classify/classifier.ts";
import { unitsFor } from "../shared/defaults.ts";
import { type StackOptions, stackFields } from "../shared/recurrent-stack.ts";

/** Options of `videoClassifier`; what is not given follows from the number of clips. */
export interface VideoClassifierOptions extends ClassifierOptions, Omit<StackOptions, "cell"> {
  /**
   * Reader of the frames in their order: a recurrent layer over what the convolutions found in each frame, or `"convLstm2d"`, whose state
   * is an image itself (Shi et al. 2015). Default `"lstm"`.
   */
  cell?: "lstm" | "gru" | "simpleRnn" | "convLstm2d";
  /**
   * Filters of the convolutions over each frame, each followed by the maximum of 2 × 2, while a frame is large enough for it. Default
   * `[16, 32]`; `[]` for none.
   */
  convolution?: readonly number[];
  /** Rows and columns of a convolution's window. Default 3. */
  kernelSize?: number;
  /** Hidden units, or filters of `"convLstm2d"`: one number, or one for each of several layers. Default: by data size; 16 filters. */
  units?: number | readonly number[];
  /** Frames read of each clip, evenly spaced; of a shorter clip some come twice. Default: those of the longest training clip, 32 at most. */
  length?: number;
}

export const task = "videoClassifier";

/** The options, with defaults for a number of clips. Throws DataError for an unknown one, or a value that does not fit. */
export function readVideo(options: VideoClassifierOptions, clips: number) {
  const images = options?.cell === "convLstm2d";
  const read = readOptions(task, options, {
    ...classifierFields,
    ...stackFields(images ? 16 : unitsFor(clips), "last"),
    cell: oneOf(["lstm", "gru", "simpleRnn", "convLstm2d"], "lstm"),
    convolution: filters,
    kernelSize: wholeFrom(1)(3),
    length: orNull(wholeFrom(1)(1)),
    outputDropout: below1(0.3),
  });
  if (images && (read.bidirectional || read.pooling !== "last")) {
    const name = read.bidirectional ? "bidirectional" : "pooling";
    const next = "A convolutional LSTM reads forward, and its last state is what counts: leave it out.";
    throw new DataError(invalidOption(task, name, 'another cell than "convLstm2d"', '"convLstm2d"', next));
  }
  return read;
}

const filters: Field<readonly number[]> = {
  otherwise: [16, 32],
  expected: "a list of whole numbers of 1 or more, at most 6",
  fits: (v) => Array.isArray(v) && v.length <= 6 && v.every((n) => Number.isInteger(n) && n >= 1),
};
