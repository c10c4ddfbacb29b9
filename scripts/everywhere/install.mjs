/** What installing costs: seconds with an empty cache here, and megabytes on the disk of each platform, beside two other libraries. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publishedPackage } from "../published-package.mjs";

export const peers = {
  "onnxruntime-node": "onnxruntime-node@1.30.0",
  "@tensorflow/tfjs-node": "@tensorflow/tfjs-node@4.22.0",
  "@tensorflow/tfjs": "@tensorflow/tfjs@4.22.0",
};
const platforms = {
  "linux-x64": ["--os=linux", "--cpu=x64", "--libc=glibc"],
  "linux-arm64": ["--os=linux", "--cpu=arm64", "--libc=glibc"],
  "linux-x64-musl": ["--os=linux", "--cpu=x64", "--libc=musl"],
  "darwin-arm64": ["--os=darwin", "--cpu=arm64"],
  "win32-x64": ["--os=win32", "--cpu=x64"],
};

/** Installs all of them below `folder` for this machine, then, without scripts, for each platform. */
export function install(folder) {
  const { file } = publishedPackage(folder);
  const specs = { cellstate: file, ...peers };
  const found = { packed: statSync(file).size, here: {}, platforms: {} };
  for (const [name, spec] of Object.entries(specs)) {
    const place = join(folder, name.replace(/.*\//, ""));
    const asUsual = installed(spec, place, []);
    // Where a script of it ends with an error, npm installs nothing: then without its scripts, so that there is something to weigh.
    const without = asUsual.ok ? {} : { without: installed(spec, place, ["--ignore-scripts"]) };
    found.here[name] = { ...asUsual, ...without, after: opens(name, place) };
    console.log(`install: ${name} ${JSON.stringify(found.here[name])}`);
  }
  for (const [platform, flags] of Object.entries(platforms)) {
    found.platforms[platform] = {};
    for (const [name, spec] of Object.entries(specs)) {
      const place = mkdtempSync(join(tmpdir(), "cellstate-install-"));
      found.platforms[platform][name] = installed(spec, place, [...flags, "--ignore-scripts"], join(folder, "cache"));
      rmSync(place, { recursive: true, force: true });
    }
  }
  return found;
}

function installed(spec, place, flags, cache) {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), '{ "private": true, "type": "module" }\n');
  const empty = cache ?? mkdtempSync(join(tmpdir(), "cellstate-cache-"));
  const words = ["install", "--no-audit", "--no-fund", "--cache", empty, ...flags, spec];
  const from = performance.now();
  const env = { ...process.env, npm_config_loglevel: "notice" }; // also where npm runs this script silently
  const { status, stderr } = spawnSync("npm", words, { cwd: place, env, encoding: "utf8", timeout: 500_000 });
  const seconds = (performance.now() - from) / 1000;
  if (!cache) rmSync(empty, { recursive: true, force: true });
  const modules = join(place, "node_modules");
  const { bytes, packages } = status === 0 ? weight(modules) : { bytes: 0, packages: 0 };
  const warnings = stderr.split("\n").filter((line) => /^npm warn/i.test(line)).length;
  return { ok: status === 0, ...(status === 0 ? {} : { said: causeOf(stderr) }), seconds, bytes, packages, warnings };
}

/** What a failed installation says of its cause, without the host. */
const causeOf = (text) => {
  const lines = text.split("\n");
  return (lines.find((line) => /Error: /.test(line)) ?? lines[0])
    .replace(/^npm error /, "")
    .replace(/(getaddrinfo \w+) \S+/, "$1")
    .slice(0, 160);
};

function weight(folder) {
  let [bytes, packages] = [0, 0];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size;
    if (entry.isFile() && entry.name === "package.json" && /node_modules\/(@[^/]+\/)?[^/]+$/.test(entry.parentPath))
      packages++;
  }
  return { bytes, packages };
}

/** Whether the library opens after it: "loads", or what is said. */
function opens(name, place) {
  const program = `import("${name}").then(() => process.exit(0))`;
  const { status, stderr } = spawnSync(process.execPath, ["-e", program], { cwd: place, encoding: "utf8" });
  const said = stderr.split("\n").find((line) => /Error/.test(line));
  return status === 0 ? "loads" : `does not load: ${said?.slice(0, 160)}`;
}
