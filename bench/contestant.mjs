// The parent's end of a contestant: starts it, asks, gives up after a time.
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const here = (file) => new URL(file, import.meta.url).pathname;

/** All that could take part: { name, ours, bf16, command } or { name, missing: why }. With `bf16` those that can compute in it do so too. */
export function contestants(backends, peers, threads, bf16 = false) {
  const all = plainContestants(backends, peers, threads);
  const too = ({ name, ours }) => bf16 && (ours ? name !== "js" : name === "torch");
  const second = (c) => ({ ...c, name: `${c.name} bf16`, bf16: true, command: c.command && [...c.command, "bf16"] });
  return all.flatMap((c) => (too(c) ? [c, second(c)] : [c]));
}

function plainContestants(backends, peers, threads) {
  const node = (file, ...more) => [process.execPath, here(file), ...more, String(threads)];
  const installed = (name) => existsSync(here(`peers/node_modules/${name}`));
  const absent = { missing: "not installed: npm ci --ignore-scripts --prefix bench/peers" };
  const python = peers.includes("torch") ? pythonWithTorch() : null;
  const known = [
    { name: "torch", ...(python ? { command: [python, here("peers/torch_peer.py"), String(threads)] } : noTorch) },
    ...["onnxruntime-node", "onnxruntime-web"].map((name) => ({
      name,
      ...(installed(name) ? { command: node("peers/ort_peer.mjs", name) } : absent),
    })),
    ...["wasm", "cpu"].map((backend) => ({
      name: `tfjs-${backend}`,
      ...(installed("@tensorflow/tfjs-backend-wasm") ? { command: node("peers/tfjs_peer.mjs", backend) } : absent),
    })),
    { name: "keras", missing: "no contestant of it is written yet" },
  ];
  return [
    ...backends.map((name) => ({ name, ours: true, command: node("ours.mjs", name) })),
    ...known.filter((c) => peers.includes(c.name)),
  ];
}

const noTorch = {
  missing:
    "no python3 here imports torch (CELLSTATE_PYTHON names another; Debian: python3-torch, libopenblas0-pthread)",
};

/** A python3 that imports torch, or null. */
export function pythonWithTorch() {
  const found = [process.env.CELLSTATE_PYTHON, "python3", "/usr/bin/python3"].find((python) => {
    if (!python) return false;
    try {
      execFileSync(python, ["-c", "import torch"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
  return found ?? null;
}

/**
 * A running contestant. `ask` resolves to its answer; `{ fails }` when it complains, ends, or takes longer than `seconds`. Whoever is
 * not asked stands still (SIGSTOP), so that no thread of it spins beside the one that is: ONNX Runtime's do for some 50 ms after a run.
 */
export async function start({ command, ours }, { threads, seconds }) {
  const [program, ...list] = command;
  const env = { ...process.env, ...(ours ? { CELLSTATE_THREADS: String(threads) } : {}) };
  const child = spawn(program, list, { stdio: ["pipe", "pipe", "ignore"], env });
  child.stdin.on("error", () => {}); // it ended: the next answer says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let over = false;
  const answer = async (limit) => {
    if (over) return { fails: "ended" };
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve("late"), limit * 1000);
    });
    const line = await Promise.race([lines.next(), late]);
    clearTimeout(timer);
    if (line !== "late" && !line.done) return JSON.parse(line.value);
    over = true;
    child.kill("SIGKILL");
    return { fails: line === "late" ? `> ${limit} s` : "ended by itself", late: line === "late" };
  };
  const signal = (name) => {
    if (!over) child.kill(name);
  };
  const { version, fails } = await answer(60);
  signal("SIGSTOP");
  return {
    version: version ?? fails,
    async ask(what, limit = seconds) {
      signal("SIGCONT");
      child.stdin.write(`${JSON.stringify(what)}\n`);
      const found = await answer(limit);
      signal("SIGSTOP");
      return found;
    },
    end: () => child.kill("SIGKILL"),
  };
}
