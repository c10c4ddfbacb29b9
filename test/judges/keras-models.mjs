/** Random Keras models, saved by Keras in three kinds of file: the same predictions here, and the same ten steps of training. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { difference } from "./close.mjs";
import { dataFor, randomModel } from "./random-models.mjs";
import { shrink } from "./shrink.mjs";

export const about = "random Keras models read by ours";
export const script = "keras_models.py";
export const listed = [];

const cases = fileURLToPath(new URL("cases", import.meta.url));
export const fixed = existsSync(cases) ? readdirSync(cases).map((file) => file.replace(/\.json$/, "")) : [];

// f32: Keras and ours sum up to 60 products of a gate in another order, 5 steps long, layer behind layer.
const predictionTolerance = 1e-5;
// The same through 13 updates, each of which divides by roots of small squares.
const lossTolerance = 1e-4;

export async function* sweep({ seeds, ask, cellstate, folder, verbose }) {
  for (const seed of seeds) {
    const given =
      typeof seed === "string" ? JSON.parse(readFileSync(`${cases}/${seed}.json`, "utf8")) : randomModel(seed);
    const results = await tried(given, { seed, ask, cellstate, folder });
    for (const result of results) yield { seed, ...result };
    const failed = results.find(({ result }) => result === "wrong" || result === "refused");
    if (verbose && failed) {
      const still = async (smaller) =>
        (await tried(smaller, { seed, ask, cellstate, folder })).some(
          (r) => r.kind === failed.kind && r.result === failed.result,
        );
      console.log(JSON.stringify(await shrink(given, still)));
    }
  }
}

/** One model through all its files. */
async function tried(given, { seed, ask, cellstate, folder }) {
  const { spec, draws, stateful, cells, loss } = given;
  const number = typeof seed === "number" ? seed : 1;
  const data = given.data ?? dataFor(spec, number);
  const path = `${folder}/model`;
  const optimizer = draws ? null : given.optimizer;
  let said;
  try {
    said = await ask({ do: "make", spec, data, seed: number % 2 ** 30, path, optimizer, loss, stateful });
  } catch (error) {
    return [{ kind: "models", result: "none", why: error.message.slice(0, 300) }];
  }
  if (!said.predictions) return [{ kind: "models", result: "none", why: said.files[".keras"] }];
  const results = [{ kind: "models", result: "right", cells }];
  for (const [ending, problem] of Object.entries(said.files)) {
    const kind = ending;
    if (problem) results.push({ kind, result: "none", why: problem });
    else
      results.push({
        kind,
        ...(await judged(
          cellstate,
          async () => read(cellstate, path, ending, data, stateful),
          said.predictions,
          predictionTolerance,
        )),
      });
  }
  if (said.losses && !said.files[".keras"])
    results.push({
      kind: "training",
      ...(await judged(cellstate, () => train(cellstate, path, data, said), [said.losses], lossTolerance)),
    });
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

async function train(cellstate, path, data, { targets, shapes, losses }) {
  const model = await cellstate.loadModel(`${path}.keras`);
  const y = targets.map((t, k) => new cellstate.NdArray(Float32Array.from(t), shapes[k]));
  const found = [];
  for (let k = 0; k < losses.length; k++) found.push((await model.trainOnBatch(x(data), x(y))).loss);
  return [found];
}
