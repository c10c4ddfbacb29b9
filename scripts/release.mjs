/**
 * `npm run release [-- --dry-run]`: builds all that the package holds, makes the package without what only a clone needs, checks it as the
 * ecosystem's checkers do, writes checksums, and publishes; `--dry-run` does everything but publish. `--repository URL` says where
 * the sources are (else git's remote `origin`); npm's provenance wants it. In build/release: the package and SHA256SUMS.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./kernel-sources.mjs";
import { addonsFolder, targets } from "./prebuild-targets.mjs";

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

const packed = output("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder]).split("\n").pop();
run("tar", ["-xzf", packed], folder);
rmSync(join(folder, packed));
const place = join(folder, "package");
rmSync(join(place, "build/cellstate.node"), { force: true }); // this machine's own; the others are for every machine
writeFileSync(join(place, "package.json"), `${JSON.stringify(published(), null, 2)}\n`);

const missing = Object.keys(targets).filter((name) => !existsSync(join(place, "build/prebuilt", `${name}.node`)));
if (missing.length > 0) problems.push(`no addon for ${missing.join(", ")}`);
const file = output("npm", ["pack", "--silent", "--pack-destination", folder], place).split("\n").pop();
const bytes = readFileSync(join(folder, file));
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

console.log(
  `${file}: ${(bytes.length / 1e6).toFixed(2)} MB packed, ${addons.length} addons; ${join(folder, "SHA256SUMS")}`,
);
for (const problem of problems) console.error(`release: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else if (dry) console.log("dry run: nothing was published");
else run("npm", ["publish", "--provenance", "--access", "public", join(folder, file)]);

/** package.json as users get it: nothing to run at installing, none of a clone's tools, and where the sources are. */
function published() {
  const { scripts, devDependencies, ...rest } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const at = words.indexOf("--repository");
  const url = at < 0 ? remote() : words[at + 1];
  if (!url) problems.push("no repository: --repository URL, or git's remote origin");
  const where = url ? { repository: { type: "git", url }, homepage: url.replace(/^git\+|\.git$/g, "") } : {};
  return { ...rest, ...where, scripts: { native: scripts.native } };
}

function remote() {
  try {
    return output("git", ["remote", "get-url", "origin"]);
  } catch {
    return null;
  }
}
