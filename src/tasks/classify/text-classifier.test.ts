import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { loadModel } from "../../formats/load-model.ts";
import { Random } from "../../tensor/random.ts";
import { taskOf } from "../shared/task-file.ts";
import { loadTextClassifier, type TextClassifierOptions, textClassifier } from "./text-classifier.ts";
import { pairIds } from "./word-pairs.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-text-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tiny: TextClassifierOptions = { units: 8, embedding: 8, seed: 3 };
const quiet = { verbose: 0 } as const;

/** Sentences of a mood: one word of it among words that say nothing. */
function moods(count: number, words: Record<string, readonly string[]>, seed = 1) {
  const random = new Random(seed);
  const filler = ["the", "film", "was", "and", "a", "story", "of", "it"];
  const pick = (list: readonly string[]) => list[random.below(list.length)];
  const names = Object.keys(words);
  return Array.from({ length: count }, (_, i) => {
    const label = names[i % names.length];
    const text = [
      ...Array.from({ length: 2 + random.below(4) }, () => pick(filler)),
      pick(words[label]),
      pick(filler),
    ].join(" ");
    return { text, label };
  });
}
const two = { bad: ["awful", "boring", "poor"], good: ["great", "lovely", "fine"] };
const three = { ...two, odd: ["weird", "strange", "queer"] };

test("two classes end in a sigmoid, learn, and give both probabilities", async () => {
  const task = textClassifier(tiny);
  await task.fit(moods(60, two), { ...quiet, epochs: 30 });
  expect(task.model.outputShape).toEqual([null, 1]);
  expect(task.labels).toEqual(["bad", "good"]);
  const [first, second] = await task.predict(["a great film", "it was Boring, zzyzx"]);
  expect([first.label, second.label]).toEqual(["good", "bad"]);
  expect(first.probabilities.good + first.probabilities.bad).toBeCloseTo(1, 6);
  expect(first.probability).toBe(first.probabilities.good);
  expect(second.unknownWords).toEqual(["zzyzx"]);
});

test("three classes end in a softmax; evaluation stands beside the most common class", async () => {
  const task = textClassifier({ ...tiny, pooling: "max" });
  const rows = moods(90, three);
  await task.fit(rows, { ...quiet, epochs: 30 });
  expect(task.model.outputShape).toEqual([null, 3]);
  const { loss, accuracy, report } = await task.evaluate(moods(30, three, 2));
  expect(accuracy).toBeGreaterThan(0.9);
  expect(report.baseline.accuracy).toBeCloseTo(1 / 3, 6);
  expect(loss).toBeLessThan(0.5);
  expect(String(report)).toContain('always "bad"');
});

test("the loss is the one the model itself computes", async () => {
  const rows = moods(60, two);
  for (const output of ["sigmoid", "softmax"] as const) {
    const task = textClassifier({ ...tiny, output });
    await task.fit(rows, { ...quiet, epochs: 2, validationSplit: 0 });
    const { loss, accuracy } = await task.evaluate(rows);
    const ids = task.tokenizer.textsToSequences(rows.map((r) => r.text));
    const { padSequences } = await import("../../text/pad-sequences.ts");
    const x = padSequences(ids, { maxLen: task.length });
    const y = rows.map(({ label }) => (label === "good" ? 1 : 0));
    const own = await task.model.evaluate(x, y, quiet);
    expect(loss).toBeCloseTo(own.loss, 5); // f32 sums of 60 terms
    expect(accuracy).toBeCloseTo(own.accuracy, 6);
  }
});

test("what was saved answers alike, knows its words and labels, and is a model to loadModel", async () => {
  for (const rows of [moods(40, two), moods(45, three)]) {
    const task = textClassifier({ ...tiny, keep: "start", length: 4 });
    await task.fit(rows, { ...quiet, epochs: 3 });
    const path = join(folder, "text.keras");
    await task.save(path);
    const again = await loadTextClassifier(path);
    const texts = ["a lovely story of it and more", "zzyzx was weird"];
    expect(await again.predict(texts)).toEqual(await task.predict(texts));
    expect(again.labels).toEqual(task.labels);
    expect((await again.evaluate(rows)).loss).toBe((await task.evaluate(rows)).loss);
    expect(taskOf(await loadModel(path))).toBe("textClassifier");
    await again.save(path);
    expect(await (await loadTextClassifier(path)).predict(texts)).toEqual(await task.predict(texts));
  }
});

test("trained again, on more classes or fewer, it is what another one would be", async () => {
  const task = textClassifier(tiny);
  for (const rows of [moods(20, two), moods(30, three), moods(20, two)]) {
    await task.fit(rows, { ...quiet, epochs: 2 });
    const other = textClassifier(tiny);
    await other.fit(rows, { ...quiet, epochs: 2 });
    expect(task.labels).toEqual(other.labels);
    expect(await task.predict(["a lovely film"])).toEqual(await other.predict(["a lovely film"]));
  }
});

test("a fit that fails leaves the task as it was", async () => {
  const task = textClassifier(tiny);
  await task.fit(moods(20, two), { ...quiet, epochs: 2 });
  const before = await task.predict(["a lovely film"]);
  const fails = { ...quiet, callbacks: [{ onEpochEnd: () => Promise.reject(new Error("no more disk")) }] };
  await expect(task.fit(moods(30, three), fails)).rejects.toThrow("no more disk");
  expect(await task.predict(["a lovely film"])).toEqual(before);
});

test("a loaded task is trained again with the options it was made with", async () => {
  const rows = moods(20, two);
  const task = textClassifier({ ...tiny, cell: "gru", pooling: "max", lower: false, output: "softmax", pairs: 50 });
  await task.fit(rows, { ...quiet, epochs: 2 });
  const path = join(folder, "options.keras");
  await task.save(path);
  const loaded = await loadTextClassifier(path);
  await loaded.fit(rows, { ...quiet, epochs: 2 });
  expect(await loaded.predict(["a lovely film"])).toEqual(await task.predict(["a lovely film"]));
});

test("questions that come at the same time are answered one after the other", async () => {
  const task = textClassifier(tiny);
  const rows = moods(20, two);
  await task.fit(rows, { ...quiet, epochs: 2 });
  const texts = ["a lovely film", "an awful story", "fine"];
  const [answers, { loss }] = await Promise.all([
    Promise.all(texts.map((text) => task.predict([text]))),
    task.evaluate(rows),
  ]);
  expect(answers.flat()).toEqual(await task.predict(texts));
  expect(loss).toBe((await task.evaluate(rows)).loss);
});

test("a class may have any name, and a weight by it", async () => {
  const rows = moods(20, { constructor: two.bad, __proto__x: two.good });
  const task = textClassifier(tiny);
  await task.fit(rows, { ...quiet, epochs: 1, classWeight: { __proto__x: 2 } });
  expect(task.labels).toEqual(["__proto__x", "constructor"]);
});

test("beside a bag of words and pairs the model has two inputs, learns what only pairs tell, and is saved as one", async () => {
  const rows = Array.from({ length: 80 }, (_, i) => {
    const filler = "the film was ".repeat(1 + (i % 3));
    return i % 2 === 0
      ? { text: `${filler} not good ${filler} was bad`, label: "no" }
      : { text: `${filler} was good ${filler} not bad`, label: "yes" };
  });
  const task = textClassifier({ ...tiny, length: 2, keep: "start", pairs: 500 }); // the LSTM reads "the film" alone
  await task.fit(rows, { ...quiet, epochs: 40 });
  expect(task.model.inputs!.map(({ shape }) => shape)).toEqual([
    [null, 2],
    [null, 14], // 6 words, and up to 8 pairs
  ]);
  expect((await task.evaluate(rows)).accuracy).toBe(1);
  const path = join(folder, "pairs.keras");
  await task.save(path);
  const texts = ["not good", "the film was good"];
  expect(await (await loadTextClassifier(path)).predict(texts)).toEqual(await task.predict(texts));
});

test("the numbers of words and pairs stay as files know them", () => {
  expect(pairIds([5, 7, 5, 7], 1000)).toEqual([31, 987, 314, 956]);
  expect(pairIds([88_000, 29_999], 262_144)[2]).toBe(185_227);
  const all = pairIds(
    Array.from({ length: 500 }, (_, i) => i),
    10,
  );
  expect([...all].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]); // 0 is padding
});

test.skipIf(!thorough)(
  "from 10,000 texts on the defaults are a small LSTM that reads both ways beside a bag of pairs, and weights of words and pairs",
  async () => {
    const rows = moods(10_000, two).map(({ text, label }) => ({ text: text.split(" ").slice(-3).join(" "), label }));
    const task = textClassifier();
    const stop = new AbortController();
    stop.abort(); // the model is wanted, not its training
    await task.fit(rows, { ...quiet, signal: stop.signal });
    expect(task.model.layers.map((l) => l.className)).toEqual([
      ...["InputLayer", "Embedding", "SpatialDropout1D", "Bidirectional", "InputLayer", "InputLayer"],
      ...["GlobalMaxPooling1D", "Embedding", "Embedding", "Dropout", "GlobalAveragePooling1D"],
      ...["GlobalAveragePooling1D", "Concatenate", "Dense"],
    ]);
  },
);

test("words are learned from the training split alone", async () => {
  const rows = moods(60, two);
  const task = textClassifier(tiny);
  const marked = rows.map(({ text, label }, i) => ({ text: `${text} w${i}`, label }));
  await task.fit(marked, { ...quiet, epochs: 1, validationSplit: 0.2 });
  const own = marked.filter((_, i) => task.tokenizer.wordIndex.has(`w${i}`)).length;
  expect(own).toBe(48); // 12 rows were kept aside
});

test("the same seed gives the same bits, another seed others", async () => {
  const rows = moods(40, two);
  const answer = async (seed: number) => {
    const task = textClassifier({ ...tiny, seed });
    await task.fit(rows, { ...quiet, epochs: 2 });
    return (await task.predict(["a great film"]))[0].probability;
  };
  expect(await answer(5)).toBe(await answer(5));
  expect(await answer(5)).not.toBe(await answer(6));
});

test("balanced weights rescue a rare class that plain training gives up", async () => {
  const rows = [...moods(120, { bad: two.bad }), ...moods(6, { good: two.good })];
  const recall = async (classWeight?: "balanced") => {
    const task = textClassifier(tiny);
    await task.fit(rows, { ...quiet, epochs: 6, validationSplit: 0, classWeight });
    const { report } = await task.evaluate(moods(20, { good: two.good }, 4).concat(moods(20, { bad: two.bad }, 5)));
    return report.classes[1].recall;
  };
  expect(await recall()).toBeLessThan(await recall("balanced"));
});

test("early stopping ends a training that gains nothing", async () => {
  const random = new Random(9);
  const rows = moods(60, two).map(({ text }) => ({ text, label: random.below(2) })); // labels by chance
  const task = textClassifier(tiny);
  const history = await task.fit(rows, { ...quiet, epochs: 60, patience: 2, validationSplit: 0.3 });
  expect(history.epoch.length).toBeLessThan(60);
});

test("labels may be numbers, layers one's own, tokens characters", async () => {
  const { globalAveragePooling1d, embedding } = await import("../../layers/index.ts");
  const task = textClassifier({
    charLevel: true,
    layers: ({ vocabulary }) => [embedding(vocabulary, 4, { maskZero: true }), globalAveragePooling1d()],
  });
  const rows = moods(20, two).map(({ text, label }) => ({ text, label: label === "good" ? 10 : 9 }));
  await task.fit(rows, { ...quiet, epochs: 1 });
  expect(task.labels).toEqual([9, 10]);
  expect([9, 10]).toContain((await task.predict(["abc"]))[0].label);
  expect(task.model.layers.map((l) => l.className)).not.toContain("LSTM");
});

test("every kind of white space separates words, and ends of lines are no part of them", async () => {
  const task = textClassifier({ units: 2, backend: "js" });
  const texts = ["good\r\n", "\ufeffbad\r", "very\u00a0good", "very\vbad\n"];
  await task.fit(texts, ["g", "b", "g", "b"], { epochs: 1, verbose: 0 });
  const [{ unknownWords }] = await task.predict(["good bad very"]);
  expect(unknownWords).toEqual([]);
  expect([...task.tokenizer.wordIndex.keys()].sort()).toEqual(["<unk>", "bad", "good", "very"]);
});

test("a text of nothing but signs is an unknown word, in training and after it", async () => {
  const task = textClassifier({ units: 2, backend: "js" });
  const texts = ["good", "bad", "good", ":-)"];
  await task.fit(texts, ["g", "b", "g", "b"], { epochs: 1, verbose: 0 });
  const [signs, unknown] = await task.predict([":-) :-)", "word"]);
  expect(signs.probabilities).toEqual(unknown.probabilities);
  expect((await task.evaluate(texts, ["g", "b", "g", "b"])).accuracy).toBeGreaterThanOrEqual(0);
});
