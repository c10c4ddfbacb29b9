import { dense, dropout, embedding, input, lstm, NdArray, sequential, sgd } from "../dist/index.js";

/** Whole numbers from 1 to below `limit`, the same every time. */
export function ids(rows, time, limit, padding = () => 0) {
  const out = new Int32Array(rows * time);
  let s = 1;
  for (let b = 0; b < rows; b++) {
    for (let t = padding(b); t < time; t++) {
      s = (Math.imul(s, 1103515245) + 12345) >>> 0;
      out[b * time + t] = 1 + ((s >>> 8) % (limit - 1));
    }
  }
  return new NdArray(out, [rows, time]);
}

const labels = (rows) => Float32Array.from({ length: rows }, (_, i) => i % 2);
const classes = (rows, limit) => ids(rows, 1, limit).reshape([rows]);
/** Multiply-adds of one row and step of an lstm, as floating-point operations. */
const cell = (d, h) => 2 * 4 * h * (d + h);
const binary = { loss: "binaryCrossentropy", optimizer: "adam" };
const sparse = { loss: "sparseCategoricalCrossentropy", optimizer: "adam" };

/** The workloads of the kernels issue. `flops`: of one forward pass over a batch; a training step is three of them. */
export const workloads = [
  {
    name: "W1",
    batch: 64,
    steps: 4,
    torch: "W1",
    what: "Embedding(10000,128), T=200, LSTM(128), Dense(1)",
    layers: () => [embedding(10_000, 128), lstm(128), dense(1, { activation: "sigmoid" })],
    x: (n) => ids(n, 200, 10_000),
    y: labels,
    compile: binary,
    flops: 64 * 200 * cell(128, 128),
    one: true,
  },
  {
    name: "W1 dropout",
    batch: 64,
    steps: 4,
    what: "W1 with dropout .2 and recurrentDropout .2",
    layers: () => [
      embedding(10_000, 128),
      lstm(128, { dropout: 0.2, recurrentDropout: 0.2 }),
      dense(1, { activation: "sigmoid" }),
    ],
    x: (n) => ids(n, 200, 10_000),
    y: labels,
    compile: binary,
    flops: 64 * 200 * cell(128, 128),
  },
  {
    name: "W2",
    batch: 64,
    steps: 2,
    torch: "W2",
    what: "Embedding(10000,128), T=500, LSTM(100), Dropout .5, Dense(1), full rows",
    layers: () => [embedding(10_000, 128), lstm(100), dropout(0.5), dense(1, { activation: "sigmoid" })],
    x: (n) => ids(n, 500, 10_000),
    y: labels,
    compile: binary,
    flops: 64 * 500 * cell(128, 100),
  },
  {
    name: "W2 padded",
    batch: 64,
    steps: 2,
    what: "W2 with IMDb's lengths: 56 % of the steps are padding",
    layers: () => [embedding(10_000, 128), lstm(100), dropout(0.5), dense(1, { activation: "sigmoid" })],
    x: (n) => ids(n, 500, 10_000, (b) => [340, 370, 300, 250, 390, 0, 310, 355][b % 8]),
    y: labels,
    compile: binary,
    flops: 64 * 500 * cell(128, 100),
  },
  {
    name: "W3 epoch",
    batch: 32,
    steps: 27,
    torch: "W3",
    epoch: true,
    what: "860 pre-padded n-gram rows: Embedding(283,100), T=56, LSTM(150) twice, Dense(283)",
    layers: () => [
      embedding(283, 100),
      lstm(150, { returnSequences: true }),
      lstm(150),
      dense(283, { activation: "softmax" }),
    ],
    x: () => ids(860, 56, 283, (b) => 54 - (b % 20)),
    y: () => classes(860, 283),
    compile: sparse,
    flops: (860 / 27) * 56 * (cell(100, 150) + cell(150, 150)),
  },
  {
    name: "W4",
    batch: 64,
    steps: 4,
    torch: "W4",
    what: "Embedding(2800,50), T=60, LSTM(200), Dense(2800)",
    layers: () => [embedding(2800, 50), lstm(200), dense(2800, { activation: "softmax" })],
    x: (n) => ids(n, 60, 2800),
    y: (n) => classes(n, 2800),
    compile: sparse,
    flops: 64 * (60 * cell(50, 200) + 2 * 200 * 2800),
  },
  {
    name: "W7",
    batch: 20,
    steps: 2,
    torch: "W7",
    tokens: 20 * 35,
    what: "Embedding(10000,650), LSTM(650) twice, T=35, Dense(10000) every step, SGD with clipping",
    layers: () => [
      embedding(10_000, 650),
      lstm(650, { returnSequences: true }),
      lstm(650, { returnSequences: true }),
      dense(10_000, { activation: "softmax" }),
    ],
    x: (n) => ids(n, 35, 10_000),
    y: (n) => ids(n, 35, 10_000),
    compile: () => ({ loss: "sparseCategoricalCrossentropy", optimizer: sgd({ learningRate: 1, globalClipnorm: 5 }) }),
    flops: 20 * 35 * (2 * cell(650, 650) + 2 * 650 * 10_000),
  },
];

/** A model of the workload on a backend, trained one step so that everything is built. */
export async function prepare(w, backend) {
  const rows = w.batch * w.steps;
  const x = w.x(rows);
  const y = w.y(rows);
  const model = sequential(w.layers());
  model.compile({ ...(typeof w.compile === "function" ? w.compile() : w.compile), backend });
  const fit = () => model.fit(x, y, { batchSize: w.batch, verbose: 0, shuffle: false });
  await fit();
  const batch = x.slice(0, w.batch);
  const row = x.slice(0, 1);
  return {
    model,
    /** Milliseconds of a training step; of an epoch where the workload is one. */
    train: async () => ((await fit()).seconds * 1000) / (w.epoch ? 1 : w.steps),
    infer: () => timed(() => model.predictOnBatch(batch)),
    one: w.one ? () => timed(() => model.predictOnBatch(row)) : null,
  };
}

async function timed(work) {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** W5: the whole fit of the five-row toy, building included. */
export async function toy(backend) {
  const x = [
    [[1], [1], [0]],
    [[1], [1], [1]],
    [[0], [0], [1]],
    [[0], [0], [0]],
    [[1], [0], [1]],
  ];
  return timed(async () => {
    const model = sequential([lstm(8), dense(1, { activation: "sigmoid" })]);
    model.compile({ ...binary, backend });
    await model.fit(x, [1, 1, 0, 0, 1], { epochs: 100, verbose: 0 });
  });
}

export { input };
