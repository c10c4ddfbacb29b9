/**
 * `npm run bundlers [NAME...]`: pages and workers as Vite, esbuild, webpack, Rollup, Parcel and Next make them of the packed package, run in Chromium
 * (test/bundlers). The tools and the package are installed in a temporary folder, which is kept; `.ci/run` has Vite and esbuild alone, which are at hand.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = join(realpathSync(tmpdir()), "cellstate-bundlers"); // outside the checkout: tools look for settings in every folder above
const tools = {
  vite: ["vite@8"],
  esbuild: ["esbuild@0.28"],
  webpack: ["webpack@5", "webpack-cli@6"],
  rollup: ["rollup@4", "@rollup/plugin-node-resolve@16"],
  parcel: ["parcel@2"],
  next: ["next@16", "react@19", "react-dom@19"],
};
const words = process.argv.slice(2);
const unknown = words.filter((word) => !(word in tools));
if (unknown.length > 0) {
  console.error(`bundlers: unknown ${unknown.join(", ")}. There are: ${Object.keys(tools).join(", ")}.`);
  process.exit(1);
}
const names = words.length > 0 ? words : Object.keys(tools);

mkdirSync(folder, { recursive: true });
const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
const file = execFileSync("npm", pack, { cwd: root, encoding: "utf8" }).trim().split("\n").pop();
writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
rmSync(join(folder, "node_modules/cellstate"), { recursive: true, force: true }); // the same version, with other files in it
rmSync(join(folder, "package-lock.json"), { force: true });
const install = ["install", "--no-audit", "--no-fund", "--loglevel=error", `./${file}`];
execFileSync("npm", [...install, ...names.flatMap((name) => tools[name])], { cwd: folder, stdio: "inherit" });

const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", "test/bundlers", "-t", `^(${names.join("|")})\\b`];
const env = { ...process.env, CELLSTATE_BUNDLERS: folder };
process.exitCode = spawnSync(process.execPath, vitest, { cwd: root, env, stdio: "inherit" }).status ?? 1;
