/**
 * `npm run prebuilt [TARGET...]`: the native addon for every platform we publish for, in build/prebuilt/, cross-built here by zig
 * (PyPI's `ziglang`, which carries clang and each system's C library; a venv in build/zig, made when it is missing, or CELLSTATE_ZIG,
 * a path to zig). The same sources give the same bytes on every machine. An addon that was built from these sources and flags
 * before is kept (`--force` builds it again). About ten minutes of two cores for all; one target after the other, at low priority.
 *
 * (Not `prebuild`: npm runs a script of that name before each `build`, and so at every install.)
 *
 *   npm run prebuilt                       all targets
 *   npm run prebuilt -- linux-arm64-glibc  that one
 *   npm run prebuilt -- --list             their names
 */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, getPriority, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { commonFlags, jobsFor, kernels, kernelsVersion, root } from "./kernel-sources.mjs";
import { addonsFolder, targets } from "./prebuild-targets.mjs";

const zigVersion = "0.17.1";
/** Node looks for these two alone; all else of the C++ library stays inside. */
const exportsMap = "{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };\n";
const include = join(root, "node_modules/node-api-headers/include");
const compilerFlags = ["-O3", "-g0", "-fno-sanitize=undefined", "-ffunction-sections"];
/**
 * Kept small, for all eight addons go into one package of 6 MB: kernels throw nothing, so on Linux (macOS and Windows want theirs) they need no
 * tables to unwind by; what carries arguments in and out is called once for thousands of steps.
 */
const smaller = ({ object }, system) => [
  ...(/^(node|mpi)\.o$/.test(object) ? ["-Os"] : []),
  ...(object.startsWith("kernels-") && system.includes("linux")
    ? ["-fno-unwind-tables", "-fno-asynchronous-unwind-tables"]
    : []),
];
const words = process.argv.slice(2);
const force = words.includes("--force");
const unknown = words.filter((word) => !(word in targets) && !["--force", "--list"].includes(word));
setPriority(Math.max(10, getPriority())); // ten minutes beside whatever else this machine does
const names = Object.keys(targets).filter((name) => words.includes(name) || !words.some((word) => word in targets));

if (unknown.length > 0) {
  console.error(`prebuild: unknown target ${unknown.join(", ")}. There are: ${Object.keys(targets).join(", ")}.`);
  process.exit(1);
}
if (words.includes("--list")) {
  console.log(Object.keys(targets).join("\n"));
  process.exit(0);
}

const listFile = join(addonsFolder, "addons.json");
const before = existsSync(listFile) ? JSON.parse(readFileSync(listFile, "utf8")) : { files: {} };
const version = kernelsVersion();
const files = Object.fromEntries(Object.entries(before.files).filter(([name]) => isFresh(name)));
const missing = names.filter((name) => force || !(name in files));
const zig = missing.length > 0 ? findZig() : [];
mkdirSync(addonsFolder, { recursive: true });
for (const name of missing) {
  const start = performance.now();
  const bytes = await build(name, targets[name]).catch((error) => {
    console.error(`${name}: ${error.stderr || error.message}`);
    process.exitCode = 1;
  });
  if (!bytes) continue;
  files[name] = { bytes: bytes.length, sha256: sha256(bytes), recipe: recipe(targets[name]) };
  save(); // each as soon as it is there: an interrupted run goes on where it was
  console.log(`${name}: ${bytes.length} bytes, ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
save();
for (const name of names) if (!missing.includes(name)) console.log(`${name}: ${files[name].bytes} bytes, built before`);

/** What decides the bytes of a target: sources, compiler, flags. */
function recipe({ zig: system, arch, link }) {
  const calls = jobsFor(arch, "").map((job) => [...smaller(job, system), ...job.args].join(" "));
  return sha256(JSON.stringify([version, zigVersion, system, commonFlags, compilerFlags, calls, link, exportsMap]));
}

function save() {
  const sorted = Object.fromEntries(Object.keys(targets).flatMap((name) => (files[name] ? [[name, files[name]]] : [])));
  writeFileSync(`${listFile}.new`, `${JSON.stringify({ kernels: version, files: sorted }, null, 2)}\n`);
  renameSync(`${listFile}.new`, listFile);
}

/** Whether the addon is there, as it was made, from these sources. */
function isFresh(name) {
  const path = join(addonsFolder, `${name}.node`);
  const entry = before.files[name];
  return entry?.recipe === recipe(targets[name]) && existsSync(path) && sha256(readFileSync(path)) === entry.sha256;
}

/** The command that is zig, as words. */
function findZig() {
  const given = process.env.CELLSTATE_ZIG;
  const venv = join(root, "build/zig");
  const python = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const versionOf = (command) =>
    spawnSync(command[0], [...command.slice(1), "version"], { encoding: "utf8" }).stdout?.trim();
  const found = given ? [given] : [python, "-m", "ziglang"];
  if (!given && versionOf(found) !== zigVersion) {
    console.log(`making ${venv} with ziglang ${zigVersion} (about 100 MB)`);
    execFileSync("python3", ["-m", "venv", venv], { stdio: "inherit" });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `ziglang==${zigVersion}`];
    execFileSync(python, pip, { stdio: "inherit" });
  }
  const has = versionOf(found);
  if (has !== zigVersion) {
    console.error(`prebuild: expected zig ${zigVersion}, found ${has ?? `none at ${found[0]}`}. Unset CELLSTATE_ZIG.`);
    process.exit(1);
  }
  return found;
}

async function build(name, target) {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-prebuild-"));
  try {
    // Paths do not get into the bytes: compiled within kernels/, objects by their names, no debug information.
    const flags = ["-target", target.zig, ...commonFlags, ...compilerFlags];
    const pic = target.zig.includes("windows") ? [] : ["-fPIC"];
    const jobs = jobsFor(target.arch, include);
    const waiting = [...jobs];
    const work = async () => {
      for (let job = waiting.shift(); job; job = waiting.shift()) {
        await run(
          [
            ...zig,
            "c++",
            ...flags,
            ...pic,
            ...smaller(job, target.zig),
            ...job.args,
            "-c",
            "-o",
            join(folder, job.object),
          ],
          kernels,
        );
      }
    };
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
    const out = join(folder, `${name}.node`);
    if (target.importLibrary) {
      const definitions = join(root, "node_modules/node-api-headers/def/node_api.def");
      const machine = target.arch === "arm64" ? "arm64" : "i386:x86-64";
      await run([...zig, "dlltool", "-m", machine, "-d", definitions, "-l", join(folder, "node.lib")], folder);
    }
    writeFileSync(join(folder, "exports.map"), exportsMap);
    const objects = jobs.map(({ object }) => object);
    await run([...zig, "c++", "-target", target.zig, "-O3", "-s", ...target.link, ...objects, "-o", out], folder);
    const bytes = readFileSync(out);
    writeFileSync(join(addonsFolder, `${name}.new`), bytes);
    renameSync(join(addonsFolder, `${name}.new`), join(addonsFolder, `${name}.node`));
    return bytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(command, cwd) {
  const [first, ...rest] = command;
  await promisify(execFile)(first, rest, { cwd, maxBuffer: 1 << 26 });
}

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
