import {
  adam,
  addingProblem,
  attention as attentionLayer,
  delayedRecall,
  dense,
  embedding,
  flatten,
  functional,
  globalAveragePooling1d,
  input,
  NdArray,
  reshape,
} from "../../index.ts";
import { airlinePassengers } from "../airline.ts";
import { addNote, compiled, inTurn, type MakeLab, recurrent, spansOf, striding } from "./lab.ts";

/** Pass or fail from three steps of study: the class's five rows. */
export const passFail: MakeLab = (settings) => {
  const rows = [
    [1, 1, 0],
    [1, 1, 1],
    [0, 0, 1],
    [0, 0, 0],
    [1, 0, 1],
  ];
  const x = new NdArray(Float32Array.from(rows.flat()), [5, 3, 1]);
  const y = new NdArray(Float32Array.of(1, 1, 0, 0, 1), [5, 1]);
  const layers = [input([3, 1]), recurrent(settings), dense(1, { activation: "sigmoid" })];
  const model = compiled(layers, settings, { name: "pass_fail", loss: "binaryCrossentropy", accuracy: true });
  addNote(model, { example: "1 1 1", labels: ["fail", "pass"] });
  return { model, task: null, ...inTurn(x, y, 32), heldOut: null, baseline: { words: "always 3 in 5", loss: 0.673 } };
};

/** The number after three in a row: 1 2 3, then 4. */
export const nextValue: MakeLab = (settings) => {
  const x = new NdArray(Float32Array.of(1, 2, 3, 2, 3, 4, 3, 4, 5, 4, 5, 6), [4, 3, 1]);
  const y = new NdArray(Float32Array.of(4, 5, 6, 7), [4, 1]);
  const layers = [input([3, 1]), recurrent(settings), dense(1)];
  const model = compiled(layers, settings, { name: "next_value", loss: "meanSquaredError" });
  addNote(model, { example: "5 6 7" });
  return {
    model,
    task: null,
    ...inTurn(x, y, 32),
    heldOut: null,
    baseline: { words: "always 5.5, their mean", loss: 1.25 },
  };
};

const span = 24; // months of an airline row

/** Two years, and after each month the next one; the last two years are held out. */
export const airline: MakeLab = (settings) => {
  const months = airlinePassengers;
  const train = months.slice(0, -span);
  const [least, most] = [Math.min(...train), Math.max(...train)];
  const scaled = Float32Array.from(months, (v) => (v - least) / (most - least));
  const starts = Array.from({ length: train.length - span }, (_, s) => s);
  const rows = (from: readonly number[], shift: number) => spansOf(scaled, from, span, shift);
  const last = [months.length - span - 1];
  const naive =
    scaled.slice(-span).reduce((sum, v, k) => sum + (v - scaled[months.length - span - 1 + k]) ** 2, 0) / span;
  const layers = [input([null, 1]), recurrent(settings, true), dense(1)];
  const model = compiled(layers, settings, { name: "airline", loss: "meanSquaredError" });
  addNote(model, { example: months.slice(-span).join(" "), shift: least, scale: most - least });
  return {
    model,
    task: null,
    ...striding(rows(starts, 0), rows(starts, 1), 16),
    heldOut: [rows(last, 0), rows(last, 1)],
    baseline: { words: "the month before as the forecast", loss: Number(naive.toFixed(4)) },
  };
};

/** Sequences of 30; always saying 1 has a loss of 1/6. */
export const adding: MakeLab = (settings) => {
  const { x, y } = addingProblem({ rows: 4000, steps: 30, seed: settings.seed });
  const other = addingProblem({ rows: 200, steps: 30, seed: settings.seed + 1 });
  const layers = [input([null, 2]), recurrent(settings), dense(1)];
  const model = compiled(layers, settings, { name: "adding", loss: "meanSquaredError" });
  addNote(model, { example: exampleOf(x) });
  const heldOut = [other.x, other.y] as const;
  return { model, task: null, ...striding(x, y, 32), heldOut, baseline: { words: "always saying 1", loss: 0.1667 } };
};

/** Steps of a sequence that attention reads. */
const attended = 50;

/** The adding problem without recurrence: one query looks at all steps at once. Its units are those of keys and values. */
export const attention: MakeLab = (settings) => {
  const { units } = settings;
  const { x, y } = addingProblem({ rows: 4000, steps: attended, seed: settings.seed });
  const other = addingProblem({ rows: 200, steps: attended, seed: settings.seed + 1 });
  const steps = input([attended, 2]);
  const keys = dense(units, { activation: "relu" })(steps);
  const query = reshape([1, units])(dense(units)(globalAveragePooling1d()(keys)));
  const looked = attentionLayer({ useScale: true })([query, keys]);
  const network = functional(steps, dense(1)(flatten()(looked)), { seed: settings.seed });
  network.compile({ optimizer: adam({ learningRate: settings.rate }), loss: "meanSquaredError" });
  addNote(network, { example: exampleOf(x) });
  const heldOut = [other.x, other.y] as const;
  return {
    model: network,
    task: null,
    ...striding(x, y, 32),
    heldOut,
    baseline: { words: "always saying 1", loss: 0.1667 },
  };
};

/** The first row as it is typed. */
const exampleOf = (x: NdArray): string =>
  (x.row(0).toArray() as number[][]).map(([value, mark]) => `${value.toFixed(2)} ${mark}`).join("; ");

/** Symbols of delayed recall, and the steps of noise between the symbol and the question. */
const [symbols, delay] = [8, 20];

/** The first step's symbol is asked for after 20 steps of noise. */
export const recall: MakeLab = (settings) => {
  const { x, y } = delayedRecall({ rows: 4000, delay, symbols, seed: settings.seed });
  const other = delayedRecall({ rows: 200, delay, symbols, seed: settings.seed + 1 });
  const layers = [embedding(2 * symbols + 2, 16), recurrent(settings), dense(symbols, { activation: "softmax" })];
  const loss = { name: "recall", loss: "sparseCategoricalCrossentropy", accuracy: true };
  const model = compiled([input([delay + 2], { dtype: "i32" }), ...layers], settings, loss);
  const labels = Array.from({ length: symbols }, (_, k) => `symbol ${k + 1}`);
  addNote(model, { example: (x.row(0).toArray() as number[]).join(" "), labels });
  const heldOut = [other.x, other.y] as const;
  return {
    model,
    task: null,
    ...striding(x, y, 32),
    heldOut,
    baseline: { words: "guessing one of eight", loss: 2.079 },
  };
};
