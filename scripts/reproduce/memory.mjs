/** Long-term memory of each recurrent cell: 64 units on the two classic tasks. */
import { addingProblem, delayedRecall, dense, embedding } from "cellstate";
import { plotLines } from "cellstate/plot";
import { cells, columns, learn } from "../memory/cells.mjs";

const race = ({ lengths, most, shown, first = 0, ...task }) => ({
  title: task.title,
  needs: [],
  target: task.target,
  async run({ seed, quick }) {
    const figures = {};
    const panels = [];
    const lines = [["T", "cell", "numbers", "rate", shown, "learned after", "seconds"]];
    let last;
    for (const T of quick ? [5] : lengths) {
      const panel = { title: `T = ${T}`, xLabel: "steps of training", yLabel: shown, series: [] };
      for (const name of Object.keys(cells)) {
        const size = quick ? { units: 8, most: 200, testRows: 50 } : { units: 64, most, testRows: 1000 };
        last = await learn(task, name, { T, seed, ...size });
        const score = last.values.at(-1);
        Object.assign(figures, { [`T ${T}, ${name}: ${shown}`]: score, [`T ${T}, ${name}: steps`]: last.after });
        const after = last.learned ? `${last.after} steps` : `not in ${last.after}`;
        const numbers = last.model.countParams();
        lines.push([T, name, numbers, last.learningRate, score.toFixed(4), after, last.seconds.toFixed(1)]);
        panel.series.push({ name, x: last.steps.slice(first), y: last.values.slice(first) });
      }
      panels.push(panel);
    }
    const charts = { curves: await plotLines(panels, { panelWidth: 420, panelHeight: 330 }) };
    const text = columns(lines);
    return { figures, history: { loss: last.values }, backend: last.model.backendName, charts, text };
  },
});

export const adding = race({
  title: "The adding problem: RNN, LSTM and GRU of 64 units",
  target: "a test error below 0.01 (always saying 1: 0.167); training stops at 3,000 steps",
  lengths: [50, 100, 200],
  most: 3000,
  shown: "test error",
  first: 1, // before training the error is 1.2 and more, which would flatten the chart
  draw: (rows, T, seed) => addingProblem({ rows, steps: T, seed }),
  layers: (cell) => [cell, dense(1)],
  compile: { loss: "mse" },
  verdictOf: ({ loss }) => ({ shown: loss, learned: loss < 0.01, enough: loss < 0.001 }),
});

export const recall = race({
  title: "Delayed recall of one symbol of eight: RNN, LSTM and GRU of 64 units",
  target: "a test accuracy above 0.99 (a guess: 0.125); training stops at 2,000 steps",
  lengths: [10, 50, 100, 200],
  most: 2000,
  shown: "test accuracy",
  draw: (rows, T, seed) => delayedRecall({ rows, delay: T, seed }),
  layers: (cell) => [embedding(18, 16), cell, dense(8, { activation: "softmax" })],
  compile: { loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] },
  verdictOf: ({ accuracy }) => ({ shown: accuracy, learned: accuracy > 0.99, enough: accuracy > 0.999 }),
});
