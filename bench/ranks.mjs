/**
 * `node bench/ranks.mjs [--names W1,W2,W4,W7] [--steps 12] [--rounds 3] [--page]`: one training on several processes (mpirun). Measured
 * here, on dist: a step in one process with two threads, and in two of one thread each that share the batch, in turns; and with a
 * profile the programs of a block of 1/2 to 1/64 of the batch and of the optimizer's step on one thread. From these the time on 2 to 64
 * machines is modelled (bench/ranks-model.mjs). `--page` writes docs/results/processes.md and its chart, of all that lies in
 * out/ranks.json.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import * as cellstate from "../dist/index.js";
import { mpi } from "../dist/parallel/index.js";
import { dataOf } from "./data.mjs";
import { buildModel } from "./our-model.mjs";
import { summaryOf, writePage } from "./ranks-model.mjs";
import { workloads } from "./workloads.mjs";

const keep = "out/ranks.json"; // workloads measured one by one come on one page

const text = { type: "string" };
const options = { steps: text, rounds: text, one: text, blocks: text, names: text, page: { type: "boolean" } };
const { values } = parseArgs({ options });
const [steps, rounds] = [Number(values.steps ?? 12), Number(values.rounds ?? 3)];
const names = (values.names ?? "W1,W2,W4,W7").split(",");

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
  const [clock, processor] = [0, 1].map((k) => Math.min(...times.map((each) => each[k])));
  // What is added up: gradients, and of the embedding its occurrences' squares, which Adam and clipping read.
  const words = model.getWeights().reduce((n, a) => n + a.data.length, 0) + w.vocabulary * w.depth;
  if (rank === 0) process.stdout.write(`${JSON.stringify({ clock, processor, words })}\n`);
}

function inProcesses(ranks, name, blocks, threads, profile = false) {
  const counts = ["--blocks", String(blocks), "--steps", String(steps), "--rounds", String(rounds)];
  const own = [process.argv[1], "--one", name, ...counts];
  const env = {
    ...process.env,
    CELLSTATE_THREADS: String(threads),
    OMPI_ALLOW_RUN_AS_ROOT: "1",
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
    ...(profile ? { CELLSTATE_PROFILE: "1" } : {}),
  };
  const [command, words] =
    ranks > 1
      ? ["mpirun", ["--oversubscribe", "-np", String(ranks), process.execPath, ...own]]
      : [process.execPath, own];
  const { stdout, stderr, status } = spawnSync(command, words, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  const fastest = (program) => {
    const found = [...stderr.matchAll(new RegExp(`profile of ${program}: (\\d+) steps of ([\\d.]+) ms`, "g"))];
    return Math.min(...found.filter(([, n]) => Number(n) >= steps).map(([, , ms]) => Number(ms) / 1000));
  };
  return {
    ...JSON.parse(stdout.trim().split("\n").at(-1)),
    ...(profile ? { block: fastest("block"), move: fastest("move") } : {}),
  };
}

function measureAll(name) {
  const tries = Array.from({ length: 3 }, () => ({
    two: inProcesses(1, name, 1, 2),
    ranks: inProcesses(2, name, 2, 1),
  }));
  const best = (of, what) => Math.min(...tries.map((each) => each[of][what]));
  const both = (of) => ({ clock: best(of, "clock"), processor: best(of, "processor") });
  const { batch } = workloads.find((each) => each.name === name);
  const parts = [2, 4, 8, 16, 32, 64]
    .filter((blocks) => blocks <= batch)
    .map((blocks) => {
      const { block, move } = inProcesses(1, name, blocks, 1, true);
      return { processes: blocks, block, move };
    });
  const alone = inProcesses(1, name, 1, 1);
  return { name, words: alone.words, alone: alone.processor, two: both("two"), ranks: both("ranks"), parts };
}

if (values.one) await measure(values.one, Number(values.blocks));
else {
  const kept = existsSync(keep) ? JSON.parse(readFileSync(keep, "utf8")) : {};
  for (const name of names) {
    const load = loadavg()[0];
    kept[name] = { ...measureAll(name), load, steps, rounds };
    console.log(`${summaryOf(kept[name])}\n  load before ${load.toFixed(1)}`);
    mkdirSync(dirname(keep), { recursive: true });
    writeFileSync(keep, JSON.stringify(kept));
  }
  if (values.page) await writePage(Object.values(kept));
}
