/**
 * `npm run everywhere [-- PART...]`: what Cellstate costs on each platform, measured, into docs/results/everywhere.json, and the page
 * everywhere.md made of it. A part that is not asked for keeps what an earlier run found. All of them take about ten minutes.
 *
 *   install    npm install with an empty cache, and its megabytes for five platforms, beside two other libraries (needs the network)
 *   first      time from the start of a process to the first prediction (after `install`)
 *   pages      what a page downloads (after `install`)
 *   kernels    instructions for each multiply-add, by copy of the kernels (g++, valgrind, qemu-user, build/zig)
 *   site       the site's start page and a lab in Chromium
 *   platforms  nothing is run: takes over what `npm run platforms` found
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { first } from "./everywhere/first.mjs";
import { install } from "./everywhere/install.mjs";
import { kernels } from "./everywhere/kernels.mjs";
import { page } from "./everywhere/page.mjs";
import { pages } from "./everywhere/pages.mjs";
import { platforms } from "./everywhere/platforms.mjs";
import { site } from "./everywhere/site.mjs";
import { root } from "./kernel-sources.mjs";
import { writeIndex } from "./results-index.mjs";

const folder = join(tmpdir(), "cellstate-everywhere"); // outside the checkout, whose node_modules would answer
const parts = {
  install: () => install(folder),
  first: () => first(folder),
  pages: () => pages(folder),
  kernels,
  site,
  platforms: () => platforms(found.platforms?.found),
};
const words = process.argv.slice(2);
const unknown = words.filter((word) => !(word in parts));
if (unknown.length > 0) {
  console.error(`everywhere: unknown ${unknown.join(", ")}. There are: ${Object.keys(parts).join(", ")}.`);
  process.exit(1);
}
const results = join(root, "docs/results");
const file = join(results, "everywhere.json");
const found = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
mkdirSync(folder, { recursive: true });
for (const name of Object.keys(parts).filter((one) => words.length === 0 || words.includes(one))) {
  const load = loadavg()[0];
  const part = await parts[name]();
  const machine = `${cpus().length} x ${cpus()[0].model.trim()}, Node ${process.version}`;
  found[name] = { date: new Date().toISOString().slice(0, 10), machine, load: Number(load.toFixed(1)), found: part };
  writeFileSync(file, `${JSON.stringify(found, null, 1)}\n`); // each as soon as it is there
  console.log(`${name}: done`);
}
writeFileSync(join(results, "everywhere.md"), page(found));
writeIndex(results);
