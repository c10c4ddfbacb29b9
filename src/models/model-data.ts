import { DataError, problem } from "../errors.ts";
import { type ArrayLike, asNdArray, isPlainArray, type NdArray } from "../tensor/nd-array.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Compiled } from "./compiled.ts";
import type { Rows } from "./engine.ts";
import type { Batch, FitOptions } from "./model-options.ts";
import { type Arrays, type InputPlace, inputRows, type OutputPlace, sliceRows, trainingRows } from "./rows.ts";
import { batchArrays } from "./run.ts";

/** What reading data needs to know of a model. */
export interface DataModel {
  readonly built: boolean;
  readonly compiled: Compiled | null;
  readonly notCompiled: string | null;
  readonly inputs: readonly InputPlace[] | null;
  readonly outputs: readonly OutputPlace[] | null;
  readonly fixedBatch: number | null;
  build(input: PartialShape): void;
}

/** The inputs as arrays the model reads; builds a model that was given no shape. */
export function inputsFor(model: DataModel, who: string, x: Arrays): NdArray[] {
  if (x === undefined || x === null)
    throw new DataError(problem(who, "an array x", String(x), "Give a nested array, a typed array or an NdArray."));
  const one = isPlainArray(x) || ArrayBuffer.isView(x) || Array.isArray(x);
  if (one && (isPlainArray(x) ? x.shape[0] : (x as readonly unknown[]).length) === 0)
    throw new DataError(
      problem(`${who}: x`, "at least one row", "none", "Look where the rows were lost: a filter, an empty file."),
    );
  if (model.built) return inputRows(who, x, model.inputs!);
  const first = buildFrom(model, who, x);
  return inputRows(who, first, model.inputs!);
}

/** Builds a model that was given no shape from its first data, and gives them back as an array. */
export function buildFrom(model: DataModel, who: string, x: Arrays): NdArray {
  const array = asNdArray(x as ArrayLike, { who: `${who}: x` });
  model.build([null, ...array.shape.slice(1)]);
  return array;
}

/** Inputs, targets and weights, ready for a step session. */
export function rowsFor(
  model: DataModel,
  who: string,
  x: Arrays,
  y: Arrays,
  options: Pick<FitOptions, "sampleWeight" | "classWeight">,
): Rows {
  if (y === undefined || y === null)
    throw new DataError(
      problem(who, "targets y", String(y), "Training and evaluation compare with targets: give them after x."),
    );
  const inputs = inputsFor(model, who, x);
  const { judgements } = compiledOf(model, who);
  return trainingRows(who, inputs, y, options, { outputs: model.outputs!, judgements });
}

/** One batch of a stream. */
export function batchRowsFor(
  model: DataModel,
  who: string,
  batch: Batch,
  classWeight?: FitOptions["classWeight"],
): Rows {
  const [x, y, sampleWeight] = batchArrays(who, batch);
  const rows = rowsFor(model, who, x, y, { sampleWeight, classWeight });
  batchSizeFor(model, who, rows.count, rows.count);
  return rows;
}

export function validationRows(model: DataModel, given: Batch): Rows {
  const who = "fit: validationData";
  const [x, y, sampleWeight] = batchArrays(who, given);
  return rowsFor(model, who, x, y, { sampleWeight });
}

/** The last fraction of the rows kept from training. */
export function splitRows(all: Rows, share: number): { train: Rows; validation: Rows | null } {
  if (share === 0) return { train: all, validation: null };
  const at = Math.floor(all.count * (1 - share));
  if (!(share > 0 && share < 1) || at === 0 || at === all.count) {
    const next = "Set less aside, 0.2 for one, or give more rows.";
    const found = `${share} of ${all.count} rows`;
    throw new DataError(problem("fit", "a validationSplit that leaves rows on both sides", found, next));
  }
  return { train: sliceRows(all, 0, at), validation: sliceRows(all, at, all.count) };
}

/** The batch size asked for, or 32; a stateful model has one of its own. */
export function batchSizeFor(model: DataModel, who: string, asked: number | undefined, rows: number): number {
  const fixed = model.fixedBatch;
  const size = asked ?? fixed ?? 32;
  if (!(Number.isInteger(size) && size > 0))
    throw new DataError(problem(who, "batchSize as a whole number above 0", String(asked), "32 is a good beginning."));
  if (fixed === null) return size;
  if (size !== fixed || rows % fixed !== 0) {
    const next = "A stateful model keeps one state for each row of its batch: give whole batches of that size.";
    throw new DataError(problem(who, `batches of ${fixed} rows`, `batchSize ${size}, ${rows} rows`, next));
  }
  return size;
}

export function compiledOf(model: DataModel, who: string): Compiled {
  if (model.compiled) return model.compiled;
  const why = model.notCompiled ? `How its file says it was compiled is not understood: ${model.notCompiled}\n  ` : "";
  const next = `${why}First: model.compile({ optimizer: "adam", loss: ... }).`;
  throw new DataError(problem(who, "a compiled model", "one that is not", next).as("CELLSTATE_NOT_COMPILED"));
}
