// One workload: everybody builds the same model with the same weights, proves it by its outputs, then round by round.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { start } from "./contestant.mjs";

const agree = 1e-4; // share of the largest output: sums of a few hundred f32 products in another order stay well below
const agreeBf16 = 0.1; // 8 bits of a number, over hundreds of steps: a wrong gate shows all the same
const once = 5; // s: what takes longer is measured once
const building = 90; // s: to build a model and compare its outputs
const slow = 25; // s: of one workload, what a contestant may use for repeating

/**
 * The workload on all contestants. Returns { w, entries: [{ name, ours, version, fails, bytes, stepBytes, difference,
 * times: { task: [ms] }, notes: { task: text } }] }.
 */
export async function measure(workload, all, { backend, rounds, threads, seconds }) {
  const folder = mkdtempSync(join(os.tmpdir(), "cellstate-bench-"));
  try {
    const script = new URL("make-case.mjs", import.meta.url).pathname;
    const made = spawnSync(process.execPath, [script, workload.name, folder, backend], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`bench: no case for ${workload.name}: ${made.stderr}`);
    const w = JSON.parse(readFileSync(join(folder, "case.json"), "utf8"));
    const entries = [];
    for (const contestant of all.filter((c) => !c.missing && (c.ours || !w.alone))) {
      entries.push(await open(contestant, folder, { threads, seconds }));
    }
    for (const task of asked(w.tasks)) await interleave(task, entries, rounds);
    for (const e of entries) await close(e);
    return { w: { ...w, tasks: asked(w.tasks) }, entries: entries.map(({ process, ...rest }) => rest) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A batch of predictions is asked for one at a time, after a pause, and in a row. */
const asked = (tasks) => tasks.flatMap((task) => (task === "infer" ? [task, inARow] : [task]));
const inARow = "infer in a row";
const row = 10; // calls in a row

async function open(contestant, folder, options) {
  const process = await start(contestant, options);
  const entry = {
    name: contestant.name,
    ours: contestant.ours === true,
    version: process.version,
    process,
    times: {},
    notes: {},
    spent: 0,
  };
  const answer = await process.ask({ ask: "open", folder }, building);
  entry.fails = answer.fails ?? null;
  entry.difference = answer.difference ?? null;
  entry.stepBytes = answer.stepBytes ?? null;
  if (answer.difference > (contestant.bf16 ? agreeBf16 : agree))
    entry.fails = `another answer: outputs differ by ${answer.difference.toExponential(1)}`;
  entry.tasks = answer.tasks ?? [];
  return entry;
}

async function interleave(task, entries, rounds) {
  const [name, times] = task === inARow ? ["infer", row] : [task, 1];
  const able = entries.filter((e) => !e.fails && e.tasks.includes(name));
  const ask = async (e) => {
    const from = performance.now();
    const answer = await e.process.ask({ ask: name, times });
    e.spent += (performance.now() - from) / 1000;
    if (answer.fails) {
      e.notes[task] = answer.fails;
      if (answer.late) e.fails = "ended: it took too long";
      return null;
    }
    if (answer.note) e.notes[task] = answer.note;
    return answer.ms;
  };
  const again = [];
  for (const e of able) {
    const from = performance.now();
    const ms = await ask(e);
    if (ms === null) continue;
    const long = (performance.now() - from) / 1000 > once || e.spent > slow;
    e.times[task] = long ? [ms] : [];
    if (!long) again.push(e);
  }
  for (let r = 0; r < rounds; r++) {
    for (const e of again) {
      if (r > 0 && e.spent > slow && !e.ours) continue;
      const ms = await ask(e);
      if (ms !== null) e.times[task].push(ms);
    }
  }
}

async function close(e) {
  if (!e.fails) e.bytes = (await e.process.ask({ ask: "memory" })).bytes ?? null;
  e.process.end();
}
