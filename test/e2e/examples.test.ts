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

/** Runs an example with arguments; what it printed. */
async function runExample(name: string, args: string[]): Promise<string[]> {
  const said: string[] = [];
  const kept = [process.argv, console.log, process.stdout.write] as const;
  process.argv = ["node", name, ...args];
  console.log = (...parts: string[]) => void said.push(parts.join(" "));
  process.stdout.write = () => true; // progress
  try {
    await import(`../../examples/${name}.ts`);
  } finally {
    [process.argv, console.log, process.stdout.write] = kept;
  }
  return said;
}

test("faq: the sentence grows word by word", async () => {
  const said = await runExample("faq", ["--rows", "6", "--units", "16", "--epochs", "3", "--prompt", "What is an"]);
  const grown = said.filter((line) => /^What is an( \S+)+$/.test(line));
  expect(grown.map((line) => line.split(" ").length)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  expect(said).toContain(`five at once: ${grown[4]}`);
});

test("dialogues: prompts are completed by as many words as asked", async () => {
  const path = "../shared/data/daily-dialog";
  if (!existsSync(path)) return void console.warn("skipped: no DailyDialog; put it beside the checkout");
  const said = await runExample("dialogues", ["--path", path, "--rows", "60", "--units", "8", "--epochs", "1"]);
  expect(said.slice(-3).map((line) => line.split(" → ")[1].split(" ").length)).toEqual([2, 5, 7]);
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

const series = `${process.env.CELLSTATE_SHARED_DATA ?? "../shared/data"}/timeseries`;

test("stock: a network after one epoch is beaten by tomorrow is today, and the report says so", async () => {
  if (!existsSync(series)) return void console.warn("skipped: no time series; set CELLSTATE_SHARED_DATA");
  const said = await runExample("stock", ["--path", series, "--epochs", "1", "--units", "4"]);
  const [lab, naive] = said
    .find((line) => line.startsWith("RMSE:"))!
    .match(/\d+\.\d+/g)!
    .map(Number);
  expect(naive).toBeCloseTo(8.37, 2); // by hand from the file
  expect(lab).toBeGreaterThan(naive);
  expect(said.at(-1)).toMatch(/21 forecasts of 1 steps.*Warning: /s);
});

test("temperature: tomorrow and a week, each beside its baselines, with a chart", async () => {
  const path = `${series}/daily-min-temperatures.csv`;
  if (!existsSync(path)) return void console.warn("skipped: no temperatures; set CELLSTATE_SHARED_DATA");
  const said = await runExample("temperature", ["--path", path, "--quick"]);
  expect(said.filter((line) => /seasonal naive \(365\) +3\.7/.test(line))).toHaveLength(2);
  expect(said.at(-1)!.split("\n")).toHaveLength(8); // a head and seven days
});
