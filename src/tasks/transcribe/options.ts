import type { MelOptions } from "../../data/audio-mel.ts";
import type { BackendName } from "../../train/compiled.ts";
import type { OptimizerLike } from "../../train/optimizers/named.ts";
import { anything, below1, type Field, flag, from0, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { isRecord } from "../shared/task-file.ts";

/** Changes that are made to each example anew in each pass of training, so that more is learned from few. */
export interface TranscriberAugment {
  /** Recordings are played up to this fraction faster or slower, which also moves pitch and voice. Default 0. */
  speed?: number;
  /**
   * Features are stretched or squeezed along their axis by up to this fraction, which is another length of the vocal tract (Jaitly & Hinton
   * 2013) in a spectrogram, and another height in an image. Default 0.
   */
  warp?: number;
  /** Bands of neighbouring features that are hidden, 0 to a quarter of them wide (Park et al. 2019). Default 0. */
  bands?: number;
  /** Stretches of frames that are hidden, 0 to a tenth of all long. Default 0. */
  stretches?: number;
}

/** Options of `sequenceTranscriber`; what is not given follows from the examples. */
export interface TranscriberOptions {
  /** Hidden units, each way: one number, or one for each of several layers. Default `[64, 64]`; `[128, 128]` from 1,000 examples. */
  units?: number | readonly number[];
  /** Whether each layer reads the sequence both ways. Default true. */
  bidirectional?: boolean;
  /** Frames from one step of the network to the next (subsampling). Default 3 for recordings, else 1. */
  stride?: number;
  /** Frames that a step reads. Default: `stride`; with `convolution` at least 8. */
  window?: number;
  /** Filters of convolutions of 3 × 3 over each step's frames and features, each followed by the maximum of 2 × 2; `[8, 16]` suits images. Default: none. */
  convolution?: readonly number[];
  /** Fraction of each recurrent layer's input, and of the last one's output, dropped while training. Default 0.3. */
  dropout?: number;
  /** Options of `melSpectrogram`, which makes frames of recordings. Default: its own, at the sample rate of the first recording. */
  audio?: Partial<MelOptions>;
  /** Changes made to each example anew in each pass of training. Default: none. */
  augment?: TranscriberAugment;
  /** Order of a language model of characters, learned from the transcripts, which `transcribe` asks; 0 for none. Default 0. */
  ngram?: number;
  /** The optimizer, by name or with options. Default: Adam, whose learning rate falls along a cosine from 0.003 to 0. */
  optimizer?: OptimizerLike;
  /** Seed of weights, validation split, shuffling, dropout and changes. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
}

export const task = "sequenceTranscriber";

/** The options, with defaults for a number of examples. Throws DataError for an unknown one, or a value that does not fit. */
export function readTranscriber(options: TranscriberOptions, examples: number) {
  const read = readOptions(task, options, {
    units: sizes(examples < 1000 ? [64, 64] : [128, 128]),
    bidirectional: flag(true),
    stride: orNull(wholeFrom(1)(1)),
    window: orNull(wholeFrom(1)(1)),
    convolution: filters,
    dropout: below1(0.3),
    audio: record<Partial<MelOptions>>("options of melSpectrogram"),
    augment: record<TranscriberAugment>("speed, warp, bands, stretches"),
    ngram: wholeFrom(0)(0),
    optimizer: anything,
    seed: wholeFrom(0)(1),
    backend: anything,
  });
  const augment = readOptions(`${task}: augment`, read.augment, {
    speed: below1(0),
    warp: below1(0),
    bands: from0(0),
    stretches: from0(0),
  });
  return { ...read, augment };
}

/** Frames that a step reads, and from one step to the next, when the kind of input is known. */
export function stepsFor(
  { stride, window, convolution }: Pick<ReturnType<typeof readTranscriber>, "stride" | "window" | "convolution">,
  recordings: boolean,
): { stride: number; window: number } {
  const by = stride ?? (recordings ? 3 : 1);
  return { stride: by, window: window ?? (convolution.length > 0 ? Math.max(8, by) : by) };
}

const isSize = (v: unknown) => Number.isInteger(v) && Number(v) >= 1;
const sizes = (otherwise: readonly number[]): Field<number | readonly number[]> => ({
  otherwise,
  expected: "a whole number of 1 or more, or a list of them",
  fits: (v) => isSize(v) || (Array.isArray(v) && v.length > 0 && v.every(isSize)),
});
const filters: Field<readonly number[]> = {
  otherwise: [],
  expected: "a list of whole numbers of 1 or more, at most 4",
  fits: (v) => Array.isArray(v) && v.length <= 4 && v.every((n) => Number.isInteger(n) && n >= 1),
};

const record = <T extends object>(expected: string): Field<T> => ({
  otherwise: {} as T,
  expected: `an object with ${expected}`,
  fits: isRecord,
});
