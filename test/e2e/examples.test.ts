import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const example = (name: string) =>
  import(`../../examples/${name}.ts`) as Promise<{ main(epochs?: number): Promise<unknown> }>;

test("pass-fail: three steps of study pass", async () => {
  const { main } = await example("pass-fail");
  expect(await main()).toBeGreaterThan(0.5);
});

test("next-value: after 5 6 7 comes about 7 or 8", async () => {
  const { main } = await example("next-value");
  const next = (await main()) as number;
  expect(next).toBeGreaterThan(6.7); // the largest value it was shown is 7; an LSTM's output saturates there
  expect(next).toBeLessThan(8.5);
});

test("five-sentences: every sentence gets its label", async () => {
  const { main } = await example("five-sentences");
  expect(await main(300)).toEqual([1, 1, 0, 0, 1]);
});

test('four-lines: "hello how is" → "your"', async () => {
  const { main } = await example("four-lines");
  expect(await main()).toMatchObject({ "hello how is": "your", "hello what are": "you" });
});

test("forecast: the next month is foretold better than by repeating the last one", async () => {
  const { main } = await example("forecast");
  const { forecast, lastMonthAgain } = (await main()) as Record<string, number>;
  expect(forecast).toBeLessThan(0.5 * lastMonthAgain);
});

test("imdb: a few reviews train and are tested", async () => {
  const folder = process.env.CELLSTATE_DATA ?? "../shared/data/imdb";
  if (!existsSync(`${folder}/imdb.npz`)) return void console.warn("skipped: no IMDb data; set CELLSTATE_DATA");
  const said: string[] = [];
  const kept = [process.argv, console.log] as const;
  process.argv = ["node", "imdb", "--rows", "100", "--length", "12", "--units", "4", "--epochs", "1", "--path", folder];
  console.log = (line: string) => void said.push(line);
  try {
    await import("../../examples/imdb.ts");
  } finally {
    [process.argv, console.log] = kept;
  }
  expect(said[0]).toBe("x [100,12], test [100,12]");
  expect(said.at(-1)).toMatch(/^test loss 0\.\d+, test accuracy 0\.\d+$/);
});

test("every example stays under 60 lines", () => {
  const files = readdirSync("examples").filter((f) => f.endsWith(".ts"));
  expect(files.length).toBeGreaterThanOrEqual(5);
  for (const file of files) expect(readFileSync(`examples/${file}`, "utf8").split("\n").length, file).toBeLessThan(60);
});
