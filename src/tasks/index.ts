export type { ClassifierFitOptions, ClassifierOptions, Evaluation, Prediction } from "./classifier.ts";
export type { Label } from "./labels.ts";
export type { StackOptions } from "./recurrent-stack.ts";
export {
  type LabelledSequence,
  loadSequenceClassifier,
  type Sequence,
  type SequenceClassifier,
  type SequenceClassifierOptions,
  type SequenceSizes,
  sequenceClassifier,
} from "./sequence-classifier.ts";
export { type TaskSource, taskOf } from "./task-file.ts";
export {
  type LabelledText,
  loadTextClassifier,
  type TextClassifier,
  type TextClassifierOptions,
  type TextPrediction,
  type TextSizes,
  textClassifier,
} from "./text-classifier.ts";
