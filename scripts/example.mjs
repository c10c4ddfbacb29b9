/**
 * `npm run example pass-fail -- --epochs 5`: runs examples/pass-fail.ts on any Node from 20 on.
 * Newer ones run the file themselves (`node examples/pass-fail.ts`); Node 20 does not read TypeScript yet.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const [name = "", ...args] = process.argv.slice(2);
const source = join(root, "examples", `${name.replace(/\.ts$/, "")}.ts`);
if (!existsSync(source)) {
  const known = readdirSync(join(root, "examples")).filter((file) => file.endsWith(".ts"));
  console.error(`example: expected one of ${known.join(", ")}, received "${name}".\n  npm run example ${known[0]}`);
  process.exit(1);
}

// What the user did is told by its message alone; of a slip in the program, or with CELLSTATE_DEBUG, the place is shown too.
const tellErrors = `process.on("uncaughtException", (error) => {
  const slip = !error.code && /^(Type|Reference|Range|Syntax)Error$/.test(error.name);
  console.error(slip || process.env.CELLSTATE_DEBUG ? error.stack : error.message);
  process.exit(1);
});`;

// Inside the project, so that "cellstate" is this package, as built in dist/.
const outfile = join(root, "build/examples", `${name.replace(/\.ts$/, "")}.mjs`);
await build({
  entryPoints: [source],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  banner: { js: tellErrors },
  tsconfigRaw: {},
});
process.exit(spawnSync(process.execPath, [outfile, ...args], { stdio: "inherit", cwd: process.cwd() }).status ?? 1);
