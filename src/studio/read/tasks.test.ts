import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  anomalyDetector,
  forecaster,
  globalForecaster,
  languageModel,
  type NdArray,
  sequenceClassifier,
  textClassifier,
} from "../../index.ts";
import { sequenceTagger } from "../../tagging/index.ts";
import { partsOf } from "../explain-input.ts";
import { type OpenModel, openFile } from "../open-model.ts";
import { traceInput } from "../trace-input.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-studio-tasks-"));
afterAll(() => rmSync(folder, { recursive: true }));
let saved = 0;
/** A task as the studio opens its file. */
async function openTask(task: { save(path: string): Promise<void> }): Promise<OpenModel> {
  const path = join(folder, `${saved++}.keras`);
  await task.save(path);
  expect(existsSync(path)).toBe(true);
  return openFile("task.keras", new Uint8Array(readFileSync(path)), "");
}
const changes = { clamp: null, replace: null };
const quick = { epochs: 1, validationSplit: 0, verbose: 0 } as const;
const texts = ["a good film", "a bad film", "good fun", "bad acting", "such a good end", "a bad bad end"];
const labels = ["good", "bad", "good", "bad", "good", "bad"];

test("a text classifier with pairs of words: steps are its words, and the prediction after each is that of the task", async () => {
  const task = textClassifier({ units: 4, embedding: 4, pairs: 64, length: 6 });
  await task.fit(texts, labels, quick);
  expect(task.model.inputs).toHaveLength(2);
  const open = await openTask(task);
  const traced = await traceInput(open, "a good bad film", changes);
  expect(traced.steps.map(({ text }) => text)).toEqual(["a", "good", "bad", "film"]);
  const prefixes = ["a", "a good", "a good bad", "a good bad film"];
  const wanted = (await task.predict(prefixes)).map(({ probabilities }) => probabilities);
  const names = traced.outputs.labels;
  for (const [t, p] of wanted.entries())
    for (const [k, name] of names.entries())
      expect(traced.outputs.values[t * names.length + k]).toBeCloseTo(p[name], 5);
  expect(traced.others.map(({ shape }) => shape[0])).toEqual([1]);
  expect(traced.note).toBe(
    "It also has a bag of words and pairs: that part is in its answer, not in gates and parts of words.",
  );
  const { cells } = traced;
  expect(cells.every(({ values }) => values.h.length === 4 * cells[0].units)).toBe(true);
});

test("a classifier that keeps the start of a text reads its first words, and says so", async () => {
  const task = textClassifier({
    units: 3,
    embedding: 3,
    pairs: 0,
    length: 3,
    keep: "start",
    bidirectional: false,
    pooling: "last",
  });
  await task.fit(texts, labels, quick);
  const traced = await traceInput(await openTask(task), "such a good bad end", changes);
  expect(traced.steps.map(({ text }) => text)).toEqual(["such", "a", "good"]);
  expect(traced.note).toContain("The first 3 of 5 words are read");
  const [{ probabilities }] = await task.predict(["such a good bad end"]);
  const { values, labels: names } = traced.outputs;
  expect(values.at(-1)).toBeCloseTo(probabilities[names[names.length - 1]], 5);
});

test("a language model: the most probable next word after each step is the task's", async () => {
  const task = languageModel({ units: [6], embedding: 4 });
  await task.fit(["the cell keeps the state", "the gate opens the cell"], quick);
  const traced = await traceInput(await openTask(task), "the cell keeps", changes);
  const [best] = await task.predict("the cell keeps", { top: 1 });
  const last = traced.outputs.words!.at(-1)!;
  expect(last.find(({ token }) => token === best.token)!.probability).toBeCloseTo(best.probability, 4);
});

test("a classifier of sequences reads rows of numbers, scaled and padded by itself", async () => {
  const task = sequenceClassifier({ units: 4, length: 5 });
  const rows = Array.from({ length: 8 }, (_, k) => Array.from({ length: 3 + (k % 3) }, (_, t) => [k + t, k * t]));
  await task.fit(
    rows,
    rows.map((_, k) => (k % 2 === 0 ? "even" : "odd")),
    quick,
  );
  const open = await openTask(task);
  expect(open.about).toMatchObject({ input: "numbers", features: 2, task: "sequenceClassifier", madeUp: true });
  const sequence = [[1, 2], [3, 4], [5, 1]]; // biome-ignore format: one line
  const traced = await traceInput(open, "1 2; 3 4; 5 1", changes);
  expect(traced.steps.map(({ text }) => text)).toEqual(["1 2", "3 4", "5 1"]);
  const prefixes = [1, 2, 3].map((end) => sequence.slice(0, end));
  const wanted = await task.predict(prefixes);
  const { labels: names, values } = traced.outputs;
  for (const [t, { probabilities }] of wanted.entries())
    for (const [k, name] of names.entries()) expect(values[t * names.length + k]).toBeCloseTo(probabilities[name], 5);
  await traceInput(open, open.about.example, changes);
  const instead = await traceInput(open, "1 2; 3 4; 5 1", { clamp: null, replace: { step: 1, by: "9 9" } });
  const typed = await traceInput(open, "1 2; 9 9; 5 1", changes);
  expect(instead.outputs.values).toEqual(typed.outputs.values);
  await expect(traceInput(open, "1 2; 3", changes)).rejects.toThrow("step 2: expected 2 numbers");
});

test("a forecaster reads a series row by row, by its titles and with its dates, and gives the task's forecast", async () => {
  const months = Array.from(
    { length: 48 },
    (_, k) => `${2020 + Math.floor(k / 12)}-${String((k % 12) + 1).padStart(2, "0")}-01`,
  );
  const sales = months.map((_, t) => 50 + 10 * Math.sin((t / 6) * Math.PI));
  for (const differences of ["none", "auto"] as const) {
    const task = forecaster({
      method: "network",
      window: 6,
      horizon: 2,
      units: 4,
      season: 12,
      columns: ["sales"],
      differences: differences === "none" ? [] : [1],
    });
    await task.fit(
      sales.map((v) => [v]),
      { ...quick, dates: months },
    );
    const open = await openTask(task);
    expect(open.about).toMatchObject({ input: "numbers", columns: ["sales"], features: 1 });
    const table = `month,price,sales\n${months.map((date, t) => `${date},7,${sales[t]}`).join("\n")}`;
    const traced = await traceInput(open, table, changes);
    expect(traced.steps.map(({ text }) => text)).toEqual(months.slice(-6));
    const { values, dates } = await task.predict(
      sales.map((v) => [v]),
      { dates: months },
    );
    expect(dates).not.toBeNull();
    expect(traced.answer).toContain(`${dates![0]}: ${Number(values.at(0, 0).toPrecision(4))}`);
    expect(traced.given.values).toEqual(Float32Array.from((task.modelInput(sales.map((v) => [v])).x as NdArray).data));
    if (differences === "none" && traced.outputs.labels[0].includes("a step ahead"))
      expect(traced.outputs.values.at(-1)).toBeCloseTo(values.at(0, 0), 3);
    await traceInput(open, open.about.example, changes);
    await expect(traceInput(open, "1 2 3", changes)).rejects.toThrow("rows");
  }
});

test("a forecaster without a network says that there are no gates", async () => {
  const task = forecaster({ method: "naive", horizon: 2 });
  await task.fit(
    Array.from({ length: 30 }, (_, t) => t % 5),
    quick,
  );
  const open = await openTask(task);
  expect(open.about.refusal).toMatch(/naive.*without a network|no recurrent layer/);
});

test("a tagger: its tokens, a label for each, unknown words among them, and the parts of the last token's score", async () => {
  const cities = ["boston", "denver", "dallas"];
  const sentences = cities.flatMap((a) =>
    cities.map((b) => ({ tokens: ["from", a, "to", b], labels: ["O", "B-from", "O", "B-to"] })),
  );
  const task = sequenceTagger({ units: 4, embedding: 4, charUnits: 2, charEmbedding: 2, seed: 1 });
  await task.fit(sentences, { epochs: 1, verbose: 0 });
  const open = await openTask(task);
  const traced = await traceInput(open, "from boston to zebra", changes);
  expect(traced.steps.map(({ known }) => known)).toEqual([true, true, true, false]);
  const [{ labels: found }] = await task.predict(["from boston to zebra"]);
  expect(traced.answer).toBe(["from", "boston", "to", "zebra"].map((token, k) => `${token}/${found[k]}`).join(" "));
  const [scores] = [await task.model.predict(task.modelInput("from boston to zebra").x)].flat() as NdArray[];
  expect(traced.outputs.at).toBe("each");
  expect(traced.outputs.values[2 * task.labels.length + 1]).toBeCloseTo(scores.at(0, 2, 1), 5);
  const given = { input: "from boston to zebra", replace: null, target: 1 };
  const { integrated, score } = await partsOf(open, { ...given, baseline: "zeros" });
  expect(integrated).toHaveLength(4);
  expect(score).toBeCloseTo(scores.at(0, 3, 1), 5); // of the last token, not of the padding behind it
  const replaced = await traceInput(open, "from boston to zebra", { clamp: null, replace: { step: 3, by: "dallas" } });
  expect(replaced.steps[3]).toEqual({ text: "dallas", known: true });
});

test.each(["forecast", "autoencoder"] as const)(
  "an anomaly detector by %s: the window, and the last row's score",
  async (method) => {
    const date = (t: number) => new Date(Date.UTC(2024, 0, 1, t)).toISOString().slice(0, 16);
    const values = Array.from(
      { length: 400 },
      (_, t) => 50 + 20 * Math.sin((2 * Math.PI * t) / 24) + ((t * t * 37) % 11),
    );
    const dates = values.map((_, t) => date(t));
    const task = anomalyDetector({ method, window: 6, units: 3, seed: 1 });
    await task.fit(values.slice(0, 360), { dates: dates.slice(0, 360), epochs: 1, verbose: 0 });
    const open = await openTask(task);
    expect((await traceInput(open, open.about.example, changes)).steps).toHaveLength(6);
    const rows = values.map((v, t) => `${dates[t]} ${v}`).join("\n");
    const traced = await traceInput(open, rows, changes);
    const { scores, threshold } = await task.detect(values, { dates });
    expect(traced.answer).toContain(`score ${scores[399].toFixed(2)}`);
    expect(traced.answer).toContain(`the threshold is ${threshold.toFixed(2)}`);
    const end = method === "forecast" ? 399 : 400;
    expect(traced.steps.map(({ text }) => text)).toEqual(dates.slice(end - 6, end));
    const { x } = await task.modelInput(values, { dates });
    expect(traced.given.values).toEqual(Float32Array.from((x as NdArray).data));
    await expect(traceInput(open, rows.split("\n").slice(0, 3).join("\n"), changes)).rejects.toThrow(
      /expected at least/,
    );
  },
);

test("a forecaster of many series reads one of them; with columns beside the values it says that it cannot", async () => {
  const wave = (k: number) => Array.from({ length: 40 }, (_, t) => 20 + 5 * k + (t % 7));
  const some = ["north", "south"].map((id, k) => ({ id, values: wave(k) }));
  const size = { units: 4, season: 7, horizon: 3, seed: 1 };
  const task = globalForecaster(size);
  await task.fit(some, { epochs: 1, batchSize: 16, verbose: 0 });
  const open = await openTask(task);
  expect((await traceInput(open, open.about.example, changes)).cells.length).toBeGreaterThan(0);
  const traced = await traceInput(open, wave(1).join(" "), changes);
  const [{ values }] = await task.predict([{ values: wave(1) }]);
  expect(traced.answer).toBe(`Forecast: ${Array.from(values, (v) => Number(v.toPrecision(4))).join(", ")}.`);
  expect(traced.steps.at(-1)!.text).toBe(String(wave(1).at(-1)));
  const beside = globalForecaster(size);
  const past = Array.from({ length: 40 }, (_, t) => t % 5);
  await beside.fit(
    some.map((one) => ({ ...one, past: { promo: past } })),
    { epochs: 1, batchSize: 16, verbose: 0 },
  );
  expect((await openTask(beside)).about.refusal).toContain("columns beside each series' values");
});
