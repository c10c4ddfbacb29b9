/**
 * Class projects as they are committed, a model and what the notebook pickled beside it: the command line gives Keras's own numbers,
 * with the files it finds, with those it is told of, and from one bundled file. Made by test/judges/make-projects.py.
 */
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conv1d, dense, embedding, input, lstm, type Prediction, sequential, Tokenizer } from "../../src/index.ts";
import { thorough } from "../thorough.ts";
import { speaker } from "./say.ts";

const here = speaker("bare");
const { folder, say } = here;
const at = (...parts: string[]) => join(folder, ...parts);
const made = join(import.meta.dirname, "../fixtures/projects");
const expected = (project: string) => JSON.parse(readFileSync(join(made, project, "expected.json"), "utf8"));

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js"; // tiny models; the same everywhere
  cpSync(made, folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Its output as JSON, a value a line. */
async function told<T>(...words: string[]): Promise<T[]> {
  const { code, out, err } = await say(...words, "--json");
  expect(err).toBe("");
  expect(code).toBe(0);
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

/** Keras's numbers, as near as two programs' float32 are. */
const near = (found: number, wanted: number) =>
  expect(Math.abs(found - wanted)).toBeLessThan(2e-6 * Math.max(1, Math.abs(wanted)));

describe("sentiment: .h5 with tokenizer.pickle", () => {
  const { texts, p, loss, accuracy } = expected("sentiment");
  const model = at("sentiment/model.h5");
  const check = async (...words: string[]) => {
    writeFileSync(at("texts.txt"), `${texts.join("\n")}\n`);
    const answers = await told<Prediction>("predict", ...words, "--file", at("texts.txt"));
    for (const [i, { probabilities, label }] of answers.entries()) {
      const [, second] = Object.values(probabilities);
      near(second, p[i]);
      expect([label === 1 || label === "good", Object.keys(probabilities).length]).toEqual([p[i] > 0.5, 2]);
    }
  };

  test("finds the tokenizer beside it and says so in a line", async () => {
    await check(model);
    const { err } = await say("predict", model, "a great film");
    expect(err).toBe(
      `${model}: a text classifier: reads 9 words, shorter ones padded and longer ones truncated at the beginning; classes 0, 1; ` +
        "with tokenizer.pickle beside it (--labels FILE names the classes; --padding post, if the notebook padded at the end)\n",
    );
  });

  test("takes files that are named, and labels from a text", async () => {
    mkdirSync(at("elsewhere"), { recursive: true });
    cpSync(at("sentiment/tokenizer.pickle"), at("elsewhere/words.pkl"));
    writeFileSync(at("elsewhere/names.txt"), "bad\ngood\n");
    await check(model, "--tokenizer", at("elsewhere/words.pkl"), "--labels", at("elsewhere/names.txt"));
  });

  test("evaluates with Keras's loss and accuracy", async () => {
    const [found] = await told<{ loss: number; accuracy: number }>("evaluate", model, at("sentiment/reviews.csv"));
    near(found.loss, loss);
    near(found.accuracy, accuracy);
  });

  test("bundled, it needs nothing more", async () => {
    const file = at("sentiment.keras");
    expect(await say("bundle", model, "--out", file)).toMatchObject({
      code: 0,
      out: expect.stringContaining("cellstate predict"),
    });
    await check(file);
  });

  test("without a tokenizer it asks for one by the option to type", async () => {
    mkdirSync(at("alone"), { recursive: true });
    cpSync(model, at("alone/model.h5"));
    const { code, err } = await say("predict", at("alone/model.h5"), "a great film");
    expect(code).toBe(1);
    expect(err).toMatch(/expected a tokenizer, .*\n.*--tokenizer FILE/);
  });

  test("a threshold decides about the second class", async () => {
    const [first] = await told<Prediction>("predict", model, "dull", "--threshold", "0.001");
    expect([first.label, first.probability]).toEqual([1, first.probabilities[1]]);
  });

  test("several files that could be it are named", async () => {
    cpSync(at("sentiment/tokenizer.pickle"), at("sentiment/tokenizer_old.pickle"));
    const { err } = await say("predict", model, "a great film");
    rmSync(at("sentiment/tokenizer_old.pickle"));
    expect(err).toMatch(/received tokenizer.pickle, tokenizer_old.pickle.\n {2}Name it: --tokenizer tokenizer.pickle/);
  });
});

describe("next word: .keras with tokenizer.pickle", () => {
  const { prompts, p, text, loss, accuracy, index } = expected("next-word");
  const model = at("next-word/next_word.keras");
  const check = async (...words: string[]) => {
    for (const [i, prompt] of prompts.entries()) {
      const [{ next }] = await told<{ next: { token: string; probability: number }[] }>(
        "predict",
        ...words,
        prompt,
        "--top",
        "24",
      );
      expect(next.length).toBe(24);
      for (const { token, probability } of next) near(probability, p[i][index[token]]);
    }
    const [written] = await told<{ text: string }>("generate", ...words, "the cell", "--words", "6");
    expect(written.text).toBe(text);
  };

  test("gives Keras's words and probabilities", () => check(model));

  test("evaluates the words of its lines with Keras's loss and accuracy", async () => {
    const [found] = await told<{ loss: number; accuracy: number }>("evaluate", model, at("next-word/lines.txt"));
    near(found.loss, loss);
    near(found.accuracy, accuracy);
  });

  test("bundled, it needs nothing more", async () => {
    const file = at("writer.keras");
    expect((await say("bundle", model, "--out", file, "--quiet")).code).toBe(0);
    await check(file);
  });

  test.for(["json", "word_index.json", "vocab.txt"])("takes the words as %s", async (kind) => {
    const words = Object.keys(index);
    const file = at(`words.${kind}`);
    const contents: Record<string, string> = {
      json: JSON.stringify(tokenizerOf(index).toJson()), // encoded twice, as json.dump(tokenizer.to_json()) does
      "word_index.json": JSON.stringify(index),
      "vocab.txt": `${words.sort((a, b) => index[a] - index[b]).join("\n")}\n`,
    };
    writeFileSync(file, contents[kind]);
    const [{ next }] = await told<{ next: { token: string; probability: number }[] }>(
      "predict",
      model,
      prompts[0],
      "--tokenizer",
      file,
    );
    for (const { token, probability } of next) near(probability, p[0][index[token]]);
  });
});

const tokenizerOf = (index: Record<string, number>) => Tokenizer.fromWordIndex(index);

describe("intents: .keras with tokenizer.pickle and label_encoder.pkl, padded behind", () => {
  const { texts, p, labels, classes, loss, accuracy } = expected("intents");
  const model = at("intents/chatbot.keras");
  const behind = ["--padding", "post", "--truncating", "post"];
  const check = async (...words: string[]) => {
    writeFileSync(at("asked.txt"), `${texts.join("\n")}\n`);
    const answers = await told<Prediction>("predict", ...words, "--file", at("asked.txt"));
    expect(answers.map(({ label }) => label)).toEqual(labels);
    for (const [i, { probabilities }] of answers.entries())
      for (const [k, name] of classes.entries()) near(probabilities[name], p[i][k]);
  };

  test("gives Keras's tags and probabilities", () => check(model, ...behind));

  test("evaluates with Keras's loss and accuracy", async () => {
    const words = [at("intents/intents.csv"), "--text", "pattern", "--label", "tag", ...behind];
    const [found] = await told<{ loss: number; accuracy: number }>("evaluate", model, ...words);
    near(found.loss, loss);
    near(found.accuracy, accuracy);
  });

  test("bundled, it needs nothing more", async () => {
    const file = at("tags.keras");
    expect((await say("bundle", model, "--out", file, ...behind, "--quiet")).code).toBe(0);
    await check(file);
  });
});

describe("series: .h5 with scaler.pkl and a window", () => {
  const { ahead, rmse } = expected("series");
  const model = at("series/lstm.h5");
  const prices = at("series/prices.csv");
  const check = async (...words: string[]) => {
    const [{ values }] = await told<{ values: number[][] }>("forecast", ...words, "--horizon", "4");
    for (const [h, [value]] of values.entries()) near(value, ahead[h]);
  };

  test("forecasts Keras's numbers, each step from the ones before", () => check(model, prices, "--columns", "Close"));

  test("evaluates every row behind the first window with Keras's error", async () => {
    const [report] = await told<{ forecast: { rmse: number } }>("evaluate", model, prices, "--columns", "Close");
    near(report.forecast.rmse, rmse);
  });

  test("bundled, it needs nothing more: it knows its column", async () => {
    const file = at("close.keras");
    expect((await say("bundle", model, "--columns", "Close", "--out", file, "--quiet")).code).toBe(0);
    await check(file, prices);
  });

  test("asks for its columns where the file has others", async () => {
    expect((await say("forecast", model, prices)).err).toMatch(
      /expected 1 column, .*, received Close, Volume.\n.*--columns NAMES/,
    );
  });

  test("a window that is not the model's is refused", async () => {
    expect((await say("forecast", model, prices, "--window", "9")).err).toMatch(/expected a window of 6/);
  });

  test("takes the scaler by name; --no-scaler takes none", async () => {
    renameSync(at("series/scaler.pkl"), at("elsewhere/numbers.pkl"));
    await check(model, prices, "--columns", "Close", "--scaler", at("elsewhere/numbers.pkl"));
    renameSync(at("elsewhere/numbers.pkl"), at("series/scaler.pkl"));
    const raw = await told<{ values: number[][] }>("forecast", model, prices, "--columns", "Close", "--no-scaler");
    expect(Math.abs(raw[0].values[0][0])).toBeLessThan(3); // as it comes out of the network
  });
});

test("several columns, one target: it asks which, and gives Keras's numbers", async () => {
  const { next, rmse } = expected("columns");
  const [model, weather] = [at("columns/gru.keras"), at("columns/weather.csv")];
  expect((await say("forecast", model, weather)).err).toMatch(/say which ones it forecasts, --target NAMES/);
  const target = ["--target", "temperature"];
  const [{ values, targets }] = await told<{ values: number[][]; targets: string[] }>(
    "forecast",
    model,
    weather,
    ...target,
  );
  expect(targets).toEqual(["temperature"]);
  near(values[0][0], next);
  const [report] = await told<{ forecast: { rmse: number } }>("evaluate", model, weather, ...target);
  near(report.forecast.rmse, rmse);
  const { next: commands } = JSON.parse((await say("inspect", model, "--json")).out);
  const [{ command }, bundle] = commands as { command: string }[];
  expect(command).toBe(`cellstate forecast ${model} ${weather} --target temperature`);
  expect((await say(...command.split(" ").slice(1))).code).toBe(0);
  expect(bundle.command).toMatch(/--columns \S+,\S+ --target temperature --out task\.keras$/);
});

test("a model of any length reads texts whole; padding is said to be possible", async () => {
  const model = sequential([
    embedding(6, 2, { inputShape: [null] }),
    conv1d(2, 3),
    lstm(2),
    dense(1, { activation: "sigmoid" }),
  ]);
  mkdirSync(at("any"));
  await model.save(at("any/model.keras"));
  writeFileSync(at("any/tokenizer.json"), JSON.stringify({ ant: 1, bee: 2, cow: 3 }));
  const { out, err, code } = await say("predict", at("any/model.keras"), "ant bee cow bee");
  expect([err, code]).toEqual([
    expect.stringMatching(/reads all words, without padding; .*--max-length N, if the notebook padded/),
    0,
  ]);
  const [wanted] = (await model.predict([[1, 2, 3, 2]])).data;
  expect(Number(/^ {2}1 (0\.\d+)/m.exec(out)![1])).toBeCloseTo(wanted, 3); // as many digits are shown
  expect((await say("predict", at("any/model.keras"), "ant bee")).err).toMatch(/max-length N[\s\S]*at least 3 steps/);
  expect((await say("predict", at("any/model.keras"), "ant bee", "--max-length", "4")).code).toBe(0);
});

test.skipIf(!thorough)("Keras's word index of IMDb has the ids of imdb.load_data", async () => {
  const words = Object.fromEntries(Array.from({ length: 88_584 }, (_, k) => [k === 0 ? "the" : `w${k}`, k + 1]));
  writeFileSync(at("imdb_word_index.json"), JSON.stringify(words));
  const model = sequential([
    input([3], { dtype: "i32" }),
    embedding(18, 2),
    lstm(2),
    dense(1, { activation: "sigmoid" }),
  ]);
  await model.save(at("imdb.keras"));
  const asked = ["predict", at("imdb.keras"), "w9 the w30"];
  expect((await say(...asked)).err).toMatch(/ids below 18, received one with ids up to 88587.\n.*--num-words 18/);
  const { out, err } = await say(...asked, "--num-words", "18");
  expect(err).toMatch(/Keras's word index of IMDb; ids are 3 more/);
  const [wanted] = (await model.predict([[13, 4, 2]])).data;
  expect(Number(/^ {2}1 (0\.\d+)/m.exec(out)![1])).toBeCloseTo(wanted, 3); // as many digits are shown
});

test.for<[string, string, RegExp]>([
  ["--tokenizer", `${"[".repeat(400_000)}${"]".repeat(400_000)}`, /FormatError: .*kept\.json: expected/],
  ["--tokenizer", '{"a": 2000000000}', /ids below 18, received one with ids up to 2000000000/],
  ["--tokenizer", '{"a": 1, "b": 1}', /an id of its own for every word/],
  ["--tokenizer", '{"a": -1}', /a whole number of 0 or more/],
  ["--tokenizer", '{"__proto__": 1, "constructor": 2, "the": 3}', /^$/],
  ["--tokenizer", '{"class_name": "Tokenizer"}', /config to be an object/],
  ["--tokenizer", "[]", /expected a tokenizer, received a list/],
  ["--tokenizer", "{", /expected JSON/],
  ["--labels", '{"a": 0, "b": 4000000000}', /the names of classes/],
  ["--labels", '["a", "a"]', /one of them twice/],
  ["--labels", `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`, /FormatError: .*kept\.json: expected/],
])("%s: case %# is read, or refused by name", { timeout: 10_000 }, async ([option, contents, message]) => {
  writeFileSync(at("kept.json"), contents);
  const { err } = await say("predict", at("sentiment/model.h5"), "the film", option, at("kept.json"), "--quiet");
  expect(err).toMatch(message);
  expect(err).not.toMatch(/\n\s+at /);
});

test("options for a bare model are refused beside a file that has its own", async () => {
  const file = at("sentiment.keras");
  await say("bundle", at("sentiment/model.h5"), "--out", file, "--quiet");
  const { err } = await say("predict", file, "a film", "--tokenizer", at("sentiment/tokenizer.pickle"));
  expect(err).toMatch(/--tokenizer: expected a model without a task in its file/);
});

test("an .onnx of each project gives the same answers", async () => {
  const onnx = async (from: string, to: string) => {
    expect((await say("convert", at(from), at(to))).code).toBe(0);
    return at(to);
  };
  const { texts, p } = expected("sentiment");
  const sentiment = await onnx("sentiment/model.h5", "sentiment/graph.onnx");
  const [{ probabilities }] = await told<Prediction>("predict", sentiment, texts[0]);
  near(probabilities[1], p[0]);
  const writer = await onnx("next-word/next_word.keras", "next-word/graph.onnx");
  const [{ text }] = await told<{ text: string }>("generate", writer, "the cell", "--words", "6");
  expect(text).toBe(expected("next-word").text);
  const series = await onnx("series/lstm.h5", "series/graph.onnx");
  const words = [at("series/prices.csv"), "--columns", "Close"];
  const [{ values }] = await told<{ values: number[][] }>("forecast", series, ...words);
  near(values[0][0], expected("series").ahead[0]);
  // As the layers that the graph is made of.
  expect((await say("bundle", sentiment, "--out", at("graph.keras"))).code).toBe(0);
  const [bundled] = await told<Prediction>("predict", at("graph.keras"), texts[0]);
  near(bundled.probabilities[1], p[0]);
});

test("a model that ends in a number says numbers of texts, and of sequences", async () => {
  const scale = { kind: "minMax", center: [1], scale: [4] };
  writeFileSync(at("sentiment/target_scaler.json"), JSON.stringify(scale));
  const model = sequential([input([9], { dtype: "i32" }), embedding(18, 2), lstm(2), dense(1)]);
  await model.save(at("sentiment/stars.h5"));
  writeFileSync(at("stars.csv"), "text,label\na great film,5\na dull one,1\n");
  const { out, err, code } = await say("predict", at("sentiment/stars.h5"), "a great film");
  rmSync(at("sentiment/target_scaler.json"));
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/a regressor of texts: .* gives a number, scaled back; .*target_scaler\.json/),
  ]);
  expect(Number(out.split("\t")[0])).toBeGreaterThan(0.5);
  const [errors] = await told<{ rmse: number }>("evaluate", at("sentiment/stars.h5"), at("stars.csv"));
  expect(errors.rmse).toBeGreaterThan(0);
  await sequential([input([2, 1]), lstm(2), dense(1)]).save(at("life.h5"));
  writeFileSync(at("life.csv"), "id,v,label\n1,0.5,3\n1,0.7,3\n2,0.1,4\n2,0.2,4\n");
  const lines = await say("predict", at("life.h5"), at("life.csv"), "--group", "id");
  expect(lines.out).toMatch(/^-?[\d.e-]+\t1\n-?[\d.e-]+\t2\n$/);
});
