/**
 * `cellstate predict --file --out --resume` on a file of any length, killed (SIGKILL) at random moments and typed again, ends with the bytes of one
 * run; and its peak of resident memory for a file and for one ten times as long. Runs on dist.
 */
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { drawing } from "./drawing.mjs";

const program = join(import.meta.dirname, "../../dist/cli/main.js");

/** A classifier of texts, saved; its figures do not matter. */
async function saveModel({ textClassifier }, path) {
  const task = textClassifier({ units: 16, embedding: 16, seed: 1 });
  await task.fit(["a good film", "a bad film", "so good", "so bad"], ["yes", "no", "yes", "no"], {
    epochs: 2,
    verbose: 0,
  });
  await task.save(path);
}

const words = ["a", "good", "bad", "film", "so", "slow", "and", "then", "it", "ends"];

/** So many lines of 4 to 23 words. */
async function writeLines(path, count, below) {
  const file = createWriteStream(path);
  for (let k = 0; k < count; k++) {
    const text = Array.from({ length: 4 + below(20) }, () => words[below(words.length)]).join(" ");
    if (!file.write(`${JSON.stringify({ id: k, text })}\n`))
      await new Promise((resolve) => file.once("drain", resolve));
  }
  await new Promise((resolve) => file.end(resolve));
}

/** Peak of resident memory of a process so far, MB; null where the system does not tell. */
function peakOf(pid) {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024; // none of one that has ended
  } catch {
    return null;
  }
}

/** Runs the command; `kill` ms after the first answer it is killed. */
async function predict(folder, input, output, kill = null) {
  const asked = ["predict", "model.keras", "--file", input, "--out", output, "--resume", "--quiet"];
  const child = spawn(process.execPath, [program, ...asked], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const said = [];
  child.stderr.on("data", (text) => said.push(text));
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
  const part = join(folder, `${output}.part`);
  const sizeOf = () => (existsSync(part) ? statSync(part).size : 0);
  const before = sizeOf();
  let [over, peak, begun] = [false, 0, null];
  const watching = (async () => {
    while (!over) {
      peak = Math.max(peak, peakOf(child.pid) ?? 0);
      begun ??= sizeOf() > before ? performance.now() : null;
      if (kill !== null && begun !== null && performance.now() - begun >= kill) child.kill("SIGKILL");
      await sleep(kill === null ? 50 : 1);
    }
  })();
  const { code, signal } = await ended;
  over = true;
  await watching;
  return { code, signal, peak, said: said.join("") };
}

/** `count` kills over runs on one file of `lines` lines, and the memory that it and one of `long` lines take (0: not measured). */
export async function killPredictions(cellstate, { count, seed, lines = 20_000, long = 10 * lines, say = () => {} }) {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-predict-"));
  const below = drawing(seed);
  const file = (name) => join(folder, name);
  try {
    await saveModel(cellstate, file("model.keras"));
    await writeLines(file("in.jsonl"), lines, below);
    const small = await predict(folder, "in.jsonl", "whole.jsonl");
    if (small.code !== 0) return { right: false, says: small.said };
    const whole = readFileSync(file("whole.jsonl"));
    let [killed, runs, wrong] = [0, 0, 0];
    while (killed < count && runs < 10 * count) {
      runs++;
      const { code, signal, said } = await predict(folder, "in.jsonl", "out.jsonl", below(150));
      if (signal === "SIGKILL") killed++;
      else if (code !== 0) return { right: false, says: said };
      if (!existsSync(file("out.jsonl"))) continue;
      if (!readFileSync(file("out.jsonl")).equals(whole)) wrong++;
      rmSync(file("out.jsonl"));
    }
    const last = await predict(folder, "in.jsonl", "out.jsonl");
    if (last.code !== 0 || !readFileSync(file("out.jsonl")).equals(whole)) wrong++;
    say(`${killed} kills in ${runs} runs of ${lines} lines: other bytes ${wrong} times`);
    const faults = [
      ...(wrong === 0 ? [] : [`other bytes ${wrong} times`]),
      ...(killed === count ? [] : [`only ${killed} kills`]),
    ];
    const memory = long > 0 ? await memoryOf(long) : "";
    return {
      right: faults.length === 0,
      says: `${killed} kills, ${faults.join("; ") || "the bytes of one run"}${memory}`,
    };

    async function memoryOf(many) {
      await writeLines(file("long.jsonl"), many, below);
      const large = await predict(folder, "long.jsonl", "long-out.jsonl");
      const answers = readFileSync(file("long-out.jsonl"), "utf8").split("\n").length - 1;
      if (large.code !== 0 || answers !== many) faults.push(`${answers} answers of ${many}: ${large.said.slice(-300)}`);
      if (large.peak >= small.peak + 100) faults.push("memory grows with the file");
      const megabytes = (path) => `${(statSync(file(path)).size / 1e6).toFixed(1)} MB`;
      return `; peak of memory ${small.peak.toFixed(0)} MB for ${megabytes("in.jsonl")}, ${large.peak.toFixed(0)} MB for ${megabytes("long.jsonl")}`;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
