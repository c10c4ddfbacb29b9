/** Who remembers, and for how long: cells of 64 units on the two classic tasks, each step on rows it has never seen. */
import {
  adam,
  addingProblem,
  delayedRecall,
  dense,
  embedding,
  gru,
  initializers,
  lstm,
  sequential,
  simpleRnn,
} from "cellstate";
import { plotLines } from "cellstate/plot";

const batch = 32;
const often = 100; // steps between two tests

/**
 * Forget gates that begin open for 1 to T steps, each unit for a time of its own (Tallec & Ollivier 2018): with the bias
 * ln u a gate keeps u / (u + 1) a step. Keras's bias of 1 keeps 0.73, after 50 steps nothing. Packed i f c o.
 */
const openFor = (T) => ({
  ...initializers.zeros(),
  fill: ([packed]) => {
    const H = packed / 4;
    const bias = new Float32Array(packed);
    for (let j = 0; j < H; j++) {
      bias[H + j] = Math.log(1 + ((T - 2) * (j + 0.5)) / H);
      bias[j] = -bias[H + j];
    }
    return bias;
  },
});

/** Every cell was given the same learning rates to choose from, 0.001, 0.003 and 0.01, and is shown at its best. */
const cells = {
  RNN: { layer: (units) => simpleRnn(units), rates: { adding: 0.001, recall: 0.001 } },
  LSTM: { layer: (units) => lstm(units), rates: { adding: 0.01, recall: 0.01 } },
  GRU: { layer: (units) => gru(units), rates: { adding: 0.01, recall: 0.01 } },
  "LSTM, begun open": {
    layer: (units, T) => lstm(units, { biasInitializer: openFor(T), unitForgetBias: false }),
    rates: { adding: 0.01, recall: 0.003 },
  },
};

const tasks = {
  adding: {
    lengths: [50, 100, 200],
    draw: (rows, T, seed) => addingProblem({ rows, steps: T, seed }),
    layers: (cell) => [cell, dense(1)],
    compile: { loss: "mse" },
    judge: ({ loss }) => ({ shown: loss, learned: loss < 0.01, enough: loss < 0.001 }),
    shown: "test error (MSE)",
    most: 3000, // steps
  },
  recall: {
    lengths: [25, 50, 100, 200],
    draw: (rows, T, seed) => delayedRecall({ rows, delay: T, seed }),
    layers: (cell) => [embedding(18, 16), cell, dense(8, { activation: "softmax" })],
    compile: { loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] },
    judge: ({ accuracy }) => ({ shown: accuracy, learned: accuracy > 0.99, enough: accuracy > 0.999 }),
    shown: "test accuracy",
    most: 2000,
  },
};

const program = ({ name, ...about }) => ({
  ...about,
  needs: [],
  async run({ seed, quick }) {
    const { lengths, shown } = tasks[name];
    const figures = {};
    const panels = [];
    const lines = [["T", "cell", "numbers", "rate", shown, "learned after", "seconds"]];
    let history;
    let backend;
    for (const T of quick ? [5] : lengths) {
      const panel = { title: `T = ${T}`, xLabel: "steps of training", yLabel: shown, series: [] };
      for (const cell of Object.keys(cells)) {
        const found = await learn(name, cell, T, seed, quick);
        const key = `T ${T}, ${cell}`;
        Object.assign(figures, { [`${key}: ${shown}`]: found.values.at(-1), [`${key}: steps`]: found.after });
        const after = found.learned ? `${found.after} steps` : `not in ${found.after}`;
        lines.push([
          T,
          cell,
          found.numbers,
          found.rate,
          found.values.at(-1).toFixed(4),
          after,
          found.seconds.toFixed(1),
        ]);
        panel.series.push({ name: cell, x: found.steps, y: found.values });
        history = { loss: found.values };
        backend = found.backend;
      }
      panels.push(panel);
    }
    const size = { panelWidth: 420, panelHeight: 330, panelsPerRow: 2 };
    return { figures, history, backend, charts: { curves: await plotLines(panels, size) }, text: columns(lines) };
  },
});

export const adding = program({
  name: "adding",
  title: "The adding problem, RNN, LSTM and GRU of 64 units",
  target: "a test error below 0.01 (always saying 1: 0.167) at T = 50, 100, 200; 3,000 steps are where training stops",
});

export const recall = program({
  name: "recall",
  title: "Delayed recall, RNN, LSTM and GRU of 64 units",
  target: "a test accuracy above 0.99 (a guess: 0.125); 2,000 steps are where training stops",
});

/** Trains one cell until it has learned the task or has had its steps. */
async function learn(name, cell, T, seed, quick) {
  const { draw, layers, compile, judge, most } = tasks[name];
  const units = quick ? 8 : 64;
  const rate = cells[cell].rates[name];
  const model = sequential(layers(cells[cell].layer(units, T)), { seed });
  model.compile({ optimizer: adam({ learningRate: rate, globalClipnorm: 1 }), ...compile });
  const test = draw(quick ? 50 : 1000, T, 1_000_000);
  const [steps, values] = [[], []];
  const limit = quick ? 2 * often : most;
  let after = limit;
  let learned = false;
  let seconds = 0;
  let enough = 0;
  for (let step = often; step <= limit && enough < 2; step += often) {
    const { x, y } = draw(often * batch, T, seed * 10_000 + step);
    const { seconds: took } = await model.fit(x, y, { epochs: 1, batchSize: batch, shuffle: false, verbose: 0 });
    if (!learned) seconds += took;
    const verdict = judge(await model.evaluate(test.x, test.y, { verbose: 0 }));
    if (verdict.learned && !learned) [learned, after] = [true, step];
    enough = verdict.enough ? enough + 1 : 0;
    steps.push(step);
    values.push(verdict.shown);
  }
  const numbers = model.countParams();
  return { steps, values, after, learned, seconds, rate, numbers, backend: model.backendName };
}

/** Rows of cells in columns, all but the second right-aligned. */
function columns(rows) {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => String(row[k]).length)));
  return rows
    .map((row) =>
      row
        .map((v, k) => String(v)[k === 1 ? "padEnd" : "padStart"](widths[k]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
