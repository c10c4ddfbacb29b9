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
const kernels = jsBackend().load(
  { ...program, instructions: program.instructions.filter((it) => heavy.has(it.op)) },
  {},
);
// Real numbers to work on: exp and tanh of zeros are quicker than of anything else.
const memory = (region) => kernels.memory(region);
memory("weights").write(
  0,
  Float32Array.from({ length: program.sizes.weights }, (_, i) => 0.3 * Math.sin(i)),
);
memory("data").write(
  0,
  Float32Array.from({ length: program.sizes.data }, (_, i) => i % 2),
);
memory("scratch").write(
  0,
  Float32Array.from({ length: program.sizes.scratch }, (_, i) => 0.1 * Math.cos(i)),
);
const alone = async () => {
  const from = performance.now();
  for (let k = 0; k < steps; k++) await kernels.run({ firstStep: k, times: 1, seed: 1 });
  return ((performance.now() - from) * 1000) / steps;
};
await alone();
const pairs = [];
for (let r = 0; r < 15; r++) pairs.push([await fit(), await alone()]);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
console.log(`${os.cpus()[0].model}, node ${process.version}, ${program.instructions.length} instructions a step`);
console.log(
  `step ${median(pairs.map((p) => p[0])).toFixed(1)} µs, kernels alone ${median(pairs.map((p) => p[1])).toFixed(1)} µs, overhead ${median(pairs.map((p) => p[0] - p[1])).toFixed(1)} µs (medians of 15)`,
);
