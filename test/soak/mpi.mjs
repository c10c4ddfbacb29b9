/**
 * `cellstate train` on several ranks of mpirun, one of which is killed at a random moment; then on another number of ranks with
 * --resume. It ends with the bytes of a training in one process. Runs on dist.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawing } from "./drawing.mjs";

const root = join(import.meta.dirname, "../..");
const program = join(root, "dist/cli/main.js");

/** Why MPI cannot be tried here; null where it can. */
export function whyNoMpi() {
  const { status, error } = spawnSync("mpirun", ["--version"], { encoding: "utf8" });
  if (error || status !== 0) return "there is no mpirun (Debian, Ubuntu: apt-get install openmpi-bin)";
  if (!existsSync(join(root, "build/cellstate.node"))) return "there is no native addon";
  return null;
}

/** As root mpirun wants to be told that it may; more ranks than cores wait without spinning. */
const environment = {
  ...process.env,
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_rmaps_base_oversubscribe: "1",
  OMPI_MCA_mpi_yield_when_idle: "1",
  SOURCE_DATE_EPOCH: "1700000000", // the day that a model was saved is in its file
};

/** Runs a command on so many ranks, in a folder; `watch` sees the process and what it has said. */
export function onRanks(ranks, words, { cwd, watch = () => {}, late = false, seconds = 120 }) {
  const [command, ...rest] = words;
  const delayed = late ? ["sh", "-c", 'sleep "$OMPI_COMM_WORLD_RANK"; exec "$0" "$@"'] : [];
  const all = ["-np", String(ranks), ...delayed, command, ...rest];
  const child = spawn("mpirun", all, { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    said.out += text;
    watch(child, said.out);
  });
  child.stderr.on("data", (text) => {
    said.err += text;
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...said });
    });
  });
}

const children = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** Whether a process runs; what has ended and was not waited for does not. */
function lives(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** Trains to the end once in one process, then with `count` kills on 1 to 3 ranks; the files that differ. */
export async function killRanks({ count, seed, say = () => {}, epochs = 8 }) {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-mpi-"));
  const below = drawing(seed);
  try {
    const words = "the cell state remembers what the gate lets through and forgets the rest".split(" ");
    const lines = Array.from({ length: 60 }, (_, i) => words.slice(i % 5, 6 + (i % 7)).join(" "));
    writeFileSync(join(folder, "lines.txt"), `${lines.join("\n")}\n`);
    const options = ["--units", "6", "--embedding", "4", "--dropout", "0.2", "--batch-size", "8", "--blocks", "3"];
    const files = ["--save", "model.keras", "--log", "log.csv", "--history", "history.csv", "--checkpoint", "0"];
    const often = ["--epochs", String(epochs), "--validation-split", "0.1", "--patience", "50"];
    const train = [
      process.execPath,
      program,
      "train",
      "text",
      join(folder, "lines.txt"),
      ...options,
      ...files,
      ...often,
    ];
    const [alone, killed] = ["alone", "killed"].map((name) => join(folder, name));
    for (const path of [alone, killed]) mkdirSync(path);
    const reference = spawnSync(train[0], train.slice(1), { cwd: alone, env: environment, encoding: "utf8" });
    if (reference.status !== 0) throw new Error(reference.stderr);
    let died = 0;
    for (let k = 0; k < count; k++) {
      const ranks = 1 + below(3);
      const after = 1 + below(Math.max(1, epochs - 2)); // epochs seen
      let pids = [];
      const watch = (child, out) => {
        if (pids.length > 0 || (out.match(/Epoch \d/g) ?? []).length < after) return;
        pids = children(child.pid);
        const victim = pids[below(pids.length)];
        setTimeout(() => victim && process.kill(victim, "SIGKILL"), below(40));
      };
      const late = k % 5 === 4;
      const { code } = await onRanks(ranks, [...train, "--resume"], { cwd: killed, watch, late }).catch(() => ({}));
      if (code !== 0) died++;
      let left = pids.filter(lives);
      for (let wait = 0; left.length > 0 && wait < 20; wait++) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        left = left.filter(lives);
      }
      if (left.length > 0) return { right: false, says: `kill ${k + 1}: ranks ${left.join()} live on` };
      say(`kill ${k + 1}: ${ranks} ranks${late ? ", started late" : ""}, exit code ${code}`);
    }
    const end = await onRanks(2, [...train, "--resume"], { cwd: killed });
    if (end.code !== 0) return { right: false, says: end.err };
    const differ = readdirSync(alone).filter(
      (name) =>
        !existsSync(join(killed, name)) || !readFileSync(join(alone, name)).equals(readFileSync(join(killed, name))),
    );
    const more = readdirSync(killed).filter((name) => !readdirSync(alone).includes(name));
    const wrong = [...differ, ...more];
    return {
      right: wrong.length === 0 && died > 0,
      died,
      says: `${died} of ${count} killed; other bytes: ${wrong.join(", ") || "none"}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
