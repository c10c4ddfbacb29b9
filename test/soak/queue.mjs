/**
 * `cellstate tune --queue` on a redis-server with workers that are killed, and Redis once too: nothing is lost, nothing counted twice, and the
 * table is that of one process, byte for byte. Runs on dist.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port.mjs";

const program = join(import.meta.dirname, "../../dist/cli/main.js");
const environment = { ...process.env, CELLSTATE_THREADS: "1", SOURCE_DATE_EPOCH: "1700000000" };

/** Why a queue cannot be tried here; null where it can. */
export async function whyNoQueue() {
  const { status, error } = spawnSync("redis-server", ["--version"]);
  if (error || status !== 0) return "there is no redis-server (Debian, Ubuntu: apt-get install redis-server)";
  return Promise.all([import("bullmq"), import("ioredis")]).then(
    () => null,
    () => "bullmq and ioredis are not installed (npm install bullmq ioredis)",
  );
}

/** A redis-server of one's own that keeps its data in a folder; `kill` and `start` it again at will. */
export async function redisIn(folder, more = []) {
  const port = await freePort();
  const kept = ["--appendonly", "yes", "--save", "", "--dir", folder];
  const words = ["--port", `${port}`, "--bind", "127.0.0.1", ...kept, ...more];
  let child;
  const start = async () => {
    child = spawn("redis-server", words, { stdio: ["ignore", "pipe", "ignore"] });
    await new Promise((resolve) => {
      child.stdout.on("data", (text) => String(text).includes("Ready to accept") && resolve());
      child.on("exit", resolve);
    });
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    async kill(signal = "SIGKILL") {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill(signal);
      await gone;
    },
  };
}

/** Runs `cellstate ...`; `seen` is told what it says on standard error, as it comes. */
export function cellstate(words, { cwd, seen = () => {} }) {
  const child = spawn(process.execPath, [program, ...words], {
    cwd,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    said.out += text;
  });
  child.stderr.on("data", (text) => {
    said.err += text;
    seen(said.err);
  });
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, ...said })));
  return { child, ended };
}

/** Workers, of which there are always so many. */
function workersOn(url, count, cwd) {
  const words = ["worker", "--queue", url, "--lost-after", "3"];
  let over = false;
  const running = new Set();
  const begin = () => {
    const worker = cellstate(words, { cwd });
    running.add(worker);
    void worker.ended.then(() => {
      running.delete(worker);
      if (!over) begin();
    });
  };
  for (let k = 0; k < count; k++) begin();
  return {
    /** Kills one that has begun to work, if there is one. */
    killOne(below) {
      const all = [...running];
      all[below(all.length)]?.child.kill("SIGKILL");
    },
    async end() {
      over = true;
      const all = [...running];
      for (const { child } of all) child.kill("SIGTERM");
      const late = setTimeout(() => all.forEach(({ child }) => void child.kill("SIGKILL")), 20_000);
      await Promise.all(all.map(({ ended }) => ended));
      clearTimeout(late);
    },
  };
}

const trialsIn = (folder) =>
  readFileSync(join(folder, "trials.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** One search in this process's manner and on the queue, with kills whenever so many trials more are done. */
async function search({ folder, redis, workers, name, options, kills, redisAt, trials, below, say }) {
  const words = ["tune", "classify", "reviews.csv", "--trials", `${trials}`, "--search", "random", ...options];
  const alone = await cellstate([...words, "--folder", `${name}-alone`], { cwd: folder }).ended;
  if (alone.code !== 0) throw new Error(alone.err);
  const begun = performance.now();
  let [killed, restarted] = [0, null];
  const seen = (err) => {
    const done = (err.match(/^trial \d/gm) ?? []).length;
    while (killed < kills && done >= ((killed + 0.5) * trials) / kills) {
      killed++;
      setTimeout(() => workers.killOne(below), below(500));
    }
    if (redisAt === null || restarted !== null || done < redisAt) return;
    restarted = (async () => {
      await redis.kill();
      await sleep(1000);
      await redis.start();
    })();
  };
  const asked = [...words, "--folder", `${name}-queue`, "--queue", redis.url];
  const { child, ended } = cellstate(asked, { cwd: folder, seen });
  const timer = setTimeout(() => child.kill("SIGKILL"), 1_200_000);
  const spread = await ended;
  clearTimeout(timer);
  await restarted;
  const [one, many] = ["alone", "queue"].map((end) => trialsIn(join(folder, `${name}-${end}`)));
  const told = (list) =>
    JSON.stringify(list.map(({ seconds: _, ...rest }) => rest).sort((a, b) => a.trial.trial - b.trial.trial));
  const bytes = ["alone", "queue"].map((end) => readFileSync(join(folder, `${name}-${end}/best.keras`)));
  const wrong = [
    ...(spread.code === 0 ? [] : [`exit code ${spread.code}: ${spread.err.slice(-500)}`]),
    ...(spread.out === alone.out ? [] : ["another table"]),
    ...(many.length === trials ? [] : [`${many.length} trials`]),
    ...(told(one) === told(many) ? [] : ["other trials"]),
    ...(bytes[0].equals(bytes[1]) ? [] : ["another model"]),
    ...(killed === kills && (redisAt === null || restarted) ? [] : [`${killed} kills`]),
  ];
  const [times, took] = [many.map(({ seconds }) => seconds), ((performance.now() - begun) / 1000).toFixed(0)];
  say(
    `${name}: ${trials} trials in ${took} s, each ${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)} s; ${killed} workers killed${restarted ? ", Redis too" : ""}: ${wrong.join("; ") || "as in one process"}`,
  );
  return wrong;
}

/** `count` short trials and a tenth as many of a second or more, with `kills` kills of workers and one of Redis. */
export async function killWorkers({ count, kills, seed, longEpochs = 400, say = () => {} }) {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-queue-"));
  let state = seed >>> 0;
  const below = (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const rows = Array.from({ length: 24 }, (_, k) => (k % 2 ? `a good film ${k},good` : `a bad film ${k},bad`));
  writeFileSync(join(folder, "reviews.csv"), `review,label\n${rows.join("\n")}\n`);
  const redis = await redisIn(folder);
  const workers = workersOn(redis.url, 2, folder);
  try {
    const common = { folder, redis, workers, below, say };
    const short = Math.ceil(kills * 0.7);
    const wrong = [
      ...(await search({
        ...common,
        name: "short",
        options: ["--epochs", "1"],
        kills: short,
        redisAt: count / 2,
        trials: count,
      })),
      ...(await search({
        ...common,
        name: "long",
        options: ["--epochs", `${longEpochs}`, "--seed", "2"],
        kills: kills - short,
        redisAt: null,
        trials: Math.ceil(count / 10),
      })),
    ];
    return {
      right: wrong.length === 0,
      says: wrong.join("; ") || `${kills} workers and one Redis killed: nothing lost, nothing twice`,
    };
  } finally {
    await workers.end();
    await redis.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  }
}
