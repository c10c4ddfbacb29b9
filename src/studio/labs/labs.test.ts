import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createEngine, type Tell, type TrainLab, trainLabs } from "../index.ts";
import { KeptWeights } from "../kept-weights.ts";
import { readDropped } from "./dropped.ts";
import { plainSentences } from "./made-up-reviews.ts";

/** An engine, and its last answer to each question. */
function asking() {
  const told = new Map<number, Tell>();
  const engine = createEngine((message) => void told.set(message.id, message));
  let id = 0;
  return async (message: object): Promise<Tell> => {
    const own = ++id;
    await engine.ask({ id: own, ...message });
    return told.get(own)!;
  };
}
type Asking = ReturnType<typeof asking>;
const bytes = (text: string) => new TextEncoder().encode(text);
const usual = { cell: "lstm", units: 5, rate: 0.01, steps: 4, seed: 3, dropout: 0, paused: false };

async function train(ask: Asking, given: object) {
  const told = await ask({ ask: "train", ...usual, ...given });
  if (told.tell !== "done" || !told.training) throw new Error(JSON.stringify(told));
  return told.training;
}
async function traced(ask: Asking, input: string) {
  const told = await ask({ ask: "trace", input, clamp: null, replace: null });
  if (told.tell !== "traced") throw new Error(JSON.stringify(told));
  return told.trace;
}

const text = bytes("the gate keeps the memory\nthe gate clears the memory\nso the cell remembers\n");
const dialogues = bytes("how are you ? __eou__ i am fine . __eou__\nwhere is he ? __eou__ at home . __eou__\n");
const reviews = bytes(
  plainSentences(20, 1)
    .map(([words, label]) => JSON.stringify({ text: words, label: Number(label === "positive") }))
    .join("\n"),
);
/** As Google's stock and Beijing's air come: dates, a count, numbers with a gap. */
const prices = bytes(
  `No,year,Date,Open,Close\n${Array.from({ length: 300 }, (_, t) => `${t + 1},2012,1/${1 + (t % 28)}/2012,${t === 7 ? "NA" : 320 + (t % 9)},1`).join("\n")}\n`,
);
const data: Partial<Record<TrainLab, [name: string, bytes: Uint8Array]>> = {
  text: ["a.txt", text],
  dialogues: ["dialogues_train.txt", dialogues],
  imdb: ["aclImdb_train.jsonl.gz", gzipSync(reviews)],
  series: ["prices.csv", prices],
};

test.each(trainLabs.map((lab) => [lab]))("%s trains, and its example is read by what it trained", async (lab) => {
  const ask = asking();
  const [name, given] = data[lab] ?? [];
  if (name) expect(await ask({ ask: "data", name, bytes: given })).toMatchObject({ tell: "data" });
  const { step, loss, validation, kept, epochSteps } = await train(ask, { lab });
  expect(step).toBe(4);
  expect([...loss].every(Number.isFinite)).toBe(true);
  expect([0, loss.length]).toContain(validation.length);
  expect(kept[0]).toBe(0);
  expect(epochSteps).toBeGreaterThan(0);
  if (lab === "attention") return; // it has no cell
  const examples: Partial<Record<TrainLab, string>> = {
    "pass-fail": "1 1 1",
    "next-value": "5 6 7",
    "five-sentences": "this lab is boring",
    "four-lines": "hello how is",
    recall: Array.from({ length: 22 }, () => "1").join(" "),
    adding: "0.5 1; 0.25 1",
    airline: "112 118 132",
    series: "322 323 324 325",
    text: "the gate",
    dialogues: "how are",
  };
  const { cells, outputs } = await traced(ask, examples[lab] ?? "the film was boring");
  expect(cells[0].units).toBe(5);
  expect(outputs.labels.length + (outputs.words?.length ?? 0)).toBeGreaterThan(0);
});

test("a model trained on words is saved with them: the file opens as a task", async () => {
  const ask = asking();
  await train(ask, { lab: "four-lines" });
  const saved = await ask({ ask: "save" });
  if (saved.tell !== "done") throw new Error();
  const opened = await ask({ ask: "open", name: "four.keras", bytes: saved.bytes! });
  expect(opened).toMatchObject({ about: { task: "languageModel", writes: true, example: "hello how is" } });
});

test("going back to an epoch gives the network of that epoch bit for bit, and training goes on from it as before", async () => {
  const ask = asking();
  const look = async () => (await traced(ask, "hello how is")).cells[0].values.h;
  await train(ask, { lab: "four-lines", steps: 4 });
  const after4 = await look();
  const { kept } = await train(ask, { lab: "four-lines", steps: 9 });
  expect([...kept]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const after9 = await look();
  const back = await ask({ ask: "rewind", step: 4 });
  expect(back).toMatchObject({ tell: "done", training: { step: 4, state: "done" } });
  expect(await look()).toEqual(after4);
  expect(after4).not.toEqual(after9);

  const running = ask({ ask: "train", ...usual, lab: "four-lines", steps: 9, paused: true });
  for (let n = 0, at = 0; at < 6 && n < 500; n++) {
    await ask({ ask: "step" });
    const told = await ask({ ask: "trace", input: "hello how is", clamp: null, replace: null });
    if (told.tell === "traced") at = told.trace.trainedSteps ?? 0;
  }
  expect(await ask({ ask: "rewind", step: 2 })).toMatchObject({ training: { step: 2, state: "paused" } });
  await ask({ ask: "pause", on: false });
  await running;
  expect(await look()).toEqual(after9);
  expect(await ask({ ask: "rewind", step: 77 })).toMatchObject({
    tell: "failed",
    problem: expect.stringContaining("one of the steps that are kept: 0, 1, 2"),
  });
});

test("kept networks stay within 200 and 64 MB: the older ones ever farther apart, the beginning always there", () => {
  const model = (size: number) => ({ snapshot: () => new Uint8Array(size) }) as never;
  const small = new KeptWeights();
  for (let epoch = 0; epoch <= 1000; epoch++) small.keep(model(10), epoch * 3, epoch);
  expect(small.steps.length).toBeLessThanOrEqual(200);
  expect(small.steps.length).toBeGreaterThan(90);
  expect(small.steps[0]).toBe(0);
  expect(small.at(small.steps[5])).toHaveLength(10);
  expect(small.at(1)).toBeNull();
  const large = new KeptWeights();
  for (let epoch = 0; epoch <= 100; epoch++) large.keep(model(5 * 2 ** 20), epoch, epoch);
  expect(large.bytes).toBeLessThanOrEqual(64 * 2 ** 20);
  expect(large.steps.length).toBeGreaterThan(4);
});

test("a data file is read by its contents, and refused with the line that is wrong", async () => {
  const about = async (name: string, contents: string | Uint8Array) =>
    (await readDropped(name, typeof contents === "string" ? bytes(contents) : contents)).about;
  expect(await about("a.txt", "one two\n\nthree four\n")).toMatchObject({ kind: "text", rows: 2 });
  expect(await about("d.txt", dialogues)).toMatchObject({ kind: "dialogues", rows: 4 });
  expect(await about("r.csv", 'review,sentiment\n"Good, <br />fine",positive\nbad,negative\n')).toMatchObject({
    kind: "reviews",
    rows: 2,
  });
  expect(await about("p.csv", prices)).toEqual({ kind: "series", name: "p.csv", rows: 300, column: "Open" });
  await expect(about("r.jsonl", '{"text":"a","label":1}\n{"text":7}\n')).rejects.toThrow("r.jsonl, line 2");
  await expect(about("r.jsonl", '{"text":"a","label":1}\n{"text":"b","label":"x"}\n')).rejects.toThrow("a class: 1 or");
  await expect(about("r.jsonl", '{"text":"a","label":1}\n')).rejects.toThrow("one class alone");
  await expect(about("r.csv", "a,b\n1,2\n")).rejects.toThrow("columns of text");
  await expect(about("e.txt", " \n")).rejects.toThrow("lines of text");
  await expect(about("imdb.npz", Uint8Array.of(80, 75, 3, 4, 0, 0))).rejects.toThrow("a text file");
  await expect(about("r.jsonl.gz", gzipSync(reviews).subarray(0, 60))).rejects.toThrow("this gzip file is damaged");
  const ask = asking();
  expect(await ask({ ask: "train", ...usual, lab: "dialogues" })).toMatchObject({
    tell: "failed",
    problem: expect.stringContaining("Drop the file first"),
  });
});

test("zeros that are masked change nothing, zeros that are read do; attention adds up to 1", async () => {
  const ask = asking();
  await train(ask, { lab: "five-sentences" });
  const told = await ask({ ask: "padding", input: "this lab is boring", zeros: 12, after: true });
  if (told.tell !== "padded") throw new Error(JSON.stringify(told));
  const { without, masked, unmasked } = told.padded;
  expect(masked[1]).toBeCloseTo(without[1], 5);
  expect(Math.abs(unmasked[1] - without[1])).toBeGreaterThan(1e-4);
  await train(ask, { lab: "adding" });
  expect(await ask({ ask: "padding", input: "1 1; 2 1", zeros: 2, after: true })).toMatchObject({ tell: "failed" });

  await train(ask, { lab: "attention" });
  const row = Array.from({ length: 50 }, (_, t) => `0.5 ${Number(t === 3 || t === 40)}`).join("; ");
  const seen = await ask({ ask: "attention", input: row, replace: null });
  if (seen.tell !== "attended") throw new Error(JSON.stringify(seen));
  const { weights } = seen.attention.layers[0];
  expect(weights).toHaveLength(50);
  expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
});

test("a series is compared with the value before it, its gap is filled, and without a table it is refused in words", async () => {
  const read = await readDropped("p.csv", prices);
  expect(read.series!.values.slice(5, 9)).toEqual([325, 326, 326, 328]);
  const ask = asking();
  await ask({ ask: "data", name: "p.csv", bytes: prices });
  const { baseline, validation } = await train(ask, { lab: "series", steps: 60, units: 8 });
  const tail = Array.from({ length: 61 }, (_, k) => 320 + ((239 + k) % 9));
  const scaled = tail.map((v) => (v - 320) / 8);
  const naive = scaled.slice(1).reduce((sum, v, k) => sum + (v - scaled[k]) ** 2, 0) / 60;
  expect(baseline.loss).toBeCloseTo(naive, 3);
  expect(validation.at(-1)).toBeLessThan(validation[0]);
  const without = asking();
  expect(await without({ ask: "train", ...usual, lab: "series" })).toMatchObject({
    tell: "failed",
    problem: expect.stringContaining("expected a table of numbers, received no data"),
  });
});
