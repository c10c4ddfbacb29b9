/** `npm run studio`: out/studio, a static site, and build/studio.html, the same in one file, which `cellstate studio` serves. */
import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const root = join(import.meta.dirname, "..");
const config = { configFile: join(root, "studio/vite.config.ts"), logLevel: "error" };
await build(config);
await build({ ...config, mode: "file" });
const file = join(root, "build/studio.html");
renameSync(join(root, "build/studio-page/index.html"), file);
rmSync(join(root, "build/studio-page"), { recursive: true });
console.log(`out/studio/, build/studio.html (${(statSync(file).size / 1e6).toFixed(1)} MB)`);
