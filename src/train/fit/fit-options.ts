import type { Parallel } from "../../backends/ranks.ts";
import type { MaskRules } from "../../layers/index.ts";
import type { Callback } from "../callbacks/index.ts";
import type { BatchStream, Shuffle } from "./batches.ts";
import type { Arrays } from "./trainable-model.ts";

export interface ModelOptions {
  /** Name in summaries, messages and files. Default: `sequential`, `functional`. */
  name?: string;
  /** `false` freezes all its weights. Default true. */
  trainable?: boolean;
  /** Seed of weights, shuffling and dropout: the same seed gives the same bits. Default 1. */
  seed?: number;
  /**
   * Keras version whose mask rules apply. "keras-3.15": recurrent layers of sequences pass their mask on. "keras-3.16":
   * lstm, gru, rnn, bidirectional and timeDistributed use theirs and pass none on. Default "keras-3.15"; a file's is its own.
   */
  masks?: MaskRules;
}

/** Validation data: inputs, targets, and a weight for each row or step. */
export type ValidationArrays = readonly [x: Arrays, y: Arrays, sampleWeight?: Arrays];
/** One batch of a stream. */
export type Batch = ValidationArrays | { readonly x: Arrays; readonly y: Arrays; readonly sampleWeight?: Arrays };

export interface FitOptions {
  /** Passes over the training rows. Default 1. */
  epochs?: number;
  /** Samples per gradient update. Default 32. */
  batchSize?: number;
  /** Fraction of the rows, the last ones, held out for validation: 0.2. Default 0. */
  validationSplit?: number;
  /** Validation data, evaluated after an epoch: `[x, y]`, `{ x, y, sampleWeight }`, or a stream of batches. Default: none. */
  validationData?: Batch | BatchStream<Batch>;
  /** Rows of validation data computed together. Default: `batchSize`. */
  validationBatchSize?: number;
  /**
   * A new order of the training rows every epoch, and in every call of `fit`, by the seed and the steps taken before; or
   * `"once"` one for all epochs, as Keras on TensorFlow has it after
   * `keras.utils.set_random_seed`; false: as they lie. Default true.
   */
  shuffle?: Shuffle;
  /** 0 silent, 1 progress line, 2 one line per epoch. Default 1. */
  verbose?: 0 | 1 | 2;
  /** One callback, or a list: their hooks are called in this order, and awaited. Default: none. */
  callbacks?: Callback | readonly Callback[];
  /** Ends training after the current step; the weights learned so far stay, and the History has `stopped: true`. Default: none. */
  signal?: AbortSignal | undefined;
  /** Seed of shuffling and dropout in this training. Default: the model's. */
  seed?: number;
  /** Counts epochs from here on (from 0), up to `epochs`. Default 0. */
  initialEpoch?: number;
  /** Batches in an epoch; the next epoch continues in the data where this one ended. Default: all. */
  stepsPerEpoch?: number;
  /** Validation batches, the first of them. Default: all. */
  validationSteps?: number;
  /** Epochs between validations, or the epochs after which to validate (from 1). Default 1. */
  validationFreq?: number | readonly number[];
  /**
   * Reaction to a loss that is not finite: `"error"` ends training with an error that names epoch and step, and restores the
   * weights from before; `"continue"` trains on, as Keras does, for example to a `terminateOnNaN()`. Default "error", with
   * `terminateOnNaN()` among the callbacks "continue".
   */
  onNaN?: "error" | "continue";
  /** A weight for each row's loss [N], or for each step's [N, T]; per output where there are several. Default: 1 each. */
  sampleWeight?: Arrays;
  /** A weight for each class's training rows: `{ 0: 1, 1: 5 }`; validation does not use them. Default: 1 each. */
  classWeight?: Readonly<Record<number, number>>;
  /**
   * Parts that each batch is cut into, by the order of its rows: their gradients are computed by themselves and added in a fixed
   * order, so that any number of processes gives the same bits. Default: the number of processes of `parallel`, else 1.
   */
  blocks?: number;
  /** Processes that share the blocks of each batch: `mpi()` of cellstate/parallel. Default: this process alone. */
  parallel?: Parallel;
  /** Receives the progress output. Default: standard output. */
  write?: (text: string) => void;
}

export interface EvaluateOptions {
  /** Rows computed together. Default 32. */
  batchSize?: number;
  /** 0 silent, 1 progress line, 2 one line. Default 1. */
  verbose?: 0 | 1 | 2;
  /** A weight for each row's loss [N], or for each step's [N, T]. Default: 1 each. */
  sampleWeight?: Arrays;
  /** Ends it within a tenth of a second, or after the current rows: `evaluate` rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
  /** Receives the progress output. Default: standard output. */
  write?: (text: string) => void;
}

export interface PredictOptions {
  /** Rows computed together. Default 32. */
  batchSize?: number;
  /** Ends it within a tenth of a second, or after the current rows: `predict` rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
}

export interface BatchOptions {
  /** A weight for each row's loss [N], or for each step's [N, T]. Default: 1 each. */
  sampleWeight?: Arrays;
  /** A weight for each class's rows: `{ 0: 1, 1: 5 }`. Default: 1 each. */
  classWeight?: Readonly<Record<number, number>>;
}

export interface TrainBatchOptions extends BatchOptions {
  /**
   * Reaction to a loss that is not finite: `"error"` rejects with an error that names the step, and restores the weights from
   * before; `"continue"` returns the loss as it is and keeps the new weights, as Keras does. Default "error".
   */
  onNaN?: "error" | "continue";
}

const all = { batchSize: 0, verbose: 0, sampleWeight: 0, signal: 0, write: 0 } as const;

/** Option names of each of these calls. The compiler checks that no name is missing. */
export const optionNames = {
  model: Object.keys({ name: 0, trainable: 0, seed: 0, masks: 0 } satisfies Record<keyof ModelOptions, 0>),
  fit: Object.keys({
    ...all,
    epochs: 0,
    validationSplit: 0,
    validationData: 0,
    validationBatchSize: 0,
    shuffle: 0,
    callbacks: 0,
    seed: 0,
    initialEpoch: 0,
    stepsPerEpoch: 0,
    validationSteps: 0,
    validationFreq: 0,
    classWeight: 0,
    onNaN: 0,
    blocks: 0,
    parallel: 0,
  } satisfies Record<keyof FitOptions, 0>),
  evaluate: Object.keys(all satisfies Record<keyof EvaluateOptions, 0>),
  predict: Object.keys({ batchSize: 0, signal: 0 } satisfies Record<keyof PredictOptions, 0>),
  batch: Object.keys({ sampleWeight: 0, classWeight: 0 } satisfies Record<keyof BatchOptions, 0>),
  trainBatch: Object.keys({ sampleWeight: 0, classWeight: 0, onNaN: 0 } satisfies Record<keyof TrainBatchOptions, 0>),
};
