/** From the arrays a user passes to those that step programs read: x, y and weights by name, checked once, with errors that name them. */
import { DataError, invalidOption, option, problem, ShapeError, sentence, showValue, suggest } from "../../errors.ts";
import { valuesOf } from "../../layers/preprocessing/input-encoder.ts";
import { type ArrayLike, asNdArray, isPlainArray, NdArray } from "../../tensor/nd-array.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Compiled, Objective } from "../compiled.ts";
import type { Loss } from "../losses/loss.ts";
import { lossOf } from "../losses/named.ts";
import { checkNames } from "../options.ts";
import { checkInput, checkSampleWeight, checkTargets } from "./check-data.ts";
import type { Batch, FitOptions, ValidationArrays } from "./fit-options.ts";
import type { Arrays, InputPlace, TrainableModel } from "./trainable-model.ts";

/** Rows of a data set that step programs index: inputs, and targets and weights of each output that has a loss or metrics. */
export interface Rows {
  readonly count: number;
  readonly inputs: readonly NdArray[];
  readonly targets: readonly (NdArray | null)[];
  readonly sampleWeights: readonly (NdArray | null)[];
}

/**
 * Inputs, targets and weights, ready for a step session: each array is checked once, here. Throws ShapeError or
 * DataError naming the array, what the model reads and what came.
 */
export function rowsFor(
  model: TrainableModel,
  who: string,
  x: Arrays,
  y: Arrays,
  { sampleWeight, classWeight }: Pick<FitOptions, "sampleWeight" | "classWeight">,
): Rows {
  if (y === undefined || y === null)
    throw new DataError(
      problem(who, "targets y", String(y), "Training and evaluation compare with targets: give them after x."),
    );
  const inputs = inputsFor(model, who, x);
  const { objectives } = compiledOf(model, who);
  const outputs = model.outputs!;
  const count = inputs[0].shape[0];
  const given = byName(who, "y", y, outputs, (k) => !isJudged(objectives[k]));
  const several = outputs.length > 1;
  const targets = outputs.map(({ name, shape }, k) => {
    const target = given[k];
    if (target === null || !isJudged(objectives[k])) return null;
    const what = several ? `${who}: y "${name}"` : `${who}: y`;
    return checkTargets(target, what, count, objectives[k].loss ?? lossLike(target, what, shape), shape);
  });
  const own = sampleWeight ? byName(who, "sampleWeight", sampleWeight, outputs, () => true) : [];
  const sampleWeights = targets.map((target, k) => (own[k] ? checkSampleWeight(own[k]!, who, target) : null));
  const rows = { count, inputs, targets, sampleWeights };
  return classWeight ? weighByClass(who, rows, classWeight, objectives) : rows;
}

/** Whether an output is compared with anything. */
const isJudged = ({ loss, metrics, weightedMetrics }: Objective): boolean =>
  loss !== null || metrics.length + weightedMetrics.length > 0;

/** A loss that takes such targets, for an output that has metrics alone: numbers like the output's, or class numbers. */
function lossLike(target: ArrayLike, who: string, prediction: PartialShape) {
  const numbers = (shape: PartialShape) => shape.slice(1).reduce<number>((n, d) => n * (d ?? 1), 1);
  const same = numbers(asNdArray(target, { who }).shape) === numbers(prediction);
  return lossOf(same ? "meanSquaredError" : "sparseCategoricalCrossentropy");
}

/** The inputs as arrays the model reads; builds a model that was given no shape. */
export function inputsFor(model: TrainableModel, who: string, x: Arrays): NdArray[] {
  if (x === undefined || x === null)
    throw new DataError(problem(who, "an array x", String(x), "Give a nested array, a typed array or an NdArray."));
  const one = isPlainArray(x) || ArrayBuffer.isView(x) || Array.isArray(x);
  if (one && (isPlainArray(x) ? x.shape[0] : (x as readonly unknown[]).length) === 0)
    throw new DataError(problem(`${who}: x`, "at least one row", "none", "Check filters and input files."));
  if (model.built) return inputRows(who, x, model.inputs!);
  const first = buildFrom(model, who, x);
  return inputRows(who, first, model.inputs!);
}

/** Builds a model without an input shape from its first data, and returns them as an array. */
export function buildFrom(model: TrainableModel, who: string, x: Arrays): NdArray {
  const array = asNdArray(x as ArrayLike, { who: `${who}: x` });
  model.build([null, ...array.shape.slice(1)]);
  return array;
}

/** One batch of a stream. */
export function batchRowsFor(
  model: TrainableModel,
  who: string,
  batch: Batch,
  classWeight?: FitOptions["classWeight"],
): Rows {
  const [x, y, sampleWeight] = batchArrays(who, batch);
  const rows = rowsFor(model, who, x, y, { sampleWeight, classWeight });
  batchSizeFor(model, who, rows.count, rows.count);
  return rows;
}

export function validationRows(model: TrainableModel, given: Batch): Rows {
  const who = "fit: validationData";
  const [x, y, sampleWeight] = batchArrays(who, given);
  return rowsFor(model, who, x, y, { sampleWeight });
}

/** The last fraction of the rows kept from training. */
export function splitRows(all: Rows, fraction: number): { train: Rows; validation: Rows | null } {
  if (fraction === 0) return { train: all, validation: null };
  const at = Math.floor(all.count * (1 - fraction));
  if (!(fraction > 0 && fraction < 1) || at === 0 || at === all.count) {
    const next = "Use a smaller fraction, for example 0.2, or more rows.";
    const found = `${fraction} of ${all.count} rows`;
    throw new DataError(
      problem("fit", sentence`a ${option("validationSplit")} that leaves rows on both sides`, found, next),
    );
  }
  return { train: sliceRows(all, 0, at), validation: sliceRows(all, at, all.count) };
}

/** The requested batch size, or 32; a stateful model has one of its own. */
export function batchSizeFor(model: TrainableModel, who: string, asked: number | undefined, rows: number): number {
  if (model.rowsTogether) {
    if (who === "predict" && (asked ?? rows) >= rows) return rows;
    const next = "Export it with the batch first; predictions take all rows at once.";
    throw new DataError(
      problem(who, "a model whose rows do not depend on one another", "one whose first axis is time", next),
    );
  }
  const fixed = model.fixedBatch;
  const size = asked ?? fixed ?? 32;
  if (!(Number.isInteger(size) && size > 0))
    throw new DataError(
      invalidOption(
        who,
        "batchSize",
        sentence`${option("batchSize")} as a whole number above 0`,
        String(asked),
        "32 is a good beginning.",
      ),
    );
  if (fixed === null) return size;
  if (size !== fixed || rows % fixed !== 0) {
    const next = "A stateful model keeps one state for each row of its batch: give whole batches of that size.";
    throw new DataError(
      problem(who, `batches of ${fixed} rows`, sentence`${option("batchSize")} ${size}, ${rows} rows`, next),
    );
  }
  return size;
}

export function compiledOf(model: TrainableModel, who: string): Compiled {
  if (model.compiled) return model.compiled;
  const why = model.notCompiled ? `How its file says it was compiled is not understood: ${model.notCompiled}\n  ` : "";
  const next = `${why}First: model.compile({ optimizer: "adam", loss: ... }).`;
  throw new DataError(problem(who, "a compiled model", "one that is not", next).as("CELLSTATE_NOT_COMPILED"));
}

/** The rows with each one's weight times that of its class. */
export function weighByClass(
  who: string,
  rows: Rows,
  byClass: Readonly<Record<number, number>>,
  objectives: readonly Objective[],
): Rows {
  checkClasses(who, byClass, objectives.length);
  const sampleWeights = rows.targets.map(
    (target, k) => target && classWeights(who, target, objectives[k].loss!, byClass, rows.sampleWeights[k]),
  );
  return { ...rows, sampleWeights };
}

/** Rows `from` to `to` of everything. */
export function sliceRows(rows: Rows, from: number, to: number): Rows {
  return {
    count: to - from,
    inputs: rows.inputs.map((a) => a.slice(from, to)),
    targets: rows.targets.map((a) => a?.slice(from, to) ?? null),
    sampleWeights: rows.sampleWeights.map((a) => a?.slice(from, to) ?? null),
  };
}

/** Rows in memory of their own. */
export function copyRows(rows: Rows): Rows {
  const copy = (a: NdArray) => new NdArray(a.data.slice(), a.shape);
  return {
    count: rows.count,
    inputs: rows.inputs.map(copy),
    targets: rows.targets.map((a) => a && copy(a)),
    sampleWeights: rows.sampleWeights.map((a) => a && copy(a)),
  };
}

/** x, y and weights as a stream gives a batch, and as validation data are given. */
export function batchArrays(who: string, batch: unknown): ValidationArrays {
  if (Array.isArray(batch) && (batch.length === 2 || batch.length === 3)) return batch as unknown as ValidationArrays;
  const given = batch as { x: Arrays; y: Arrays; sampleWeight?: Arrays };
  if (isRecord(batch) && "x" in batch && "y" in batch) {
    checkNames(who, batch, ["x", "y", "sampleWeight"]);
    return [given.x, given.y, given.sampleWeight];
  }
  const tfjs = isRecord(batch) && "xs" in batch && "ys" in batch;
  const next = tfjs ? "Name them x and y." : undefined;
  const expected = "[x, y], [x, y, sampleWeight] or { x, y, sampleWeight }";
  const stream = who.includes("validationData") ? "" : "batches ";
  throw new DataError(problem(who, stream + expected, showValue(batch), next));
}

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** Every input as the model reads it. Throws ShapeError or DataError naming the input, what it reads and what came. */
function inputRows(who: string, x: Arrays, places: readonly InputPlace[]): NdArray[] {
  const arrays = byName(who, "x", x, places);
  const several = places.length > 1;
  const each = places.map((place, k) => {
    const what = several ? `${who}: x "${place.name}"` : `${who}: x`;
    return (place.computed ?? [{ ...place, encoder: null }]).map(({ encoder, shape, dtype, reader }) => {
      const given = arrays[k]!;
      const values = encoder ? encoder.encode(valuesOf(given, place.shape, place.texts ?? false, what), what) : given;
      return checkInput(values as ArrayLike, what, shape, dtype, reader);
    });
  });
  const rows = each[0][0].shape[0];
  const different = each.findIndex((made) => made[0].shape[0] !== rows);
  if (different >= 0) {
    const found = `${each[different][0].shape[0]}`;
    throw new ShapeError(
      problem(`${who}: x "${places[different].name}"`, `as many rows in every input: ${rows}`, found),
    );
  }
  return each.flat();
}

/** The arrays in the order of the places; null only where `optional` allows. */
function byName(
  who: string,
  what: string,
  given: Arrays,
  places: readonly { readonly name: string }[],
  optional: (k: number) => boolean = () => false,
): (ArrayLike | null)[] {
  const names = places.map((p) => p.name);
  const label = `${who}: ${what}`;
  if (typeof given !== "object" || given === null)
    throw new DataError(
      problem(label, "an array", showValue(given), "Give a nested array, a typed array or an NdArray."),
    );
  const record = !Array.isArray(given) && !isPlainArray(given) && !ArrayBuffer.isView(given);
  if (record) {
    const entries = given as { readonly [name: string]: ArrayLike };
    for (const name of Object.keys(entries)) {
      if (!names.includes(name))
        throw new DataError(problem(label, `arrays named ${names.join(", ")}`, `"${name}"`, suggest(name, names)));
    }
    return names.map((name, k) => {
      if (entries[name] !== undefined) return entries[name];
      if (optional(k)) return null;
      throw new DataError(problem(label, `arrays named ${names.join(", ")}`, `none for "${name}"`));
    });
  }
  const list = given as readonly ArrayLike[];
  if (names.length === 1) return [list.length === 1 && isPlainArray(list[0]) ? list[0] : (given as ArrayLike)];
  if (Array.isArray(given) && list.length === names.length) return [...list];
  const found = Array.isArray(given) ? `a list of ${list.length}` : "one array";
  throw new DataError(
    problem(label, `a list of ${names.length} arrays (${names.join(", ")}), or a record by name`, found),
  );
}

/** Each row's weight by its label, times its own weight if it has one. */
function classWeights(
  who: string,
  target: NdArray,
  loss: Loss,
  byClass: Readonly<Record<number, number>>,
  own: NdArray | null,
): NdArray {
  const width = target.rank > 1 ? target.shape[target.rank - 1] : 1;
  const oneHot = loss.name === "categorical_crossentropy" || (target.dtype === "f32" && width > 1);
  const labels = oneHot ? target.argmax() : target;
  const rows = target.shape[0];
  if (labels.size !== rows) {
    const next = "Give sampleWeight [rows, steps] for targets of every step.";
    throw new DataError(
      invalidOption(who, "classWeight", "one label a row", `targets [${target.shape.join(", ")}]`, next),
    );
  }
  const weights = Float32Array.from({ length: rows }, (_, i) => {
    const label = labels.data[i];
    const weight = byClass[label] ?? 1;
    if (!(Number.isFinite(weight) && weight >= 0)) {
      const found = `${showValue(weight)} for class ${label}`;
      throw new DataError(invalidOption(who, "classWeight", "weights of 0 or more", found));
    }
    return weight * (own ? own.data[i] : 1);
  });
  return new NdArray(weights, [rows]);
}
/** As in Keras, a model of several outputs has no classes of its own: it would be unclear which are meant. */
function checkClasses(who: string, byClass: unknown, outputs: number): void {
  if (outputs > 1) {
    const next = "Give sampleWeight, for each output its own: { [output]: weights of its rows }.";
    throw new DataError(invalidOption(who, "classWeight", "a model of one output", `one of ${outputs}`, next));
  }
  const plain = typeof byClass === "object" && !(byClass instanceof Map) && !ArrayBuffer.isView(byClass);
  if (!plain)
    throw new DataError(
      invalidOption(who, "classWeight", "a weight for each class: { 0: 1, 1: 5 }", showValue(byClass)),
    );
  const wrong = Object.keys(byClass as object).find((key) => !/^\d+$/.test(key));
  if (wrong !== undefined)
    throw new DataError(
      invalidOption(who, "classWeight", "classes as whole numbers: { 0: 1, 1: 5 }", showValue(wrong)),
    );
}
