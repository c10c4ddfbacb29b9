/** docs/results/everywhere.md is what `npm run everywhere` makes of everywhere.json: no figure of it is written by hand. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const results = join(import.meta.dirname, "../../docs/results");
const script = join(import.meta.dirname, "../../scripts/everywhere/page.mjs");
const { page } = (await import(script)) as { page(found: object): string };
const part = (found: object) => ({ date: "2026-01-02", machine: "a machine", load: 0.5, found });

test.skipIf(!existsSync(join(results, "everywhere.json")))("the page holds the figures that were measured", () => {
  const found = JSON.parse(readFileSync(join(results, "everywhere.json"), "utf8"));
  expect(readFileSync(join(results, "everywhere.md"), "utf8")).toBe(page(found));
});

test("a goal that is missed is said, with its figure; parts that were not measured are left out", () => {
  const visit = { page: "start page", paint: 90, ready: 200, longest: 61.4, over: 2, packed: 70, requests: 5 };
  const text = page({ site: part([visit]) });
  expect(text).toMatch(/^Missed: longest task at the start of the site, ms 61\.40 \(at most 50\)\.$/m);
  expect(text).toContain("`npm run everywhere -- site`, 2026-01-02, a machine, load 0.5.");
  expect(text).not.toContain("## Installing");
});

test("a test that fails on a platform counts against the goal, and one that was not reached is shown", () => {
  const made = { node: "v24.0.0", apart: 0, steps: 5 };
  const arm = {
    read: "ok",
    passed: 900,
    failed: 1,
    left: 12,
    seconds: 200,
    backend: "C++ kernels, neon, 2 threads",
    package: made,
  };
  const text = page({ platforms: part({ "linux-arm64": arm, "darwin-arm64": { read: "ok" } }) });
  expect(text).toMatch(/Missed: failed tests 1 \(at most 0\)/);
  expect(text).toMatch(/\| linux-arm64 \|.*\| neon.* \| 900 \| 1 \| 12 in 200 s \| the same bits \|/);
  expect(text).toMatch(/darwin-arm64: \*\*not run\*\*/);
});
