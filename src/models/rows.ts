import { DataError, problem, ShapeError, showValue, suggest } from "../errors.ts";
import type { AnyLayer } from "../layers/layer.ts";
import { type ArrayLike, isPlainArray, NdArray } from "../tensor/nd-array.ts";
import type { DType, PartialShape } from "../tensor/shape.ts";
import type { Loss } from "../train/losses.ts";
import type { Judgement } from "../train/step.ts";
import { checkInput, checkSampleWeight, checkTargets } from "./check-data.ts";
import type { Rows } from "./engine.ts";

/** One array, or for a model of several inputs (or outputs) a list in their order, or a record by name. */
export type Arrays = ArrayLike | readonly ArrayLike[] | { readonly [name: string]: ArrayLike };

/** What a model reads at one of its inputs. */
export interface InputPlace {
  /** By which an array for it may be given. */
  readonly name: string;
  /** With the batch, usually null. */
  readonly shape: PartialShape;
  /** i32 where ids are read. */
  readonly dtype: DType;
  /** The layer whose ids come in here, if one is known. */
  readonly reader: AnyLayer | undefined;
}

/** What a model gives at one of its outputs. */
export interface OutputPlace {
  /** By which its targets, loss and metrics may be given. */
  readonly name: string;
  /** With the batch, usually null. */
  readonly shape: PartialShape;
}

/** Every input as the model reads it. Throws ShapeError or DataError naming the input, what it reads and what came. */
export function inputRows(who: string, x: Arrays, places: readonly InputPlace[]): NdArray[] {
  const arrays = byName(who, "x", x, places);
  const several = places.length > 1;
  const rows = places.map(({ name, shape, dtype, reader }, k) =>
    checkInput(arrays[k]!, several ? `${who}: x "${name}"` : `${who}: x`, shape, dtype, reader),
  );
  const different = rows.findIndex((a) => a.shape[0] !== rows[0].shape[0]);
  if (different >= 0) {
    const expected = `as many rows in every input: ${rows[0].shape[0]}`;
    throw new ShapeError(problem(`${who}: x "${places[different].name}"`, expected, `${rows[different].shape[0]}`));
  }
  return rows;
}

/** Inputs that `inputRows` gave, targets and weights, ready for a step session. */
export function trainingRows(
  who: string,
  inputs: readonly NdArray[],
  y: Arrays,
  weights: { sampleWeight?: Arrays | null; classWeight?: Readonly<Record<number, number>> | null },
  model: { outputs: readonly OutputPlace[]; judgements: readonly Judgement[] },
): Rows {
  if (y === undefined || y === null)
    throw new DataError(
      problem(who, "targets y", String(y), "Training and evaluation compare with targets: give them after x."),
    );
  const count = inputs[0].shape[0];
  const { outputs, judgements } = model;
  const given = byName(who, "y", y, outputs, (k) => judgements[k].loss === null);
  const several = outputs.length > 1;
  const targets = outputs.map(({ name, shape }, k) => {
    const { loss } = judgements[k];
    if (!loss || given[k] === null) return null;
    return checkTargets(given[k]!, several ? `${who}: y "${name}"` : `${who}: y`, count, loss, shape);
  });
  const own = weights.sampleWeight ? byName(who, "sampleWeight", weights.sampleWeight, outputs, () => true) : [];
  const sampleWeights = targets.map((target, k) => (own[k] ? checkSampleWeight(own[k]!, who, target) : null));
  const rows = { count, inputs, targets, sampleWeights };
  return weights.classWeight ? weighByClass(who, rows, weights.classWeight, judgements) : rows;
}

/** The rows with each one's weight times that of its class. */
export function weighByClass(
  who: string,
  rows: Rows,
  byClass: Readonly<Record<number, number>>,
  judgements: readonly Judgement[],
): Rows {
  checkClasses(`${who}: classWeight`, byClass, judgements.length);
  const sampleWeights = rows.targets.map(
    (target, k) => target && classWeights(who, target, judgements[k].loss!, byClass, rows.sampleWeights[k]),
  );
  return { ...rows, sampleWeights };
}

/** As in Keras, a model of several outputs has no classes of its own: nobody could say whose are meant. */
function checkClasses(who: string, byClass: unknown, outputs: number): void {
  if (outputs > 1) {
    const next = "Give sampleWeight, for each output its own: { [output]: weights of its rows }.";
    throw new DataError(problem(who, "a model of one output", `one of ${outputs}`, next));
  }
  const plain = typeof byClass === "object" && !(byClass instanceof Map) && !ArrayBuffer.isView(byClass);
  if (!plain) throw new DataError(problem(who, "a weight for each class: { 0: 1, 1: 5 }", showValue(byClass)));
  const wrong = Object.keys(byClass as object).find((key) => !/^\d+$/.test(key));
  if (wrong !== undefined)
    throw new DataError(problem(who, "classes as whole numbers: { 0: 1, 1: 5 }", showValue(wrong)));
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
      problem(`${who}: classWeight`, "one label a row", `targets [${target.shape.join(", ")}]`, next),
    );
  }
  const weights = Float32Array.from({ length: rows }, (_, i) => {
    const label = labels.data[i];
    const weight = byClass[label] ?? 1;
    if (!(Number.isFinite(weight) && weight >= 0)) {
      const found = `${showValue(weight)} for class ${label}`;
      throw new DataError(problem(`${who}: classWeight`, "weights of 0 or more", found));
    }
    return weight * (own ? own.data[i] : 1);
  });
  return new NdArray(weights, [rows]);
}
