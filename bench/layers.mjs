// npm run bench -- --layers [--threads 1]: what other recurrent layers and optimizers cost beside the LSTM's and Adam's own.
import * as library from "../dist/index.js";
import { cellFlops } from "./workloads.mjs";

const [batch, time, depth, units] = [64, 200, 128, 128];
const projected = units / 2;
const { gru, lstm, rnn, simpleRnn } = library;

/** Operations of a row and step are those of the products: twice gates · H · (D + H) but where it is said. */
const layers = {
  LSTM: [() => lstm(units), cellFlops(depth, units)],
  GRU: [() => gru(units), cellFlops(depth, units, "gru")],
  "GRU, resetAfter false": [() => gru(units, { resetAfter: false }), cellFlops(depth, units, "gru")],
  SimpleRNN: [() => simpleRnn(units), cellFlops(depth, units, "simpleRnn")],
  "LSTM, hard sigmoid": [() => lstm(units, { recurrentActivation: "hardSigmoid" }), cellFlops(depth, units)],
  "LSTM, relu": [() => lstm(units, { activation: "relu" }), cellFlops(depth, units)],
  "peephole LSTM": [() => rnn(library.peepholeLstmCell(units)), cellFlops(depth, units)],
  "projected LSTM": [
    () => rnn(library.projectedLstmCell(units, { projSize: projected })),
    2 * 4 * units * (depth + projected) + 2 * units * projected,
  ],
  "layer-normalised LSTM": [() => rnn(library.layerNormLstmCell(units)), cellFlops(depth, units)],
  minLSTM: [() => rnn(library.minLstmCell(units)), 2 * 3 * units * depth], // no gate sees the state
  minGRU: [() => rnn(library.minGruCell(units)), 2 * 2 * units * depth],
};
const optimizers = ["adam", "sgd", "rmsprop", "adagrad", "adamw", "nadam", "lion"];

const sum = ({ user, system }) => user + system;

/** The fastest of interleaved rounds, ms: each model's `calls` once a round. */
async function race(contestants, rounds, clock, calls) {
  const best = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, model] of contestants) {
      for (const [k, call] of calls.entries()) {
        const from = clock();
        await call(model);
        const ms = clock() - from;
        if (round > 0) best.set(`${name} ${k}`, Math.min(ms, best.get(`${name} ${k}`) ?? ms)); // programs are made in round 0
      }
    }
  }
  return (name, k) => best.get(`${name} ${k}`);
}

/** Time for each operation beside the LSTM's; time of a training step beside Adam's. Prints lines; returns both as rows. */
export async function layersCommand({ backend, threads, rounds, print }) {
  // of one thread processor time: a neighbour's share of the core does not count
  const clock = threads === 1 ? () => sum(process.cpuUsage()) / 1000 : () => performance.now();
  const x = new library.NdArray(
    Float32Array.from({ length: batch * time * depth }, (_, i) => Math.sin(i)),
    [batch, time, depth],
  );
  const y = new library.NdArray(
    Float32Array.from({ length: batch }, (_, i) => i % 2),
    [batch, 1],
  );
  const made = Object.entries(layers).map(([name, [layer]]) => [
    name,
    compiled(layer(), "adam", [time, depth], backend),
  ]);
  const infer = (model) => model.predictOnBatch(x);
  const train = (model) => model.trainOnBatch(x, y);
  const ms = await race(made, rounds, clock, [infer, train]);
  const perOperation = (name, k) => ms(name, k) / layers[name][1];
  const rows = Object.keys(layers).map((name) => ({
    name,
    infer: ms(name, 0),
    train: ms(name, 1),
    inferBesideLstm: perOperation(name, 0) / perOperation("LSTM", 0),
    trainBesideLstm: perOperation(name, 1) / perOperation("LSTM", 1),
  }));
  print(
    `\nT=${time}, D=${depth}, H=${units}, batch ${batch}, on ${backend}: ms, and time for each operation of the products beside the LSTM's`,
  );
  for (const row of rows)
    print(
      `${row.name.padEnd(24)} infer ${row.infer.toFixed(1).padStart(7)} ms ${row.inferBesideLstm.toFixed(2).padStart(6)}   train ${row.train.toFixed(1).padStart(7)} ms ${row.trainBesideLstm.toFixed(2).padStart(6)}`,
    );
  return { layers: rows, optimizers: await steps({ backend, rounds, clock, print }) };
}

/** Models of many weights and few operations, so that a step is the optimizer's. */
async function steps({ backend, rounds, clock, print }) {
  const [rowsOf, wide] = [8, 1500];
  const x = new library.NdArray(new Float32Array(rowsOf * wide).fill(0.1), [rowsOf, wide]);
  const y = new library.NdArray(new Float32Array(rowsOf), [rowsOf, 1]);
  const made = optimizers.map((name) => [name, compiled(library.dense(wide), name, [wide], backend)]);
  const ms = await race(made, 4 * rounds, clock, [(model) => model.trainOnBatch(x, y)]);
  const found = optimizers.map((name) => ({ name, ms: ms(name, 0), besideAdam: ms(name, 0) / ms("adam", 0) }));
  print(
    `\n${((wide * wide) / 1e6).toFixed(2)} million weights, ${rowsOf} rows: ms of a training step, and beside Adam's`,
  );
  for (const row of found)
    print(`${row.name.padEnd(24)} ${row.ms.toFixed(2).padStart(7)} ms ${row.besideAdam.toFixed(2).padStart(6)}`);
  return found;
}

function compiled(layer, optimizer, shape, backend) {
  const model = library.sequential([library.input(shape), layer, library.dense(1, { activation: "sigmoid" })], {
    seed: 1,
  });
  model.compile({ optimizer, loss: "binaryCrossentropy", backend });
  return model;
}
