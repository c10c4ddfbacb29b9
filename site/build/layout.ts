/** What all pages have around their text. */
import { createHash } from "node:crypto";
import { escapeHtml } from "../shared/highlight.ts";
import { relative } from "./markdown.ts";
import type { Page, Section } from "./pages.ts";

/** Scripts and styles by their names in the site, with their contents in them. */
export interface Assets {
  readonly style: string;
  readonly script: string;
  /** Hashes of scripts that lie in pages or in the frame of cells. */
  readonly inline: readonly string[];
}

/** Before anything is drawn, so that nobody in the dark sees a white page. */
export const themeScript =
  'try{const t=localStorage.getItem("cellstate-theme");if(t==="dark"||t==="light")document.documentElement.dataset.theme=t}catch{}';

export const hashOf = (script: string): string => `'sha256-${createHash("sha256").update(script).digest("base64")}'`;

/** Nothing from elsewhere; WebAssembly and workers of the site's own scripts; blobs for the cells' frame, which inherits this. */
const policy = (inline: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src 'self' blob: 'wasm-unsafe-eval' ${inline.join(" ")}`,
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");

interface Shell {
  /** The page's place from the site's root. */
  readonly path: string;
  readonly title: string;
  readonly description: string;
  readonly main: string;
  readonly sidebar?: string;
  readonly section?: string;
}

export function layout(shell: Shell, sections: readonly Section[], assets: Assets): string {
  const to = (path: string) => relative(shell.path, path);
  const top = sections
    .map(({ name, title, pages }) => {
      const current = name === shell.section ? ' aria-current="true"' : "";
      return `<a href="${to(pages[0].path)}"${current}>${title}</a>`;
    })
    .join("");
  const side = shell.sidebar ?? "";
  return `<!doctype html>
<html lang="en" data-root="${to("index.html").replace(/index\.html$/, "") || "./"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy(assets.inline)}">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escapeHtml(shell.description)}">
<title>${escapeHtml(shell.title)}</title>
<script>${themeScript}</script>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${to(assets.style)}">
<script type="module" src="${to(assets.script)}"></script>
</head>
<body${side ? "" : ' class="wide"'}>
<a class="skip" href="#main">Skip to the text</a>
<header>
<a class="name" href="${to("index.html")}">Cellstate</a>
<button type="button" class="menu-button" aria-expanded="false" aria-controls="menu">Menu</button>
<nav class="top" id="menu" aria-label="Sections">${top}<a href="${to("studio/index.html")}">Studio</a></nav>
<div class="tools"><button type="button" class="search-button">Search <kbd>/</kbd></button><button type="button" class="theme-button" aria-label="Dark or light">◐</button></div>
</header>
${side}
<main id="main" tabindex="-1">
${shell.main}
</main>
<footer><p>Cellstate, MIT licence. Nothing you type or drop here leaves this page.</p></footer>
</body>
</html>
`;
}

/** The pages of a section, and the parts of the one that is open. */
export function sidebar(
  page: Page,
  section: Section,
  headings: readonly { level: number; id: string; text: string }[],
): string {
  const parts = headings.filter(({ level }) => level === 2).slice(0, 40);
  const within =
    parts.length < 2
      ? ""
      : `<ul>${parts.map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`).join("")}</ul>`;
  const items = section.pages.map((other) => {
    const here = other === page;
    const link = `<a href="${relative(page.path, other.path)}"${here ? ' aria-current="page"' : ""}>${escapeHtml(shortTitle(other))}</a>`;
    return `<li>${link}${here ? within : ""}</li>`;
  });
  return `<nav class="side" aria-label="Pages of ${escapeHtml(section.title)}"><details open><summary>${escapeHtml(section.title)}</summary><ul>${items.join("")}</ul></details></nav>`;
}

const shortTitle = ({ title, source }: Page): string =>
  source === "README.md"
    ? "Overview"
    : title.length > 70
      ? title.slice(0, Math.max(30, title.lastIndexOf(",", 70)))
      : title;
