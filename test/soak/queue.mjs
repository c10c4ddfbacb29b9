/**
 * `cellstate tune --queue` and `backtest --queue` on a redis-server with workers that are killed, and Redis once too: nothing is lost, nothing
 * counted twice, and the table is that of one process, byte for byte. Runs on dist.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../free-port.mjs";
import { drawing } from "./drawing.mjs";

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

/** Runs a command in one process and on the queue, with kills whenever so many jobs more are done; the folders or files of both runs have the name's end. */
async function bothWays({ folder, redis, workers, words, ends, kills, redisAt, jobs, below }) {
  const alone = await cellstate([...words, ...ends("alone")], { cwd: folder }).ended;
  if (alone.code !== 0) throw new Error(alone.err);
  const begun = performance.now();
  let [killed, restarted] = [0, null];
  const seen = (err) => {
    const done = (err.match(/^(trial|fold) \d/gm) ?? []).length;
    while (killed < kills && done >= ((killed + 0.5) * jobs) / kills) {
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
  const { child, ended } = cellstate([...words, ...ends("queue"), "--queue", redis.url], { cwd: folder, seen });
  const timer = setTimeout(() => child.kill("SIGKILL"), 2_400_000);
  const spread = await ended;
  clearTimeout(timer);
  await restarted;
  const wrong = [
    ...(spread.code === 0 ? [] : [`exit code ${spread.code}: ${spread.err.slice(-500)}`]),
    ...(spread.out === alone.out ? [] : ["another table"]),
    ...(killed === kills && (redisAt === null || restarted) ? [] : [`${killed} kills`]),
  ];
  const took = ((performance.now() - begun) / 1000).toFixed(0);
  return { wrong, took, says: `${killed} workers killed${restarted ? ", Redis too" : ""}` };
}

/** One search both ways: the tables, the trials and the best models. */
async function search({ name, task, options, trials, say, leastSeconds = 0, ...common }) {
  const words = ["tune", ...task, "--trials", `${trials}`, "--search", "random", ...options];
  const ends = (end) => ["--folder", `${name}-${end}`];
  const found = await bothWays({ ...common, words, ends, jobs: trials });
  const file = (end, own) => join(common.folder, `${name}-${end}`, own);
  const [one, many] = ["alone", "queue"].map((end) => linesOf(file(end, "trials.jsonl")));
  const told = (list) =>
    JSON.stringify(list.map(({ seconds: _, ...rest }) => rest).sort((a, b) => a.trial.trial - b.trial.trial));
  const bytes = ["alone", "queue"].map((end) => readFileSync(file(end, "best.keras")));
  const times = many.map(({ seconds }) => seconds);
  const wrong = [
    ...found.wrong,
    ...(many.length === trials ? [] : [`${many.length} trials`]),
    ...(told(one) === told(many) ? [] : ["other trials"]),
    ...(bytes[0].equals(bytes[1]) ? [] : ["another model"]),
    ...(Math.min(...times) >= leastSeconds ? [] : [`trials of less than ${leastSeconds} s`]),
  ];
  const each = `each ${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)} s`;
  say(
    `${name}: ${trials} trials in ${found.took} s, ${each}; ${found.says}: ${wrong.join("; ") || "as in one process"}`,
  );
  return wrong;
}

/** One backtest both ways: all errors and forecasts as JSON, and the chart. */
async function backtest({ folds, say, ...common }) {
  const model = ["--method", "network", "--horizon", "3", "--units", "8", "--epochs", "30", "--patience", "30"];
  const words = ["backtest", "series.csv", "--folds", `${folds}`, ...model];
  const ends = (end) => ["--chart", `${end}.svg`];
  const text = await bothWays({ ...common, words, ends, jobs: folds });
  const json = await bothWays({ ...common, kills: 0, words: [...words, "--json"], ends, jobs: folds }); // all is done by now
  const charts = ["alone", "queue"].map((end) => readFileSync(join(common.folder, `${end}.svg`)));
  const wrong = [...text.wrong, ...json.wrong, ...(charts[0].equals(charts[1]) ? [] : ["another chart"])];
  say(`backtest: ${folds} folds in ${text.took} s; ${text.says}: ${wrong.join("; ") || "as in one process"}`);
  return wrong;
}

/** What searches and backtests read: films, lines of text whose words follow no rule, and a series. */
function writeFiles(folder, below) {
  const rows = Array.from({ length: 24 }, (_, k) => (k % 2 ? `a good film ${k},good` : `a bad film ${k},bad`));
  writeFileSync(join(folder, "reviews.csv"), `review,label\n${rows.join("\n")}\n`);
  const words = "the cell state remembers what gate lets through and forgets rest of each long sequence".split(" ");
  const line = () => Array.from({ length: 12 }, () => words[below(words.length)]).join(" ");
  writeFileSync(join(folder, "lines.txt"), `${Array.from({ length: 150 }, line).join("\n")}\n`);
  const value = (t) => (100 + t / 4 + 20 * Math.sin(t / 2) + below(10)).toFixed(2);
  const series = Array.from({ length: 400 }, (_, t) => value(t));
  writeFileSync(join(folder, "series.csv"), `value\n${series.join("\n")}\n`);
}

/**
 * `count` short trials, a tenth as many of `longEpochs` passes over 150 lines and `folds` folds of a backtest, with `kills` kills of workers and one
 * of Redis. Throws where one process alone fails.
 */
export async function killWorkers({ count, kills, seed, longEpochs, leastSeconds, folds, say = () => {} }) {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-queue-"));
  const below = drawing(seed);
  writeFiles(folder, below);
  const redis = await redisIn(folder);
  const workers = workersOn(redis.url, 2, folder);
  const fifth = Math.ceil(kills / 5);
  try {
    const common = { folder, redis, workers, below, say, redisAt: null };
    const [films, lines] = [
      ["classify", "reviews.csv"],
      ["text", "lines.txt"],
    ];
    const short = { name: "short", task: films, options: ["--epochs", "1"], trials: count };
    const long = { name: "long", task: lines, options: ["--epochs", `${longEpochs}`], trials: Math.ceil(count / 10) };
    const wrong = [
      ...(await search({ ...common, ...short, kills: kills - 2 * fifth, redisAt: count / 2 })),
      ...(await search({ ...common, ...long, kills: fifth, leastSeconds })),
      ...(await backtest({ ...common, folds, kills: fifth })),
    ];
    const says = wrong.join("; ") || `${kills} workers and one Redis killed: nothing lost, nothing twice`;
    return { right: wrong.length === 0, says };
  } finally {
    await workers.end();
    await redis.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  }
}

const linesOf = (file) =>
  readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
