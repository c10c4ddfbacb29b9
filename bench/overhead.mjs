// node bench/overhead.mjs: microseconds a step of the five-row toy costs beyond its kernels, on the js backend.
// Both sides interleaved: whole fits of many steps, and the step's own kernels (gather, lstm, lstmBack, linear, matmul, adam) alone.
import os from "node:os";
import { jsBackend } from "../dist/backends/js/index.js";
import { dense, lstm, sequential } from "../dist/index.js";

const heavy = new Set(["gather", "lstm", "lstmBack", "linear", "matmul", "adam"]);
const rows = [
  [[1], [1], [0]],
  [[1], [1], [1]],
  [[0], [0], [1]],
  [[0], [0], [0]],
  [[1], [0], [1]],
];
const steps = 2000;
const x = Array.from({ length: 5 * steps }, (_, i) => rows[i % 5]);
const y = Array.from({ length: 5 * steps }, (_, i) => [1, 1, 0, 0, 1][i % 5]);

const model = sequential([lstm(8), dense(1, { activation: "sigmoid" })]);
model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"], backend: "js" });
const fit = async () => ((await model.fit(x, y, { batchSize: 5, verbose: 0 })).seconds * 1e6) / steps;
await fit();
const { program } = model.step;

/** Part of the step's instructions over the same data, all steps in one crossing, as fit runs them. */
function part(keep) {
  const some = { ...program, instructions: program.instructions.filter(keep) };
  const backend = jsBackend();
  const feed = backend.allocate(program.sizes.feed * steps);
  const executable = backend.load(some, { feed });
  const words = new Float32Array(program.sizes.feed * steps);
  const ints = new Int32Array(words.buffer);
  for (let k = 0; k < steps; k++) {
    for (let j = 0; j < 5; j++) ints[k * program.sizes.feed + j] = k * 5 + j;
    words[k * program.sizes.feed + program.bindings.learningRate.offset] = 0.001;
    words[k * program.sizes.feed + program.bindings.iteration.offset] = k + 1;
  }
  feed.write(0, words);
  executable.memory("data").write(program.bindings["x 0"].offset, Float32Array.from(x.flat(2)));
  executable.memory("weights").write(
    0,
    Float32Array.from({ length: program.sizes.weights }, (_, i) => 0.3 * Math.sin(i)),
  );
  return async () => {
    const from = performance.now();
    await executable.run({ firstStep: 0, times: steps, seed: 1 });
    return ((performance.now() - from) * 1000) / steps;
  };
}
const alone = part((it) => heavy.has(it.op));
const small = part((it) => !heavy.has(it.op));
await alone();
await small();
const pairs = [];
for (let r = 0; r < 15; r++) pairs.push([await fit(), await alone(), await small()]);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
console.log(`${os.cpus()[0].model}, node ${process.version}, ${program.instructions.length} instructions a step`);
console.log(
  `step ${median(pairs.map((p) => p[0])).toFixed(1)} µs, kernels alone ${median(pairs.map((p) => p[1])).toFixed(1)} µs, overhead ${median(pairs.map((p) => p[0] - p[1])).toFixed(1)} µs, of which small instructions ${median(pairs.map((p) => p[2])).toFixed(1)} µs (medians of 15)`,
);
