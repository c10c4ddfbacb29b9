/** `cellstate/transcribe`: frames in, a transcript out. */
export {
  type CtcDecodeOptions,
  type CtcPath,
  ctcDecode,
  type LabelModel,
} from "../tasks/transcribe/ctc-decode.ts";
export { type CtcSpan, ctcSpans } from "../tasks/transcribe/ctc-spans.ts";
export { type ErrorRate, errorRate } from "../tasks/transcribe/error-rate.ts";
export type { TranscriberEvaluation } from "../tasks/transcribe/evaluation.ts";
export { imageColumns, type TranscribedExample, type TranscriberInput } from "../tasks/transcribe/examples.ts";
export { type NgramModel, type NgramOptions, ngramModel } from "../tasks/transcribe/ngram-model.ts";
export type { TranscriberAugment, TranscriberOptions } from "../tasks/transcribe/options.ts";
export {
  type FoundTranscript,
  loadSequenceTranscriber,
  SequenceTranscriber,
  sequenceTranscriber,
  type TranscribeOptions,
  type Transcription,
} from "../tasks/transcribe/sequence-transcriber.ts";
export type { TranscriberData, TranscriberFitOptions } from "../tasks/transcribe/train-transcriber.ts";
