/**
 * `npm run fuzz -- --count 5000 --seed 17 --format onnx`: hostile files of every format from these seeds, then seconds over
 * size: files of many small parts at doubling sizes, each read in a process of its own, with its peak of memory.
 * `--table` prints the table alone, `--largest 32000` says how far it goes. `--megabyte` reads one file of about 1 MB of each
 * kind instead, and says where that takes more than 10 s of the processor or 500 MB.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    count: { type: "string", default: "5000" },
    seed: { type: "string", default: "0" },
    format: { type: "string", default: "" },
    largest: { type: "string", default: "16000" },
    table: { type: "boolean", default: false },
    megabyte: { type: "boolean", default: false },
  },
});

if (!values.table && !values.megabyte) {
  const env = { ...process.env, CELLSTATE_FUZZ: values.count, CELLSTATE_FUZZ_SEED: values.seed };
  const files = [
    "src/formats/attacks.test.ts",
    "src/formats/onnx/onnx-models.test.ts",
    "test/growth/data-files.test.ts",
  ];
  const name = values.format ? ["-t", values.format] : [];
  const { status } = spawnSync("npx", ["vitest", "run", ...files, ...name], { stdio: "inherit", cwd: root, env });
  if (status !== 0) process.exit(status ?? 1);
  console.log(`${values.count} seeds of each kind, from ${values.seed} on`);
}

// Inside the project, so that packages are found.
const outfile = join(root, "build/fuzz/grow.mjs");
const script = `
  import { kinds } from "./test/growth/kinds.ts";
  const [name, n] = process.argv.slice(2);
  if (!name) console.log(JSON.stringify(Object.keys(kinds)));
  else {
    const { bytes, read } = await kinds[name](Number(n));
    globalThis.gc?.();
    const before = process.resourceUsage().maxRSS;
    const [begun, used] = [performance.now(), process.cpuUsage()];
    const error = await Promise.resolve().then(read).then(() => null, (e) => e);
    const seconds = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(used);
    const own = !error || ["FormatError", "DataError", "ShapeError", "BackendError"].includes(error.name);
    const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
    const outcome = error ? (own ? "refused" : "NOT OURS: " + error.stack) : "read";
    console.log(JSON.stringify({ bytes, seconds, cpu: (user + system) / 1e6, megabytes, before: Math.round(before / 1024), outcome }));
    process.exit(0);
  }`;
await build({
  stdin: { contents: script, resolveDir: root, loader: "ts" },
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  tsconfigRaw: {},
});
const ask = (...args) => {
  const { stdout, signal } = spawnSync(process.execPath, ["--expose-gc", outfile, ...args], {
    encoding: "utf8",
    cwd: root,
    timeout: 120_000, // ms
    maxBuffer: 2 ** 26,
  });
  return stdout.trim() === ""
    ? { outcome: `ENDED by ${signal ?? "itself"}` }
    : JSON.parse(stdout.trim().split("\n").at(-1));
};

const names = ask().filter((name) => name.includes(values.format));
if (values.megabyte) process.exit(megabyte());
const sizes = [];
for (let n = Number(values.largest); sizes.length < 4; n /= 2) sizes.unshift(Math.round(n));
console.log(
  `\nseconds over size: files of ${sizes.join(", ")} parts; growth of the last doubling; peak memory (MB) before and after reading\n`,
);
let bad = 0;
for (const name of names) {
  const rows = sizes.map((n) => ask(name, String(n)));
  const last = rows.at(-1);
  const growth = last.seconds / rows.at(-2).seconds;
  const seconds = rows.map((row) => (row.seconds === undefined ? "-" : row.seconds.toFixed(2)).padStart(7)).join("");
  const wrong = rows.find(({ outcome }) => !["read", "refused"].includes(outcome));
  if (wrong) bad++;
  const memory = `${last.before ?? "-"} → ${last.megabytes ?? "-"}`;
  const size = last.bytes === undefined ? "" : `${(last.bytes / 1000).toFixed(0)} kB`;
  const end = wrong?.outcome ?? last.outcome;
  console.log(
    `${name.padEnd(54)}${seconds}  ×${growth.toFixed(1).padEnd(5)}${memory.padEnd(12)}${size.padStart(9)}  ${end}`,
  );
}
process.exit(bad > 0 ? 1 : 0);

/** A file of about 1 MB of each kind, or of as many parts as its format can have. */
function megabyte() {
  console.log("\nfiles of 1 MB: parts, seconds of the processor, peak memory (MB) before and after reading\n");
  let bad = 0;
  for (const name of names) {
    const [small, large] = [ask(name, "500"), ask(name, "1500")];
    const each = (large.bytes - small.bytes) / 1000;
    // What packs well is bounded by the size of the file: the most that is let in is somewhere below that.
    const counts = each >= 1 ? [1e6 / each] : [4e6, 1e6, 2e5, 8e4, 27_000, 13_000];
    const tried = counts.map((n) => ({ parts: Math.round(n), ...ask(name, String(Math.round(n))) }));
    const most = (a, b) => (a.cpu + (a.megabytes - a.before) / 50 > b.cpu + (b.megabytes - b.before) / 50 ? a : b);
    const { parts, bytes, cpu, before, megabytes, outcome } = tried.reduce(most);
    const fits = ["read", "refused"].includes(outcome) && cpu <= 10 && megabytes - before <= 500;
    if (!fits) bad++;
    console.log(
      `${name.padEnd(54)}${String(parts).padStart(9)}${`${cpu?.toFixed(2)}`.padStart(8)}  ${`${before} → ${megabytes}`.padEnd(14)}${`${(bytes / 1000).toFixed(0)} kB`.padStart(9)}  ${fits ? "" : "TOO MUCH: "}${outcome}`,
    );
  }
  return bad > 0 ? 1 : 0;
}
