// npm run bench -- --products [--threads 1]: the products inside each workload, in share of the peak, beside OpenBLAS and PyTorch.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { pythonWithTorch, start } from "./contestant.mjs";

const here = (file) => new URL(file, import.meta.url).pathname;
const lab = here("../build/lab/products");

/** What a layer of T steps multiplies: all inputs at once, the state step by step, and the gradients of the weights. */
const layer = (name, B, T, D, H) =>
  [
    ["input", [B * T, D, 4 * H]],
    ["recurrent", [B, H, 4 * H]],
    ["weights", [D + H, B * T, 4 * H]],
  ].map(([ask, sizes]) => ({
    name,
    ask,
    sizes: [B, T, D, H],
    product: { transpose: ask === "weights" ? "TA" : "", sizes },
  }));
/** What a dense layer multiplies: forward, gradient of its weights, gradient of its input. */
const dense = (name, rows, D, N) =>
  [
    ["linear", "", [rows, D, N]],
    ["matmulTA", "TA", [D, rows, N]],
    ["matmulTB", "TB", [rows, N, D]],
  ].map(([ask, transpose, sizes]) => ({ name, ask, sizes: [...sizes, 0], product: { transpose, sizes } }));

export const products = [
  ...layer("W1", 64, 200, 128, 128),
  ...layer("W2", 64, 500, 128, 100),
  ...layer("W3 first", 32, 56, 100, 150),
  ...layer("W3 second", 32, 56, 150, 150),
  ...dense("W3", 32, 150, 283),
  ...layer("W4", 64, 60, 50, 200),
  ...dense("W4", 64, 200, 2800),
  ...layer("W5", 5, 3, 1, 8),
  ...dense("W6 a row", 1, 150, 283).slice(0, 1),
  ...layer("W7", 20, 35, 650, 650),
  ...dense("W7", 700, 650, 10_000),
];

/** GFLOP/s of each product by each contestant, the best of `rounds` interleaved rounds. Prints a line each as it is known; returns the rows. */
export async function race({ threads, rounds, only, print }) {
  execFileSync("sh", [here("../kernels/lab/build.sh"), "products"], { stdio: "inherit" });
  const options = { threads, seconds: 60 };
  const ours = await start({ command: [lab, String(threads)], ours: true }, options);
  const blas = await start({ command: [lab, String(threads)] }, options); // the same program, for OpenBLAS's product
  const python = pythonWithTorch();
  const torch =
    python && (await start({ command: [python, here("peers/torch_products.py"), String(threads)] }, options));
  print(
    `ours: ${ours.version}; PyTorch: ${torch?.version ?? "not here (CELLSTATE_PYTHON names a python3 that imports it)"}`,
  );
  if ((await blas.ask({ ask: "openblas", sizes: [8, 8, 8, 0] })).fails)
    print("OpenBLAS: not here (Debian: libopenblas0-pthread)");
  const rows = [];
  for (const p of products.filter(({ name }) => !only || only.includes(name.split(" ")[0]))) {
    const { transpose, sizes } = p.product;
    const contest = [
      ["ours", ours, { ask: p.ask, sizes: p.sizes }],
      ["openblas", blas, { ask: `openblas${transpose}`, sizes: [...sizes, 0] }],
      ["torch", torch, { ask: `product${transpose}`, sizes }],
    ].filter(([, c]) => c);
    const row = { workload: p.name, ask: p.ask, sizes, gflops: {}, peak: 0 };
    for (let round = 0; round < rounds; round++) {
      for (const [name, contestant, question] of contest) {
        const { ms, flops = 2 * sizes[0] * sizes[1] * sizes[2], peak = 0, fails } = await contestant.ask(question);
        if (fails) continue;
        row.gflops[name] = Math.max(row.gflops[name] ?? 0, flops / ms / 1e6);
        row.peak = Math.max(row.peak, peak);
      }
    }
    print(lineOf(row));
    rows.push(row);
  }
  for (const c of [ours, blas, torch]) c?.end();
  return rows;
}

function lineOf({ workload, ask, sizes, gflops, peak }) {
  const [M, K, N] = sizes;
  const shares = Object.entries(gflops).map(
    ([name, rate]) => `${name} ${rate.toFixed(0).padStart(4)} (${((100 * rate) / peak).toFixed(0).padStart(2)} %)`,
  );
  return `${workload.padEnd(10)} ${ask.padEnd(10)} ${`[${M} x ${K}] · [${K} x ${N}]`.padEnd(32)} GFLOP/s: ${shares.join("  ")}  of ${peak.toFixed(0)}`;
}

/** The race by command: `--json` stores the rows. */
export async function productsCommand({ threads, rounds, only, json, report }) {
  const rows = await race({ threads, rounds, only, print: console.log });
  const file = json.replace(/(\.json)?$/, "-products.json");
  writeFileSync(file, `${JSON.stringify({ ...report, threads, rows }, null, 1)}\n`);
  console.log(`written: ${file}`);
}
