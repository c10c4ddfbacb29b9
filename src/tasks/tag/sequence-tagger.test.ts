import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parseCsv } from "../../data/csv.ts";
import "../../index.ts"; // gives models their writer
import { NdArray } from "../../tensor/nd-array.ts";
import { adam } from "../../train/optimizers/index.ts";
import { loadTask } from "../load-task.ts";
import { parseSentences } from "./parse-sentences.ts";
import type { TaggedSentence } from "./sentences.ts";
import { loadSequenceTagger, sequenceTagger } from "./sequence-tagger.ts";
import { sentencesOf } from "./table-sentences.ts";
import { viterbi } from "./viterbi.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-tagger-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cities = ["boston", "denver", "new york", "san diego", "dallas", "oakland"];

/** Queries whose labels follow from the words around a city: "from" or "to". */
function queries(): TaggedSentence[] {
  return cities.flatMap((a) =>
    cities
      .filter((b) => b !== a)
      .map((b, k) => {
        const [from, to] = [a.split(" "), b.split(" ")];
        const marked = (words: string[], type: string) => words.map((_, i) => `${i === 0 ? "B" : "I"}-${type}`);
        const fare = k % 2 === 0;
        const head = fare ? ["the", "fare"] : ["a", "flight"];
        return {
          tokens: [...head, "from", ...from, "to", ...to],
          labels: ["O", "O", "O", ...marked(from, "from"), "O", ...marked(to, "to")],
          intent: fare ? "fare" : "flight",
        };
      }),
  );
}

const small = {
  ...{ units: 12, embedding: 12, charEmbedding: 6, charUnits: 5, dropout: 0.1 },
  optimizer: adam({ learningRate: 0.02 }),
};

test("a tagger learns slots and intents, and a saved one answers the same", async () => {
  const tagger = sequenceTagger({ ...small, seed: 3 });
  const history = await tagger.fit(queries(), { epochs: 20, verbose: 0, validationSplit: 0 });
  expect(history.history.loss.at(-1)!).toBeLessThan(history.history.loss[0] / 4);
  const found = await tagger.evaluate(queries());
  expect(found.entities!.f1).toBeGreaterThan(0.95);
  expect(found.intent!.accuracy).toBeGreaterThan(0.95);
  const asked = ["the fare from denver to new york"];
  const [answer] = await tagger.predict(asked);
  expect(answer.entities.map(({ type, text }) => [type, text])).toEqual([
    ["from", "denver"],
    ["to", "new york"],
  ]);
  expect(answer.intent!.label).toBe("fare");
  const path = join(folder, "slots.keras");
  await tagger.save(path);
  const again = await loadSequenceTagger(path);
  expect(await again.predict(asked)).toEqual([answer]);
  expect(JSON.stringify(await again.evaluate(queries()))).toBe(JSON.stringify(found));
  const { kind } = await loadTask(path);
  expect(kind).toBe("sequenceTagger");
});

test("a sentence's label is the mean of the network's logits and those of words and pairs", async () => {
  const made = async (linear: boolean) => {
    const tagger = sequenceTagger({ ...small, charEmbedding: 0, linear });
    await tagger.fit(queries(), { epochs: 2, verbose: 0, validationSplit: 0 });
    const { x } = tagger.modelInput("the fare from boston to denver");
    const [, p] = await tagger.model.predict(x as NdArray[]);
    return { tagger, x: [x as NdArray | NdArray[]].flat(), log: Array.from(p.data, Math.log) };
  };
  const [alone, both] = [await made(false), await made(true)];
  expect([alone.x.length, both.x.length]).toEqual([1, 2]);
  const layers = new Map(both.tagger.model.layers.map((layer) => [layer.name, layer]));
  const [table] = layers.get("intent_words")!.getWeights(); // [buckets, 2]
  const score = (j: number) => Array.from(both.x[1].data).reduce((sum, k) => sum + table.at(k, j), 0);
  const [, bias] = layers.get("intent")!.getWeights();
  const [, own] = alone.tagger.model.layers.find(({ name }) => name === "intent")!.getWeights();
  const linear = (j: number) => 0.5 * score(j) + bias.at(j) - 0.5 * own.at(j); // the bias has both parts
  const odds = both.log[1] - both.log[0];
  expect(odds).toBeCloseTo(0.5 * (alone.log[1] - alone.log[0]) + linear(1) - linear(0), 4);
  expect(linear(0) - linear(1)).toBeGreaterThan(1); // "fare" comes first
});

test("the same seed gives the same answers, and each figure of an epoch is in the history", async () => {
  const made = async () => {
    const tagger = sequenceTagger(small);
    const history = await tagger.fit(queries(), { epochs: 3, verbose: 0, validationSplit: 0.2 });
    return { history: history.history, answers: await tagger.predict(["a flight from dallas to oakland"]), tagger };
  };
  const [a, b] = [await made(), await made()];
  expect(a.history).toEqual(b.history);
  expect(a.answers).toEqual(b.answers);
  expect(Object.keys(a.history)).toEqual(
    expect.arrayContaining(["loss", "val_f1", "val_intent_accuracy", "val_score", "val_token_accuracy"]),
  );
  expect(a.tagger.split).toEqual({ training: 24, validation: 6 });
});

test("padding changes no answer: a sentence alone and beside a longer one", async () => {
  const tagger = sequenceTagger({ ...small, output: "softmax", charEmbedding: 0 });
  await tagger.fit(queries(), { epochs: 2, verbose: 0 });
  const short = "to boston";
  const long = Array.from({ length: 20 }, () => "from denver").join(" ");
  const [alone] = await tagger.predict([short]);
  const [beside] = await tagger.predict([short, long]);
  expect(beside.labels).toEqual(alone.labels);
  expect(beside.intent!.probability).toBeCloseTo(alone.intent!.probability, 5);
});

test("labels that are no IOB ones are tagged too, by their accuracy", async () => {
  const rows = queries().map(({ tokens }) => ({
    tokens,
    labels: tokens.map((word) => (word.length > 4 ? "LONG" : "SHORT")),
  }));
  const tagger = sequenceTagger({ ...small, charUnits: 8 });
  await tagger.fit(rows, { epochs: 12, verbose: 0 });
  const { entities, intent, accuracy } = await tagger.evaluate(rows);
  expect([entities, intent]).toEqual([null, null]);
  expect(accuracy).toBeGreaterThan(0.95);
  expect((await tagger.predict([["boston"]]))[0].labels).toEqual(["LONG"]);
});

test("viterbi finds what trying every sequence finds, with and without labels that may not follow", () => {
  const K = 3;
  const values = (n: number, salt: number) => Float32Array.from({ length: n }, (_, i) => 3 * Math.sin(1.7 * i + salt));
  const chain = {
    transitions: new NdArray(values(K * K, 2), [K, K]),
    first: new NdArray(values(K, 3), [K]),
    last: new NdArray(values(K, 5), [K]),
  };
  const scores = new NdArray(values(5 * K, 1), [5, K]);
  const every = Array.from({ length: K ** 5 }, (_, n) =>
    Array.from({ length: 5 }, (_, t) => Math.floor(n / K ** t) % K),
  );
  const total = (y: number[]) =>
    y.reduce((sum, j, t) => sum + scores.data[t * K + j] + (t > 0 ? chain.transitions.data[y[t - 1] * K + j] : 0), 0) +
    chain.first.data[y[0]] +
    chain.last.data[y[4]];
  const bestOf = (all: number[][]) => all.reduce((top, y) => (total(y) > total(top) ? y : top));
  expect(viterbi(scores, chain)).toEqual(bestOf(every));
  const allowed = (i: number | null, j: number) => !(i === null && j === 2) && !(i === 0 && j === 1);
  const fits = every.filter((y) => y.every((j, t) => allowed(t === 0 ? null : y[t - 1], j)));
  expect(viterbi(scores, chain, allowed)).toEqual(bestOf(fits));
});

test("files of both forms give the same sentences", () => {
  const lines = parseSentences("BOS fly to new york EOS\tO O O B-city I-city atis_flight\n");
  const columns = parseSentences("# intent: atis_flight\nfly VB O\nto TO O\nnew NN B-city\nyork NN I-city\n\n", {
    name: "x",
  });
  expect(columns.sentences).toEqual(lines.sentences);
  expect(lines.sentences).toEqual([
    { tokens: ["fly", "to", "new", "york"], labels: ["O", "O", "B-city", "I-city"], intent: "atis_flight" },
  ]);
});

test("tables of tokens, with the sentence named once, and lists in JSON lines", async () => {
  const csv = "Sentence #,Word,POS,Tag\ns1,fly,VB,O\n,boston,NN,B-city\ns2,denver,NN,B-city\n";
  const { sentences, reading } = sentencesOf(await parseCsv(csv));
  expect(sentences).toEqual([
    { tokens: ["fly", "boston"], labels: ["O", "B-city"] },
    { tokens: ["denver"], labels: ["B-city"] },
  ]);
  expect(reading).toEqual({ token: "Word", label: "Tag", group: "Sentence #" });
  const table = { columns: ["tokens", "labels"], rows: [['["a","b"]', '["O","B-x"]']], lines: [1] };
  expect(sentencesOf(table).sentences).toEqual([{ tokens: ["a", "b"], labels: ["O", "B-x"] }]);
});

const errors: [name: string, work: () => unknown, message: string | RegExp][] = [
  [
    "another number of columns",
    () => parseSentences("fly O\nto O O\n", { name: "a.conll" }),
    "a.conll: line 2: expected 2 columns, received 3.",
  ],
  [
    "too few labels",
    () => parseSentences("fly to\tO\nfly to\tO O\n", { name: "a.iob" }),
    /^a\.iob: line 1: expected a label for each of 2 tokens, received 1 label/,
  ],
  [
    "an empty sentence",
    () => parseSentences("fly to\tO O\nBOS EOS\tO x\n", { name: "a.iob" }),
    /^a\.iob: line 2: expected a sentence with tokens, received an empty one/,
  ],
  [
    "a label that is no IOB one",
    () => parseSentences("fly O\nboston B-city\nto city\n", { name: "a" }),
    /^a: line 3: expected O, B-TYPE or I-TYPE, as the other labels, received "city"/,
  ],
  [
    "an intent for some",
    () => parseSentences("# intent: x\nfly O\n\nto O\n", { name: "a" }),
    /^a: line 4: expected a label of the sentence, received none/,
  ],
  ["no sentence", () => parseSentences("\n\n", { name: "a" }), /^a: expected sentences, received none/],
  [
    "lists of two lengths",
    () => sentencesOf({ columns: ["tokens", "labels"], rows: [['["a"]', "[]"]], lines: [7] }, { name: "b" }),
    /^b: line 7: expected 1 labels, one for each token, received 0/,
  ],
  [
    "an empty cell",
    () => sentencesOf({ columns: ["token", "label", "group"], rows: [["a", "", "1"]], lines: [2] }, { name: "b" }),
    /^b: line 2: expected a label, received an empty cell/,
  ],
  [
    "a column that is not there",
    () => sentencesOf({ columns: ["token", "label", "group"], rows: [], lines: [] }, { name: "b", token: "tokn" }),
    /Did you mean "token"/,
  ],
];
for (const [name, work, message] of errors)
  test(`${name} is an error that names file and line`, () => {
    expect(work).toThrow(message);
  });

test("labels that break IOB, and those in one sentence only, are said", () => {
  const { notes } = parseSentences("a I-x\nb O\n\nc B-x\nd O\n\n");
  expect(notes).toEqual([
    "1 label I- without a B- before (first: parseSentences: line 1, I-x): each begins an entity, as in conlleval",
    "2 labels in one sentence only (I-x, B-x): trained on, never validated",
  ]);
});

test("rows that do not fit are refused by their number", async () => {
  const tagger = sequenceTagger(small);
  await expect(tagger.fit([{ tokens: ["a"], labels: [] }])).rejects.toThrow(
    "expected a label for each of 1 token in row 0, received 0 labels",
  );
  await expect(tagger.predict(["a"])).rejects.toThrow("a trained task");
  expect(() => sequenceTagger({ unit: 3 } as never)).toThrow('Did you mean "units"?');
});
