/**
 * `npm run sweep -- NAME`: random cases, each computed here and by the library that we say we equal; test/judges/NAME.mjs.
 *
 *   npm run sweep -- keras-models --count 300 --seed 7
 *   npm run sweep -- keras-models --seconds 120 --seed $(git rev-parse HEAD)
 *   npm run sweep -- keras-models --only 1234567            one case again, with all that can be said of it
 *   npm run sweep -- keras-models --cover 5                 until each combination was tried five times, predictions alone: half an
 *                                                           hour; with CELLSTATE_JUDGE_CACHE=FOLDER it goes on where it was ended
 *   npm run sweep -- all --seconds 600                      each for its part of the time, as CI does
 *
 * Ctrl-C ends a sweep after the case under way, and prints what it found so far.
 *
 * `npm run sweep -- planted --count 60` plants faults in copies of our code and sees whether the sweeps find them.
 * The exit code is 1 where a number is wrong, or something is refused that the sweep's list does not name. `--known 0.04` lets pass as
 * many fresh cases, as a fraction of them (two at least): they are printed, to be mended; past failures always count.
 *
 * It runs on dist (CELLSTATE_DIST=FOLDER takes another copy) with the Python of test/judges/ask.mjs.
 *
 * A sweep is a module test/judges/NAME.mjs that exports
 *   about       one sentence
 *   script      (optional) the Python program beside it that judges: calls `answer(function)` of answer.py
 *   python      (optional) () => which Python runs it, null where there is none; `without` then says what is missing
 *   listed      (optional) [RegExp]: refusals that our docs list
 *   known       (optional) the fraction of cases that may be wrong, where nothing can be right in all of them: 0.05 of the seasons
 *   fixed       (optional) ["name"]: past failures, run before the random ones; handed over among the seeds
 *   sweep       async function*({ seeds, ask, cellstate, formats, data, folder, verbose }) that yields, for every seed of `seeds` (numbers,
 *               and names of `fixed`), one result or several:
 *     seed      the one it belongs to: `--only SEED` gives the same case again, whatever ran before
 *     kind      (optional) what is counted in a line of its own, such as ".h5"
 *     result    "right", "wrong", "refused" (by us, with an error of ours) or "none" (the judge itself has no answer)
 *     why       what was expected and found; for "refused" and "none" the message
 *     cells     (optional) ["LSTM / unroll / bidirectional / masking"]: what was tried, counted in the coverage table
 * `seeds` ends when the count is reached or the time is over. `ask` asks the Python program, `cellstate`, `formats` and
 * `data` are the library, `folder` is for files and removed afterwards.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { judge, python } from "../test/judges/ask.mjs";
import { covering, isCover } from "../test/judges/cover.mjs";
import { libraryAt } from "../test/judges/library.mjs";
import { seedOf } from "../test/judges/random.mjs";

const sweeps = [
  "keras-models",
  "our-models",
  "histories",
  "text-tools",
  "input-layers",
  "onnx-ops",
  "onnx-nodes",
  "onnx-out",
  "onnx-models",
  "csv",
  "dates",
  "torch-files",
  "projects",
  "seasons",
]; // in the order of `all`
const root = fileURLToPath(new URL("..", import.meta.url));

/** Ctrl-C ends a sweep after the case under way, with its report. */
let stopped = false;
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => {
    stopped = true;
  });

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string" },
    cover: { type: "string" },
    seconds: { type: "string" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    known: { type: "string", default: "0" },
    verbose: { type: "boolean", default: false },
  },
});
const names = positionals[0] === "all" ? sweeps : positionals;
const unknown = names.find((name) => !existsSync(join(root, `test/judges/${name}.mjs`)));
if ((names.length === 0 && positionals[0] !== "all") || unknown) {
  console.error(`npm run sweep -- NAME: one of ${[...sweeps, "all"].join(", ")}${unknown ? `, not ${unknown}` : ""}`);
  process.exit(2);
}
const judged = await libraryAt(resolve(process.env.CELLSTATE_DIST ?? join(root, "dist")));
for (const name of names) {
  const module = await import(`../test/judges/${name}.mjs`);
  if (module.script && !(module.python ?? python)()) {
    const usual = "no Python with the judges here (npm run judges, or CELLSTATE_JUDGE=PYTHON)";
    console.log(`${name}: skipped, ${module.without ?? usual}`);
    continue;
  }
  if (!(await run(name, module))) process.exitCode = 1;
}
process.exit();

async function run(name, module) {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-sweep-"));
  const ask = module.script ? judge(module.script, (module.python ?? python)()) : null;
  const start = Date.now();
  const tally = {
    kinds: new Map(),
    reasons: new Map(),
    cells: new Map(),
    failures: [],
    fresh: new Set(),
    answers: new Map(),
  };
  const cover = values.cover === undefined ? null : covering(Number(values.cover), tally.cells, tally.answers);
  console.log(`${name}: ${module.about}`);
  try {
    const verbose = values.verbose || values.only !== undefined;
    for await (const one of module.sweep({
      seeds: untilStopped(cover ? cover.seeds() : seedsOf(module)),
      ask,
      ...judged,
      folder,
      verbose,
    }))
      count(tally, one, name, module.listed ?? []);
  } finally {
    ask?.end();
    rmSync(folder, { recursive: true, force: true });
  }
  report(name, tally, cover, (Date.now() - start) / 1000);
  const fresh = new Set(tally.failures.filter((seed) => typeof seed === "number")).size;
  const past = tally.failures.some((seed) => typeof seed !== "number");
  const known = Math.max(Number(values.known), module.known ?? 0);
  return !past && fresh <= (known === 0 ? 0 : Math.max(2, Math.ceil(known * tally.fresh.size)));
}

function* untilStopped(seeds) {
  for (const seed of seeds) {
    if (stopped) return;
    yield seed;
  }
}

function* seedsOf({ fixed = [] }) {
  if (values.only !== undefined) {
    yield fixed.includes(values.only) || isCover(values.only) ? values.only : seedOf(values.only);
    return;
  }
  const first = seedOf(values.seed);
  const seconds = values.seconds === undefined ? Infinity : Number(values.seconds) / names.length;
  const count = Number(values.count ?? (values.seconds === undefined ? 100 : Infinity));
  const end = Date.now() + seconds * 1000;
  yield* fixed; // whatever the time
  for (let i = 0; i < count && Date.now() < end; i++) yield first + i;
}

function count(tally, { seed, kind = "", result, why = "", cells = [] }, name, listed) {
  const row = tally.kinds.get(kind) ?? { tried: 0, right: 0, wrong: 0, refused: 0, none: 0 };
  tally.kinds.set(kind, row);
  row[result]++;
  if (typeof seed === "number") tally.fresh.add(seed);
  tally.answers.set(seed, [...(tally.answers.get(seed) ?? []), { kind, result, why }]);
  if (result !== "none") row.tried++;
  for (const cell of cells) tally.cells.set(cell, (tally.cells.get(cell) ?? 0) + 1);
  if (result === "right") return;
  const short = why.replace(/^\/tmp\S*, /, "").replace(/expected layers of the classes .*, received/s, "no layer");
  const reason = `${result}: ${short
    .replace(/"[^"]*"/g, '""')
    .replace(/\d+/g, "#")
    .slice(0, 160)}`;
  if (result !== "wrong") tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
  if (result === "none" || (result === "refused" && listed.some((pattern) => pattern.test(why)))) return;
  tally.failures.push(seed);
  console.log(`${result} ${kind} ${short.slice(0, 400)}\n    npm run sweep -- ${name} --only ${JSON.stringify(seed)}`);
}

function report(name, { kinds, reasons, cells, failures }, cover, seconds) {
  for (const [reason, times] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`  ${times} x ${reason}`);
  for (const [kind, { tried, right, wrong, refused, none }] of kinds)
    console.log(
      `${name} ${kind}: ${tried} tried, ${right} right, ${wrong} wrong, ${refused} refused (${none} without an answer)`,
    );
  if (cells.size > 0) {
    const counted = [...cells].map(([cell, times]) => `${String(times).padStart(5)}  ${cell}`);
    const table = cover?.lines() ?? counted.sort();
    const path = join(root, `build/judges-${name}.txt`);
    mkdirSync(join(root, "build"), { recursive: true });
    writeFileSync(path, `${table.join("\n")}\n`);
    const few = [...cells.values()].filter((times) => times < 5).length;
    const said = cover?.report() ?? [`${cells.size} combinations covered, ${few} of them less than 5 times`];
    console.log(`${name}: ${said.join("\n")}\n${name}: each combination is in ${path}`);
  }
  console.log(`${name}: ${failures.length} failures in ${seconds.toFixed(0)} s`);
}
