/**
 * Random models of ours as ONNX files: onnxruntime computes what predict does, for one row, three and many, with rows of padding,
 * and at other lengths where they are open; and the file read back does.
 */
import { difference } from "./close.mjs";
import { onnxCases } from "./onnx-out-cases.mjs";
import { NotHere, ourModel, randomise } from "./our-specs.mjs";
import { ownModel, ownStack } from "./own-models.mjs";
import { randomModel } from "./random-models.mjs";
import { showSmallest } from "./shrink.mjs";
import { dataFor } from "./specs.mjs";

export const about = "random models of ours in ONNX files, run by onnxruntime and read back";
export const script = "onnx_out.py";
/** What docs/model-files.md says is refused. */
export const listed = [/one formula for all lengths/, /sizes that follow from the input's/];
export const fixed = Object.keys(onnxCases);

// f32: the two sum up to 60 products of a gate in another order, 5 steps long, layer behind layer.
const tolerance = 1e-5;
// A normalization within a cell divides by deviations down to the root of epsilon, 0.03, at each of the steps.
const toleranceOfNormalized = 1e-4;
const toleranceFor = (model) =>
  model.layers.some((layer) => JSON.stringify(layer.config()).includes("LayerNormLSTMCell"))
    ? toleranceOfNormalized
    : tolerance;

/** Two in three models are of Keras's layers, one is of what it lacks; some files are of a single step. */
const given = (seed) => {
  if (typeof seed === "string") return onnxCases[seed];
  if (seed % 24 === 5) return { seed, step: true };
  return seed % 3 === 2 ? { seed, own: true } : { seed, ...randomModel(seed) };
};

export async function* sweep({ seeds, verbose, ...context }) {
  for (const seed of seeds) {
    const model = given(seed);
    const results = await tried(model, context);
    for (const result of results) yield { seed, ...result };
    if (verbose && model.spec) await showSmallest(model, results, (smaller) => tried(smaller, context));
  }
}

async function tried(given, { ask, cellstate, formats }) {
  const { stateful, step = false, seed = 1, cells = [] } = given;
  const wrong = (kind, error) => ({ kind, result: "wrong", why: error.stack ?? String(error) });
  const refused = (kind, error) =>
    error instanceof cellstate.CellstateError ? { kind, result: "refused", why: error.message } : wrong(kind, error);
  let made;
  try {
    made = await madeOf(given, cellstate);
  } catch (error) {
    const none = error instanceof NotHere || error instanceof cellstate.CellstateError;
    return [none ? { kind: "files", result: "none", why: error.message } : wrong("files", error)];
  }
  const { model } = made;
  randomise(model, seed, cellstate);
  let runs;
  try {
    runs = await predictions({ ...made, seed, stateful }, cellstate);
    if (step) runs = stepsOf(runs[1], cellstate);
  } catch (error) {
    const none = error instanceof cellstate.CellstateError; // what does not predict is no model
    return [none ? { kind: "files", result: "none", why: error.message } : wrong("files", error)];
  }
  let bytes;
  try {
    bytes = formats.onnxBytes(model, { step });
  } catch (error) {
    return [refused("files", error)];
  }
  const { inputs } = formats.readOnnxGraph(bytes, "model.onnx");
  for (const run of runs) feed(run, inputs);
  const states = inputs.slice(runs[0].arrays.length);
  let said;
  try {
    const names = states.map(({ name }) => name);
    const feeds = runs.map((run) => run.feeds);
    said = await ask({ model: Buffer.from(bytes).toString("base64"), runs: feeds, states: names });
  } catch (error) {
    return [{ kind: "files", result: "wrong", why: `onnxruntime: ${error.message}` }];
  }
  const why = runs.map((run, k) => unlike(said[k], run)).find((one) => one);
  const results = [{ kind: "files", result: why ? "wrong" : "right", why: why ?? "", cells: made.cells ?? cells }];
  try {
    const back = await cellstate.loadModel(bytes);
    const other = await readBack(back, runs, states, cellstate);
    results.push({ kind: "read back", result: other ? "wrong" : "right", why: other ?? "" });
  } catch (error) {
    results.push(refused("read back", error));
  }
  return results;
}

/** A model, the places of its inputs, and whether its lengths are open. */
async function madeOf({ own, step, spec, seed = 1 }, cellstate) {
  if (step) {
    const { model, inputs, names } = ownStack(seed, cellstate);
    return { model, spec: { inputs }, cells: names };
  }
  if (!own) return (await opened(spec, seed, cellstate)) ?? { model: ourModel(spec, cellstate), spec };
  const { model, inputs, open, names } = ownModel(seed, cellstate);
  return { model, spec: { inputs }, open, cells: names.map((name) => `${name} / ${open ? "open" : "fixed"}`) };
}

/** In every second model the sequences have any length, where its layers take that; null elsewhere. */
async function opened(spec, seed, cellstate) {
  if (seed % 2 === 0 || spec.inputs.some(({ batch }) => batch)) return null;
  const wide = structuredClone(spec);
  for (const place of wide.inputs) if (isSequence(place)) place.shape[0] = null;
  try {
    const model = ourModel(wide, cellstate);
    const longer = longerBy(spec, 2);
    const x = dataFor(longer, seed, 1).map((rows, i) =>
      arrayOf(rows, [1, ...longer.inputs[i].shape], cellstate.NdArray),
    );
    await model.predict(x.length > 1 ? x : x[0]); // some layers take one length alone
    return { model, spec, open: true };
  } catch (error) {
    if (error instanceof cellstate.CellstateError) return null;
    throw error;
  }
}
const isSequence = ({ shape, dtype }) => shape.length > (dtype === "float32" ? 1 : 0);
const longerBy = (spec, more) => ({
  ...spec,
  inputs: spec.inputs.map((place) =>
    isSequence(place) ? { ...place, shape: place.shape.with(0, place.shape[0] + more) } : place,
  ),
});

/** What predict says of some batches; where lengths are open they grow, and the last is of one step, if the model takes that. */
async function predictions({ model, spec, open, seed, stateful }, { CellstateError, NdArray }) {
  const runs = [];
  if (stateful) model.resetStates();
  const tried = async (count, place) => {
    const data = withPadding(spec, dataFor(place, seed + runs.length, count));
    const arrays = data.map((rows, i) => arrayOf(rows, [count, ...place.inputs[i].shape], NdArray));
    const outputs = [await model.predict(arrays.length > 1 ? arrays : arrays[0])].flat();
    runs.push({ arrays, outputs, most: toleranceFor(model) });
  };
  const counts = stateful ? [3, 3] : [1, 3, 64];
  for (const [k, count] of counts.entries()) await tried(count, longerBy(spec, open ? 2 * k : 0));
  const shortest = spec.inputs.map((place) =>
    isSequence(place) ? { ...place, shape: place.shape.with(0, 1) } : place,
  );
  if (open)
    await tried(2, { inputs: shortest }).catch((error) => {
      if (!(error instanceof CellstateError)) throw error;
    });
  return runs;
}

/** A run of a sequence as one of each step: arrays and outputs [B, T, ...] become T of [B, 1, ...]. */
function stepsOf({ arrays: [x], outputs: [y], most }, { NdArray }) {
  const at = ({ data, shape: [rows, steps, ...rest] }, k) => {
    const size = product(rest);
    const numbers = Array.from({ length: rows }, (_, b) => [
      ...data.slice((b * steps + k) * size, (b * steps + k + 1) * size),
    ]);
    return new NdArray(Float32Array.from(numbers.flat()), [rows, 1, ...rest]);
  };
  return Array.from({ length: x.shape[1] }, (_, k) => ({ arrays: [at(x, k)], outputs: [at(y, k)], most }));
}
const product = (shape) => shape.reduce((a, b) => a * b, 1);

/** The same as feeds of the file; states begin with zeros. */
function feed(run, places) {
  const [rows] = run.arrays[0].shape;
  const states = places.slice(run.arrays.length).map(({ shape }) => ({ ...zeros([rows, shape[1]]), dtype: "f32" }));
  const arrays = run.arrays.map((a, i) => ({ ...plain(a), dtype: places[i].type === "int32" ? "i32" : "f32" }));
  run.feeds = Object.fromEntries([...arrays, ...states].map((array, i) => [places[i].name, array]));
}
const zeros = (shape) => ({ shape, data: new Array(product(shape)).fill(0) });

/** The first rows of many: padding alone, then padding first, then last. */
function withPadding(spec, data) {
  for (const [i, { dtype, shape }] of spec.inputs.entries()) {
    if (data[i].length < 8) continue;
    const none = (x) => (Array.isArray(x) ? x.map(none) : 0);
    if (dtype === "float32" && shape.length < 2) continue;
    data[i][0] = none(data[i][0]);
    data[i][1] = data[i][1].map((x, t) => (t < 2 ? none(x) : x));
    data[i][2] = data[i][2].map((x, t) => (t > 1 ? none(x) : x));
  }
  return data;
}

const arrayOf = (rows, shape, NdArray) => new NdArray(Float32Array.from(rows.flat(9)), shape);
const plain = ({ shape, data }) => ({ shape, data: [...data] });

/** Where the file read back differs: its states go from batch to batch. */
async function readBack(model, runs, places, { NdArray }) {
  const [rows] = runs[0].arrays[0].shape;
  let states = places.map(({ shape }) => new NdArray(new Float32Array(rows * shape[1]), [rows, shape[1]]));
  for (const run of runs) {
    const x = [...run.arrays, ...states];
    const found = [await model.predict(x.length > 1 ? x : x[0])].flat();
    states = found.slice(run.outputs.length);
    const why = unlike({ outputs: found.map(plain) }, run);
    if (why) return why;
  }
  return null;
}

/** Where the outputs of a run differ, in words. */
function unlike({ raised, outputs: found }, { outputs, most }) {
  if (raised) return raised;
  const wrong = outputs.findIndex(({ shape }, k) => String(shape) !== String(found[k].shape));
  if (wrong >= 0) return `output ${wrong}: shape [${outputs[wrong].shape}] wanted, [${found[wrong].shape}] found`;
  return difference(
    outputs.map((_, k) => found[k].data),
    outputs.map(({ data }) => [...data]),
    most,
  );
}
