/** `cellstate/multilabel`: texts in, any number of labels out. */
import { openers } from "../tasks/load-task.ts";
import { MultiLabelClassifier as Opened } from "../tasks/multilabel/multi-label-classifier.ts";

export type { TextWithLabels } from "../tasks/multilabel/label-sets.ts";
export {
  loadMultiLabelClassifier,
  type MultiLabelAskOptions,
  MultiLabelClassifier,
  type MultiLabelFitOptions,
  type MultiLabelOptions,
  type MultiLabelPrediction,
  multiLabelClassifier,
} from "../tasks/multilabel/multi-label-classifier.ts";
export type { MultiLabelEvaluation } from "../tasks/multilabel/scores.ts";

openers.multiLabelClassifier = Opened.open; // so that loadTask knows it
