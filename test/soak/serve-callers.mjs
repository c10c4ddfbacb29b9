/** Fifty callers in one process, without HTTP: predictions one by one, and those of batched(model). */
import { dense, embedding, input, lstm, NdArray, sequential } from "../../dist/index.js";
import { batched } from "../../dist/serve/index.js";

/** The model of a kind: ids of so many steps in, one output. */
export const textModels = {
  small: () => textModel({ words: 5000, width: 64, steps: 30, units: 32 }),
  W1: () => textModel({ words: 10_000, width: 128, steps: 200, units: 128 }),
};

const textModel = ({ words, width, steps, units }) =>
  sequential(
    [
      input([steps], { dtype: "i32", name: "ids" }),
      embedding(words, width),
      lstm(units),
      dense(1, { activation: "sigmoid" }),
    ],
    { seed: 1 },
  );

const rounds = 5;

/** Rows in a second of each kind of model, alone and in batches in turns: the middle of five rounds. */
export async function callersInProcess({ seconds }) {
  const found = [];
  for (const [kind, make] of Object.entries(textModels)) {
    const model = make();
    const steps = model.inputs[0].shape[1];
    const rows = Array.from({ length: 50 }, (_, k) => {
      const ids = Int32Array.from({ length: steps }, (_, t) => 1 + ((t * 7919 + k * 31) % 4999));
      return new NdArray(ids, [1, steps]);
    });
    const many = batched(model);
    const ways = { alone: (row) => model.predict(row), together: (row) => many.predict(row) };
    const rates = { alone: [], together: [] };
    for (const way of Object.keys(ways)) await rateOf(ways[way], rows, 1); // programs are made
    for (let round = 0; round < rounds; round++)
      for (const way of Object.keys(ways)) rates[way].push(await rateOf(ways[way], rows, seconds / rounds));
    found.push({ kind, alone: middle(rates.alone), together: middle(rates.together) });
  }
  return found;
}

const sizes = [1, 2, 8, 32, 128];

/**
 * Processor time of a row in `model.predict` of so many rows, in turns: the middle of five rounds each. What a batch can gain at most, with
 * nothing around it.
 */
export async function rowsByBatch({ seconds }) {
  const found = [];
  for (const [kind, make] of Object.entries(textModels)) {
    const model = make();
    const steps = model.inputs[0].shape[1];
    const batches = sizes.map((rows) => {
      const ids = Int32Array.from({ length: rows * steps }, (_, k) => 1 + ((k * 7919) % 4999));
      return new NdArray(ids, [rows, steps]);
    });
    const costs = sizes.map(() => []);
    for (const batch of batches) await costOf(model, batch, 0.2); // programs are made
    for (let round = 0; round < rounds; round++)
      for (const [k, batch] of batches.entries()) costs[k].push(await costOf(model, batch, seconds / rounds / 4));
    const middles = costs.map((list) => list.toSorted((a, b) => a - b)[list.length >> 1]);
    found.push({ kind, sizes: sizes.map((rows, k) => ({ rows, cpu: middles[k] })) });
  }
  return found;
}

/** Seconds of processor time that a row takes. */
async function costOf(model, batch, seconds) {
  const end = performance.now() + 1000 * seconds;
  const before = process.cpuUsage();
  let count = 0;
  for (; performance.now() < end; count += batch.shape[0]) await model.predict(batch);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / count;
}

async function rateOf(predict, rows, seconds) {
  const end = performance.now() + 1000 * seconds;
  const [begun, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  const caller = async (row) => {
    for (; performance.now() < end; count++) await predict(row);
  };
  await Promise.all(rows.map(caller));
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (1000 * count) / (performance.now() - begun), cpu: (user + system) / 1e6 / count };
}

const middle = (list) => list.toSorted((a, b) => a.perSecond - b.perSecond)[list.length >> 1];
