import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type BundleOptions,
  bidirectional,
  bundleTask,
  dense,
  embedding,
  flatten,
  functional,
  input,
  type LanguageModel,
  loadTask,
  losses,
  lstm,
  type Model,
  masking,
  minMaxScaler,
  NdArray,
  padSequences,
  type Regressor,
  repeatVector,
  type SequenceClassifier,
  sequential,
  softmax,
  standardScaler,
  type TextClassifier,
  Tokenizer,
  textVectorization,
  textVectorizationLayer,
  timeDistributed,
  toCategorical,
} from "../../index.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-bundle-"));
beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js"; // the same everywhere
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tokenizer = Tokenizer.fromWordIndex({ the: 1, cell: 2, gate: 3, opens: 4, closes: 5 });
const texts = ["the gate opens", "the cell, the cell closes and the gate"];
const ids = padSequences(tokenizer.textsToSequences(texts), { maxLen: 4 });

/** Bundled, saved and opened again: whatever a task answers, it answers from its file too. */
async function classified(model: Model, options: BundleOptions = {}, given: unknown = texts) {
  const { task, kind } = await bundleTask(model, { tokenizer, ...options });
  if (kind !== "textClassifier" && kind !== "sequenceClassifier") throw new Error(kind);
  const file = join(folder, "task.keras");
  await task.save(file);
  const again = (await loadTask(file)).task as typeof task;
  const answers = await task.predict(given as never);
  expect(await again.predict(given as never)).toEqual(answers);
  return answers;
}

test("a softmax of a functional model gives its own probabilities, by label", async () => {
  const x = input([4], { dtype: "i32" });
  const h = bidirectional(lstm(3))(embedding(6, 4)(x));
  const model = functional(x, dense(3, { activation: "softmax" })(h)) as unknown as Model;
  const wanted = (await model.predict(ids)).toArray<number[][]>();
  const answers = await classified(model, { labels: ["a", "b", "c"] });
  expect(answers.map(({ probabilities }) => Object.values(probabilities))).toEqual(wanted);
});

test("logits become probabilities where the loss says that they are logits", async () => {
  for (const outputs of [1, 3]) {
    const model = sequential([input([4], { dtype: "i32" }), embedding(6, 4), lstm(3), dense(outputs)]);
    const loss = outputs === 1 ? losses.binaryCrossentropy : losses.sparseCategoricalCrossentropy;
    model.compile({ loss: loss({ fromLogits: true }) });
    const logits = (await model.predict(ids)).toArray<number[][]>();
    const [{ probabilities }] = await classified(model);
    const found = Object.values(probabilities);
    const sum = logits[0].reduce((all, v) => all + Math.exp(v), 0);
    const wanted = outputs === 1 ? 1 / (1 + Math.exp(-logits[0][0])) : Math.exp(logits[0][1]) / sum;
    expect(found[1]).toBeCloseTo(wanted, 6); // f32
  }
});

test("one-hot inputs are made where the first layer reads rows of the vocabulary", async () => {
  const model = sequential([input([4, 6]), lstm(3), dense(1, { activation: "sigmoid" })]);
  const wanted = (await model.predict(toCategorical(ids, 6))).toArray<number[][]>();
  const answers = await classified(model);
  expect(answers.map(({ probabilities }) => probabilities[1])).toEqual(wanted.map(([p]) => p));
});

test("sequences are scaled, then filled up with the value of the masking layer", async () => {
  const model = sequential([input([3, 2]), masking({ maskValue: -1 }), lstm(3), dense(2, { activation: "softmax" })]);
  const scaler = standardScaler().fit([
    [1, 10],
    [3, 30],
  ]);
  const sequence = [
    [1, 30],
    [3, 20],
  ];
  const x = padSequences([scaler.transform(sequence)], { maxLen: 3, dtype: "f32", value: -1 });
  const wanted = (await model.predict(x)).toArray<number[][]>();
  const { task } = await bundleTask(model, { scaler, labels: ["up", "down"] });
  const [found] = await (task as { predict(x: unknown): Promise<{ probabilities: object }[]> }).predict([sequence]);
  expect(Object.values(found.probabilities)).toEqual(wanted[0]);
});

test("a language model of characters in one-hot rows, whose ids begin at 0, continues whole windows alone", async () => {
  const characters = Tokenizer.fromWordIndex({ a: 0, b: 1, c: 2 }, { charLevel: true });
  const model = sequential([input([3, 3]), lstm(4), dense(3, { activation: "softmax" })]);
  const { task, kind } = await bundleTask(model, { tokenizer: characters });
  if (kind !== "languageModel") throw new Error(kind);
  const [wanted] = (await model.predict(toCategorical([[1, 0, 2]], 3))).toArray<number[][]>();
  const next = await task.predict("cbac", { top: 3 });
  for (const { token, probability } of next) expect(probability).toBe(wanted["abc".indexOf(token)]);
  expect((await task.complete("bac", { words: 4 })).length).toBe(7);
  await expect(task.predict("ab")).rejects.toThrow(/a prompt of at least 3 tokens/);
});

test("a language model with a word at every step carries its states", async () => {
  const model = sequential([
    embedding(6, 4, { inputShape: [null] }),
    lstm(3, { returnSequences: true }),
    dense(6),
    softmax(),
  ]);
  const { task, kind } = await bundleTask(model, { tokenizer });
  if (kind !== "languageModel") throw new Error(kind);
  const wanted = (await model.predict([[1, 2]])).toArray<number[][][]>()[0][1];
  for (const { token, probability } of await task.predict("the cell", { top: 5 }))
    expect(probability).toBeCloseTo(wanted[tokenizer.wordIndex.get(token)!], 6); // f32, another order of steps
});

test("several steps and columns come out in the units of their columns", async () => {
  const model = sequential([
    input([3, 2]),
    lstm(4),
    repeatVector(2),
    lstm(4, { returnSequences: true }),
    timeDistributed(dense(2)),
  ]);
  const series = [
    [1, 100],
    [2, 300],
    [4, 200],
    [3, 250],
    [5, 150],
  ];
  const scaler = minMaxScaler().fit(series);
  const { task, kind } = await bundleTask(model, { scaler, columns: ["a", "b"] });
  if (kind !== "forecaster") throw new Error(kind);
  const z = await model.predict([scaler.transform(series.slice(2)).toArray()]);
  const wanted = scaler.inverse(z.reshape([2, 2])).toArray<number[][]>();
  expect((await task.predict(series)).values.toArray()).toEqual(wanted);
  await task.save(join(folder, "series.keras"));
  const again = await loadTask(join(folder, "series.keras"));
  if (again.kind !== "forecaster") throw new Error(again.kind);
  expect((await again.task.predict(series)).values.toArray()).toEqual(wanted);
});

test("what is forecast may have a scaler of its own", async () => {
  const model = sequential([input([2, 2]), flatten(), dense(1)]);
  const series = [
    [1, 100],
    [2, 300],
    [4, 200],
  ];
  const [scaler, targetScaler] = [standardScaler().fit(series), minMaxScaler().fit([100, 300])];
  const { task, kind } = await bundleTask(model, { scaler, targetScaler, target: 1 });
  if (kind !== "forecaster") throw new Error(kind);
  const z = await model.predict([scaler.transform(series.slice(1)).toArray()]);
  expect((await task.predict(series)).values.toArray()).toEqual(targetScaler.inverse(z).toArray());
});

test("a model with a layer for texts needs no tokenizer", async () => {
  const vectorize = textVectorization({ outputSequenceLength: 4 });
  vectorize.adapt(texts);
  const layer = textVectorizationLayer(vectorize);
  const model = sequential([
    input([1], { dtype: "string" }),
    layer,
    embedding(vectorize.size, 3),
    lstm(3),
    dense(1, { activation: "sigmoid" }),
  ]);
  const wanted = (await model.predict(texts.map((text) => [text]))).toArray<number[][]>();
  const answers = await classified(model, { tokenizer: undefined, labels: ["a", "b"] });
  expect(answers.map(({ probabilities }) => probabilities.b)).toEqual(wanted.map(([p]) => p));
  await expect(bundleTask(model, { tokenizer })).rejects.toThrow(/no tokenizer, for the model reads texts itself/);
});

test("numWords keeps the most frequent words alone, as a Tokenizer's own", async () => {
  const { task } = await bundleTask(binary(), { tokenizer: larger, numWords: 3 });
  const [{ unknownWords }] = await (task as TextClassifier).predict(["the cell"]);
  expect(unknownWords).toEqual(["cell"]);
});

test("numbers of texts come out in the units of their scaler, and their errors are scikit-learn's", async () => {
  const model = sequential([input([4], { dtype: "i32" }), embedding(6, 4), lstm(3), dense(1)]);
  const targetScaler = minMaxScaler().fit([1, 5]);
  const { task, kind } = await bundleTask(model, { tokenizer, targetScaler, padding: "post" });
  if (kind !== "regressor") throw new Error(kind);
  const x = padSequences(tokenizer.textsToSequences(texts), { maxLen: 4, padding: "post" });
  const wanted = targetScaler.inverse(await model.predict(x)).toArray();
  expect((await task.predict(texts)).toArray()).toEqual(wanted);
  await task.save(join(folder, "stars.keras"));
  const again = await loadTask(join(folder, "stars.keras"));
  if (again.kind !== "regressor") throw new Error(again.kind);
  expect((await again.task.predict(texts)).toArray()).toEqual(wanted);
  const [[a], [b]] = wanted as number[][];
  const { rmse, mae, r2 } = await again.task.evaluate(texts, [a + 1, b - 3]);
  const middle = (a + b) / 2 - 1;
  const spread = ((a + 1 - middle) ** 2 + (b - 3 - middle) ** 2) / 2;
  expect([rmse, mae]).toEqual([expect.closeTo(Math.sqrt(5), 9), expect.closeTo(2, 9)]);
  expect(r2).toBeCloseTo(1 - 5 / spread, 9);
});

test("numbers of sequences are made of scaled steps", async () => {
  const model = sequential([input([3, 2]), lstm(3), dense(2)]);
  const scaler = standardScaler().fit([
    [1, 10],
    [3, 30],
  ]);
  const { task, kind } = await bundleTask(model, { scaler, kind: "regressor" });
  if (kind !== "regressor") throw new Error(kind);
  const sequence = [
    [1, 30],
    [3, 20],
  ];
  const x = padSequences([scaler.transform(sequence)], { maxLen: 3, dtype: "f32" });
  expect((await task.predict([sequence])).toArray()).toEqual((await model.predict(x)).toArray());
  await expect(task.predict([[1, 2, 3]])).rejects.toThrow(/expected \[T, 2\]/);
});

describe("a model of any length reads each row whole, without padding", () => {
  const texts = ["the cell opens", "the gate", "cell gate closes", "the"];

  test.for([true, false])("texts, classes and numbers: %s", async (classes) => {
    const last = classes ? dense(1, { activation: "sigmoid" }) : dense(1);
    const model = sequential([embedding(6, 2, { inputShape: [null] }), lstm(3), last]);
    const path = join(folder, "any.keras");
    const { task, about } = await bundleTask(model, { tokenizer });
    expect(about).toMatch(/: reads all words, without padding; /);
    await task.save(path);
    const again = await loadTask(path);
    const alone = await Promise.all(
      texts.map((text) => model.predict(padSequences(tokenizer.textsToSequences([text])))),
    );
    const wanted = alone.map(({ data }) => data[0]);
    if (again.kind === "textClassifier")
      expect((await again.task.predict(texts)).map(({ probabilities }) => probabilities[1])).toEqual(wanted);
    else if (again.kind === "regressor") expect(Array.from((await again.task.predict(texts)).data)).toEqual(wanted);
    else throw new Error(again.kind);
  });

  test("sequences, classes and numbers", async () => {
    const sequences = [[[1], [2], [3]], [[4]], [[0.5], [2], [1]], [[3], [1]]];
    const model = sequential([input([null, 1]), lstm(3), dense(3, { activation: "softmax" })]);
    const { task } = await bundleTask(model, { kind: "sequenceClassifier" });
    const rows = await Promise.all(
      sequences.map((row) => model.predict(new NdArray(Float32Array.from(row.flat()), [1, row.length, 1]))),
    );
    const found = await (task as SequenceClassifier).predict(sequences);
    expect(found.map(({ probabilities }) => Object.values(probabilities))).toEqual(rows.map(({ data }) => [...data]));
    const { task: numbers } = await bundleTask(model, { kind: "regressor" });
    expect((await (numbers as Regressor).predict(sequences)).toArray()).toEqual(rows.map(({ data }) => [...data]));
  });

  test("a language model whose padding is masked reads 200 words", async () => {
    const model = sequential([
      embedding(6, 2, { maskZero: true, inputShape: [null] }),
      lstm(3),
      dense(6, { activation: "softmax" }),
    ]);
    const { task, about } = await bundleTask(model, { tokenizer });
    expect(about).toMatch(/reads the 200 words before/);
    const [{ token, probability }] = await (task as LanguageModel).predict("the cell", { top: 1 });
    const p = (await model.predict(new NdArray(new Int32Array([1, 2]), [1, 2]))).data;
    expect(probability).toBeCloseTo(p[tokenizer.wordIndex.get(token)!], 6);
  });
});

const words = (...rest: Parameters<typeof sequential>[0]) =>
  sequential([input([4], { dtype: "i32" }), embedding(6, 2), ...rest]);
const binary = () => words(lstm(2), dense(1, { activation: "sigmoid" }));
const larger = Tokenizer.fromWordIndex({ the: 1, cell: 9 });

test.for<[string, () => Model, BundleOptions, RegExp]>([
  [
    "padding to no length",
    () => sequential([input([null, 3]), lstm(2), dense(2, { activation: "softmax" })]),
    { padding: "post" },
    /an input length beside padding[\s\S]*Give the length that the notebook padded to, maxLength, or leave padding out/,
  ],
  ["no tokenizer", binary, {}, /expected a tokenizer, .* received none/],
  ["a tokenizer of another model", binary, { tokenizer: larger }, /ids below 6, received one with ids up to 9/],
  ["a vocabulary of one", binary, { tokenizer, numWords: 1 }, /numWords: a whole number of 2 or more/],
  ["three labels of two classes", binary, { tokenizer, labels: ["a", "b", "c"] }, /expected 2 labels, .* received 3/],
  ["labels twice", binary, { tokenizer, labels: ["a", "a"] }, /received one of them twice/],
  ["another length", binary, { tokenizer, maxLength: 5 }, /a length of 4, the model's own, received 5/],
  [
    "a window of texts",
    binary,
    { tokenizer, window: 5 },
    /expected a forecaster, for window, received a text classifier.*\n?.*Leave window out/,
  ],
  ["columns of texts", binary, { tokenizer, columns: ["a"] }, /Leave columns out/],
  ["a threshold of 2", binary, { tokenizer, threshold: 2 }, /threshold between 0 and 1, received 2/],
  ["an unknown option", binary, { tokeniser: tokenizer } as never, /unknown option "tokeniser"/],
  [
    "a number as a class",
    () => words(lstm(2), dense(1)),
    { tokenizer, kind: "textClassifier" },
    /received one that ends in numbers/,
  ],
  [
    "a class at each word",
    () => words(lstm(2, { returnSequences: true }), dense(3, { activation: "softmax" })),
    { tokenizer, labels: ["a", "b", "c"] },
    /one output for each text or sequence/,
  ],
  [
    "a language model of any length that reads its padding",
    () => sequential([embedding(6, 2, { inputShape: [null] }), lstm(2), dense(6, { activation: "softmax" })]),
    { tokenizer },
    /an input length, received a language model of any length[\s\S]*padded to, maxLength/,
  ],
  [
    "a scaler of other columns",
    () => sequential([input([2, 2]), lstm(2), dense(2)]),
    { scaler: minMaxScaler().fit([1, 2]) },
    /a scaler of 2 columns, received one of 1/,
  ],
  ["a tokenizer that is a Map", binary, { tokenizer: new Map() as never, numWords: 5 }, /expected a tokenizer/],
  ["columns in one text", () => sequential([input([2, 1]), lstm(2), dense(1)]), { columns: "a" as never }, /columns/],
  [
    "a target scaler that is a number",
    () => sequential([input([2, 1]), lstm(2), dense(1)]),
    { targetScaler: 3 as never },
    /expected a scaler, received/,
  ],
  [
    "no target",
    () => sequential([input([2, 2]), lstm(2), dense(1)]),
    {},
    /the columns that it forecasts, received none/,
  ],
  [
    "windows of any length",
    () => sequential([input([null, 1]), lstm(2), dense(1)]),
    {},
    /number of rows that a forecast reads/,
  ],
  ["rows without steps", () => sequential([input([3]), dense(1)]), {}, /reads ids \[B, T\] or steps \[B, T, D\]/],
])("%s is refused by name", async ([, make, options, message]) => {
  await expect(bundleTask(make(), options)).rejects.toThrow(message);
});

test("a file that has a task is not bundled again", async () => {
  const { task } = await bundleTask(binary(), { tokenizer });
  await task.save(join(folder, "twice.keras"));
  await expect(bundleTask(join(folder, "twice.keras"), { tokenizer })).rejects.toThrow(/a model without a task/);
});
