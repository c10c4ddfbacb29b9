/** Pages in the published package: each relative link leads to a file of the package, in whatever folder it is read. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packagedPage, relativeLinks, webAddress } from "../../scripts/package-links.mjs";

const root = join(import.meta.dirname, "../..");
const url = "https://host.example/owner/name";

function packed(): string[] {
  const command = "npm pack --dry-run --json --ignore-scripts"; // with a shell, because npm is a script on Windows
  const report = execFileSync(command, {
    cwd: root,
    shell: true,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  } as never);
  return JSON.parse(String(report).slice(String(report).indexOf("[")))[0].files.map(
    ({ path }: { path: string }) => path,
  );
}

test("every relative link of README, CHANGELOG and the guides leads to a file of the package, with a repository and without", () => {
  const paths = packed();
  const has = (path: string) =>
    paths.includes(path) || paths.some((one) => one.startsWith(`${path.replace(/\/$/, "")}/`));
  const pages = paths.filter((path) => path.endsWith(".md"));
  expect(pages).toEqual(expect.arrayContaining(["README.md", "CHANGELOG.md", "docs/labs/README.md"]));
  let mended = 0;
  for (const page of pages) {
    const text = readFileSync(join(root, page), "utf8");
    const outside = (words: string) => relativeLinks(page, words).filter(([, target]) => !has(target));
    mended += outside(text).length;
    for (const where of [url, null]) expect(outside(packagedPage(page, text, has, where)), page).toEqual([]);
  }
  expect(mended).toBeGreaterThan(0); // else the test looks at nothing
});

test("a link out of the package leads to the repository, or is words alone; code and links that hold stay", () => {
  const has = (path: string) => path === "docs/serve.md";
  const text =
    "[Serve](serve.md#x) [`fit`](api/fit.md#model) ![Bars](results/a.svg) [far](https://a.b) `[a](b.md)`\n```\n[c](d.md)\n```\n";
  expect(packagedPage("docs/a.md", text, has, url)).toBe(
    `[Serve](serve.md#x) [\`fit\`](${url}/blob/HEAD/docs/api/fit.md#model) ![Bars](${url}/raw/HEAD/docs/results/a.svg) [far](https://a.b) \`[a](b.md)\`\n\`\`\`\n[c](d.md)\n\`\`\`\n`,
  );
  expect(packagedPage("docs/a.md", text, has, null)).toBe(
    "[Serve](serve.md#x) `fit` *Bars* [far](https://a.b) `[a](b.md)`\n```\n[c](d.md)\n```\n",
  );
});

test("a repository's address as a browser opens it", () => {
  for (const one of [
    "git@host.example:owner/name.git",
    "git+https://host.example/owner/name.git",
    "ssh://git@host.example/owner/name",
    url,
  ])
    expect(webAddress(one)).toBe(url);
});
