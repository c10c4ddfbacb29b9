export { type Bleu, type BleuOptions, corpusBleu } from "./bleu.ts";
export type { MatrixMode } from "./id-matrix.ts";
export type { IdSequence, IdSequences } from "./id-rows.ts";
export { encodePrompt, type NextWordRows, nextWordRows } from "./next-word.ts";
export { type PadOptions, padSequences } from "./pad-sequences.ts";
export type { SplitOptions, Text } from "./split-words.ts";
export type { TextRules } from "./standardize.ts";
export {
  TextVectorization,
  type TextVectorizationJson,
  type TextVectorizationOptions,
  textVectorization,
  type VectorizationMode,
} from "./text-vectorization.ts";
export { toCategorical } from "./to-categorical.ts";
export { Tokenizer, type TokenizerOptions } from "./tokenizer.ts";
export type { KerasTokenizer } from "./tokenizer-json.ts";
