/** Which pages the site has, and from which file of the repository each is made. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

export type SectionName = "labs" | "guides" | "api" | "results" | "teaching" | "contributing";

/** A page that is made of a Markdown file. */
export interface Page {
  /** From the repository's root: `docs/labs/pass-fail.md`. */
  readonly source: string;
  /** From the site's root: `labs/pass-fail.html`. */
  readonly path: string;
  readonly section: SectionName;
  readonly title: string;
  readonly text: string;
}

export interface Section {
  readonly name: SectionName;
  readonly title: string;
  readonly pages: readonly Page[];
}

const guides = [
  "README.md",
  "docs/in-your-program.md",
  "docs/command-line.md",
  "docs/coming-from.md",
  "docs/from-your-notebook.md",
  "docs/model-files.md",
  "docs/explain.md",
  "docs/studio.md",
  "docs/serve.md",
  "docs/serve-in-your-server.md",
  "docs/serve-protocols.md",
  "docs/interrupted-training.md",
  "docs/many-machines.md",
  "docs/errors.md",
  "docs/benchmarks.md",
  "CHANGELOG.md",
];
const contributing = ["CONTRIBUTING.md", "docs/design.md", "docs/how-a-training-step-runs.md"];

/** The sections in the order of the navigation. Every Markdown file of docs/ is in one. */
export function readSections(root: string): Section[] {
  const folder = (name: SectionName) =>
    readdirSync(join(root, "docs", name))
      .filter((file) => file.endsWith(".md"))
      .sort((a, b) => Number(b === "README.md") - Number(a === "README.md") || (a < b ? -1 : 1))
      .map((file) => `docs/${name}/${file}`);
  const section = (name: SectionName, title: string, sources: readonly string[]): Section => ({
    name,
    title,
    pages: sources.map((source) => readPage(root, name, source)),
  });
  const sections = [
    section("labs", "Labs", inOrderOf(root, folder("labs"))),
    section("guides", "Guides", guides),
    section("api", "API", folder("api")),
    section("results", "Results", folder("results")),
    section("teaching", "Teaching", ["docs/teaching.md"]),
    section("contributing", "Contributing", [...contributing, ...folder("contributing")]),
  ];
  const known = new Set(sections.flatMap(({ pages }) => pages.map(({ source }) => source)));
  const loose = readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md") && !known.has(`docs/${file}`));
  if (loose.length > 0)
    throw new Error(`site: pages in no section: ${loose.join(", ")}. Add them in site/build/pages.ts.`);
  return sections;
}

/** The index first, then the files as the index names them. */
function inOrderOf(root: string, sources: readonly string[]): string[] {
  const index = readFileSync(join(root, sources[0]), "utf8");
  const place = (source: string) => {
    const at = index.indexOf(`](${posix.basename(source)})`);
    return at < 0 ? Number.POSITIVE_INFINITY : at;
  };
  return [sources[0], ...sources.slice(1).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))];
}

function readPage(root: string, section: SectionName, source: string): Page {
  if (!existsSync(join(root, source)))
    throw new Error(`site: there is no ${source}. Change the list in site/build/pages.ts.`);
  const text = readFileSync(join(root, source), "utf8").replace(/<!--[\s\S]*?-->\n*/g, "");
  const title = /^# (.+)$/m.exec(text)?.[1] ?? posix.basename(source, ".md");
  return { source, path: pathOf(section, source), section, title: plain(title), text };
}

function pathOf(section: SectionName, source: string): string {
  const name = posix.basename(source, ".md");
  const inFolder = source.startsWith(`docs/${section}/`);
  if (name === "README") return inFolder ? `${section}/index.html` : "guides/index.html";
  if (section === "teaching") return "teaching/index.html";
  if (section === "contributing" && name === "CONTRIBUTING") return "contributing/build-and-test.html";
  return `${section}/${name.toLowerCase()}.html`;
}

/** A heading without its Markdown. */
export const plain = (text: string): string => text.replace(/`([^`]*)`/g, "$1").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
