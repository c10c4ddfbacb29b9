/** Tasks whose code is loaded when a file of theirs is opened; in one file, so that they share what they need. */
import type { LoadOptions } from "../formats/load-model.ts";
import type { Model } from "../models/model.ts";
import { Regressor } from "./regress/regressor.ts";
import { SequenceTagger } from "./tag/sequence-tagger.ts";
import { SequenceTranscriber } from "./transcribe/sequence-transcriber.ts";
import { Translator } from "./translate/translator.ts";
import { VideoClassifier } from "./video/video-classifier.ts";

export interface OpenedLater {
  readonly regressor: Regressor;
  readonly sequenceTagger: SequenceTagger;
  readonly translator: Translator;
  readonly sequenceTranscriber: SequenceTranscriber;
  readonly videoClassifier: VideoClassifier;
}

export const openers: {
  [K in keyof OpenedLater]: (model: Model, options: LoadOptions) => Promise<OpenedLater[K]>;
} = {
  regressor: Regressor.open,
  sequenceTagger: SequenceTagger.open,
  translator: Translator.open,
  sequenceTranscriber: SequenceTranscriber.open,
  videoClassifier: VideoClassifier.open,
};
