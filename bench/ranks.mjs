/**
 * `node bench/ranks.mjs [--steps 6] [--rounds 3]`: one training on several processes (mpirun). Measured here, on dist: a step of W1, W2
 * and W4 in one process with two threads, and in two of one thread each that share the batch; and the same batch in 1 to 64 blocks in
 * one process, from which the time on 2 to 64 machines is modelled: the slowest process's blocks, the optimizer's step, and the sum of
 * the gradients by a reduce-scatter and an all-gather, 2 (N - 1) α + 2 (N - 1) / N · bytes / bandwidth (Thakur et al. 2005).
 */
import { spawnSync } from "node:child_process";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import * as cellstate from "../dist/index.js";
import { mpi } from "../dist/parallel/index.js";
import { dataOf } from "./data.mjs";
import { buildModel } from "./our-model.mjs";
import { workloads } from "./workloads.mjs";

const text = { type: "string" };
const options = { steps: text, rounds: text, one: text, blocks: text, names: text };
const { values } = parseArgs({ options });
const [steps, rounds] = [Number(values.steps ?? 6), Number(values.rounds ?? 3)];
const names = (values.names ?? "W1,W2,W4").split(",");

/** The fastest of some rounds of steps: seconds of the clock and of the processor for a step. */
async function measure(name, blocks) {
  const w = workloads.find((each) => each.name === name);
  const { x, y } = await dataOf({ ...w, steps: 1 }, cellstate);
  const model = buildModel(w, "native", cellstate);
  const rows = w.batch;
  const take = (a) => a.subarray(0, (a.length / Math.max(1, Math.floor(x.length / (rows * w.time)))) | 0);
  const [given, targets] = [take(x), take(y)];
  const shape = (a) => [rows, ...(a.length === rows ? [] : [a.length / rows])];
  const data = [new cellstate.NdArray(given, [rows, w.time]), new cellstate.NdArray(targets, shape(targets))];
  const parallel = mpi();
  const times = [];
  const fit = (epochs, more = {}) =>
    model.fit(...data, { epochs, batchSize: rows, shuffle: false, verbose: 0, blocks, parallel, ...more });
  await fit(2);
  for (let round = 0; round < rounds; round++) {
    const [begun, used] = [performance.now(), process.cpuUsage()];
    await fit(steps);
    const cpu = process.cpuUsage(used);
    times.push([(performance.now() - begun) / 1000 / steps, (cpu.user + cpu.system) / 1e6 / steps]);
  }
  const { rank } = await parallel.start();
  const [clock, processor] = times.sort((a, b) => a[1] - b[1])[0];
  const words = model.getWeights().reduce((n, a) => n + a.data.length, 0);
  if (rank === 0)
    process.stdout.write(
      `${JSON.stringify({ clock: Math.min(...times.map(([t]) => t)), processor, words, at: clock })}\n`,
    );
}

function inProcesses(ranks, name, blocks, threads) {
  const own = [
    process.argv[1],
    "--one",
    name,
    "--blocks",
    String(blocks),
    "--steps",
    String(steps),
    "--rounds",
    String(rounds),
  ];
  const env = {
    ...process.env,
    CELLSTATE_THREADS: String(threads),
    OMPI_ALLOW_RUN_AS_ROOT: "1",
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  };
  const [command, words] =
    ranks > 1
      ? ["mpirun", ["--oversubscribe", "-np", String(ranks), process.execPath, ...own]]
      : [process.execPath, own];
  const { stdout, stderr, status } = spawnSync(command, words, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

if (values.one) await measure(values.one, Number(values.blocks));
else {
  const ms = (s) => `${(1000 * s).toFixed(1)} ms`;
  for (const name of names) {
    console.log(`${name}, load ${loadavg()[0].toFixed(1)}, the fastest of ${rounds} rounds of ${steps} steps`);
    const two = inProcesses(1, name, 1, 2);
    const ranks = inProcesses(2, name, 2, 1);
    console.log(`  one process, two threads: ${ms(two.clock)} a step, processor ${ms(two.processor)}`);
    console.log(
      `  two processes, one thread: ${ms(ranks.clock)} a step, processor of one ${ms(ranks.processor)}; efficiency by the clock ${(two.clock / ranks.clock).toFixed(2)}, by the processor ${(two.processor / (2 * ranks.processor)).toFixed(2)}`,
    );
    const alone = inProcesses(1, name, 1, 1).processor;
    for (const blocks of [2, 4, 8, 16, 32, 64]) {
      const { processor, words } = inProcesses(1, name, blocks, 1);
      const modelled = [10, 100].map((gigabits) => {
        const sum = 2 * (blocks - 1) * 20e-6 + ((2 * (blocks - 1)) / blocks) * ((4 * words) / ((gigabits / 8) * 1e9));
        return `${(alone / (processor / blocks + sum)).toFixed(1)} (${gigabits} Gbit/s)`;
      });
      console.log(
        `  ${blocks} processes of one thread, modelled: ${modelled.join(", ")} times one; blocks alone cost ${(processor / alone).toFixed(2)} of a whole batch`,
      );
    }
  }
}
