// npm run bench [-- --rounds 5 --only W1,W4 --backends native,js --peers --json out/bench.json]
// Every workload on every backend and, with --peers, PyTorch (`python3 -c "import torch"`), interleaved in one run: medians and ratios.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { prepare, toy, workloads } from "./workloads.mjs";

const { values: o } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
    backends: { type: "string", default: "native" },
    json: { type: "string", default: "out/bench.json" },
  },
});
const rounds = Number(o.rounds);
const threads = Number(process.env.CELLSTATE_THREADS ?? os.availableParallelism());

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** GFLOP/s of this machine, [one thread, all]; null without a C++ compiler. */
function peak() {
  const flags = existing("/proc/cpuinfo").includes("avx512f")
    ? ["-mavx512f", "-mfma", "-mprefer-vector-width=512"]
    : existing("/proc/cpuinfo").includes("avx2")
      ? ["-mavx2", "-mfma"]
      : [];
  try {
    const out = join(mkdtempSync(join(os.tmpdir(), "cellstate-peak-")), "peak");
    execFileSync("c++", [
      "-std=c++17",
      "-O3",
      ...flags,
      "-pthread",
      new URL("peak.cpp", import.meta.url).pathname,
      "-o",
      out,
    ]);
    return execFileSync(out, [String(threads)], { encoding: "utf8" })
      .trim()
      .split(" ")
      .map(Number);
  } catch {
    return null;
  }
}
function existing(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** PyTorch as a process that measures on request; null where it is not installed. */
async function torchPeer() {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      execFileSync(python, ["-c", "import torch"], { stdio: "ignore" });
    } catch {
      continue;
    }
    const child = spawn(python, [new URL("peers/torch_peer.py", import.meta.url).pathname, String(threads)], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const version = (await lines.next()).value.replace("ready ", "");
    const ask = async (what) => {
      child.stdin.write(`${what}\n`);
      return Number((await lines.next()).value);
    };
    return { version, ask, end: () => child.kill() };
  }
  return null;
}

const limit = peak();
const torch = o.peers ? await torchPeer() : null;
console.log(`${os.cpus()[0].model}, ${threads} threads, node ${process.version}, load ${os.loadavg()[0].toFixed(1)}`);
console.log(
  limit
    ? `FMA peak ${limit[0]} GFLOP/s on one thread, ${limit[1]} on ${threads}`
    : "FMA peak not measured: no C++ compiler",
);
console.log(torch ? `peer: ${torch.version}` : "peer PyTorch not asked: add --peers where python3 can import torch");
console.log("peers not asked here: Keras, tfjs and onnxruntime (need their own installs or exported models)\n");

const rows = [];
const only = o.only?.split(",");
const backends = o.backends.split(",");
for (const w of workloads.filter((w) => !only || only.includes(w.name))) {
  const ours = [];
  for (const backend of backends) {
    if (backend === "js" && w.flops > 2e8) continue; // minutes in plain TypeScript
    ours.push({ backend, ...(await prepare(w, backend)) });
  }
  for (const task of ["train", "infer", ...(w.one ? ["one"] : [])]) {
    if (w.epoch && task === "infer") continue;
    const times = new Map([...ours.map((p) => [p.backend, []]), ...(torch && w.torch ? [["torch", []]] : [])]);
    if (times.has("torch")) await torch.ask(`${w.torch} ${task}`);
    for (const p of ours) await p[task]();
    for (let r = 0; r < rounds; r++) {
      for (const p of ours) times.get(p.backend).push(await p[task]());
      if (times.has("torch")) times.get("torch").push(await torch.ask(`${w.torch} ${task}`));
    }
    const peerMs = times.has("torch") ? median(times.get("torch")) : null;
    for (const p of ours) {
      const ms = median(times.get(p.backend));
      const flops = (w.flops * (task === "train" ? 3 : 1) * (w.epoch ? w.steps : 1)) / (task === "one" ? w.batch : 1);
      const gflops = flops / ms / 1e6;
      const row = {
        workload: w.name,
        task,
        backend: p.backend,
        ms,
        gflops,
        share: limit ? gflops / limit[1] : null,
        torchMs: peerMs,
        ratio: peerMs && peerMs / ms,
        scratchBytes: p.model.step.plannedBytes,
        tokensPerSecond: w.tokens && task === "train" ? (w.tokens / ms) * 1000 : null,
      };
      rows.push(row);
      console.log(
        `${w.name.padEnd(11)} ${task.padEnd(5)} ${p.backend.padEnd(6)} ${ms.toFixed(2).padStart(9)} ms ${gflops.toFixed(0).padStart(5)} GFLOP/s${limit ? ` ${(100 * row.share).toFixed(0).padStart(3)} % of peak` : ""}` +
          `${peerMs ? `   PyTorch ${peerMs.toFixed(2)} ms: ${row.ratio.toFixed(2)} times ours` : ""}${row.tokensPerSecond ? `   ${row.tokensPerSecond.toFixed(0)} tokens/s` : ""}`,
      );
    }
  }
}
if (!only || only.includes("W5")) {
  for (const backend of backends) {
    const first = await toy(backend);
    const times = [];
    for (let r = 0; r < rounds; r++) times.push(await toy(backend));
    rows.push({ workload: "W5", task: "fit", backend, ms: median(times), firstMs: first });
    console.log(
      `W5          fit   ${backend.padEnd(6)} ${median(times).toFixed(2).padStart(9)} ms for 100 epochs, building included (${first.toFixed(1)} the first time in a process)`,
    );
  }
}
torch?.end();
console.log(`peak memory of this process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
mkdirSync(dirname(o.json), { recursive: true });
writeFileSync(
  o.json,
  JSON.stringify(
    { machine: os.cpus()[0].model, threads, node: process.version, peak: limit, torch: torch?.version ?? null, rows },
    null,
    1,
  ),
);
console.log(`written: ${o.json}`);
