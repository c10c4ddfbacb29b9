/** Random Keras models, saved by Keras in three kinds of file: the same predictions here, and the same ten steps of training. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { difference } from "./close.mjs";
import { dataFor } from "./specs.mjs";
import { fixed, lossTolerance, predictionTolerance, sweepOf } from "./sweep-models.mjs";

export const about = "random Keras models read by ours";
export const script = "keras_models.py";
/** What docs/model-files.md says is refused, of what the generator makes. */
export const listed = [/expected a mask that spreads over x/];

export { fixed };
export const sweep = sweepOf(tried);

/** One model through all its files. */
export async function tried(model, { ask, cellstate, folder }) {
  const { spec, draws, stateful, loss, seed = 1, cells = [] } = model;
  const data = model.data ?? dataFor(spec, seed);
  const optimizer = draws || seed % 3 !== 1 ? null : model.optimizer; // training takes Keras longest
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

/** Keras's answer and files; from CELLSTATE_JUDGE_CACHE, a folder, where the same was asked before. */
async function remembered(ask, request, folder) {
  const home = process.env.CELLSTATE_JUDGE_CACHE ?? folder;
  const program = readFileSync(new URL(script, import.meta.url));
  const hash = createHash("sha256").update(program).update(JSON.stringify(request)).digest("hex").slice(0, 24);
  const path = `${home}/${hash}`;
  if (existsSync(`${path}.json`)) return { path, ...JSON.parse(readFileSync(`${path}.json`, "utf8")) };
  const said = await ask({ ...request, path }).catch((error) => ({ raised: error.message.slice(0, 300) }));
  writeFileSync(`${path}.json`, JSON.stringify(said));
  return { path, ...said };
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
