import { DataError, problem, ShapeError, showShape, unknownOption } from "../../errors.ts";
import {
  type AnyModel,
  type Arrays,
  asNdArray,
  Model,
  NdArray,
  type Prediction,
  type Regressor,
  type Sequence,
  type SequenceClassifier,
  type TextClassifier,
  type TextPrediction,
} from "../../index.ts";
import type { MultiLabelClassifier, MultiLabelPrediction } from "../../multilabel/index.ts";
import { completeOptions } from "../complete-options.ts";
import { type Asking, BatchQueue, type BatchReport, type QueueLimits, type Unit } from "./batch-queue.ts";
import { type RowTask, taskUnits } from "./task-units.ts";

/** Options of `batched`. */
export interface BatchingOptions {
  /** Rows of a batch at most; powers of two are used up to it. Default 128. */
  maxRows?: number;
  /** Rows times padded steps of a batch at most: so long does one batch hold up the others. Default 16,384. */
  maxSteps?: number;
  /** Rows times padded steps that may wait; what comes then is refused (`CELLSTATE_BUSY`). Default 1,000,000. */
  maxWaiting?: number;
  /** Called after each batch, for figures of it. Default: none. */
  onBatch?: (batch: BatchReport) => void;
}

/** A model or task whose predictions are computed together. */
export interface Batched<Rows, Answers> {
  /** As `predict` of the model or task, and with the same bits. */
  predict(rows: Rows, options?: Asking): Promise<Answers>;
  /** Rows times padded steps that wait now. */
  readonly waiting: number;
}

/**
 * Computes predictions that are asked at the same time in one batch: fifty at once take about as long as a few one by one. Alone a
 * prediction starts at once. Rows of one length are computed together, so nothing is padded further, and every answer has the bits that
 * it has alone (on native and WASM; plain TypeScript computes rows in pairs, and one row by itself with other bits). An aborted signal takes its rows out of the queue. Models with `stateful` layers or a fixed batch size answer one
 * question after the other. Throws DataError for an unknown option.
 *
 *   const many = batched(model);
 *   const answers = await Promise.all(rows.map((row) => many.predict([row])));
 */
export function batched(task: TextClassifier, options?: BatchingOptions): Batched<readonly string[], TextPrediction[]>;
export function batched(
  task: SequenceClassifier,
  options?: BatchingOptions,
): Batched<readonly Sequence[], Prediction[]>;
export function batched(
  task: MultiLabelClassifier,
  options?: BatchingOptions,
): Batched<readonly string[], MultiLabelPrediction[]>;
export function batched(task: Regressor, options?: BatchingOptions): Batched<readonly (string | Sequence)[], NdArray>;
export function batched(model: AnyModel, options?: BatchingOptions): Batched<Arrays, NdArray | NdArray[]>;
export function batched(of: AnyModel | RowTask, options: BatchingOptions = {}): Batched<never, unknown> {
  const limits = queueLimits(options);
  if (of instanceof Model) return batchedModel(of as AnyModel, limits, options.onBatch);
  const { units, run, join } = taskUnits(of as RowTask);
  const queue = new BatchQueue(run, limits, options.onBatch);
  const many = {
    predict: async (rows: readonly unknown[], asking = {}) => join(await queue.ask(units(rows), asking)),
    get waiting() {
      return queue.waiting;
    },
  } satisfies Batched<readonly unknown[], unknown> as Batched<never, unknown>;
  queues.set(many, queue);
  return many;
}

/** Computes a batch of each kind that another model, whose place this one takes, has computed lately. */
export const warmAs = (many: Batched<never, unknown>, before: Batched<never, unknown>): Promise<void> =>
  queues.get(many)!.warmAs(queues.get(before)!);

const queues = new WeakMap<object, BatchQueue<unknown, unknown>>(); // what nobody outside needs to see

/** The limits, complete. Throws DataError for an unknown option. */
export const queueLimits = (options: BatchingOptions): QueueLimits =>
  completeOptions("batched", options, usual, { also: ["onBatch"], whole: true });

const usual: QueueLimits = { maxRows: 128, maxSteps: 16_384, maxWaiting: 1_000_000 };

/** A row of each input of a model. */
type InputRow = readonly (NdArray | readonly string[])[];

function batchedModel(
  model: AnyModel,
  limits: QueueLimits,
  report?: (batch: BatchReport) => void,
): Batched<never, unknown> {
  // Rows that depend on one another, or on the batch before, are left as they were asked.
  const whole = model.fixedBatch !== null || model.mixesRows;
  const run = async (rows: readonly InputRow[]) => {
    const inputs = rows[0].map((_, k) => joined(rows.map((row) => row[k])));
    const found = await model.predict((inputs.length === 1 ? inputs[0] : inputs) as Arrays);
    const outputs: NdArray[] = Array.isArray(found) ? found : [found as NdArray];
    if (rows.length === 1) return [outputs];
    return rows.map((_, i) => outputs.map((a) => a.slice(i, i + 1)));
  };
  const queue = new BatchQueue<InputRow, NdArray[]>(run, limits, report);
  let asked = 0;
  const predict = async (x: Arrays, asking: Asking = {}) => {
    const inputs = inputsOf(model, x);
    const count = lengthOf(inputs[0]);
    const steps = Math.max(...inputs.map(stepsOf));
    const kind = inputs.map((a) => (a instanceof NdArray ? a.shape.slice(1).join("x") : "texts")).join(";");
    const bucket = whole ? `${kind} alone ${asked++}` : kind;
    const units: Unit<InputRow>[] =
      whole || count === 1
        ? [{ row: inputs, bucket, steps: count * steps }]
        : Array.from({ length: count }, (_, i) => ({ row: inputs.map((a) => a.slice(i, i + 1)), bucket, steps }));
    const parts = await queue.ask(units, asking);
    if (parts.length === 1) return model.severalOutputs ? parts[0] : parts[0][0];
    const outputs = parts[0].map((_, k) => joined(parts.map((part) => part[k])) as NdArray);
    return model.severalOutputs ? outputs : outputs[0];
  };
  const many = {
    predict,
    get waiting() {
      return queue.waiting;
    },
  } as Batched<never, unknown>;
  queues.set(many, queue as object as BatchQueue<unknown, unknown>);
  return many;
}

/** The array of each input of the model; a shape that does not fit is told to the one who sent it. */
function inputsOf(model: AnyModel, x: Arrays): (NdArray | readonly string[])[] {
  const places = model.inputs;
  if (!places) throw new DataError(problem("batched", "a built model", "one without weights yet"));
  const list = placesOf(
    x,
    places.map(({ name }) => name),
  );
  const inputs = places.map(({ name, shape, dtype, texts }, k) => {
    const given = list[k];
    if (texts && Array.isArray(given) && given.every((text) => typeof text === "string")) return given as string[];
    const a = asNdArray(given as NdArray, { who: `predict: ${name}`, dtype });
    const fits = a.rank === shape.length && shape.every((d, i) => i === 0 || d === null || d === a.shape[i]);
    if (!fits) throw new ShapeError(problem("predict", `${name} ${showShape(shape)}`, showShape(a.shape)));
    return a;
  });
  const rows = lengthOf(inputs[0]);
  const uneven = inputs.findIndex((a) => lengthOf(a) !== rows);
  if (uneven > 0)
    throw new ShapeError(problem("predict", `${rows} rows in every input`, `${lengthOf(inputs[uneven])}`));
  if (rows === 0) throw new DataError(problem("predict", "at least one row", "none"));
  return inputs;
}

function placesOf(x: Arrays, names: readonly string[]): readonly unknown[] {
  const several = names.length > 1;
  if (x instanceof NdArray || ArrayBuffer.isView(x)) return [x];
  if (Array.isArray(x)) {
    if (!several) return x.length === 1 && x[0] instanceof NdArray ? x : [x];
    if (x.length === names.length) return x;
    throw new DataError(problem("predict", `${names.length} inputs`, `${x.length}`, `In order: ${names.join(", ")}.`));
  }
  const record = Object(x) as Record<string, unknown>;
  if ("data" in record && "shape" in record) return [x];
  const unknown = Object.keys(record).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new DataError(unknownOption("predict", unknown, names));
  const missing = names.find((name) => !Object.hasOwn(record, name));
  if (missing !== undefined) throw new DataError(problem("predict", `input "${missing}"`, "none"));
  return names.map((name) => record[name]);
}

const lengthOf = (a: NdArray | readonly string[]): number => (a instanceof NdArray ? (a.shape[0] ?? 0) : a.length);

/** Steps of a row: [T] of ids, [T, D] of numbers. */
const stepsOf = (a: NdArray | readonly string[]): number =>
  a instanceof NdArray && a.rank > 1 ? Math.max(1, a.dtype === "i32" || a.rank > 2 ? a.shape[1] : 1) : 1;

function joined(parts: readonly (NdArray | readonly string[])[]): NdArray | readonly string[] {
  const [first] = parts;
  if (parts.length === 1) return first;
  if (!(first instanceof NdArray)) return parts.flatMap((part) => part as readonly string[]);
  const arrays = parts as readonly NdArray[];
  const data = new (first.data.constructor as Float32ArrayConstructor)(arrays.reduce((n, a) => n + a.size, 0));
  let at = 0;
  for (const a of arrays) {
    data.set(a.data as Float32Array, at);
    at += a.size;
  }
  return new NdArray(data, [arrays.reduce((n, a) => n + a.shape[0], 0), ...first.shape.slice(1)]);
}
