/**
 * `npm run soak -- NAME`: what shows itself only after many rounds, each backend in a process of its own.
 *
 *   npm run soak -- interleavings --count 5000 --seed 7     writes that fall into running predictions, 2 and 3 threads, native and WASM
 *   npm run soak -- interleavings --seconds 60
 *   npm run soak -- memory --count 1000                     models of 26 MB made and dropped: peak of resident memory
 *   npm run soak -- studio --seconds 1800                   the studio in Chromium: its answers, long tasks, and the heap while it trains
 *   npm run soak -- serve --seconds 10                      load on a server: throughput, latencies at 25 to 120 % of it; --page writes docs/results/serving.md
 *   npm run soak -- serve --only small,stop                 some of its parts; what was measured is kept in build/soak-serve
 *   npm run soak -- serve --seconds 600                     from 120 s on: half of what it can, clients that leave, reloads; memory stays level
 *
 *   npm run soak -- mpi --count 30                          training on mpirun, a rank killed so often, ends with the bytes of one process
 *
 *   npm run soak -- predict --count 30                      predict --out --resume killed so often: the bytes of one run, memory of a long file
 *
 *   npm run soak -- queue --count 1000                      tune and backtest --queue: so many trials, 20 workers and a Redis killed, the tables of one process
 *
 * It runs on dist. Prints what was tried, right and wrong; the exit code is 1 where something is wrong, hangs or takes too much.
 */
import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { interleave } from "../test/soak/interleavings.mjs";
import { dropModels } from "../test/soak/memory.mjs";
import { killRanks, whyNoMpi } from "../test/soak/mpi.mjs";
import { killPredictions } from "../test/soak/predict.mjs";
import { killWorkers, whyNoQueue } from "../test/soak/queue.mjs";
import { loadServer, serveLong } from "../test/soak/serve.mjs";

const mostMegabytes = 1000;
const soaks = {
  interleavings: async (cellstate, { backend, count, seconds, seed }) => {
    const end = performance.now() + seconds * 1000;
    const until = (tried) => tried >= count || performance.now() > end;
    const { tried, right, wrong } = await interleave(cellstate, { backend, seed, until });
    return { ok: wrong === 0, says: `${tried} tried, ${right} right, ${wrong} wrong (seed ${seed})` };
  },
  memory: async (cellstate, { backend, count }) => {
    const peak = await dropModels(cellstate, { backend, count });
    return { ok: peak <= mostMegabytes, says: `${count} models of 26 MB, peak ${Math.round(peak)} MB` };
  },
  studio: async (cellstate, { seconds }) => {
    const root = join(import.meta.dirname, "..");
    const outfile = join(root, "build/soak-studio.mjs"); // inside the project, so that packages are found
    const entryPoints = [join(root, "test/soak/studio.ts")];
    const { build } = await import("esbuild");
    await build({
      entryPoints,
      outfile,
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      tsconfigRaw: {},
    });
    const { measureStudio } = await import(pathToFileURL(outfile).href);
    const say = (line) => console.log(`  ${line}`);
    const flat = await measureStudio({ root, seconds, large: await largeModel(cellstate), say });
    return { ok: flat, says: flat ? "the heap stays flat" : "the heap grows" };
  },
  mpi: async (_, { count, seed }) => {
    const why = whyNoMpi();
    if (why) return { ok: true, says: `not tried: ${why}` };
    const { right, says } = await killRanks({ count, seed, say: (line) => console.log(`  ${line}`) });
    return { ok: right, says };
  },
  predict: async (cellstate, { count, seed }) => {
    const { right, says } = await killPredictions(cellstate, { count, seed, say: (line) => console.log(`  ${line}`) });
    return { ok: right, says };
  },
  queue: async (_, { count, seed }) => {
    const why = await whyNoQueue();
    if (why) return { ok: true, says: `not tried: ${why}` };
    const say = (line) => console.log(`  ${line}`);
    const { right, says } = await killWorkers({
      count,
      seed,
      kills: 20,
      longEpochs: 300,
      leastSeconds: 1,
      folds: 40,
      say,
    });
    return { ok: right, says };
  },
  serve: async (_, { seconds, seed, page, only }) => {
    const say = (line) => console.log(`  ${line}`);
    if (seconds >= 120 && Number.isFinite(seconds)) return serveLong({ seconds, seed, say });
    const { writeServingPage } = await import("../test/soak/serve-page.mjs");
    return loadServer({
      seconds: Number.isFinite(seconds) ? seconds : 10,
      seed,
      only,
      say,
      page: page ? writeServingPage : null,
    });
  },
};

/** The bytes of a model of 20 MB that reads ids. */
async function largeModel({ embedding, lstm, dense, input, sequential }) {
  const { modelBytes } = await import("../dist/formats/index.js");
  const layers = [input([null]), embedding(30_000, 160), lstm(160), dense(1)];
  return modelBytes(sequential(layers, { seed: 1 }), "large.keras");
}

const runs = {
  serve: [{ backend: "native", threads: 2 }],
  interleavings: ["native", "wasm"].flatMap((backend) => [2, 3].map((threads) => ({ backend, threads }))),
  memory: ["native", "wasm", "js"].map((backend) => ({ backend, threads: 1 })),
  studio: [{ backend: "wasm", threads: 1 }],
  mpi: [{ backend: "native", threads: 1 }],
  predict: [{ backend: "native", threads: 2 }],
  queue: [{ backend: "native", threads: 1 }],
};

const number = { type: "string" };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: number,
    seconds: number,
    seed: number,
    backend: { type: "string" },
    page: { type: "boolean" },
    only: { type: "string" },
  },
});
const [name = "", inside] = positionals;
if (!soaks[name]) {
  console.error(
    `npm run soak -- ${Object.keys(soaks).join(" | ")} [--count n] [--seconds n] [--seed n] [--backend native|wasm|js]`,
  );
  process.exit(2);
}
const usualCount = { memory: 1000, queue: 1000, mpi: 30, predict: 30 }[name] ?? 2000;
const asked = {
  count: Number(values.count ?? (values.seconds ? Number.POSITIVE_INFINITY : usualCount)),
  seconds: Number(values.seconds ?? (name === "studio" ? 120 : Number.POSITIVE_INFINITY)),
  seed: Number.parseInt(values.seed ?? "1", 10),
  page: values.page === true,
  only: values.only?.split(","),
};

if (inside) {
  const alone = () => process.exit(1); // who asked is gone
  process.on("disconnect", alone);
  const cellstate = await import("../dist/index.js");
  process.send(await soaks[name](cellstate, { ...asked, backend: values.backend }));
  process.off("disconnect", alone);
  process.disconnect();
} else {
  for (const run of runs[name]) if (!values.backend || values.backend === run.backend) await separately(run);
}

/** A process that has not ended long after it should have hangs. */
async function separately({ backend, threads }) {
  const env = { ...process.env, CELLSTATE_THREADS: String(threads) };
  const words = [name, "inside", ...process.argv.slice(3), "--backend", backend];
  const child = fork(fileURLToPath(import.meta.url), words, { env });
  const spare = ["serve", "queue", "predict"].includes(name) ? 3600 : 600; // s
  const limit = Math.min(2 ** 31 - 1, 1000 * (spare + Math.min(asked.seconds, asked.count)));
  const timer = setTimeout(() => child.kill("SIGKILL"), limit);
  let result = { ok: false, says: "ended without an answer" };
  child.on("message", (message) => {
    result = message;
  });
  const end = (by) => child.kill(by); // Ctrl-C reaches it by itself, a signal to this process alone does not
  for (const by of ["SIGINT", "SIGTERM"]) process.once(by, end);
  const signal = await new Promise((resolve) => child.on("exit", (_, by) => resolve(by)));
  for (const by of ["SIGINT", "SIGTERM"]) process.off(by, end);
  clearTimeout(timer);
  if (signal) result = { ok: false, says: `hangs, or was killed (${signal})` };
  console.log(`${name}, ${backend}, threads ${threads}: ${result.says}${result.ok ? "" : "  FAILED"}`);
  if (!result.ok) process.exitCode = 1;
}
