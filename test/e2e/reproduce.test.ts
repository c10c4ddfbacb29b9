/** Every result that `npm run reproduce` can run again runs here scaled down, on whatever data there is. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

interface Result {
  title: string;
  needs: readonly string[];
  target: string;
  run(options: { data: string; seed: number; quick: boolean }): Promise<{
    figures: Record<string, number>;
    history: Record<string, number[]>;
    backend: string;
  }>;
}

const data = process.env.CELLSTATE_SHARED_DATA ?? "../shared/data";
const folder = join(import.meta.dirname, "../../scripts/reproduce");
const found = await Promise.all(
  readdirSync(folder).map((file) => import(join(folder, file)) as Promise<Record<string, Result>>),
);
const results = found.flatMap((module) => Object.entries(module));

test("there are results to reproduce, each with what it must reach", () => {
  expect(results.length).toBeGreaterThanOrEqual(7);
  for (const [name, { target, title }] of results) expect(`${title}: ${target}`, name).toMatch(/\d/);
});

for (const [name, { title, needs, run }] of results) {
  test(`${title}: runs scaled down`, async () => {
    const absent = needs.find((file) => !existsSync(join(data, file)));
    if (absent)
      return void console.warn(`skipped ${name}: no ${data}/${absent}; CELLSTATE_SHARED_DATA names the folder`);
    const { figures, history, backend } = await run({ data, seed: 1, quick: true });
    for (const [key, value] of Object.entries(figures)) expect(Number.isFinite(value), key).toBe(true);
    expect(history.loss.length).toBeGreaterThanOrEqual(1);
    expect(backend).toMatch(/^(native|wasm|js)/);
  });
}
