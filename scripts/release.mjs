/**
 * `npm run release [-- --dry-run]`: builds all that the package holds, makes the package without what only a clone needs, checks it as
 * the ecosystem's checkers do, installs it in an empty project, writes checksums, and publishes; `--dry-run` does everything but
 * publish. `--repository URL` says where the sources are (else git's remote `origin`); npm's provenance wants it. In build/release: the
 * package and SHA256SUMS.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { root } from "./kernel-sources.mjs";
import { addonsFolder, targets } from "./prebuild-targets.mjs";
import { publishedPackage } from "./published-package.mjs";

const most = 6_000_000; // bytes packed; above it the addons belong into packages of their own
const checkers = ["publint@0.3.25", "@arethetypeswrong/cli@0.18.5"];
const words = process.argv.slice(2);
const dry = words.includes("--dry-run");
const folder = join(root, "build/release");
const problems = [];
const run = (command, args, cwd = root) => execFileSync(command, args, { cwd, stdio: "inherit" });
const output = (command, args, cwd = root) => execFileSync(command, args, { cwd, encoding: "utf8" }).trim();

if (output("git", ["status", "--porcelain"])) problems.push("there are changes that are not committed");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
run("npm", ["run", "--silent", "build"]);
run("npm", ["run", "--silent", "studio"]);
run("npm", ["run", "--silent", "prebuilt"]);

const url = repository();
if (!url) problems.push("no repository: --repository URL, or git's remote origin");
const { file: path, place } = publishedPackage(folder, url);
const file = basename(path);
const missing = Object.keys(targets).filter((name) => !existsSync(join(place, "build/prebuilt", `${name}.node`)));
if (missing.length > 0) problems.push(`no addon for ${missing.join(", ")}`);
const bytes = readFileSync(path);
if (bytes.length > most) problems.push(`${bytes.length} bytes packed, more than ${most}`);
const sum = (data, name) => `${createHash("sha256").update(data).digest("hex")}  ${name}`;
const addons = readdirSync(addonsFolder).filter((name) => name.endsWith(".node"));
const sums = [sum(bytes, file), ...addons.map((name) => sum(readFileSync(join(addonsFolder, name)), name))];
writeFileSync(join(folder, "SHA256SUMS"), `${sums.join("\n")}\n`);

const check = (name, args) => {
  try {
    run("npx", ["--yes", "--package", name, "--", ...args], folder);
  } catch {
    problems.push(`${args[0]} found something`);
  }
};
check(checkers[0], ["publint", "--strict", file]);
check(checkers[1], ["attw", file, "--profile", "esm-only"]); // require() of ES modules: Node 20.19, as `engines` says

problems.push(...tried());

console.log(
  `${file}: ${(bytes.length / 1e6).toFixed(2)} MB packed, ${addons.length} addons; ${join(folder, "SHA256SUMS")}`,
);
for (const problem of problems) console.error(`release: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else if (dry) console.log("dry run: nothing was published");
else run("npm", ["publish", "--provenance", "--access", "public", join(folder, file)]);

/** The package installed in an empty project: npm says nothing of it, and the addon for this system runs, without the network. */
function tried() {
  const project = mkdtempSync(join(tmpdir(), "cellstate-release-"));
  try {
    writeFileSync(join(project, "package.json"), '{ "private": true, "type": "module" }\n');
    const install = ["install", "--prefer-offline", "--no-audit", "--no-fund", path];
    const env = { ...process.env, npm_config_loglevel: "notice" }; // warnings, also where npm runs this script silently
    const { status, stderr } = spawnSync("npm", install, { cwd: project, env, encoding: "utf8" });
    if (status !== 0 || /warn/i.test(stderr)) return [`npm install says: ${stderr.trim()}`];
    const program =
      'const { chooseBackend } = await import("cellstate"); console.log((await chooseBackend()).description);';
    const offline = spawnSync("unshare", ["-r", "-n", "true"]).status === 0 ? ["unshare", "-r", "-n"] : [];
    const [command, ...args] = [...offline, process.execPath, "--input-type=module", "--eval", program];
    const answer = spawnSync(command, args, { cwd: project, encoding: "utf8" });
    const runs = /^C\+\+ kernels, .*prebuilt/.test(answer.stdout);
    console.log(`installed${offline.length > 0 ? ", without the network" : ""}: ${answer.stdout.trim()}`);
    return runs ? [] : [`installed, its addon does not run: ${answer.stdout}${answer.stderr}`];
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** Where the sources are: as it is said, or as git knows. */
function repository() {
  const at = words.indexOf("--repository");
  if (at >= 0) return words[at + 1];
  try {
    return output("git", ["remote", "get-url", "origin"]);
  } catch {
    return null;
  }
}
