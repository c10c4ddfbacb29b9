import type { BatchStream } from "../train/batches.ts";
import type { Callback } from "../train/callbacks.ts";
import type { Arrays } from "./rows.ts";

export interface ModelOptions {
  name?: string;
  trainable?: boolean;
  /** Weights, shuffling and dropout follow from it: the same seed gives the same bits. Default 1. */
  seed?: number;
}

export type ValidationArrays = readonly [x: Arrays, y: Arrays, sampleWeight?: Arrays];
/** One batch of a stream. */
export type Batch = ValidationArrays | { readonly x: Arrays; readonly y: Arrays; readonly sampleWeight?: Arrays };

export interface FitOptions {
  /** Default 1. */
  epochs?: number;
  /** Default 32. */
  batchSize?: number;
  /** The last share of the rows, kept from training: 0.2. */
  validationSplit?: number;
  validationData?: ValidationArrays | BatchStream<Batch>;
  /** New order of the training rows every epoch. Default true. */
  shuffle?: boolean;
  /** 0 silent, 1 progress line, 2 one line per epoch. Default 1. */
  verbose?: 0 | 1 | 2;
  callbacks?: readonly Callback[];
  /** Ends training after the step under way. */
  signal?: AbortSignal;
  seed?: number;
  initialEpoch?: number;
  /** Ends an epoch after so many batches; the next goes on in the data where this one ended. */
  stepsPerEpoch?: number;
  /** Validates on the first so many batches only. */
  validationSteps?: number;
  /** Validates after every so many epochs, or after those listed (from 1). Default 1. */
  validationFreq?: number | readonly number[];
  /** A weight for each row's loss [N], or for each step's [N, T]; per output where there are several. */
  sampleWeight?: Arrays;
  /** A weight for each class's rows: `{ 0: 1, 1: 5 }`. */
  classWeight?: Readonly<Record<number, number>>;
  /** Where progress goes; standard output by default. */
  write?: (text: string) => void;
}

export interface EvaluateOptions {
  batchSize?: number;
  verbose?: 0 | 1 | 2;
  sampleWeight?: Arrays;
  write?: (text: string) => void;
}

export interface BatchOptions {
  sampleWeight?: Arrays;
  classWeight?: Readonly<Record<number, number>>;
}
