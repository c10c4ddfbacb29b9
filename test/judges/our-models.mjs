/** Random models of ours, in three kinds of file: Keras opens them, predicts the same, and trains them on for ten steps as we do. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { remembering } from "./ask.mjs";
import { difference } from "./close.mjs";
import { maskedFrames } from "./keras-models.mjs";
import { NotHere, ourLoss, ourModel, ourOptimizer, randomise } from "./our-specs.mjs";
import { random } from "./random.mjs";
import { dataFor } from "./specs.mjs";
import { fixed, grows, lossTolerance, predictionTolerance, roundingGrows, sweepOf } from "./sweep-models.mjs";

export const about = "random models of ours opened by Keras";
export const script = "keras_models.py";
/** What docs/model-files.md says is refused, of what the generator makes. */
export const listed = [/expected a mask that spreads over x/];
export { fixed };

const faultsOfKeras = [
  [/optimizer identifier: lamb/, "Keras does not know its own Lamb in an .h5 file"],
  [/Op:GatherV2/, "Keras's centered RMSprop fails over the few rows of an Embedding that a batch uses"],
];

const all = [".keras", ".h5", ".weights.h5"];

export const sweep = sweepOf(tried);
const remembered = remembering(script);

export async function tried(model, { ask, cellstate, folder, cover }) {
  const { spec, draws, stateful, optimizer, loss, seed = 1, cells = [] } = model;
  const path = `${folder}/ours`;
  const held = model.operations ? [".keras", ".weights.h5"] : all; // Keras's .h5 cannot hold operations
  const endings = cover ? [held[seed % held.length]] : all; // one in turn: opening takes Keras longest
  const data = model.data ?? dataFor(spec, seed);
  const request = { spec, data, path, stateful, endings, seed, optimizer, loss };
  const training = cover || draws || seed % 3 !== 1 || maskedFrames(spec) ? null : model;
  let ours;
  try {
    ours = await write(cellstate, request, training);
  } catch (error) {
    const [kind, why] = ["models", error instanceof cellstate.CellstateError ? error.message : error.stack];
    if (error instanceof NotHere) return [{ kind, result: "none", why: error.message }];
    if (!(error instanceof cellstate.CellstateError)) return [{ kind, result: "wrong", why }];
    const possible = await ask({ do: "build", ...request }).catch(() => false); // what Keras refuses, too, is no model
    return [{ kind, result: possible ? "refused" : "none", why }];
  }
  const question = { do: "read", ...request, targets: ours.targets ?? null };
  const said = await remembered(ask, question, folder, contents(path, endings));
  if (said.raised) return [{ kind: "models", result: "none", why: `Keras: ${said.raised}` }];
  const results = [{ kind: "models", result: "right", cells }];
  for (const ending of endings) {
    const { raised, predictions, losses } = said[ending];
    const fault = raised && faultsOfKeras.find(([pattern]) => pattern.test(raised));
    if (fault) {
      results.push({ kind: ending, result: "none", why: fault[1] });
      continue;
    }
    const why = raised ?? difference(predictions, ours.predictions, predictionTolerance);
    const again = async () => (await write(cellstate, { ...request, path: `${folder}/again` }, training)).predictions;
    if (why && !raised && (await roundingGrows(again))) results.push({ kind: ending, ...grows });
    else results.push({ kind: ending, result: why ? "wrong" : "right", why: why ?? "" });
    const trains = losses?.every(Number.isFinite);
    if (losses && !trains) results.push({ kind: "training", result: "none", why: "Keras loses its numbers" });
    if (losses === null) results.push({ kind: "training", result: "none", why: "Keras does not train such a model" });
    if (!trains) continue;
    const other = difference([losses], [ours.losses], lossTolerance);
    results.push({ kind: "training", result: other ? "wrong" : "right", why: other ?? "" });
  }
  if (results.slice(1).every(({ result }) => result === "none")) results[0] = { ...results[1], kind: "models" };
  return results;
}

/** What Keras answers depends on what is in the files; a `.keras` says as well when it was saved. */
function contents(path, endings) {
  const hash = createHash("sha256");
  for (const ending of endings) {
    const bytes = readFileSync(path + ending);
    const members = ending === ".keras" ? Object.entries(unzipSync(bytes)) : [["", bytes]];
    for (const [name, member] of members) if (name !== "metadata.json") hash.update(member);
  }
  return hash.digest("hex");
}

const listOf = (one) => (Array.isArray(one) ? one : [one]);
const x = (data) => (data.length === 1 ? data[0] : data);

/** Builds and saves; with an optimizer after three steps, and then trains for ten more. */
async function write(cellstate, { spec, data, path, endings, stateful, seed }, training) {
  const model = ourModel(spec, cellstate);
  randomise(model, seed, cellstate);
  const ours = {};
  const predict = async () => listOf(await model.predict(x(data)));
  let y;
  if (training) {
    const r = random(seed + 2);
    const targets = (await predict()).map(
      (o) => new cellstate.NdArray(Float32Array.from(r.floats(o.data.length)), o.shape),
    );
    ours.targets = targets.map((t) => [...t.data]);
    y = x(targets);
    model.compile({ optimizer: ourOptimizer(training.optimizer, cellstate), loss: ourLoss(training.loss) });
    if (stateful) model.resetStates();
    for (let k = 0; k < 3; k++) await model.trainOnBatch(x(data), y);
  }
  for (const ending of endings) await model.save(path + ending);
  if (stateful) model.resetStates();
  ours.predictions = (await predict()).map((o) => [...o.data]);
  if (stateful) ours.predictions.push(...(await predict()).map((o) => [...o.data]));
  if (!training) return ours;
  if (stateful) {
    model.resetStates();
    await predict(); // as the judge, which looks at the outputs' shapes first
  }
  ours.losses = [];
  for (let k = 0; k < 10; k++) ours.losses.push((await model.trainOnBatch(x(data), y)).loss);
  return ours;
}
