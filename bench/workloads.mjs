// What is measured: the workloads of the kernels issue, as plain data that every contestant builds its own model from.

/** The differences between recurrent layers: gates in their weights, ways over the sequence, words `saved` (kernels/README.md). */
const kinds = {
  lstm: { gates: 4, ways: 1, saved: (b, t, h) => t * b * 4 * h + 2 * (t + 1) * b * h },
  gru: { gates: 3, ways: 1, saved: (b, t, h) => t * b * 4 * h + (t + 1) * b * h },
  simpleRnn: { gates: 1, ways: 1, saved: (b, t, h) => 2 * (t + 1) * b * h },
};
kinds.bidirectional = { ...kinds.lstm, ways: 2 };

/** Multiply-adds of one row and step of a layer of h units over d inputs, as floating-point operations. */
export const cellFlops = (d, h, layer = "lstm") => 2 * kinds[layer].ways * kinds[layer].gates * h * (d + h);

const base = {
  layer: "lstm",
  dropout: 0,
  recurrentDropout: 0,
  after: 0,
  every: false,
  optimizer: "adam",
  tasks: ["infer", "train"],
};
const imdb = { ...base, vocabulary: 10_000, depth: 128, out: 1, batch: 64 };

/**
 * Embedding(vocabulary, depth) → LSTM(units), or another `layer`, one after the other → Dropout(after) → Dense(out), at every step or at the
 * last one. `steps` batches are one measurement; where `epoch` is set its time is that of all of them. `depth` 0: numbers
 * go straight into the LSTM. Tasks in the order of their cost: who takes too long is out of the rest. `rows` says where the data come from (bench/data.mjs).
 */
export const workloads = [
  { ...imdb, name: "W1", time: 200, units: [128], steps: 4, rows: "full", tasks: ["one", "infer", "train"] },
  {
    ...imdb,
    name: "W1 dropout",
    time: 200,
    units: [128],
    steps: 4,
    rows: "full",
    dropout: 0.2,
    recurrentDropout: 0.2,
    tasks: ["train"],
  },
  // the other layers per operation as fast as W1's: no peers, they are compared with it
  { ...imdb, name: "W1 GRU", layer: "gru", time: 200, units: [128], steps: 4, rows: "full", alone: true },
  { ...imdb, name: "W1 SimpleRNN", layer: "simpleRnn", time: 200, units: [128], steps: 4, rows: "full", alone: true },
  {
    ...imdb,
    name: "W1 both ways",
    layer: "bidirectional",
    time: 200,
    units: [128],
    steps: 4,
    rows: "full",
    alone: true,
  },
  { ...imdb, name: "W2", time: 500, units: [100], after: 0.5, steps: 2, rows: "full" },
  // no peers: they compute every padded step, so their time is W2's
  { ...imdb, name: "W2 padded", time: 500, units: [100], after: 0.5, steps: 2, rows: "like IMDb", alone: true },
  { ...imdb, name: "W2 IMDb", time: 500, units: [100], after: 0.5, steps: 8, rows: "IMDb" },
  {
    ...base,
    name: "W3",
    vocabulary: 283,
    depth: 100,
    time: 56,
    units: [150, 150],
    out: 283,
    batch: 32,
    rows: "FAQ",
    epoch: true,
    tasks: ["train"],
  },
  {
    ...base,
    name: "W4",
    vocabulary: 2800,
    depth: 50,
    time: 60,
    units: [200],
    out: 2800,
    batch: 64,
    steps: 4,
    rows: "full",
  },
  { ...base, name: "W5", vocabulary: 0, depth: 0, time: 3, units: [8], out: 1, batch: 5, rows: "toy", tasks: ["fit"] },
  {
    ...base,
    name: "W6",
    vocabulary: 283,
    depth: 100,
    time: 1,
    units: [150, 150],
    out: 283,
    batch: 1,
    rows: "words",
    tasks: ["word"],
  },
  {
    ...base,
    name: "W7",
    vocabulary: 10_000,
    depth: 650,
    time: 35,
    units: [650, 650],
    out: 10_000,
    batch: 20,
    steps: 2,
    rows: "full",
    every: true,
    optimizer: "sgd",
    clip: 5,
  },
];

/** Floating-point operations of a forward pass over one row. */
export function rowFlops(w) {
  const inputs = [w.depth || 1, ...w.units];
  const recurrent = w.units.reduce((sum, h, k) => sum + w.time * cellFlops(inputs[k], h, w.layer), 0);
  return recurrent + 2 * kinds[w.layer].ways * w.units.at(-1) * w.out * (w.every ? w.time : 1);
}

/** Of one measurement: backward is twice forward. */
export function taskFlops(w, task) {
  if (task === "train") return 3 * rowFlops(w) * (w.epoch ? w.rowCount : w.batch);
  return task === "fit"
    ? 3 * rowFlops(w) * w.batch * epochsOfToy
    : rowFlops(w) * (task.startsWith("infer") ? w.batch : 1);
}

export const epochsOfToy = 100;

/**
 * Words that a training step must keep for its backward pass and hand on, by the formulas of the ops' docs: `saved` of each
 * recurrent layer, with H rounded up to 16; its input and that input's gradient, T·B·D each; and, where a
 * dense layer answers at every step, its logits and their gradient.
 */
export function formulaWords(w) {
  const inputs = [w.depth || 1, ...w.units];
  const b = w.batch;
  const recurrent = w.units.map((h, k) => {
    const units = Math.ceil(h / 16) * 16;
    return kinds[w.layer].ways * (kinds[w.layer].saved(b, w.time, units) + 2 * w.time * b * inputs[k]);
  });
  const sequence = w.every ? 2 * w.time * b * (w.units.at(-1) + w.out) : 2 * b * w.out;
  return recurrent.reduce((sum, n) => sum + n, 0) + sequence;
}
