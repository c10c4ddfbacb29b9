import { DataError, problem } from "../../errors.ts";
import {
  type ArrayLike,
  asNdArray,
  NdArray,
  type Regressor,
  type SequenceClassifier,
  type TextClassifier,
} from "../../index.ts";
import type { MultiLabelClassifier } from "../../multilabel/index.ts";
import type { Unit } from "./batch-queue.ts";

/** Tasks whose rows are answered one by one. */
export type RowTask = TextClassifier | SequenceClassifier | MultiLabelClassifier | Regressor;

/** The way of a task's rows into batches, and of its answers out of them. */
export interface TaskUnits {
  units(rows: readonly unknown[]): Unit<unknown>[];
  run(rows: readonly unknown[]): Promise<readonly unknown[]>;
  join(answers: readonly unknown[]): unknown;
}

/** Rows of the same length make a batch without more padding than each has alone. */
export function taskUnits(task: RowTask): TaskUnits {
  const fixed = ("length" in task && task.length) || task.model.inputShape?.[1] || 0;
  const units = (rows: readonly unknown[]) => {
    if (!Array.isArray(rows) || rows.length === 0)
      throw new DataError(problem("predict", "a list of rows", "none", "Put one row in brackets."));
    return rows.map((row) => {
      const steps = fixed || lengthOf(task, row);
      return { row, steps, bucket: String(steps), own: fixed ? Math.min(fixed, wordsOf(task, row) ?? fixed) : steps };
    });
  };
  if (!isRegressor(task)) {
    const predict = task.predict.bind(task) as (rows: readonly unknown[]) => Promise<readonly unknown[]>;
    return { units, run: predict, join: (answers) => answers };
  }
  return {
    units,
    run: async (rows) => {
      const found = await task.predict(rows as readonly string[]);
      return rows.map((_, i) => found.slice(i, i + 1));
    },
    join: (answers) => {
      const parts = answers as readonly NdArray[];
      const [, width] = parts[0].shape;
      return new NdArray(Float64Array.from(parts.flatMap(({ data }) => Array.from(data))), [parts.length, width]);
    },
  };
}

const isRegressor = (task: RowTask): task is Regressor => "reads" in task;
const readsTexts = (task: RowTask): boolean => {
  if (isRegressor(task)) return task.reads === "texts";
  return task.task === "textClassifier" || task.task === "multiLabelClassifier";
};

/** Words of a text, of which a model that reads so many is filled up; null where that is not known. */
function wordsOf(task: RowTask, row: unknown): number | null {
  if (typeof row !== "string" || !("tokenizer" in task) || task.tokenizer === null) return null;
  return task.tokenizer.textsToSequences([row])[0].length;
}

/** Steps of a row that is read as long as it is. What is no row at all is told by `predict` itself. */
function lengthOf(task: RowTask, row: unknown): number {
  if (readsTexts(task)) {
    if (typeof row !== "string") return 1;
    const { x } = (task as TextClassifier).modelInput(row);
    return x instanceof NdArray ? (x.shape[1] ?? 1) : 1;
  }
  const recording = Object(row) as { samples?: unknown };
  if (recording.samples instanceof Float32Array) return recording.samples.length;
  return asNdArray(row as ArrayLike, { who: "predict: a sequence" }).shape[0] || 1;
}
