/** The recurrent layers that race on the memory tasks, and how one of them is trained. */
import { adam, gru, initializers, lstm, sequential, simpleRnn } from "cellstate";

const batchSize = 32;
const often = 100; // steps between two tests

/**
 * At T = 100 every cell was tried at the rates 0.001, 0.003 and 0.01: the gated ones have the one with which they learned
 * soonest. The RNN learned with none of them; it has the one with which it came furthest at T = 50.
 */
export const cells = {
  RNN: { layer: (units) => simpleRnn(units), learningRate: 0.001 },
  LSTM: { layer: (units) => lstm(units), learningRate: 0.01 },
  GRU: { layer: (units) => gru(units), learningRate: 0.01 },
  "LSTM, begun open": {
    layer: (units, T) => lstm(units, { biasInitializer: openFor(T), unitForgetBias: false }),
    learningRate: 0.01,
  },
};

/**
 * Forget gates that begin open for 1 to T steps, each unit for a time of its own (Tallec & Ollivier 2018): with the bias
 * ln u a gate keeps u / (u + 1) a step. Keras's bias of 1 keeps 0.73, after 50 steps nothing. Packed i f c o.
 */
function openFor(T) {
  const fill = ([packed]) => {
    const H = packed / 4;
    const bias = new Float32Array(packed);
    for (let j = 0; j < H; j++) {
      bias[H + j] = Math.log(1 + ((T - 2) * (j + 0.5)) / H);
      bias[j] = -bias[H + j];
    }
    return bias;
  };
  return { ...initializers.zeros(), fill };
}

/**
 * Trains one cell, each step on rows it has never seen, until it has learned its task or had `most` steps; what a test
 * said before the first and after every hundred. A task is { draw(rows, T, seed), layers(cell, T), compile, verdictOf(scores) }.
 */
export async function learn(task, name, { T, seed, units, most, testRows }) {
  const { layer, learningRate } = cells[name];
  const model = sequential(task.layers(layer(units, T), T), { seed });
  model.compile({ optimizer: adam({ learningRate, globalClipnorm: 1 }), ...task.compile });
  const test = task.draw(testRows, T, 1_000_000);
  const scored = async () => task.verdictOf(await model.evaluate(test.x, test.y, { verbose: 0 }));
  const before = (await scored()).shown;
  const found = { model, learningRate, steps: [0], values: [before], learned: false, after: most, seconds: 0 };
  let enough = 0; // tests in a row without much left to learn
  for (let step = often; step <= most && enough < 2; step += often) {
    const { x, y } = task.draw(often * batchSize, T, seed * 10_000 + step);
    const { seconds } = await model.fit(x, y, { epochs: 1, batchSize, shuffle: false, verbose: 0 });
    if (!found.learned) found.seconds += seconds;
    const verdict = await scored();
    if (verdict.learned && !found.learned) Object.assign(found, { learned: true, after: step });
    enough = verdict.enough ? enough + 1 : 0;
    found.steps.push(step);
    found.values.push(verdict.shown);
  }
  return found;
}

/** Rows of cells in columns, all but the second right-aligned. */
export function columns(rows) {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => String(row[k]).length)));
  const cell = (v, k) => (k === 1 ? String(v).padEnd(widths[k]) : String(v).padStart(widths[k]));
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}
