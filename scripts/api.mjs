/** `npm run api`: docs/api, the API reference, from the docstrings of the public exports. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const folder = join(root, "docs/api");
const entry = join(root, "build/api.mjs");
await build({
  entryPoints: [join(root, "scripts/api/reference.ts")],
  outfile: entry,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  tsconfigRaw: {},
});
const { readExports, referencePages } = await import(pathToFileURL(entry).href);

const pages = referencePages(readExports(root));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of pages) writeFileSync(join(folder, name), text);
console.log(`${pages.size} pages in docs/api`);
