/** The vanishing gradient, before training and after, and what the gates of the trained LSTM do. */
import { addingProblem, dense, sequential } from "cellstate";
import { plotLines } from "cellstate/plot";
import { cells, columns, learn } from "../memory/cells.mjs";
import { gradientByStep, readRow } from "../memory/look-inside.mjs";

const task = {
  draw: (rows, T, seed) => addingProblem({ rows, steps: T, seed }),
  layers: (cell) => [cell, dense(1)],
  compile: { loss: "mse" },
  verdictOf: ({ loss }) => ({ shown: loss, learned: loss < 0.01, enough: loss < 0.001 }),
};

export const gradients = {
  title: "The vanishing gradient, and gates that keep: the adding problem",
  needs: [],
  target: "trained LSTM and GRU send at least 0.1 of the last step's gradient through 100 steps to the first",
  async run({ seed, quick }) {
    const T = quick ? 5 : 100;
    const size = quick ? { units: 8, most: 100, testRows: 50 } : { units: 64, most: 2000, testRows: 1000 };
    const rows = task.draw(64, T, 5);
    const curves = { fresh: [], trained: [] };
    const figures = {};
    const lines = [["T", "cell", "fresh", "trained", "test error"]];
    let lstm;
    for (const name of Object.keys(cells)) {
      const { layer } = cells[name];
      const beginning = sequential(task.layers(layer(size.units, T)), { seed });
      beginning.build([null, T, 2]);
      const { model, values } = await learn(task, name, { T, seed, ...size });
      if (name === "LSTM") lstm = model;
      const reach = {};
      for (const [when, network] of Object.entries({ fresh: beginning, trained: model })) {
        const norms = await gradientByStep(layer(size.units, T), network.getWeights(), rows);
        reach[when] = norms[0] / norms.at(-1);
        figures[`${name}, ${when}: log10 of the first step's share`] = Math.log10(reach[when]);
        curves[when].push({ name, y: norms.map((v) => Math.log10(v)) });
      }
      const share = (v) => v.toExponential(1);
      lines.push([T, name, share(reach.fresh), share(reach.trained), values.at(-1).toFixed(4)]);
    }
    const gates = gatesOf(lstm, rows);
    Object.assign(figures, gates.figures);
    const axes = { xLabel: "step", yLabel: "log10 of the gradient by the step's input" };
    const charts = {
      steps: await plotLines(
        [
          { title: "before training", ...axes, series: curves.fresh },
          { title: "after training", ...axes, series: curves.trained },
        ],
        { panelWidth: 450 },
      ),
      gates: await plotLines(gates.panels, { panelWidth: 450 }),
    };
    const backend = lstm.backendName;
    return { figures, history: { loss: gates.kept }, backend, charts, text: columns(lines) };
  },
};

/** The unit that forgets least, as its gates read the first row, with means over 16 rows. */
function gatesOf(model, { x }) {
  const weights = model.getWeights();
  const H = weights[1].shape[0];
  const read = Array.from({ length: 16 }, (_, n) => readRow(x.row(n), weights));
  const cases = read.flatMap((steps, n) =>
    steps.map((step, t) => ({ ...step, number: x.at(n, t, 0), marked: x.at(n, t, 1) === 1 })),
  );
  const mean = (list, value) => list.reduce((sum, one) => sum + value(one), 0) / list.length;
  const kept = Array.from({ length: H }, (_, j) => mean(cases, ({ f }) => f[j]));
  const unit = kept.indexOf(Math.max(...kept));
  const [marked, plain] = [true, false].map((is) => cases.filter(({ marked }) => marked === is));
  const [row] = read;
  const places = row.flatMap((_, t) => (x.at(0, t, 1) === 1 ? [t + 1] : []));
  const steps = { xLabel: `step (marked: ${places.join(" and ")})`, yLabel: "value" };
  return {
    kept,
    figures: {
      "forget gate, mean of all units": mean(kept, (v) => v),
      "forget gate of the unit that keeps most": kept[unit],
      "its input gate at marked steps": mean(marked, ({ i }) => i[unit]),
      "its input gate at the others": mean(plain, ({ i }) => i[unit]),
      "its candidate's correlation with the marked number": correlation(
        marked.map(({ g }) => g[unit]),
        marked.map(({ number }) => number),
      ),
      "its output gate": mean(cases, ({ o }) => o[unit]),
    },
    panels: [
      {
        title: "gates of the unit that keeps most",
        ...steps,
        series: [
          { name: "forget gate", y: row.map(({ f }) => f[unit]) },
          { name: "input gate", y: row.map(({ i }) => i[unit]) },
        ],
      },
      {
        title: "what it holds",
        ...steps,
        series: [
          { name: "cell", y: row.map(({ c }) => c[unit]) },
          { name: "cell of a forgetful unit", y: row.map(({ c }) => c[kept.indexOf(Math.min(...kept))]) },
        ],
      },
    ],
  };
}

/** Pearson's. */
function correlation(a, b) {
  const mean = (list) => list.reduce((sum, v) => sum + v, 0) / list.length;
  const [ma, mb] = [mean(a), mean(b)];
  const product = (p, q) => mean(p.map((v, k) => v * q[k]));
  const [da, db] = [a.map((v) => v - ma), b.map((v) => v - mb)];
  return product(da, db) / Math.sqrt(product(da, da) * product(db, db));
}
