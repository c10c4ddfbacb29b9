/** Tasks whose code is loaded when a file of theirs is opened; in one file, so that they share what they need. */
export { Regressor } from "./regress/regressor.ts";
export { SequenceTagger } from "./tag/sequence-tagger.ts";
export { SequenceTranscriber } from "./transcribe/sequence-transcriber.ts";
export { Translator } from "./translate/translator.ts";
export { VideoClassifier } from "./video/video-classifier.ts";
