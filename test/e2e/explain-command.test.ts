/** `cellstate explain` on the models of every task, and on models of notebooks. */
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { speaker, trainModels } from "./say.ts";

const here = speaker("explain");
const { folder, file, say } = here;
const at = (name: string) => file(`projects/${name}`);

beforeAll(async () => {
  await trainModels(here);
  const small = ["--horizon", "3", "--epochs", "2", "--units", "4", "--quiet", "--save", "net.keras"];
  expect(await say("train", "forecast", "series.csv", "--method", "network", ...small)).toMatchObject({ code: 0 });
  cpSync(new URL("../fixtures/projects", import.meta.url), file("projects"), { recursive: true });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  layer: { name: string; kind: string };
  steps: { step: number; token: string | null; part: number; gates: Record<string, number>; left: number }[];
  sum: { score: number; baseline: number; gap: number };
  values: Record<string, number[][]>;
  prediction: unknown;
}
async function told(...words: string[]): Promise<Told> {
  const { code, out, err } = await say("explain", ...words, "--json");
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out);
}

test.each([
  ["a text classifier", ["sentiment.keras", "a good film"], ["a", "good", "film"]],
  [
    "a text of a file",
    ["sentiment.keras", "--file", "reviews.csv", "--text", "review", "--row", "2"],
    ["a", "good", "film"],
  ],
  ["a language model", ["writer.keras", "the cell"], ["the", "cell"]],
  ["a classifier of sequences", ["speaker.keras", "steps.csv", "--group", "id"], null],
  ["a recording", ["digits.keras", "one.wav"], null],
  ["a forecaster", ["net.keras", "series.csv"], null],
  [
    "a text classifier of a notebook",
    [at("sentiment/model.h5"), "a good film", "--tokenizer", at("sentiment/tokenizer.pickle")],
    ["good", "film"],
  ],
  [
    "a next-word model of a notebook",
    [at("next-word/next_word.keras"), "the cell", "--tokenizer", at("next-word/tokenizer.pickle")],
    null,
  ],
  [
    "a forecaster of a notebook",
    [at("series/lstm.h5"), at("series/prices.csv"), "--columns", "Close", "--scaler", at("series/scaler.pkl")],
    null,
  ],
])("%s", async (_, words, tokens) => {
  const { steps, sum, values, layer, prediction } = await told(...words);
  expect(prediction).toBeTruthy();
  expect(["lstm", "gru", "simpleRnn"]).toContain(layer.kind);
  const parts = steps.reduce((total, { part }) => total + part, 0);
  expect(Math.abs(parts - (sum.score - sum.baseline))).toBeLessThan(1e-3); // 50 points on a steep way: the notebook's next word is 5e-4 off
  expect(parts - (sum.score - sum.baseline)).toBeCloseTo(sum.gap, 6);
  expect(steps.reduce((total, { left }) => total + left, 0)).toBeCloseTo(1, 6);
  for (const { gates, step } of steps)
    for (const [name, mean] of Object.entries(gates))
      expect(mean).toBeCloseTo(values[name][step].reduce((a, b) => a + b, 0) / values[name][step].length, 6);
  if (tokens) expect(steps.map(({ token }) => token).filter((token) => tokens.includes(token ?? ""))).toEqual(tokens);
});

test("as a table, with a step worked out, as a chart and as a page", async () => {
  const words = ["sentiment.keras", "a good film", "--chart", "gates.svg", "--html", "report.html"];
  const plain = await say("explain", "sentiment.keras", "a good film");
  const last = /^ +(\d+) .*film$/m.exec(plain.out)![1];
  const shown = await say("explain", ...words, "--step", last, "--unit", "1");
  expect([shown.code, shown.err]).toEqual([0, ""]);
  expect(shown.out).toMatch(/^(good|bad)\t\d+\.\d %\nlstm \(lstm, 4 units\)/);
  expect(shown.out).toMatch(/ step +part +forget +input +output +left {2}token\n/);
  expect(shown.out).toMatch(/^ +\d+ +[+-][\d.e-]+ █* +0\.\d\d +0\.\d\d +0\.\d\d +\d+\.\d % {2}good$/m);
  expect(shown.out).toMatch(
    /part: of the probability of "good", 0\.\d{4}; for all zeros it is 0\.\d{4}\. The parts add up to/,
  );
  expect(shown.out).toMatch(/lstm \(lstm\), row 0, step \d+, unit 1\ni = sigmoid\(/);
  const svg = readFileSync(file("gates.svg"), "utf8");
  expect(svg.match(/<svg /g)?.length).toBe(5); // one for each of three gates and the memory
  const page = readFileSync(file("report.html"), "utf8");
  expect(page).toContain("<title>");
  expect(page).not.toMatch(/<script|src=|href=/);
});

test("what is wrong is told in one message", async () => {
  const cases: [string[], RegExp][] = [
    [["sentiment.keras"], /expected a text, or --file, received none/],
    [["sentiment.keras", "a", "b"], /expected one text, received more than one/],
    [["sentiment.keras", "a good film", "--layer", "gru"], /--layer: expected one of lstm, received "gru"/],
    [["sentiment.keras", "a good film", "--step", "1"], /expected --step and --unit together/],
    [["sentiment.keras", "a good film", "--baseline", "none"], /--baseline: expected zeros or mean/],
    [["sentiment.keras", "a good film", "--chart", "x.pdf"], /a name that ends in .svg or .png/],
    [
      ["sentiment.keras", "--file", "reviews.csv", "--text", "review", "--row", "99"],
      /--row: expected a row from 1 to 12, received 99/,
    ],
    [["speaker.keras", "steps.csv", "--text", "a"], /--text: expected a text classifier or/],
    [["net.keras"], /expected the series so far, received no file/],
    [
      ["sales.keras", "series.csv"],
      /expected a forecaster that asks its network, received [a-zA-Z, ]+\.\n {2}Train one with --method network/,
    ],
  ];
  for (const [words, message] of cases) {
    const { err, code, out } = await say("explain", ...words);
    expect(err, words.join(" ")).toMatch(message);
    expect([code, out]).toEqual([1, ""]);
  }
  expect(existsSync(file("x.pdf"))).toBe(false);
});
