/** Python programs that judge our numbers: which Python, and one that stays and answers. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const own = fileURLToPath(new URL("../../build/judges/bin/python", import.meta.url));

/** The Python that has the judges: CELLSTATE_JUDGE, KERAS_PYTHON, or what `npm run judges` made; null where there is none. */
export function python() {
  const given = process.env.CELLSTATE_JUDGE ?? process.env.KERAS_PYTHON;
  return given ?? (existsSync(own) ? own : null);
}

/** The Python that has PyTorch 2 (4.6 GB, which `npm run judges` leaves out): CELLSTATE_TORCH; null where there is none. */
export const torchPython = () => process.env.CELLSTATE_TORCH ?? null;

/**
 * Gives `ask(request)` → what test/judges/SCRIPT answers, which calls `answer(function)` of answer.py, one request after the
 * other; it throws what Python raised, as `Error("ValueError: ...")`. The process begins with the first request (Keras takes its
 * time to load) and ends with `ask.end()`.
 */
export function judge(script, program = python()) {
  let running;
  const ask = (request) => {
    running ??= started(script, program);
    return running.ask(request);
  };
  ask.end = () => running?.end();
  return ask;
}

/**
 * A way to ask that answers from CELLSTATE_JUDGE_CACHE, a folder, where the same was asked before of the same program: what it
 * answers, or { raised }, and the `path` under which it left files. `about` is asked for as well, and not handed on.
 */
export function remembering(script) {
  const program = readFileSync(new URL(script, import.meta.url));
  return async (ask, request, folder, about = "") => {
    const asked = JSON.stringify({ ...request, path: undefined }); // ours, in the request, is another in each run
    const key = createHash("sha256").update(program).update(asked).update(about);
    const path = `${process.env.CELLSTATE_JUDGE_CACHE ?? folder}/${key.digest("hex").slice(0, 24)}`;
    if (existsSync(`${path}.json`)) return { path, ...JSON.parse(readFileSync(`${path}.json`, "utf8")) };
    const said = await ask({ path, ...request }).catch((error) => ({ raised: error.message.slice(0, 600) }));
    writeFileSync(`${path}.json`, JSON.stringify(said));
    return { path, ...said };
  };
}

function started(script, program) {
  const env = {
    ...process.env,
    KERAS_BACKEND: "tensorflow",
    TF_CPP_MIN_LOG_LEVEL: "3",
    TF_ENABLE_ONEDNN_OPTS: "0",
    CUDA_VISIBLE_DEVICES: "",
    OMP_NUM_THREADS: "1",
  };
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(program, ["-W", "ignore", path], { env, stdio: ["pipe", "pipe", "pipe"] });
  const waiting = [];
  let errors = "";
  child.stderr.on("data", (data) => {
    errors = (errors + data).slice(-2000);
  });
  child.on("exit", (code) => {
    for (const { refuse } of waiting.splice(0)) refuse(new Error(`${script} ended (${code}): ${errors}`));
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return; // something printed by a library
    // Python's JSON has words for what is no number; null is ours (close.mjs).
    const { value, raised } = JSON.parse(line.replace(/-?\b(NaN|Infinity)\b/g, "null"));
    const { answer, refuse } = waiting.shift();
    if (raised === undefined) answer(value);
    else refuse(new Error(raised));
  });
  const ask = (request) =>
    new Promise((answer, refuse) => {
      waiting.push({ answer, refuse });
      child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  return { ask, end: () => child.stdin.end() };
}
