/** Random Keras models, saved by Keras in three kinds of file: the same predictions here, and the same ten steps of training. */
import { remembering } from "./ask.mjs";
import { difference } from "./close.mjs";
import { dataFor } from "./specs.mjs";
import { fixed, grows, lossTolerance, predictionTolerance, roundingGrows, sweepOf } from "./sweep-models.mjs";

export const about = "random Keras models read by ours";
export const script = "keras_models.py";
/** What docs/model-files.md says is refused, of what the generator makes. */
export const listed = [/expected a mask that spreads over x/];

export { fixed };
export const sweep = sweepOf(tried);
const remembered = remembering(script);

/** One model through all its files. */
export async function tried(model, { cover, ...context }) {
  return cover ? predicted(model, context) : await trained(model, context);
}

async function trained(model, { ask, cellstate, folder }) {
  const { spec, draws, stateful, loss, seed = 1, cells = [] } = model;
  const data = model.data ?? dataFor(spec, seed);
  const optimizer = draws || seed % 3 !== 1 || maskedFrames(spec) ? null : model.optimizer; // training takes Keras longest
  const request = { do: "make", spec, data, seed, optimizer, loss, stateful };
  const { path, raised, ...said } = await remembered(ask, request, folder);
  const none = raised ?? (said.predictions ? undefined : said.files[".keras"]);
  if (none) return [{ kind: "models", result: "none", why: none }];
  const results = [{ kind: "models", result: "right", cells }];
  const judge = async (kind, wanted, tolerance, found) =>
    results.push({ kind, ...(await judged(cellstate, found, wanted, tolerance)) });
  for (const [kind, problem] of Object.entries(said.files)) {
    if (problem) results.push({ kind, result: "none", why: problem });
    else await judge(kind, said.predictions, predictionTolerance, () => read(cellstate, path, kind, data, stateful));
  }
  if (said.losses && !said.losses.every(Number.isFinite))
    results.push({ kind: "training", result: "none", why: "Keras loses its numbers" });
  else if (said.losses && !said.files[".keras"])
    await judge("training", [said.losses], lossTolerance, () => train(cellstate, path, data, said, stateful));
  return results;
}

/** Losses of frames [B, T, L] with a mask [B, T]: Keras multiplies them from the last axis, where the sizes happen to agree. */
export const maskedFrames = ({ inputs, nodes }) =>
  inputs.some(({ shape }) => shape.length > 2) && /"mask"|Masking/.test(JSON.stringify(nodes));

/** Predictions alone; Keras opens its files again only where ours reads other numbers. */
async function predicted({ spec, stateful, seed = 1, cells, ...model }, { ask, cellstate, folder }) {
  const data = model.data ?? dataFor(spec, seed);
  const request = { spec, data, seed, stateful };
  const { path, raised, files, predictions } = await remembered(ask, { do: "write", ...request }, folder);
  if (raised) return [{ kind: "models", result: "none", why: raised }];
  const results = [{ kind: "models", result: "right", cells }];
  for (const [kind, problem] of Object.entries(files)) {
    const said = problem
      ? { result: "none", why: problem }
      : await judged(cellstate, () => read(cellstate, path, kind, data, stateful), predictions, predictionTolerance);
    const lost = predictions.some((list) => list.includes(null)); // what Keras is asked cannot have NaN in it
    if (["wrong", "refused"].includes(said.result) && !lost) {
      const own = { do: "opened", ...request, predictions, path, ending: kind };
      const why = await ask(own).then(
        (same) => (same ? null : "Keras reads other numbers from its own file"),
        (error) => `Keras cannot open its own file: ${error.message}`,
      );
      if (why) Object.assign(said, { result: "none", why });
      else if (said.result === "wrong" && (await roundingGrows(() => read(cellstate, path, kind, data, stateful))))
        Object.assign(said, grows);
    }
    results.push({ kind, ...said });
  }
  if (results.slice(1).every(({ result }) => result === "none")) results[0] = { ...results[1], kind: "models" };
  return results;
}

async function judged(cellstate, found, wanted, tolerance) {
  try {
    const why = difference(await found(), wanted, tolerance);
    return why ? { result: "wrong", why } : { result: "right" };
  } catch (error) {
    const own = error instanceof cellstate.CellstateError;
    return { result: own ? "refused" : "wrong", why: own ? error.message : error.stack };
  }
}

const listOf = (one) => (Array.isArray(one) ? one : [one]);
const x = (data) => (data.length === 1 ? data[0] : data);

async function read(cellstate, path, ending, data, stateful) {
  const model = await cellstate.loadModel(ending === ".weights.h5" ? `${path}.keras` : path + ending);
  if (ending === ".weights.h5") {
    model.setWeights(model.getWeights().map((w) => new cellstate.NdArray(new Float32Array(w.data.length), w.shape)));
    await cellstate.loadWeights(model, path + ending);
  }
  const found = [];
  for (let k = 0; k < (stateful ? 2 : 1); k++)
    found.push(...listOf(await model.predict(x(data))).map((o) => [...o.data]));
  return found;
}

async function train(cellstate, path, data, { targets, shapes, losses }, stateful) {
  const model = await cellstate.loadModel(`${path}.keras`);
  if (stateful) await model.predict(x(data)); // as the judge, which looks at the outputs' shapes first
  const y = targets.map((t, k) => new cellstate.NdArray(Float32Array.from(t), shapes[k]));
  const found = [];
  for (let k = 0; k < losses.length; k++) found.push((await model.trainOnBatch(x(data), x(y))).loss);
  return [found];
}
