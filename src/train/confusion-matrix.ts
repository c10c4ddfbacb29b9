import { DataError, problem, ShapeError, showShape, suggest } from "../errors.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import { textTable } from "./text-table.ts";

/** Class numbers, class names, one-hot rows, or what a model predicts: [N], [N, 1] or [N, classes]. */
export type Answers = ArrayLike | readonly string[];

export interface ReportOptions {
  /** Names of the classes in order. Default: their numbers. */
  labels?: readonly string[];
}

/** Counts of predictions: row by true class, column by predicted class. */
export interface ConfusionMatrix {
  /** Names of the classes, in the order of rows and columns. */
  readonly labels: readonly string[];
  /** [classes, classes] */
  readonly counts: readonly (readonly number[])[];
  /** A table to read. */
  toString(): string;
}

/**
 * Counts how often each class was predicted as each class. Predictions of one number are a yes above ½; of several, the largest is
 * the answer. Throws DataError for an answer outside the labels, ShapeError when truth and prediction differ in length.
 *
 *   confusionMatrix([0, 1, 1, 2], [0, 1, 2, 2]).counts; // [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
 *   String(confusionMatrix(["yes", "no"], ["yes", "yes"])).split("\n")[1]; // "              no   0    1"
 */
export function confusionMatrix(yTrue: Answers, yPred: Answers, options: ReportOptions = {}): ConfusionMatrix {
  const who = "confusionMatrix";
  const [truth, said] = [answers(yTrue, `${who}: yTrue`), answers(yPred, `${who}: yPred`)];
  if (truth.values.length !== said.values.length)
    throw new ShapeError(
      problem(who, `as many predictions as answers (${truth.values.length})`, `${said.values.length}`),
    );
  if (truth.values.length === 0) throw new DataError(problem(who, "at least one answer", "none"));
  const labels = labelsOf([truth, said], options.labels);
  const index = new Map(labels.map((label, k) => [label, k]));
  const counts = labels.map(() => labels.map(() => 0));
  const place = (value: string | number, of: string, row: number): number => {
    const k = typeof value === "string" ? index.get(value) : value;
    if (k === undefined || k >= labels.length) {
      const next = typeof value === "string" ? suggest(value, labels) : "Give a label for every class.";
      throw new DataError(problem(`${who}: ${of}`, `one of ${labels.length} classes`, `${value} in row ${row}`, next));
    }
    return k;
  };
  for (const [row, value] of truth.values.entries())
    counts[place(value, "yTrue", row)][place(said.values[row], "yPred", row)]++;
  return { labels, counts, toString: () => showMatrix(labels, counts) };
}

interface Read {
  readonly values: readonly (string | number)[];
  /** Number of classes by the array's width; 0 where it does not tell. */
  readonly width: number;
}

function answers(given: Answers, who: string): Read {
  if (Array.isArray(given) && given.some((v) => typeof v === "string")) {
    const odd = given.findIndex((v) => typeof v !== "string");
    if (odd >= 0) throw new DataError(problem(who, "names all through", `${given[odd]} in row ${odd}`));
    return { values: given as string[], width: 0 };
  }
  const array = asNdArray(given as ArrayLike, { who });
  const width = array.rank === 2 ? array.shape[1] : 1;
  if (array.rank < 1 || array.rank > 2 || width === 0)
    throw new ShapeError(problem(who, "[N], [N, 1] or [N, classes]", showShape(array.shape)));
  const data = array.data as Float32Array;
  const bad = data.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0) throw new DataError(problem(who, "finite numbers", `${data[bad]} in row ${Math.floor(bad / width)}`));
  if (width > 1) return { values: [...array.argmax().data], width };
  if (data.every(Number.isInteger)) {
    const low = data.findIndex((v) => v < 0);
    if (low >= 0) throw new DataError(problem(who, "class numbers of 0 or more", `${data[low]} in row ${low}`));
    return { values: [...data], width: 0 };
  }
  const out = data.findIndex((v) => v < 0 || v > 1);
  if (out >= 0)
    throw new DataError(problem(who, "class numbers, or probabilities from 0 to 1", `${data[out]} in row ${out}`));
  return { values: Array.from(data, (v) => (v > 0.5 ? 1 : 0)), width: 2 };
}

function labelsOf(read: readonly Read[], given: readonly string[] | undefined): string[] {
  if (given) {
    const twice = given.find((label, k) => given.indexOf(label) !== k);
    if (given.length === 0 || twice !== undefined)
      throw new DataError(problem("labels", "different names, at least one", twice ? `"${twice}" twice` : "none"));
    return [...given];
  }
  const values = read.flatMap((r) => r.values);
  const names = values.filter((v) => typeof v === "string");
  if (names.length > 0) return [...new Set(names)].sort();
  const most = values.reduce<number>((m, v) => Math.max(m, (v as number) + 1), 2);
  const classes = Math.max(most, ...read.map((r) => r.width));
  if (classes > 100_000)
    throw new DataError(problem("confusionMatrix", "class numbers below 100,000", `${classes - 1}`));
  return Array.from({ length: classes }, (_, k) => String(k));
}

function showMatrix(labels: readonly string[], counts: readonly (readonly number[])[]): string {
  return textTable(
    ["true \\ predicted", ...labels],
    labels.map((label, k) => [label, ...counts[k].map(String)]),
  );
}
