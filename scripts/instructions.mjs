// npm run instructions [-- --update]: counts what the kernels' AVX2 copy executes for pieces of each kind of work (kernels/lab/counts.cpp,
// on one thread, under valgrind's callgrind) and compares with kernels/lab/instructions.json. Time on a shared machine says little;
// a kernel that spills its sums, loses its blocks or falls into its tail loops executes more, on any machine.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const table = here("../kernels/lab/instructions.json");

/** What differs: { name, wanted, seen, ratio }; fewer than wanted too, for then the table is to be written again. */
export function differences(wanted, seen, tolerance) {
  const names = new Set([...Object.keys(wanted), ...Object.keys(seen)]);
  return [...names].flatMap((name) => {
    const ratio = seen[name] / wanted[name];
    return Math.abs(ratio - 1) <= tolerance ? [] : [{ name, wanted: wanted[name], seen: seen[name], ratio }];
  });
}

/** Why counting is not possible here; null where it is. */
function missing() {
  if (process.platform !== "linux" || process.arch !== "x64") return "counting is set up for Linux on x86-64 only";
  for (const tool of ["g++", "valgrind"]) if (spawnSync(tool, ["--version"]).error) return `there is no ${tool}`;
  return readFileSync("/proc/cpuinfo", "utf8").includes("avx2") ? null : "this processor has no AVX2";
}

function count(program, name, folder, set) {
  const out = join(folder, "callgrind");
  const options = ["--tool=callgrind", "--toggle-collect=measured", `--callgrind-out-file=${out}`];
  execFileSync("valgrind", [...options, program, name, set], { stdio: ["ignore", "ignore", "pipe"] });
  return Number(readFileSync(out, "utf8").match(/^(?:summary|totals): (\d+)/m)[1]);
}

/** Instructions of each work, by name. `extra`: flags for the compiler beside the build's own; `set`: the copy of the kernels that runs. */
export function countAll(extra = "", only = () => true, set = "avx2") {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-counts-"));
  try {
    const env = { ...process.env, OUT: "counts", EXTRA: extra };
    execFileSync("sh", [here("../kernels/lab/build.sh"), "counts"], { env, stdio: "inherit" });
    const program = here("../build/counts/counts");
    const works = execFileSync(program, { encoding: "utf8" }).trim().split("\n");
    const named = works.map((line) => line.split("\t")).filter(([name]) => only(name));
    return Object.fromEntries(named.map(([name]) => [name, count(program, name, folder, set)]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main() {
  const why = missing();
  if (why) {
    console.log(`skipped: ${why}; no instructions are counted`);
    return 0;
  }
  const known = JSON.parse(readFileSync(table, "utf8"));
  const [compiler] = execFileSync("g++", ["--version"], { encoding: "utf8" }).split("\n");
  const instructions = countAll(process.env.EXTRA);
  if (process.argv.includes("--update")) {
    writeFileSync(table, `${JSON.stringify({ ...known, compiler, instructions }, null, 2)}\n`);
    console.log(`written: ${Object.keys(instructions).length} counts, by ${compiler}`);
    return 0;
  }
  for (const [name, n] of Object.entries(instructions)) {
    const wanted = known.instructions[name];
    const change = wanted ? `${((n / wanted - 1) * 100).toFixed(1)} %` : "not in the table";
    console.log(`${name.padEnd(34)} ${String(n).padStart(10)}  ${change.padStart(8)}`);
  }
  const same = compiler === known.compiler;
  const tolerance = same ? known.tolerance : known.toleranceOfOtherCompilers;
  const found = differences(known.instructions, instructions, tolerance);
  for (const { name, wanted, seen, ratio } of found)
    console.log(`${name}: ${seen} instructions, ${wanted} in the table (${ratio.toFixed(2)} of them)`);
  if (found.length === 0) return 0;
  console.log(
    `More than ${tolerance * 100} % off. If that is meant: npm run instructions -- --update, and say why in the commit.`,
  );
  if (!same) console.log(`The table was counted with ${known.compiler}, this is ${compiler}.`);
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main();
