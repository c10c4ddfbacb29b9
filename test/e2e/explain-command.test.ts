/** `cellstate explain` on the models of every task, and on models of notebooks. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  bundleTask,
  dense,
  embedding,
  input,
  loadTask,
  lstm,
  type NdArray,
  sequential,
  standardScaler,
  Tokenizer,
} from "../../src/index.ts";
import type { SequenceTranscriber } from "../../src/transcribe/index.ts";
import { speaker, trainModels } from "./say.ts";

const here = speaker("explain");
const { folder, file, say } = here;
const at = (name: string) => file(`projects/${name}`);

beforeAll(async () => {
  await trainModels(here);
  const small = ["--horizon", "3", "--epochs", "2", "--units", "4", "--quiet", "--save", "net.keras"];
  expect(await say("train", "forecast", "series.csv", "--method", "network", ...small)).toMatchObject({ code: 0 });
  process.env.CELLSTATE_BACKEND = "wasm"; // detectors and many series take long on plain JavaScript
  const anomaly = ["--until", "2024-01-15", "--epochs", "1", "--window", "6", "--units", "3", "--quiet"];
  for (const method of ["forecast", "autoencoder"])
    expect(
      await say("train", "anomaly", "hours.csv", ...anomaly, "--method", method, "--save", `${method}.keras`),
    ).toMatchObject({ code: 0 });
  const stores = ["north", "south"].flatMap((store, k) =>
    Array.from({ length: 40 }, (_, t) => `${store},2024-${day(t)},${20 + 5 * k + (t % 7)},${t % 5}`),
  );
  writeFileSync(file("stores.csv"), `store,date,sales,promo\n${stores.join("\n")}\n`);
  const many = ["--series", "store", "--targets", "sales", "--past", "promo", "--horizon", "3", "--epochs", "1"];
  const size = ["--units", "4", "--batch-size", "16", "--season", "7"];
  expect(
    await say("train", "forecast", "stores.csv", ...many, ...size, "--quiet", "--save", "many.keras"),
  ).toMatchObject({
    code: 0,
  });
  await saveRegressors();
  await trainOthers();
  cpSync(new URL("../fixtures/projects", import.meta.url), file("projects"), { recursive: true });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A transcriber of frames, classifiers of clips, and of texts with several labels. */
async function trainOthers(): Promise<void> {
  const frame = (letter: string) => (letter === "a" ? [1, 0.1] : [0.1, 1]);
  const frames = (text: string) => [...text].flatMap((letter) => [[0, 0], frame(letter), frame(letter), [0, 0]]);
  const words = ["ab", "ba", "aba", "b", "a", "bab"];
  const rows = words.map((transcript) => JSON.stringify({ frames: frames(transcript), transcript }));
  writeFileSync(file("letters.jsonl"), `${rows.join("\n")}\n`);
  const long = [
    "--epochs",
    "60",
    "--units",
    "8",
    "--batch-size",
    "2",
    "--learning-rate",
    "0.02",
    "--validation-split",
    "0",
  ];
  const quick = ["--epochs", "2", "--units", "4"];
  const films = Array.from({ length: 12 }, (_, i) => (i % 2 ? "a good film,good|short" : "a bad film,bad"));
  writeFileSync(file("films.csv"), `review,labels\n${films.join("\n")}\n`);
  for (const words of [
    ["transcribe", "letters.jsonl", ...long, "--save", "letters.keras"],
    ["video", "clips.npz", ...quick, "--save", "clips.keras"],
    ["video", "clips.npz", ...quick, "--cell", "convLstm2d", "--save", "maps.keras"],
    ["classify", "films.csv", "--multi-label", "--label", "labels", ...quick, "--save", "topics.keras"],
  ])
    expect(await say("train", ...words, "--quiet")).toMatchObject({ code: 0 });
}

const day = (t: number) => new Date(Date.UTC(2024, 0, 1 + t)).toISOString().slice(5, 10);

/** Numbers of texts, and of sequences of two features. */
async function saveRegressors(): Promise<void> {
  const tokenizer = Tokenizer.fromWordIndex({ a: 1, good: 2, bad: 3, film: 4 });
  const stars = sequential([input([4], { dtype: "i32" }), embedding(5, 3, { maskZero: true }), lstm(3), dense(1)]);
  await (await bundleTask(stars, { tokenizer })).task.save(file("stars.keras"));
  const scaler = standardScaler().fit([
    [0, 1],
    [11, 3],
  ]);
  const net = sequential([input([3, 2]), lstm(3), dense(2)]);
  await (await bundleTask(net, { scaler, kind: "regressor" })).task.save(file("two-numbers.keras"));
  writeFileSync(file("pairs.csv"), "id,u,v\n0,1,1\n0,2,2\n0,3,1\n1,9,3\n1,8,1\n1,7,2\n");
}

interface Told {
  layer: { name: string; kind: string };
  steps: { step: number; token: string | null; part: number; gates: Record<string, number>; left: number }[];
  sum: { score: number; baseline: number; gap: number };
  values: Record<string, number[][]>;
  prediction: unknown;
  beside: { input: string; score: number }[];
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
  ["a forecaster of many series", ["many.keras", "stores.csv", "--row", "2"], ["2024-02-09"]],
  ["a tagger", ["slots.keras", "from boston to dallas"], ["from", "boston", "to", "dallas"]],
  ["a transcriber", ["letters.keras", "letters.jsonl", "--row", "3", "--at", "2"], null],
  ["a classifier of clips", ["clips.keras", "clips.npz", "--row", "2"], null],
  ["a classifier of several labels", ["topics.keras", "a good film"], ["a", "good", "film"]],
  ["a tagger, one label", ["slots.keras", "from boston to dallas", "--at", "4"], ["from", "boston", "to", "dallas"]],
  [
    "a sentence of a file of tokens",
    ["slots.keras", "--file", "tokens.csv", "--row", "2"],
    ["from", "boston", "to", "denver"],
  ],
  ["an anomaly detector that forecasts", ["forecast.keras", "hours.csv"], ["2024-01-19T17:00:00"]],
  [
    "an anomaly detector that reconstructs",
    ["autoencoder.keras", "hours.csv", "--row", "451"],
    ["2024-01-19T18:00:00"],
  ],
  ["a regressor of texts", ["stars.keras", "a good film"], ["a", "good", "film"]],
  ["a regressor of sequences", ["two-numbers.keras", "pairs.csv", "--group", "id", "--row", "2"], null],
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
  expect(Math.abs(parts - (sum.score - sum.baseline))).toBeLessThan(2e-3); // 50 points on a steep way: the notebook's next word is 5e-4 off, the dense relu layers of many series 1.1e-3
  expect(parts - (sum.score - sum.baseline)).toBeCloseTo(sum.gap, 6);
  expect(steps.reduce((total, { left }) => total + left, 0)).toBeCloseTo(1, 6);
  if (values.c) expect(values.c).toHaveLength(values.h.length);
  for (const { gates, step } of steps)
    for (const [name, mean] of Object.entries(gates))
      expect(mean).toBeCloseTo(values[name][step].reduce((a, b) => a + b, 0) / values[name][step].length, 6);
  if (tokens) expect(steps.map(({ token }) => token).filter((token) => tokens.includes(token ?? ""))).toEqual(tokens);
});

test("a transcriber says where each character lies, and explains the one that is asked for", async () => {
  const { prediction, sum, values } = await told("letters.keras", "letters.jsonl", "--row", "3", "--at", "2");
  const { transcript, characters, character } = prediction as {
    transcript: string;
    characters: { character: string; from: number; to: number; peak: number }[];
    character: number;
  };
  expect([transcript, character]).toEqual(["aba", 1]);
  expect(characters.map((one) => one.character)).toEqual(["a", "b", "a"]);
  const places = characters.flatMap(({ from, peak, to }) => [from, peak, to]);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places.at(-1)).toBeLessThan(values.h.length);
  const { task } = (await loadTask(file("letters.keras"))) as { task: SequenceTranscriber };
  const { frames } = JSON.parse(readFileSync(file("letters.jsonl"), "utf8").split("\n")[2]);
  const [logits] = await task.logits([frames]);
  expect(sum.score).toBeCloseTo(logits.at(characters[1].peak, 1 + task.alphabet.indexOf("b")), 5);
});

test("what a model reads beside the steps is told, with the output without it", async () => {
  const bag = ["--pairs", "64", "--linear", "--epochs", "2", "--units", "4", "--quiet", "--save", "bag.keras"];
  expect(await say("train", "classify", "reviews.csv", ...bag)).toMatchObject({ code: 0 });
  const { beside, sum } = await told("bag.keras", "a good film");
  expect(beside.map(({ input }) => input)).toEqual(["pairs", "linear"]);
  for (const { score } of beside) expect(Math.abs(score - sum.score)).toBeGreaterThan(1e-6);
  const { out } = await say("explain", "bag.keras", "a good film");
  expect(out).toMatch(
    /beside the steps: a bag of words and pairs of words, not in the parts; without that the output is 0\.\d{4}\.\n/,
  );
  expect(out).toContain("beside the steps: a logistic regression on words and pairs");
  expect((await told("slots.keras", "from boston to dallas")).beside.map(({ input }) => input)).toEqual(["chars"]);
  const refused = await say("train", "classify", "reviews.csv", "--linear", "--epochs", "1", "--save", "no.keras");
  expect(refused.err).toContain("expected two classes, and --pairs, beside --linear, received no pairs");
});

test("a convolutional LSTM over clips is explained by its frames", async () => {
  const { layer, steps, sum } = await told("maps.keras", "clips.npz");
  expect(layer.kind).toBe("ConvLSTMCell");
  expect(steps).toHaveLength(3);
  expect(steps.reduce((total, { part }) => total + part, 0) - (sum.score - sum.baseline)).toBeCloseTo(sum.gap, 6);
  expect((await say("explain", "maps.keras", "clips.npz", "--chart", "maps.svg")).code).toBe(0);
});

test("the part of a tagger, a detector and a global forecaster is of the network's own number", async () => {
  const outputs = async (name: string, sample: unknown, options?: object) => {
    const { task } = await loadTask(file(name));
    const read = task as { modelInput(sample: unknown, options?: object): Promise<{ x: NdArray | NdArray[] }> };
    const y = await task.model.predict((await read.modelInput(sample, options)).x as never);
    return [y].flat()[0] as NdArray;
  };
  const labelled = await told("slots.keras", "from boston to dallas", "--at", "2");
  const { labels } = labelled.prediction as { labels: string[] };
  const { task } = (await loadTask(file("slots.keras"))) as { task: { labels: readonly string[] } };
  const scores = await outputs("slots.keras", "from boston to dallas");
  expect(labelled.sum.score).toBeCloseTo(scores.at(0, 1, task.labels.indexOf(labels[1])), 6);
  const rows = readFileSync(file("hours.csv"), "utf8").trim().split("\n").slice(1, 452); // as far as the spike
  const [dates, load] = [0, 1].map((k) => rows.map((line) => line.split(",")[k]));
  const values = load.map(Number);
  const spike = await told("forecast.keras", "hours.csv");
  expect(spike.prediction).toMatchObject({ row: 450, column: "load", values: [values[450]] });
  expect(spike.sum.score).toBeCloseTo((await outputs("forecast.keras", values, { dates })).at(0, 0), 5);
  const again = await told("autoencoder.keras", "hours.csv", "--row", "451");
  expect(again.sum.score).toBeCloseTo((await outputs("autoencoder.keras", values, { dates })).at(0, 5, 0), 5);
  const south = {
    values: Array.from({ length: 40 }, (_, t) => 25 + (t % 7)),
    past: { promo: Array.from({ length: 40 }, (_, t) => t % 5) },
  };
  const [dated] = [Array.from({ length: 40 }, (_, t) => `2024-${day(t)}`)];
  const next = await told("many.keras", "stores.csv", "--row", "2");
  expect(next.prediction).toMatchObject({ series: "south", date: "2024-02-10" });
  expect(next.sum.score).toBeCloseTo((await outputs("many.keras", { ...south, dates: dated })).at(0, 0), 5);
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
    [["slots.keras", "from boston", "--at", "3"], /at: expected a token from 1 to 2, received 3/],
    [
      ["sentiment.keras", "a good film", "--at", "1"],
      /--at: expected a tagger of tokens or a transcriber, received a text classifier/,
    ],
    [["letters.keras", "letters.jsonl", "--at", "9"], /at: expected a character from 1 to 2, received 9/],
    [["letters.keras"], /expected a recording, or a file with frames, received none/],
    [["clips.keras"], /expected a file with clips, received none/],
    [["clips.keras", "clips.npz", "--row", "9"], /--row: expected a row from 1 to 8, received 9/],
    [["forecast.keras", "hours.csv", "--row", "2"], /expected a row that has a score, received row 2/],
    [["forecast.keras", "hours.csv", "--row", "481"], /--row: expected a row from 1 to 480/],
    [["many.keras"], /expected the series so far, received no file/],
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
