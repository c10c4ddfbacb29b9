// npm run bench [-- --only W1,W4 --backends native,wasm,js --peers torch,onnxruntime-node|none --rounds 5 --json out/bench.json]
// npm run bench -- --busy: the same beside a program that keeps one core busy, `node -e "for (;;);"`.
// npm run bench -- --bf16: native, wasm and PyTorch in bfloat16 too, in the same run.
// npm run bench -- --products [--threads 1]: single products at the workloads' shapes, in share of the peak, beside OpenBLAS and PyTorch.
// npm run bench -- --layers [--threads 1]: other recurrent layers beside the LSTM for each operation, optimizers beside Adam.
// npm run bench -- --linearity: cost against the length of the sequences and the number of real tokens.
// Every workload on every contestant, one process each, interleaved round by round. docs/benchmarks.md says what is measured.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { contestants } from "./contestant.mjs";
import { layersCommand } from "./layers.mjs";
import { linearity } from "./linearity.mjs";
import { coreCount, describeMachine, measurePeak } from "./machine.mjs";
import { measure } from "./measure.mjs";
import { productsCommand } from "./products.mjs";
import { barChart, lineOf, rowsOf } from "./report.mjs";
import { rowFlops, workloads } from "./workloads.mjs";

const { values: o } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    only: { type: "string" },
    backends: { type: "string", default: "native,wasm,js" },
    peers: { type: "string", default: "torch,onnxruntime-node,onnxruntime-web,tfjs-wasm,tfjs-cpu,keras" },
    limit: { type: "string", default: "20" }, // seconds a peer may take for one answer
    json: { type: "string", default: "out/bench.json" },
    linearity: { type: "boolean", default: false },
    busy: { type: "boolean", default: false },
    bf16: { type: "boolean", default: false },
    products: { type: "boolean", default: false },
    layers: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
    threads: { type: "string" },
  },
});
if (o.help) {
  const lines = readFileSync(new URL(import.meta.url), "utf8").split("\n");
  console.log(
    lines
      .slice(
        0,
        lines.findIndex((line) => !line.startsWith("//")),
      )
      .map((line) => line.slice(3))
      .join("\n"),
  );
  process.exit(0);
}
const threads = o.threads ? Number(o.threads) : coreCount();
const backends = o.backends.split(",");
const peers = o.peers === "none" ? [] : o.peers.split(",");
const peak = measurePeak(threads);
const machine = describeMachine(threads);
const load = os.loadavg();
console.log(machine);
console.log(
  peak
    ? `peak ${peak[0]} GFLOP/s on one thread, ${peak[1]} on ${threads}: the larger of multiply-adds on registers and OpenBLAS's product, where it is installed`
    : "peak not measured: no C++ compiler",
);
if (load[0] > 0.5) console.log(`The machine is not at rest (load ${load[0].toFixed(1)}): take ratios, not times.`);

const busy = o.busy ? spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }) : null;
process.on("exit", () => busy?.kill("SIGKILL"));
if (busy) console.log('One core is kept busy by `node -e "for (;;);"`.');
const report = { machine, threads, peak, busy: o.busy, load, date: new Date().toISOString() };
mkdirSync(dirname(o.json), { recursive: true });
if (o.products) {
  const only = o.only?.split(",");
  await productsCommand({ threads, rounds: Number(o.rounds), only, json: o.json, report });
  process.exit(0);
}
if (o.layers) {
  process.env.CELLSTATE_THREADS = String(threads);
  const found = await layersCommand({ backend: backends[0], threads, rounds: Number(o.rounds), print: console.log });
  const json = o.json.replace(/(\.json)?$/, "-layers.json");
  writeFileSync(json, `${JSON.stringify({ ...report, loadAfter: os.loadavg(), ...found }, null, 1)}\n`);
  console.log(`written: ${json}`);
  process.exit(0);
}
const [name, result, svg] = o.linearity ? await curves() : await race();
const json = o.linearity ? o.json.replace(/(\.json)?$/, `-${name}.json`) : o.json;
const chart = json.replace(/(\.json)?$/, ".svg");
writeFileSync(json, `${JSON.stringify({ ...report, loadAfter: os.loadavg(), ...result }, null, 1)}\n`);
if (svg) writeFileSync(chart, svg);
busy?.kill("SIGKILL");
console.log(`load at the end ${os.loadavg()[0].toFixed(1)}; written: ${json}${svg ? `, ${chart}` : ""}`);

async function race() {
  const all = contestants(backends, peers, threads, o.bf16);
  for (const c of all.filter((c) => c.missing)) console.log(`${c.name}: ${c.missing}`);
  const only = o.only?.split(",");
  const rows = [];
  for (const w of workloads.filter((w) => !only || only.includes(w.name))) {
    // plain TypeScript needs seconds for what is milliseconds elsewhere
    const here = all.filter((c) => c.name !== "js" || rowFlops(w) * w.batch < 2e7);
    const measured = await measure(w, here, {
      backend: backends[0],
      rounds: Number(o.rounds),
      threads,
      seconds: Number(o.limit),
    });
    const found = rowsOf(measured, peak);
    const { note, tokens } = measured.w;
    console.log(
      `\n${describe(measured.w)}${w.depth ? `; ${tokens} of ${measured.w.rowCount * w.time} ids are words` : ""}${note ? ` (${note})` : ""}`,
    );
    for (const row of found) console.log(lineOf(row));
    rows.push(...found);
  }
  const versions = Object.fromEntries(rows.map((r) => [r.contestant, r.version]));
  console.log(
    `\n${Object.entries(versions)
      .map(([k, v]) => `${k}: ${v}`)
      .join("\n")}`,
  );
  return ["race", { versions, rows }, rows.some((r) => r.ms !== null) ? await barChart(rows, machine) : null];
}

function describe(w) {
  const names = { lstm: "LSTM", gru: "GRU", simpleRnn: "SimpleRNN", bidirectional: "Bidirectional LSTM" };
  const layers = w.units.map((h) => `${names[w.layer]}(${h})`).join(", ");
  const drop = w.dropout ? `, dropout ${w.dropout}, recurrent dropout ${w.recurrentDropout}` : "";
  const shape = w.depth ? `Embedding(${w.vocabulary},${w.depth}), ` : "";
  return `${w.name}: ${shape}T=${w.time}, ${layers}${drop}${w.after ? `, Dropout(${w.after})` : ""}, Dense(${w.out}), batch ${w.batch}`;
}

async function curves() {
  const { result, svg, lines } = await linearity(backends[0], Number(o.rounds));
  for (const line of lines) console.log(line);
  return ["linearity", result, svg];
}
