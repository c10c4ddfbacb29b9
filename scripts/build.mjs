/** `npm run build`: dist/ from src/, types and programs. What is there stays until the new one is whole. */
import { spawnSync } from "node:child_process";
import { chmodSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundle, doors } from "./bundle.mjs";
import { keepPublicTypes } from "./public-types.mjs";

const root = join(import.meta.dirname, "..");
const made = join(root, "build/dist");
rmSync(made, { recursive: true, force: true });

const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "tsconfig.build.json")];
const { status } = spawnSync(process.execPath, [...tsc, "--outDir", made], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

keepPublicTypes(made, doors);
await bundle(root, made);
chmodSync(join(made, "cli/main.js"), 0o755);
rmSync(join(root, "dist"), { recursive: true, force: true });
renameSync(made, join(root, "dist"));
