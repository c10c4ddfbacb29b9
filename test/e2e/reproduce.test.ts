/** Every result that `npm run reproduce` can run again runs here scaled down, on whatever data there is. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeMadeUpReviews } from "../imdb-file.ts";
import { thorough } from "../thorough.ts";

interface Result {
  title: string;
  needs: readonly string[];
  target: string;
  reach?: Record<string, { atLeast?: number; atMost?: number }>;
  run(options: { data: string; seed: number; quick: boolean }): Promise<{
    figures: Record<string, number>;
    history?: Record<string, number[]>;
    charts?: Record<string, string>;
    backend: string;
  }>;
}

const given = process.env.CELLSTATE_SHARED_DATA ?? "../shared/data";
const data = thorough ? given : mkdtempSync(join(tmpdir(), "cellstate-data-"));
beforeAll(async () => {
  if (data === given) return;
  mkdirSync(join(data, "imdb"));
  await writeMadeUpReviews(join(data, "imdb/imdb.npz")); // in place of 50,000, which take a second for every test
  for (const part of [".", "imdb"])
    for (const name of existsSync(join(given, part)) ? readdirSync(join(given, part)) : [])
      if (!existsSync(join(data, part, name))) symlinkSync(resolve(given, part, name), join(data, part, name));
});
afterAll(() => {
  if (data !== given) rmSync(data, { recursive: true, force: true }); // the links, not what they point to
});
const folder = join(import.meta.dirname, "../../scripts/reproduce");
const found = await Promise.all(
  readdirSync(folder).map((file) => import(join(folder, file)) as Promise<Record<string, Result>>),
);
const { verdict } = (await import(join(folder, "../verdict.mjs"))) as {
  verdict(reach: NonNullable<Result["reach"]>, means: Record<string, number>): string;
};
const { meanDifference, studentQuantile } = (await import(join(folder, "../mean-difference.mjs"))) as {
  meanDifference(a: number[], b: number[]): { difference: number; halfWidth: number; freedom: number };
  studentQuantile(p: number, freedom: number): number;
};
const results = found.flatMap((module) =>
  Object.entries(module).filter(([, result]) => typeof result.run === "function"),
);

test("there are results to reproduce, each with what it must reach", () => {
  expect(results.length).toBeGreaterThanOrEqual(7);
  for (const [name, { target, title }] of results) expect(`${title}: ${target}`, name).toMatch(/\d/);
});

test("a verdict says what was reached and what was missed", () => {
  const reach = { accuracy: { atLeast: 0.9 }, "training, s": { atMost: 80 } };
  expect(verdict(reach, { accuracy: 0.9, "training, s": 81.5 })).toBe(
    "Reached: accuracy 0.9000 (at least 0.9). Missed: training, s 81.50 (at most 80).",
  );
  expect(verdict(reach, { accuracy: 0.95, "training, s": 80 })).not.toContain("Missed");
  expect(verdict({ curve: { atLeast: 0.1, atMost: 0.2 } }, { curve: 0.25 })).toBe(
    "Missed: curve 0.2500 (at least 0.1, at most 0.2).",
  );
  expect(verdict(reach, { accuracy: Number.NaN, "training, s": 80 })).toContain("Missed: accuracy NaN");
});

test("the interval of a difference of means is scipy's", () => {
  // scipy 1.17: stats.t.ppf and stats.ttest_ind(a, b, equal_var=False).confidence_interval(); Simpson's rule is good for ten digits
  const ppf = { 1: 12.706204736174694, 2: 4.302652729749462, 3.45: 2.9600288069479896, 30.5: 2.04086944518632 };
  for (const [freedom, t] of Object.entries(ppf)) expect(studentQuantile(0.975, Number(freedom))).toBeCloseTo(t, 6);
  const { difference, halfWidth, freedom } = meanDifference([0.85, 0.86, 0.84], [0.85, 0.83, 0.86]);
  expect(freedom).toBeCloseTo(3.4482758620689653, 9);
  expect(difference - halfWidth).toBeCloseTo(-0.027875506185622685, 7);
  expect(difference + halfWidth).toBeCloseTo(0.034542172852289284, 7);
});

for (const [name, { title, needs, reach = {}, run }] of results) {
  test(`${title}: runs scaled down`, async () => {
    const absent = needs.find((file) => !existsSync(join(data, file)));
    if (absent)
      return void console.warn(`skipped ${name}: no ${given}/${absent}; CELLSTATE_SHARED_DATA names the folder`);
    const { figures, history, charts, backend } = await run({ data, seed: 1, quick: true });
    for (const [key, value] of Object.entries(figures)) expect(Number.isFinite(value), key).toBe(true);
    const late = ["training accuracy, epoch 8"]; // a scaled-down run has fewer epochs
    expect(Object.keys(figures)).toEqual(
      expect.arrayContaining(Object.keys(reach).filter((key) => !late.includes(key))),
    );
    if (history) expect(history.loss.length).toBeGreaterThanOrEqual(1);
    else expect(charts, "charts, empty where there is nothing to draw").toBeDefined();
    expect(backend).toMatch(/^(native|wasm|js)/);
  });
}

test("npm run reproduce -- --help says what can be asked, and so does a slip", () => {
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [join(folder, "../reproduce.mjs"), ...words], { encoding: "utf8" });
  const help = run("--help");
  expect(help.status).toBe(0);
  for (const word of ["airline", "class-projects", "--seeds", "--keep"]) expect(help.stdout).toContain(word);
  const slip = run("airline", "--seed", "1");
  expect([slip.status, slip.stdout]).toEqual([1, ""]);
  expect(slip.stderr).toMatch(/^reproduce: Unknown option '--seed'[\s\S]*--seeds 1,2 /);
  expect(run("airlines").stderr).toContain('expected one name, or all, received "airlines"');
});
