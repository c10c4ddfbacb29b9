/**
 * `npm run site`: out/site, the documentation as a static site with labs that run in the page, and the studio in its studio/.
 * `npm run site -- --measure`: how soon it is there in Chromium; `-- --pictures`: every kind of page, light, dark and at 360
 * pixels, in out/site-pictures.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { build as viteBuild } from "vite";

const root = join(import.meta.dirname, "..");
const out = join(root, "out/site");
/** A module of TypeScript, by way of a file inside the project, so that its packages are found. */
async function load(path) {
  const outfile = join(root, "build", path.replaceAll("/", "-").replace(/\.ts$/, ".mjs"));
  const options = { bundle: true, packages: "external", platform: "node", format: "esm", tsconfigRaw: {} };
  await build({ ...options, entryPoints: [join(root, path)], outfile });
  return import(pathToFileURL(outfile).href);
}

const { makeSite, writeSite } = await load("site/build/site.ts");
const site = await makeSite(root);
writeSite(site, out);
await viteBuild({
  configFile: join(root, "studio/vite.config.ts"),
  logLevel: "error",
  build: { outDir: join(out, "studio") },
});
const files = readdirSync(out, { recursive: true }).map((name) => statSync(join(out, name)));
const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
const programs = [...site.programs.values()].reduce((sum, list) => sum + list.length, 0);
console.log(
  `out/site/: ${site.pages.size} pages, ${programs} programs to run, ${(bytes / 1e6).toFixed(1)} MB with the studio`,
);

if (process.argv.includes("--pictures")) {
  const { takeSitePictures } = await load("test/site/pictures.ts");
  const taken = await takeSitePictures(out, join(root, "out/site-pictures"));
  console.log(
    taken === null ? "skipped: the pictures; there is no Chromium" : `${taken} pictures: out/site-pictures/index.html`,
  );
}
if (process.argv.includes("--measure")) {
  const { measure } = await load("test/site/measure.ts");
  if (!(await measure(out))) process.exitCode = 1;
}
