// Cost against the number of steps, and against the number of real tokens in rows of one length.
import * as library from "../dist/index.js";
import { plotLines } from "../dist/plot/index.js";
import { median } from "./report.mjs";

const [batch, depth, units, vocabulary] = [64, 64, 64, 5000];
const lengths = [50, 100, 200, 400, 800];
const rowLength = 400;
const shares = [0.1, 0.25, 0.5, 0.75, 1];

/** Milliseconds of a training step and of a prediction, by T and by tokens, on one backend. */
export async function linearity(backend, rounds) {
  const byTime = await points(
    lengths.map((time) => ({ time, tokens: time, mask: false })),
    backend,
    rounds,
  );
  const cases = shares.map((s) => ({ time: rowLength, tokens: Math.round(s * rowLength) }));
  const padded = await points(
    cases.map((c) => ({ ...c, mask: false })),
    backend,
    rounds,
  );
  const masked = await points(
    cases.map((c) => ({ ...c, mask: true })),
    backend,
    rounds,
  );
  const series = (name, list, task, x) => ({ name, x: list.map((p) => p[x]), y: list.map((p) => p[task]) });
  const svg = await plotLines(
    [
      {
        title: "Steps of full rows",
        xLabel: "T",
        yLabel: "ms",
        series: [series("train", byTime, "train", "time"), series("infer", byTime, "infer", "time")],
      },
      {
        title: `Real tokens of rows of ${rowLength}`,
        xLabel: "tokens a row",
        yLabel: "ms",
        series: [
          series("train, pre-padded", padded, "train", "tokens"),
          series("train, masked", masked, "train", "tokens"),
          series("infer, pre-padded", padded, "infer", "tokens"),
          series("infer, masked", masked, "infer", "tokens"),
        ],
      },
    ],
    { title: `Cost of Embedding(${vocabulary},${depth}), LSTM(${units}), batch ${batch}, on ${backend}` },
  );
  const line = (kind, p) =>
    `${kind.padEnd(11)} T=${String(p.time).padEnd(4)} tokens ${String(p.tokens).padEnd(4)} train ${p.train.toFixed(2).padStart(8)} ms, ${((1000 * p.train) / p.tokens).toFixed(1).padStart(6)} µs a token; infer ${p.infer.toFixed(2).padStart(8)} ms, ${((1000 * p.infer) / p.tokens).toFixed(1).padStart(6)} µs a token`;
  const lines = [
    ...byTime.map((p) => line("full", p)),
    ...padded.map((p) => line("pre-padded", p)),
    ...masked.map((p) => line("masked", p)),
  ];
  return { result: { backend, byTime, padded, masked }, svg, lines };
}

/** The cases in turn, round by round, so that a busy moment falls on all of them. */
async function points(cases, backend, rounds) {
  const made = cases.map((c) => ({ ...c, ...prepare(c, backend), times: { train: [], infer: [] } }));
  for (const c of made) {
    await c.train();
    await c.infer();
  }
  for (let r = 0; r < rounds; r++) {
    for (const c of made) {
      for (const task of ["train", "infer"]) c.times[task].push(await c[task]());
    }
  }
  return made.map(({ time, tokens, times }) => ({
    time,
    tokens,
    train: median(times.train),
    infer: median(times.infer),
  }));
}

function prepare({ time, tokens, mask }, backend) {
  const { dense, embedding, lstm, NdArray, sequential } = library;
  const steps = 2;
  const x = new Int32Array(steps * batch * time);
  for (let b = 0; b < steps * batch; b++) {
    for (let t = time - tokens; t < time; t++) x[b * time + t] = 1 + ((b * 7919 + t * 104_729) % (vocabulary - 1));
  }
  const rows = new NdArray(x, [steps * batch, time]);
  const y = Float32Array.from({ length: steps * batch }, (_, i) => i % 2);
  const model = sequential([
    embedding(vocabulary, depth, { maskZero: mask }),
    lstm(units),
    dense(1, { activation: "sigmoid" }),
  ]);
  model.compile({ loss: "binaryCrossentropy", optimizer: "sgd", backend });
  const first = rows.slice(0, batch);
  return {
    train: async () =>
      ((await model.fit(rows, y, { batchSize: batch, verbose: 0, shuffle: false })).seconds * 1000) / steps,
    infer: async () => {
      const from = performance.now();
      await model.predictOnBatch(first);
      return performance.now() - from;
    },
  };
}
