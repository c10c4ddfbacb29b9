/** `npm run site`: the whole site, but for the studio, as files. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundles, type SiteFile } from "./bundles.ts";
import { examplesHtml, noteOf, type Program } from "./cells.ts";
import { hashOf, layout, sidebar, themeScript } from "./layout.ts";
import { deadLinks } from "./links.ts";
import { assetPath, render } from "./markdown.ts";
import { type Page, plain, readSections } from "./pages.ts";
import { searchIndex } from "./search-index.ts";
import { startPage, tenLines } from "./start-page.ts";

export interface BuiltSite {
  /** Pages by their place, as HTML. */
  readonly pages: ReadonlyMap<string, string>;
  /** Programs that run in pages, by the page's source. */
  readonly programs: ReadonlyMap<string, readonly Program[]>;
  readonly files: readonly SiteFile[];
}

/** Makes every page and file. Throws, with all of them, where links lead to nothing. */
export async function makeSite(root: string): Promise<BuiltSite> {
  const read = (path: string) => readFileSync(join(root, path));
  const sections = readSections(root);
  const all = sections.flatMap(({ pages }) => pages);
  const bySource = new Map(all.map((page) => [page.source, page]));
  const { files: scripts, script, style, frameHash } = await bundles(root);
  const assets = { script, style, inline: [hashOf(themeScript), frameHash] };

  const pages = new Map<string, string>();
  const programs = new Map<string, readonly Program[]>();
  const files = new Map<string, SiteFile>(scripts.map((file) => [file.path, file]));
  for (const section of sections)
    for (const page of section.pages) {
      const { html, headings, files: shown, programs: own } = render(page, { root, pages: bySource });
      for (const source of shown) files.set(assetPath(source), { path: assetPath(source), contents: read(source) });
      const examples = examplesHtml(page, root, own.length);
      if (own.length + examples.programs.length > 0) programs.set(page.source, [...own, ...examples.programs]);
      const main = withNote(html, noteOf(page)) + examples.html + handIn(page, programs.has(page.source));
      const shell = { path: page.path, title: `${page.title} · Cellstate`, description: describe(page), main };
      pages.set(
        page.path,
        layout({ ...shell, sidebar: sidebar(page, section, headings), section: section.name }, sections, assets),
      );
    }
  const readme = read("README.md").toString();
  programs.set("README.md", [{ number: 1, code: tenLines(readme), continues: 0 }]);
  const start = { path: "index.html", title: "Cellstate: LSTM networks in TypeScript", main: startPage(readme) };
  const description =
    "Train, evaluate and explain LSTM networks in TypeScript, with Keras's names, numbers and files; labs that run in the page.";
  pages.set("index.html", layout({ ...start, description }, sections, assets));
  const add = (path: string, contents: string | Uint8Array) => files.set(path, { path, contents });
  add("assets/search.json", searchIndex(all));
  add("assets/faq.txt", read("assets/lstm-faq.txt"));
  add("service-worker.js", serviceWorker(root, pages, [...files.values()]));

  const dead = deadLinks(pages, new Set([...files.keys(), "studio/index.html"]));
  if (dead.length > 0) throw new Error(`site: links that lead to nothing:\n  ${dead.join("\n  ")}`);
  return { pages, programs, files: [...files.values()] };
}

export function writeSite({ pages, files }: BuiltSite, out: string): void {
  rmSync(out, { recursive: true, force: true });
  const write = (path: string, contents: string | Uint8Array) => {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    writeFileSync(join(out, path), contents);
  };
  for (const [path, html] of pages) write(path, html);
  for (const { path, contents } of files) write(path, contents);
}

/** The first words below the title. */
function describe({ text }: Page): string {
  const words = plain(text.replace(/^#.*\n+/, "").split("\n\n")[0] ?? "").replace(/\s+/g, " ");
  return words.length > 160 ? `${words.slice(0, 157)}...` : words;
}

const withNote = (html: string, note: string): string =>
  note ? html.replace(/(<\/h1>\n)/, (end) => `${end}<p class="note">${note}</p>\n`) : html;

/** What a lab's page has below: the file for the teacher. */
function handIn({ section, source }: Page, programs: boolean): string {
  if (section !== "labs" || !programs) return "";
  return `<section class="hand-in" aria-labelledby="hand-in" data-lab="${source.replace(/^docs\/labs\/|\.md$/g, "")}">
<h2 id="hand-in">Hand in</h2>
<p>The file has the programs as you left them, what the last run of each printed, and your answers. It is made in this page.</p>
</section>
`;
}

const mostKept = 3e6; // bytes of a file that is kept before it is needed

/** The studio's worker, for this site: what labs need is kept at the first visit, other pages when they are read. */
function serviceWorker(root: string, pages: ReadonlyMap<string, string>, files: readonly SiteFile[]): string {
  const hash = createHash("sha256");
  for (const [path, html] of pages) hash.update(path).update(html);
  for (const { path, contents } of files) hash.update(path).update(contents);
  const kept = [
    ...[...pages.keys()].filter((path) => !path.startsWith("api/") && !path.startsWith("results/")),
    ...files
      .filter(({ path, contents }) => !/^results\//.test(path) && contents.length < mostKept)
      .map(({ path }) => path),
  ];
  const names = ["./", ...kept.map((path) => `./${path}`)];
  const source = readFileSync(join(root, "studio/service-worker.js"), "utf8");
  const given = JSON.stringify([hash.digest("hex").slice(0, 12), names]);
  return source.replace("__FILES__", () => given).replace("cellstate-studio", "cellstate-site");
}
