import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeMadeUpReviews } from "../imdb-file.ts";
import { thorough } from "../thorough.ts";

/** These train for seconds, or start a process: the four first labs are in the short form. */
const long = test.skipIf(!thorough);

const example = (name: string) =>
  import(`../../examples/${name}.ts`) as Promise<{ main(epochs?: number): Promise<unknown> }>;

test("pass-fail: three steps of study pass", async () => {
  const said = await runExample("pass-fail", []);
  expect(said[0]).toMatch(/^loss 0\.\d{3} → 0\.\d{3}, accuracy (1|0\.\d+)$/);
  expect(said[1]).toMatch(/^studied at all three steps: 0\.[5-9]\d\d → 1, pass$/);
});

test("next-value: the lab's 200 epochs are too few, after 2,000 comes about 7 or 8", async () => {
  const said = (await runExample("next-value", [])).join("\n");
  const [lab, more] = [...said.matchAll(/^(\d+) epochs: loss \S+, after 5 6 7 comes (\S+)$/gm)];
  expect([lab[1], more[1]]).toEqual(["200", "2000"]);
  expect(Number(lab[2])).toBeLessThan(6);
  expect(Number(more[2])).toBeGreaterThan(6.7); // the largest value it was shown is 7; an LSTM's output saturates there
  expect(Number(more[2])).toBeLessThan(8.5);
  expect(said).toContain("expected [batch, 3, 1], received [3, 1]");
});

test("five-sentences: the slip is explained, then each sentence stands with its rounded answer", async () => {
  const said = await printedBy(async () => {
    const { main } = await example("five-sentences");
    expect(await main(300)).toEqual([1, 1, 0, 0, 1]);
  });
  expect(said[0]).toMatch(/embedding/);
  const answers = said.slice(-5).map((line) => /^([01]) {2}(0\.\d{3}) {2}(positive|negative) {2}\w/.exec(line)!);
  expect(answers.map(([, rounded]) => rounded)).toEqual(["1", "1", "0", "0", "1"]);
  for (const [, rounded, p, word] of answers) {
    expect(Number(p) > 0.5).toBe(rounded === "1");
    expect(word).toBe(rounded === "1" ? "positive" : "negative");
  }
});

test('four-lines: the first row is 0 0 0 1 → 2, and "hello how is" → "your"', async () => {
  const said = await runExample("four-lines", []);
  expect(said[0]).toMatch(/^\d+ rows of 4 words; the first: 0 0 0 1 → 2$/);
  expect(said).toContain("hello how is → your");
  expect(said).toContain("hello what are → you");
});

long("forecast: the next month is forecast better than by repeating the last one", async () => {
  const { main } = await example("forecast");
  const { forecast, lastMonthAgain } = (await main()) as Record<string, number>;
  expect(forecast).toBeLessThan(0.5 * lastMonthAgain);
});

/** The folder of real data; null, with a line that says so, where they are not here. */
function here(name: string): string | null {
  const path = `${process.env.CELLSTATE_SHARED_DATA ?? "../shared/data"}/${name}`;
  if (existsSync(path)) return path;
  console.warn(`skipped: no ${path}; CELLSTATE_SHARED_DATA names the folder`);
  return null;
}

/** A folder with IMDb's reviews, made-up ones in the short form; null as above. */
async function reviews(): Promise<string | null> {
  if (thorough) return here("imdb");
  const folder = mkdtempSync(join(tmpdir(), "cellstate-"));
  await writeMadeUpReviews(join(folder, "imdb.npz"));
  return folder;
}

/** Runs an example with arguments; what it printed. */
async function runExample(name: string, args: string[]): Promise<string[]> {
  const kept = process.argv;
  process.argv = ["node", name, ...args];
  try {
    return await printedBy(() => example(name));
  } finally {
    process.argv = kept;
  }
}

/** The lines printed while something runs, progress left out. */
async function printedBy(run: () => Promise<unknown>): Promise<string[]> {
  const said: string[] = [];
  const kept = [console.log, process.stdout.write] as const;
  console.log = (...parts: string[]) => void said.push(parts.join(" "));
  process.stdout.write = () => true;
  try {
    await run();
  } finally {
    [console.log, process.stdout.write] = kept;
  }
  return said;
}

long("faq: the sentence grows word by word", async () => {
  const said = await runExample("faq", ["--rows", "6", "--units", "16", "--epochs", "3", "--prompt", "What is an"]);
  const grown = said.filter((line) => /^What is an( \S+)+$/.test(line));
  expect(grown.map((line) => line.split(" ").length)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  expect(said).toContain(`five at once: ${grown[4]}`);
});

test("dialogues: prompts are completed by as many words as asked", async () => {
  const path = here("daily-dialog");
  if (!path) return;
  const said = await runExample("dialogues", ["--path", path, "--rows", "60", "--units", "8", "--epochs", "1"]);
  expect(said.slice(-3).map((line) => line.split(" → ")[1].split(" ").length)).toEqual([2, 5, 7]);
});

long("imdb: a few reviews train and are tested", async () => {
  const folder = await reviews();
  if (!folder) return;
  const said = await runExample("imdb", `--rows 100 --length 12 --units 4 --epochs 1 --path ${folder}`.split(" "));
  expect(said[0]).toBe("x [100,12], test [100,12]");
  expect(said.at(-1)).toMatch(/^test loss 0\.\d+, test accuracy 0\.\d+$/);
});

long("spoken-digits: a few recordings train and are tested", async () => {
  const path = here("fsdd/fsdd-recordings.zip");
  if (!path) return;
  const said = await runExample("spoken-digits", ["--path", path, "--quick"]);
  expect(said[0]).toBe("50 recordings to learn from, 50 to test on");
  expect(said.at(-2)).toMatch(/^test accuracy 0\.\d+$/);
  expect(said.at(-1)).toMatch(/^jackson says 0: recognized as \d, [\d.]+ %$/);
});

long("an example without its data says what is missing and where it comes from", () => {
  const words = ["scripts/example.mjs", "airline", "--path", "nowhere.csv"];
  const said = execFileSync(process.execPath, words, { encoding: "utf8" });
  expect(said).toBe("skipped: no nowhere.csv; --path FILE names it (see docs/labs/README.md)\n");
});

test("every example stays under 60 lines, and the list of labs has it", () => {
  const list = readFileSync("docs/labs/README.md", "utf8");
  const files = readdirSync("examples").filter((f) => f.endsWith(".ts"));
  expect(files.length).toBeGreaterThanOrEqual(5);
  for (const file of files) {
    expect(readFileSync(`examples/${file}`, "utf8").split("\n").length, file).toBeLessThan(60);
    expect(list, file).toMatch(new RegExp(`[\`\\s]${file.slice(0, -3)}\``));
  }
});

long("memory: over five steps an LSTM and a GRU learn to add", async () => {
  const said = await runExample("memory", ["--steps", "5", "--units", "16", "--most", "500"]);
  expect(said[0]).toBe("always saying 1 has a squared error of 0.167");
  for (const name of ["LSTM", "GRU"]) expect(said.find((line) => line.startsWith(name))).toContain(", learned in ");
});

long("memory-gates: what is left of all steps is what the cell holds, and marked numbers get in", async () => {
  const said = await runExample("memory-gates", ["--steps", "10", "--units", "8", "--most", "400"]);
  const [, sum, model] = said.at(-1)!.match(/^sum (\S+): the model (\S+)$/)!;
  const [, held, cell] = said.at(-2)!.match(/: (\S+), the sum of what is left of all steps, of (\S+)$/)!;
  expect(held).toBe(cell);
  expect(Math.abs(Number(model) - Number(sum))).toBeLessThan(0.3); // learned; a guess of 1 errs by 0.41 on average
  expect(said.filter((line) => line.includes(" * input ")).length).toBe(2);
});

long("memory-gradient: training an LSTM lets the gradient reach the first step", async () => {
  const said = await runExample("memory-gradient", ["--steps", "20", "--most", "300"]);
  const [fresh, trained] = said
    .find((line) => line.startsWith("LSTM"))!
    .match(/\d\.\de[-+]\d+/g)!
    .map(Number);
  expect(fresh).toBeLessThan(0.05);
  expect(trained).toBeGreaterThan(4 * fresh);
});

long("sequential-digits: rows of pictures train and are tested", async () => {
  const path = here("mnist");
  if (!path) return;
  const said = await runExample("sequential-digits", ["--path", path, "--rows", "500", "--epochs", "1"]);
  expect(said[0]).toMatch(/^Confusion matrix: Accuracy \S+ % of 100\n/);
  expect(said.at(-1)).toMatch(/^test loss \d\.\d+, test accuracy 0\.\d+$/);
});

long("chorales: a model of a few pieces is tested, and writes a chorale on", async () => {
  const path = here("jsb-chorales/jsb-chorales-quarter.json");
  if (!path) return;
  const out = join(mkdtempSync(join(tmpdir(), "cellstate-")), "chorale");
  const said = await runExample("chorales", `--path ${path} --rows 4 --units 4 --epochs 1 --out ${out}`.split(" "));
  expect(said.at(-1)).toMatch(/^1 epochs; test \d+\.\d{3} nats a chord$/);
  expect(readFileSync(`${out}.mid`).subarray(0, 4).toString()).toBe("MThd");
  expect(readFileSync(`${out}.svg`, "utf8")).toContain(">C5</text>");
});

long("imdb-sentiment: two charts, then label, both probabilities and the words of five reviews", async () => {
  const folder = here("imdb");
  if (!folder) return;
  const said = (await runExample("imdb-sentiment", ["--quick", "--path", folder])).join("\n").split("\n");
  for (const chart of [/accuracy/, /loss/]) expect(said.some((line) => chart.test(line))).toBe(true);
  const reviews = said.flatMap((line, i) => (/^Review \d:/.test(line) ? [[line, said[i + 1]]] : []));
  expect(reviews.length).toBe(5);
  for (const [line, words] of reviews) {
    const [, label, negative, positive] =
      /^Review \d: (Positive|Negative) {3}negative (\S+), positive (\S+)$/.exec(line) ?? [];
    expect(Number(negative) + Number(positive)).toBeCloseTo(1, 3); // four decimals each
    expect(label).toBe(Number(positive) > Number(negative) ? "Positive" : "Negative");
    expect(words.split(" ").length).toBeGreaterThan(30); // the shortest of the five has 68
  }
  expect(reviews[0][1]).toMatch(/please give this one a miss/); // the known first test review
});

long("stock: a network after one epoch is beaten by tomorrow is today, and the report says so", async () => {
  const series = here("timeseries");
  if (!series) return;
  const said = await runExample("stock", ["--path", series, "--epochs", "1", "--units", "4"]);
  const [lab, naive] = said
    .find((line) => line.startsWith("RMSE:"))!
    .match(/\d+\.\d+/g)!
    .map(Number);
  expect(naive).toBeCloseTo(8.37, 2); // by hand from the file
  expect(lab).toBeGreaterThan(naive);
  expect(said.at(-1)).toMatch(/21 forecasts of 1 step.*Warning: /s);
});

long("anomalies: the four faults are found, each where it begins, and told by the stream too", async () => {
  const said = (await runExample("anomalies", ["--quick"])).join("\n");
  expect(said).toMatch(/[4-6] alarms in 1992 rows/);
  for (const start of [/2024-02-07T1/, /2024-02-1[56]T/, /2024-02-2[89]T/, /2024-03-1[34]T/])
    expect(said).toMatch(start);
  expect(said).toMatch(/2024-02-07T12:00: 6\d\.\d, usual 5\d\.\d/);
});

long("temperature: tomorrow and a week, each beside its baselines, with a chart", async () => {
  const path = here("timeseries/daily-min-temperatures.csv");
  if (!path) return;
  const said = await runExample("temperature", ["--path", path, "--quick"]);
  expect(said.filter((line) => /seasonal naive \(365\) +3\.7/.test(line))).toHaveLength(2);
  expect(said.at(-1)!.split("\n")).toHaveLength(8); // a head and seven days
});

long("translation: ten sentences beside their translations, BLEU, and a picture of where it looked", async () => {
  const path = here("fra-eng/fra-eng.zip");
  if (!path) return;
  const out = join(mkdtempSync(join(tmpdir(), "cellstate-")), "attention.svg");
  const said = await runExample(
    "translation",
    `--path ${path} --rows 300 --units 32 --epochs 10 --out ${out}`.split(" "),
  );
  expect(said.filter((line) => line.includes(" → ")).length).toBeGreaterThanOrEqual(5);
  expect(said.at(-1)).toMatch(/^BLEU \d+\.\d on \d+ sentences$/);
  expect(readFileSync(out, "utf8")).toContain(">English</text>");
});

long("pollution: seven columns are read, one is forecast, on hours that the training did not see", async () => {
  const path = here("timeseries/pollution.csv");
  if (!path) return;
  const said = await runExample("pollution", ["--path", path, "--quick"]);
  expect(said[0]).toMatch(/300 forecasts of 1 step.*naive.*drift/s);
  expect(said[1]).toMatch(/^Forecast and actual/);
});

long("imdb-500: charts of accuracy and loss, then the test's accuracy in percent", async () => {
  const folder = await reviews();
  if (!folder) return;
  const svg = join(mkdtempSync(join(tmpdir(), "cellstate-")), "curves.svg");
  const said = await runExample("imdb-500", ["--quick", "--path", folder, "--svg", svg]);
  for (const chart of [/Accuracy/, /Loss/]) expect(said[0]).toMatch(chart);
  expect(readFileSync(svg, "utf8")).toMatch(/accuracy.*validation/s);
  expect(said.at(-1)).toMatch(/^test loss 0\.\d{4}, test accuracy \d\d\.\d\d %$/);
});

long("motion: ten seconds at a wrist find their motion, and are written for the command line", async () => {
  const path = here("basic-motions");
  if (!path) return;
  const out = join(mkdtempSync(join(tmpdir(), "cellstate-")), "motions");
  const said = await runExample("motion", `--path ${path} --epochs 10 --jsonl ${out}`.split(" "));
  expect(said[0]).toBe("40 training rows, 40 test rows");
  const accuracy = Number(said.find((line) => line.startsWith("test loss"))!.match(/\S+$/)![0]);
  expect(accuracy).toBeGreaterThan(0.5); // one motion of four for all gives 0.25
  const first = JSON.parse(readFileSync(`${out}-test.jsonl`, "utf8").split("\n")[0]);
  expect([first.sequence.length, first.sequence[0].length, typeof first.label]).toEqual([100, 6, "string"]);
});

test("airline: the forecast stands beside the three baselines", async () => {
  const path = here("timeseries/airline-passengers.csv");
  if (!path) return;
  const said = await runExample("airline", ["--path", path, "--quick"]);
  expect(said[0]).toMatch(/^season 12, differences \[12,1\]/);
  expect(said[1]).toMatch(
    /46 forecasts of 1 step .*\n *forecast .*\n *naive +49\.01 .*\n *seasonal naive \(12\) +42\.36/,
  );
  expect(said[2]).toMatch(/^next month: \d+, from \d+ to \d+$/);
});

long("tagging: queries are read, and slots and intents come out", async () => {
  const path = here("atis");
  if (!path) return;
  const said = await runExample("tagging", ["--path", path, "--quick"]);
  expect(said).toContain("4978 training queries, 893 test queries");
  expect(said.join("\n")).toMatch(
    /slot F1 \d+\.\d\d %, token accuracy \d\d\.\d\d %, intent \d+\.\d\d %\n[\s\S]*intent: atis_/,
  );
});

long("written-digits: strings of digits are made, and read without marks between", async () => {
  const path = here("mnist");
  if (!path) return;
  const said = await runExample("written-digits", ["--path", path, "--quick"]);
  expect(said[0]).toMatch(/^character error rate \d+\.\d %, \d+\.\d % of the strings all right$/);
  expect(said[1]).toMatch(/^\d{3,5} is read as \d*$/);
});

long("moving-digits: clips are made, and both questions asked", async () => {
  const path = here("mnist");
  if (!path) return;
  const said = await runExample("moving-digits", ["--path", path, "--quick"]);
  expect(said[0]).toMatch(/^digits: \d+\.\d % right; the first, \d, is read as \d$/);
  expect(said[1]).toMatch(/^directions: \d+\.\d % right; the first, \w+, is read as \w+$/);
});

long("japanese-vowels: sequences of 7 to 29 steps find their speaker", async () => {
  const path = here("japanese-vowels");
  if (!path) return;
  const said = await runExample("japanese-vowels", ["--path", path, "--quick"]);
  expect(said[0]).toBe("270 training rows, 370 test rows");
  const accuracy = Number(said.find((line) => line.startsWith("test loss"))!.match(/\S+$/)![0]);
  expect(accuracy).toBeGreaterThan(0.5); // always answering the most common speaker gives 0.238
});
