/** The pages for contributors speak of files that are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const pages = readdirSync(join(root, "docs/contributing")).map((name) => `docs/contributing/${name}`);

test.each([...pages, "CONTRIBUTING.md", "docs/how-a-training-step-runs.md"])("%s names files that exist", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const named = [...text.matchAll(/`((?:src|test|kernels|scripts)\/[\w./-]+)`/g)].map(([, path]) => path);
  expect(named.filter((path) => !/[A-Z]{4}/.test(path) && !existsSync(join(root, path)))).toEqual([]);
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path);
  expect(links.filter((path) => !existsSync(join(root, page, "..", path)))).toEqual([]);
});
