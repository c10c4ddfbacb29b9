/** `cellstate/translate`: texts of one language in, texts of another out. */
export { evaluatedBleu, type TranslatorEvaluation, wordsOf13a } from "../tasks/translate/evaluation.ts";
export type { TranslatorOptions } from "../tasks/translate/options.ts";
export type { TranslationPair } from "../tasks/translate/pairs.ts";
export { pairLines, parsePairs } from "../tasks/translate/parse-pairs.ts";
export { learnPieces, type PieceRules, Pieces } from "../tasks/translate/pieces.ts";
export type { TranslatorReading } from "../tasks/translate/reading.ts";
export type { TranslatorFitOptions } from "../tasks/translate/train-translator.ts";
export {
  loadTranslator,
  type PairLike,
  type TranslateOptions,
  type Translation,
  Translator,
  translator,
} from "../tasks/translate/translator.ts";
