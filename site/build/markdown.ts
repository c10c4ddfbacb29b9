/** A page's Markdown as HTML: links of the repository as links of the site, code in colours, programs as cells. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import MarkdownIt, { type Token } from "markdown-it";
import { escapeHtml, highlighted, hljs } from "../shared/highlight.ts";
import { cellHtml, keepsCells, type Program } from "./cells.ts";
import { kerasLines } from "./keras-lines.ts";
import { type Page, plain } from "./pages.ts";
import { slugger } from "./slug.ts";

for (const [name, grammar] of Object.entries({ python, bash, json, cpp })) hljs.registerLanguage(name, grammar);
const named: Readonly<Record<string, string>> = {
  typescript: "ts",
  js: "ts",
  javascript: "ts",
  sh: "bash",
  "c++": "cpp",
};

export interface Heading {
  readonly level: number;
  readonly id: string;
  readonly text: string;
}

export interface Rendered {
  readonly html: string;
  readonly headings: readonly Heading[];
  /** Files beside the Markdown that the page shows or links to, from the repository's root. */
  readonly files: readonly string[];
  readonly programs: readonly Program[];
}

export interface Surroundings {
  readonly root: string;
  /** Every page, by its source. */
  readonly pages: ReadonlyMap<string, Page>;
}

/** Renders a page. Throws where a link leads to nothing. */
export function render(page: Page, { root, pages }: Surroundings): Rendered {
  const files = new Set<string>();
  const headings: Heading[] = [];
  const slug = slugger();
  const md = new MarkdownIt({ html: false });
  const tokens = md.parse(page.text, {});
  const programs = keepsCells(page) ? programsOf(tokens) : [];
  const address = (to: string) => addressOf(to, page, { root, pages }, files);

  for (const [i, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const text = plain(tokens[i + 1].content);
      const id = slug(text);
      const level = Math.min(Number(token.tag.slice(1)), (headings.at(-1)?.level ?? 0) + 1); // none is left out, for who listens
      token.tag = tokens[i + 2].tag = `h${level}`;
      token.attrSet("id", id);
      if (page.section === "teaching" && id === "read-what-was-handed-in") token.attrSet("data-reads-hand-ins", "");
      headings.push({ level, id, text });
    }
    for (const child of token.children ?? []) {
      if (child.type === "image") dressImage(child, root, page, files);
      if (child.type === "link_open") child.attrSet("href", address(String(child.attrGet("href") ?? "")) ?? "");
    }
    if (token.children) token.children = withoutEmptyLinks(token.children);
  }
  const { rules } = md.renderer;
  rules.fence = (list, i) =>
    fence(
      list[i],
      programs.find((program) => program.token === list[i]),
      page,
    );
  rules.table_open = () => '<div class="table" tabindex="0"><table>\n';
  rules.table_close = () => "</table></div>\n";
  // A heading of nothing (the corner of a table) is a cell.
  rules.th_open = (list, i) => (list[i + 1].content === "" ? "<td>" : `<th${styleOf(list[i])}>`);
  rules.th_close = (list, i) => (list[i - 1].content === "" ? "</td>\n" : "</th>\n");
  rules.code_inline = (list, i) => studioLink(list[i].content, page);
  rules.heading_close = (list, i) => {
    const open = list[i - 2];
    const { id = "", level = 1 } = headings.find((heading) => heading.id === open.attrGet("id")) ?? {};
    const anchor = level === 1 ? "" : ` <a class="anchor" href="#${id}" aria-label="Link to this heading">#</a>`;
    return `${anchor}</${list[i].tag}>\n`;
  };
  const html = sideBySide(md.renderer.render(tokens, md.options, {}));
  return { html, headings, files: [...files], programs };
}

const styleOf = (token: Token): string => (token.attrGet("style") ? ` style="${token.attrGet("style")}"` : "");

/** The site's address of a link, relative to the page; null where the repository has the file and the site has not. */
function addressOf(to: string, page: Page, { root, pages }: Surroundings, files: Set<string>): string | null {
  if (/^(https?:|mailto:|#)/.test(to)) return to;
  const [path, hash = ""] = to.split("#");
  const source = posix.normalize(posix.join(posix.dirname(page.source), path));
  const anchor = hash && `#${hash}`;
  const found = pages.get(source);
  if (found) return relative(page.path, found.path) + anchor;
  if (!existsSync(join(root, source))) throw new Error(`site: ${page.source} links to ${to}, which does not exist.`);
  if (!source.startsWith("docs/") || !posix.extname(source)) return null;
  files.add(source);
  return relative(page.path, assetPath(source));
}

/** Where a file of docs/ lies on the site. */
export const assetPath = (source: string): string => source.replace(/^docs\//, "");

export const relative = (from: string, to: string): string =>
  posix.relative(posix.dirname(from), to) || posix.basename(to);

function dressImage(image: Token, root: string, page: Page, files: Set<string>): void {
  const source = posix.normalize(posix.join(posix.dirname(page.source), String(image.attrGet("src") ?? "")));
  if (!existsSync(join(root, source))) throw new Error(`site: ${page.source} shows ${source}, which does not exist.`);
  files.add(source);
  image.attrSet("src", relative(page.path, assetPath(source)));
  image.attrSet("loading", "lazy");
  image.attrSet("decoding", "async");
  if (!source.endsWith(".svg")) return;
  const head = readFileSync(join(root, source), "utf8").slice(0, 600); // the page keeps the place of what comes later
  for (const side of ["width", "height"]) {
    const size = new RegExp(`<svg[^>]* ${side}="([\\d.]+)`).exec(head)?.[1];
    if (size) image.attrSet(side, String(Math.round(Number(size))));
  }
}

/** A link into the checkout, which the site does not have, is its words alone. */
function withoutEmptyLinks(children: Token[]): Token[] {
  let dropping = false;
  return children.filter((child) => {
    if (child.type === "link_open" && child.attrGet("href") === "") {
      dropping = true;
      return false;
    }
    if (child.type !== "link_close" || !dropping) return true;
    dropping = false;
    return false;
  });
}

/** `#v=1&view=…` is a place in the studio. */
function studioLink(code: string, page: Page): string {
  const html = `<code>${escapeHtml(code)}</code>`;
  if (!/^#v=1&[\w=&.-]+$/.test(code) || code.includes("...")) return html;
  const to = relative(page.path, "studio/index.html");
  return `<a href="${escapeHtml(to + code)}" aria-label="Open it in the studio: ${escapeHtml(code)}">${html}</a>`;
}

/** Programs of a page: one that imports begins, those that follow without an import continue it. */
function programsOf(tokens: readonly Token[]): (Program & { token: Token })[] {
  let first = 0;
  return tokens
    .filter((token) => token.type === "fence" && token.info.trim() === "ts")
    .map((token, i) => {
      if (/^import\b/m.test(token.content)) first = i;
      return { token, number: i + 1, code: token.content, continues: i - first };
    });
}

function fence(token: Token, program: Program | undefined, page: Page): string {
  const language = named[token.info.trim()] ?? token.info.trim();
  if (!program)
    return `<pre tabindex="0" class="code ${escapeHtml(language)}"><code>${highlighted(token.content, language)}</code></pre>\n`;
  const keras = program.number === 1 ? kerasLines(page.text) : null;
  return cellHtml(program, keras && highlighted(keras, "python"));
}

/** Keras's lines and ours that follow them stand side by side where there is room. */
function sideBySide(html: string): string {
  const pair =
    /(<pre tabindex="0" class="code python">(?:(?!<\/pre>)[\s\S])*<\/pre>)\n(<section class="cell"[\s\S]*?<\/section>)/g;
  return html.replace(pair, (_, keras: string, ours: string) => `<div class="pair">\n${keras}\n${ours}\n</div>`);
}
