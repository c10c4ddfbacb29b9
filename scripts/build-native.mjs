// Builds the native addon (build/cellstate.node) with the system's C++ compiler. Part of `npm ci`: without a compiler it says
// so in one line and succeeds, and WASM runs in its place. `--sanitize` builds build/sanitized/cellstate.node for test runs under the
// address and undefined-behaviour sanitizers (.ci/run); there a failure is a failure.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { availableParallelism, homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { commonFlags, jobsFor, kernelFiles, kernels, root, setsOf } from "./kernel-sources.mjs";

const sanitize = process.argv.includes("--sanitize");
const out = join(root, sanitize ? "build/sanitized" : "build");
const target = join(out, "cellstate.node");
const force = process.argv.includes("--force");

function instead(reason) {
  console.log(`cellstate: no native addon was built (${reason}); the WASM kernels run in its place.`);
  process.exit(sanitize ? 1 : 0);
}

function compiler() {
  for (const name of [process.env.CXX, "c++", "g++", "clang++"]) {
    if (!name) continue;
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return name;
    } catch {}
  }
  return null;
}

/** The folder of this Node's headers: its own installation, what npm was told, or node-gyp's cache. */
function headers() {
  const version = process.versions.node;
  const places = [
    process.env.npm_config_nodedir && join(process.env.npm_config_nodedir, "include/node"),
    join(dirname(process.execPath), "../include/node"),
    join(homedir(), `.cache/node-gyp/${version}/include/node`),
    join(homedir(), `Library/Caches/node-gyp/${version}/include/node`),
    "/usr/include/node",
    join(root, "node_modules/node-api-headers/include"), // in a clone: Node-API's alone, the same for each Node
  ];
  return places.find((p) => p && existsSync(join(p, "node_api.h"))) ?? null;
}

if (process.platform === "win32") instead("there is no build for Windows yet");
if (process.env.CELLSTATE_NO_NATIVE === "1") instead("CELLSTATE_NO_NATIVE is 1");
const cxx = compiler();
if (!cxx) instead("there is no C++ compiler");
const include = headers();
if (!include) instead("Node's headers were not found");

const here = ["build-native.mjs", "kernel-sources.mjs"].map((name) => join(import.meta.dirname, name));
const newest = Math.max(...[...kernelFiles(), ...here].map((path) => statSync(path).mtimeMs));
if (!force && existsSync(target) && statSync(target).mtimeMs > newest) process.exit(0);

mkdirSync(out, { recursive: true });
const common = [
  ...commonFlags,
  ...(sanitize ? ["-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"] : ["-O3"]),
  "-fPIC",
];
const jobs = jobsFor(process.arch, include);
const compile = promisify(execFile);
const waiting = [...jobs];
const work = async () => {
  for (let job = waiting.shift(); job; job = waiting.shift()) {
    await compile(cxx, [...common, ...job.args, "-c", "-o", join(out, job.object)], {
      cwd: kernels,
      maxBuffer: 1 << 26,
    });
  }
};
try {
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  const link = process.platform === "darwin" ? ["-bundle", "-undefined", "dynamic_lookup"] : ["-shared", "-pthread"];
  const fresh = `${target}.${process.pid}`;
  await compile(cxx, [
    ...link,
    ...(sanitize ? ["-fsanitize=address,undefined"] : []),
    ...jobs.map((j) => join(out, j.object)),
    ...(process.platform === "darwin" ? [] : ["-ldl"]), // mpi.cpp
    "-o",
    fresh,
  ]);
  renameSync(fresh, target);
  console.log(`cellstate: native addon built for ${Object.keys(setsOf(process.arch)).join(", ")}.`);
} catch (error) {
  const lines = String(error.stderr ?? error.message)
    .split("\n")
    .filter((l) => /error|fatal/i.test(l));
  instead(`${cxx} failed: ${(lines[0] ?? String(error.message).split("\n")[0]).trim()}`);
} finally {
  for (const job of jobs) rmSync(join(out, job.object), { force: true });
}
