// node tfjs_peer.mjs cpu|wasm THREADS: TensorFlow.js as a contestant. On its cpu backend large workloads are measured on an
// eighth of the batch and multiplied by eight, because a whole one takes minutes; it says so.
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { largest, serve, singlesAMeasurement, timed, wordsAMeasurement } from "../serve.mjs";
import { epochsOfToy, rowFlops } from "../workloads.mjs";

const [, , backend, threads] = process.argv;
const require = createRequire(import.meta.url);
console.log = console.info = console.warn = () => {}; // it greets on standard output, which belongs to the answers
const tf = require("@tensorflow/tfjs");
if (backend === "wasm") {
  const wasm = require("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  wasm.setThreadsCount(Number(threads));
}
await tf.setBackend(backend);
await tf.ready();

await serve(`tfjs ${tf.version.tfjs} ${tf.getBackend()}`, async ({ w, x, y, weights }) => {
  if (w.rows === "toy") {
    const [inputs, targets] = [tf.tensor(x, [5, 3, 1]), tf.tensor(y, [5, 1])];
    return { fit: () => timed(async () => build(w).fit(inputs, targets, { epochs: epochsOfToy, verbose: 0 })) };
  }
  const model = build(w);
  model.setWeights(weights.map((a) => tf.tensor(a.data, a.shape)));
  if (w.rows === "words") return words(model);
  const part = backend === "cpu" && rowFlops(w) * w.batch > 2e8 ? 8 : 1;
  const rows = Math.ceil(w.batch / part);
  const share = w.batch / rows;
  const batch = (n) => tf.tensor(x.slice(0, n * w.time), [n, w.time], "int32");
  const targets = w.out === 1 ? tf.tensor(y.slice(0, rows), [rows, 1]) : sparse(y, rows, w);
  const predict = (input) => async () => {
    const out = model.predictOnBatch(input);
    const values = await out.data();
    out.dispose();
    return values;
  };
  const [some, whole, single] = [batch(rows), batch(w.batch), batch(1)];
  const times = (w.epoch ? w.steps : 1) * share;
  const tasks = {
    train: async () => times * (await timed(() => model.trainOnBatch(some, targets))),
    infer: async () => share * (await timed(predict(some))),
    one: () => timed(predict(single), backend === "cpu" ? 1 : singlesAMeasurement),
  };
  const note = [share > 1 ? `${rows} of ${w.batch} rows` : "", w.epoch ? `one step of ${w.steps}` : ""]
    .filter(Boolean)
    .join(", ");
  for (const name of ["train", "infer"])
    tasks[name].note = (name === "train" || share > 1) && note ? `from ${note}` : "";
  return { check: predict(whole), ...Object.fromEntries(w.tasks.map((name) => [name, tasks[name]])) };
});

function build(w) {
  const model = tf.sequential();
  const stateful = w.rows === "words";
  const shape = stateful ? { batchInputShape: [1, 1] } : { inputShape: [w.time] };
  if (w.depth)
    model.add(
      tf.layers.embedding({ inputDim: w.vocabulary, outputDim: w.depth, embeddingsInitializer: "zeros", ...shape }),
    );
  w.units.forEach((units, k) => {
    const returnSequences = w.every || k < w.units.length - 1;
    const { dropout, recurrentDropout } = w;
    const plain = { kernelInitializer: "glorotUniform", recurrentInitializer: w.depth ? "zeros" : "orthogonal" };
    const input = w.depth ? {} : { inputShape: [w.time, 1] };
    model.add(
      tf.layers.lstm({
        units,
        returnSequences,
        dropout,
        recurrentDropout,
        stateful,
        recurrentActivation: "sigmoid",
        ...plain,
        ...input,
      }),
    );
  });
  if (w.after) model.add(tf.layers.dropout({ rate: w.after }));
  model.add(tf.layers.dense({ units: w.out, activation: w.out === 1 ? "sigmoid" : "softmax" }));
  const optimizer = w.optimizer === "sgd" ? tf.train.sgd(1) : "adam"; // it cannot clip; the rest is the same
  model.compile({ optimizer, loss: w.out === 1 ? "binaryCrossentropy" : "sparseCategoricalCrossentropy" });
  return model;
}

function sparse(y, rows, w) {
  const per = w.every ? w.time : 1;
  return tf.tensor(Float32Array.from(y.slice(0, rows * per)), w.every ? [rows, w.time, 1] : [rows, 1]);
}

function words(model) {
  let id = 1;
  const step = async () => {
    const out = tf.tidy(() => model.predictOnBatch(tf.tensor([id], [1, 1], "int32")));
    const p = await out.data();
    out.dispose();
    id = largest(p);
    return p;
  };
  return { check: step, word: () => timed(step, wordsAMeasurement) };
}
