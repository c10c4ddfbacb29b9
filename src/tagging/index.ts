/** `cellstate/tagging`: a label for each token of a sentence. */
export { type ChainWeights, type Crf, crf } from "../layers/structured/crf.ts";
export {
  type Entity,
  type EntityScore,
  type EntityScores,
  entitiesOf,
  scoreEntities,
} from "../tasks/tag/entities.ts";
export type { TaggerEvaluation } from "../tasks/tag/evaluation.ts";
export type { TaggerOptions } from "../tasks/tag/options.ts";
export { parseSentences, type SentenceFileOptions } from "../tasks/tag/parse-sentences.ts";
export type { TaggerReading } from "../tasks/tag/reading.ts";
export type { ParsedSentences, TaggedSentence, Untagged } from "../tasks/tag/sentences.ts";
export { loadSequenceTagger, SequenceTagger, sequenceTagger, type TaggedAnswer } from "../tasks/tag/sequence-tagger.ts";
export { sentencesOf, type TableSentences } from "../tasks/tag/table-sentences.ts";
export type { TaggerFitOptions } from "../tasks/tag/train-tagger.ts";
export { viterbi } from "../tasks/tag/viterbi.ts";
export { crfLoss } from "../train/losses/crf.ts";
