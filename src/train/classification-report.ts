import { type Answers, type ConfusionMatrix, confusionMatrix, type ReportOptions } from "./confusion-matrix.ts";
import { textTable } from "./text-table.ts";

/** Precision, recall and their harmonic mean; how many rows they speak of. */
export interface Scores {
  /** Of those predicted as this class, the fraction that is, 0 to 1. */
  readonly precision: number;
  /** Of those of this class, the fraction that was found, 0 to 1. */
  readonly recall: number;
  /** Harmonic mean of precision and recall, 0 to 1. */
  readonly f1: number;
  /** Rows of this class. */
  readonly support: number;
}

/** Precision, recall and F1 score by class and on average. */
export interface ClassificationReport {
  /** Scores of each class. */
  readonly classes: readonly (Scores & { readonly label: string })[];
  /** Fraction of answers that are right, 0 to 1. */
  readonly accuracy: number;
  /** The mean over the classes that occur in the targets or in the predictions, or over those whose names are given. */
  readonly macro: Scores;
  /** The mean over rows. */
  readonly weighted: Scores;
  /** The accuracy of always predicting the most frequent class; a model must be better to have learned anything. */
  readonly baseline: { readonly label: string; readonly accuracy: number };
  /** Counts by class and prediction. */
  readonly confusion: ConfusionMatrix;
  /** A table to read. */
  toString(): string;
}

/**
 * Precision, recall and F1 of every class, their means, and the accuracy compared with that of always predicting the
 * most frequent class. Takes what `confusionMatrix` takes; a class that is never predicted has precision 0, one that
 * never comes recall 0.
 *
 *   const report = classificationReport([0, 0, 0, 1], [0, 0, 1, 1], { labels: ["calm", "storm"] });
 *   report.accuracy; // 0.75
 *   report.baseline; // { "label": "calm", "accuracy": 0.75 }
 *   report.classes[1]; // { "label": "storm", "precision": 0.5, "recall": 1, "f1": 0.667, "support": 1 }
 *   console.log(String(report));
 */
export function classificationReport(
  yTrue: Answers,
  yPred: Answers,
  options: ReportOptions = {},
): ClassificationReport {
  const confusion = confusionMatrix(yTrue, yPred, options);
  const { labels, counts } = confusion;
  const support = counts.map(add);
  const said = labels.map((_, k) => add(counts.map((row) => row[k])));
  const rows = add(support);
  const right = labels.map((_, k) => counts[k][k]);
  const classes = labels.map((label, k) => {
    const precision = ratio(right[k], said[k]);
    const recall = ratio(right[k], support[k]);
    return { label, precision, recall, f1: ratio(2 * precision * recall, precision + recall), support: support[k] };
  });
  const mean = (weights: readonly number[]): Scores => {
    const of = (key: "precision" | "recall" | "f1") => add(classes.map((c, k) => (c[key] * weights[k]) / add(weights)));
    return { precision: of("precision"), recall: of("recall"), f1: of("f1"), support: rows };
  };
  const mostCommon = support.indexOf(Math.max(...support));
  const report = {
    classes,
    accuracy: add(right) / rows,
    // A number that neither comes nor is said is no class that anybody spoke of, as in scikit-learn.
    macro: mean(labels.map((_, k) => (options.labels || support[k] + said[k] > 0 ? 1 : 0))),
    weighted: mean(support),
    baseline: { label: labels[mostCommon], accuracy: support[mostCommon] / rows },
    confusion,
  };
  return { ...report, toString: () => show(report) };
}

function show({ classes, accuracy, macro, weighted, baseline }: Omit<ClassificationReport, "toString">): string {
  const digits = (v: number) => v.toFixed(3);
  const cells = (name: string, s: Scores) => [
    name,
    digits(s.precision),
    digits(s.recall),
    digits(s.f1),
    `${s.support}`,
  ];
  return textTable(
    ["", "precision", "recall", "f1-score", "support"],
    [
      ...classes.map((c) => cells(c.label, c)),
      [],
      ["accuracy", "", "", digits(accuracy), `${macro.support}`],
      cells("macro average", macro),
      cells("weighted average", weighted),
      [`always "${baseline.label}"`, "", "", digits(baseline.accuracy), `${macro.support}`],
    ],
  );
}

const add = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const ratio = (a: number, b: number): number => (b > 0 ? a / b : 0);
