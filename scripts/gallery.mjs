/**
 * `npm run gallery`: out/gallery/index.html, one page of every plot from the tests' data, to be looked at; each also as
 * an SVG and a PNG file beside it. And out/gallery/studio/index.html, every view of the studio, where there is a Chromium.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const folder = join(root, "out/gallery");
const entry = join(root, "build/gallery.mjs");
const source = `
  export { figures } from "./src/plot/testing/figures.ts";
  export { svgToPng } from "./src/plot/png.ts";
  export { takePictures } from "./test/studio/gallery.ts";`;
await build({
  stdin: { contents: source, resolveDir: root },
  outfile: entry,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  tsconfigRaw: {},
});
const { figures, svgToPng, takePictures } = await import(pathToFileURL(entry).href);

mkdirSync(folder, { recursive: true });
const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
/** Each drawn character in a box one column wide: a page's fonts need not have them all in one width, as a terminal has. */
const drawn = (text) => escaped(text).replace(/[^ -~\n]/gu, (sign) => `<i>${sign}</i>`);
const sections = [];
for (const { name, svg, text } of await figures()) {
  const file = name.replace(/\W+/g, "-");
  if (svg !== undefined) {
    writeFileSync(join(folder, `${file}.svg`), svg);
    writeFileSync(join(folder, `${file}.png`), await svgToPng(svg));
  }
  sections.push(`<section><h2>${escaped(name)}</h2>${svg ?? `<pre>${drawn(text)}</pre>`}</section>`);
}
const style = `
  body { font-family: system-ui, sans-serif; background: #eaeef2; margin: 16px; }
  section { display: inline-block; vertical-align: top; background: #fff; margin: 8px; padding: 8px; border-radius: 6px; }
  h2 { font-size: 14px; margin: 4px 8px; }
  pre { font: 13px/1.15 "DejaVu Sans Mono", monospace; background: #1f2328; color: #f0f3f6; padding: 10px; margin: 0; }
  pre i { display: inline-block; width: 1ch; overflow: visible; font-style: normal; }`;
const head = `<!doctype html><meta charset="utf-8"><title>Cellstate: every plot</title><style>${style}</style>`;
writeFileSync(join(folder, "index.html"), `${head}\n${sections.join("\n")}\n`);
console.log(`${sections.length} plots: ${join("out/gallery/index.html")}`);

const pictures = await takePictures(root, join(folder, "studio"));
console.log(
  pictures === null
    ? "skipped: the studio's views; there is no Chromium on the PATH"
    : `${pictures} pictures of the studio: ${join("out/gallery/studio/index.html")}`,
);
