/** Programs that a reader can edit and run in the page. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { escapeHtml, highlighted } from "../shared/highlight.ts";
import type { Page } from "./pages.ts";

export interface Program {
  /** Among the page's programs, from 1. */
  readonly number: number;
  readonly code: string;
  /** How many programs of the page before it belong to it: they run first, in the same run. */
  readonly continues: number;
  readonly title?: string;
}

/** Pages whose programs run in the page, as they run in the tests. */
export const keepsCells = (page: Page): boolean => page.section === "labs" || page.source === "docs/coming-from.md";

/** Examples of the repository that stand below a lab, whole. They need no files. */
const examplesOf: Readonly<Record<string, readonly string[]>> = {
  "docs/labs/pass-fail.md": ["pass-fail"],
  "docs/labs/next-value.md": ["next-value"],
  "docs/labs/next-word.md": ["four-lines"],
  "docs/labs/sentiment.md": ["five-sentences"],
  "docs/labs/memory.md": ["memory", "memory-gradient", "memory-gates"],
};

/** What a reader should know before running a lab's programs in the page. */
const notes: Readonly<Record<string, string>> = {
  "docs/labs/next-word.md":
    "<code>faq.txt</code> is the 80 questions about LSTMs that come with Cellstate, unless you give a <code>faq.txt</code> of your own. A run ends after 60 s: 100 epochs of this network may take longer in a browser; begin with <code>epochs: 10</code>.",
  "docs/labs/memory.md":
    "The race below trains three networks; a run ends after 60 s. Fewer steps: change <code>50</code> and <code>3000</code>.",
};

export const noteOf = (page: Page): string => notes[page.source] ?? "";

export function examplesHtml(page: Page, root: string, programs: number): { html: string; programs: Program[] } {
  const found = (examplesOf[page.source] ?? []).map((name, i) => ({
    number: programs + i + 1,
    code: readFileSync(join(root, "examples", `${name}.ts`), "utf8"),
    continues: 0,
    title: `examples/${name}.ts`,
  }));
  if (found.length === 0) return { html: "", programs: [] };
  const heading =
    '<h2 id="examples">The examples, whole</h2>\n<p>As <code>npm run example</code> runs them; here with their defaults.</p>\n';
  return { html: heading + found.map((program) => cellHtml(program, null)).join(""), programs: found };
}

/** A cell as it is without scripts: a block of code; `client/cells` adds what runs it. `keras`: coloured lines to stand beside it. */
export function cellHtml(
  { number, code, continues, title = `Program ${number}` }: Program,
  keras: string | null,
): string {
  const beside = keras
    ? `<details class="keras" open><summary>Keras's lines</summary><pre tabindex="0" class="code python"><code>${keras}</code></pre></details>\n`
    : "";
  const label = continues > 0 ? `${title}, after ${continues === 1 ? "the one" : `the ${continues}`} above` : title;
  return `<section class="cell" data-cell="${number}" data-continues="${continues}" aria-label="${escapeHtml(label)}">
<div class="cell-bar"><span class="cell-name">${escapeHtml(label)}</span></div>
<pre tabindex="0" class="code ts"><code>${highlighted(code.trimEnd(), "ts")}</code></pre>
${beside}</section>
`;
}
