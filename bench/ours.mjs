// node bench/ours.mjs BACKEND THREADS [bf16]: this library as a contestant.
import * as library from "../dist/index.js";
import { buildModel, setGiven } from "./our-model.mjs";
import { largest, serve, singlesAMeasurement, timed, wordsAMeasurement } from "./serve.mjs";
import { epochsOfToy } from "./workloads.mjs";

const backend = process.argv[2];
const dtype = process.argv[4] === "bf16" ? "mixedBfloat16" : undefined;
const { description } = await library.chooseBackend(backend);

await serve(dtype ? `${description}, bf16` : description, async ({ w, x, y, weights }) => {
  if (w.rows === "toy") return { fit: () => timed(() => toy(w, x, y)) };
  const rows = new library.NdArray(x, [w.rowCount, w.time]);
  const targets = new library.NdArray(y, w.every ? [w.rowCount, w.time] : [w.rowCount]);
  const model = buildModel(w, backend, library, dtype);
  setGiven(model, weights, library);
  const first = rows.slice(0, w.batch);
  const check = async () => (await model.predictOnBatch(first)).data;
  if (w.rows === "words") return { check, word: () => timed(nextWord(model), wordsAMeasurement) };
  const fit = () => model.fit(rows, targets, { batchSize: w.batch, verbose: 0, shuffle: false });
  const more = {};
  const train = async () => {
    const { seconds } = await fit();
    more.stepBytes = model.step.plannedBytes;
    return (seconds * 1000) / (w.epoch ? 1 : w.steps);
  };
  // outputs are compared before training changes the weights, then one step tells what a step needs
  const expected = await check();
  await train();
  setGiven(model, weights, library);
  const single = rows.slice(0, 1);
  const all = {
    train,
    infer: () => timed(() => model.predictOnBatch(first)),
    one: () => timed(() => model.predictOnBatch(single), singlesAMeasurement),
  };
  return { check: async () => expected, more, ...Object.fromEntries(w.tasks.map((name) => [name, all[name]])) };
});

/** Reads the most probable next word and continues from it. */
function nextWord(model) {
  let id = 1;
  return async () => {
    id = largest((await model.predictOnBatch(new library.NdArray(Int32Array.of(id), [1, 1]))).data);
  };
}

/** The whole fit of five rows, building included. */
async function toy(w, x, y) {
  const model = buildModel(w, backend, library);
  await model.fit(new library.NdArray(x, [w.rowCount, w.time, 1]), y, { epochs: epochsOfToy, verbose: 0 });
}
