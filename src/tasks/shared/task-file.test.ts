import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FormatError, ShapeError } from "../../errors.ts";
import { loadModel } from "../../formats/load-model.ts";
import { loadTextClassifier, textClassifier } from "../classify/text-classifier.ts";
import { forecaster, loadForecaster } from "../forecast/forecaster.ts";
import { loadTask } from "../load-task.ts";
import { taskOf } from "./task-file.ts";

const place = "cellstate/task.json";
let folder = "";
let text = "";
let series = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-task-file-"));
  [text, series] = ["text", "series"].map((name) => join(folder, `${name}.keras`));
  const classifier = textClassifier({ units: 1, embedding: 1 });
  await classifier.fit(["a", "b", "a", "b"], [0, 1, 0, 1], { epochs: 1, verbose: 0 });
  await classifier.save(text);
  const numbers = Array.from({ length: 30 }, (_, t) => t + Math.sin(t));
  const task = forecaster({ units: 1, window: 3, season: 1 });
  await task.fit(numbers, { epochs: 1, verbose: 0 });
  await task.save(series);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The bytes of a file whose task data were changed: a text in their place, or other members. */
async function changed(path: string, change: string | Record<string, unknown>): Promise<Uint8Array> {
  const model = await loadModel(path);
  const data = JSON.parse(new TextDecoder().decode(model.assets.get(place)));
  const json = typeof change === "string" ? change : JSON.stringify({ ...data, ...change });
  const assets = new Map(model.assets).set(place, new TextEncoder().encode(json));
  const to = join(folder, "changed.keras");
  await model.save(to, { assets });
  return readFileSync(to);
}

const damaged: [name: string, change: string | Record<string, unknown>, words: RegExp][] = [
  ["cut JSON", '{"task":', /JSON/],
  ["a list", "[1]", /other JSON/],
  ["a newer version", { version: 3 }, /version 2, received 3\.\n.*update this one/],
  ["an earlier version", { version: 1 }, /version 2, received 1\.\n.*train again and save/],
  ["no task", { task: null }, /received one of null/],
  ["a length that is text", { length: "5" }, /length: expected a length/],
  ["a huge length", { length: 1e12 }, /length/],
  ["labels that are none", { labels: [null] }, /labels: expected a list of labels/],
];
for (const [name, change, words] of damaged) {
  test(`a text classifier's file with ${name} is refused by name`, async () => {
    const bytes = await changed(text, change);
    await expect(loadTextClassifier(bytes)).rejects.toThrow(FormatError);
    await expect(loadTextClassifier(bytes)).rejects.toThrow(words);
  });
}

test("labels of another number than the model's outputs are refused", async () => {
  await expect(changed(text, { labels: [0, 1, 2] }).then(loadTextClassifier)).rejects.toThrow(ShapeError);
});

for (const [name, change, words] of [
  ["a target that is no column", { targets: [3] }, /targets/],
  ["an unknown strategy", { strategy: "both" }, /strategy: expected one of direct, recursive/],
  ["a scale that is text", { scales: ["1"] }, /scales/],
  ["a scaler without its scale", { inputs: { kind: "standard", center: [0], scale: [0] } }, /scale/],
  ["differences below zero", { differences: [-1] }, /differences/],
  ["a report that is a number", { report: 3 }, /report/],
] as [string, Record<string, unknown>, RegExp][]) {
  test(`a forecaster's file with ${name} is refused by name`, async () => {
    const bytes = await changed(series, change);
    await expect(loadForecaster(bytes)).rejects.toThrow(FormatError);
    await expect(loadForecaster(bytes)).rejects.toThrow(words);
  });
}

test("a loaded model tells its task; a file goes round unchanged in what it keeps", async () => {
  expect(taskOf(await loadModel(text))).toBe("textClassifier");
  expect(taskOf(await loadModel(series))).toBe("forecaster");
  expect(taskOf({ assets: new Map() })).toBe(null);
  const again = join(folder, "again.keras");
  await (await loadForecaster(series)).save(again);
  const kept = async (path: string) => JSON.parse(new TextDecoder().decode((await loadModel(path)).assets.get(place)));
  expect(await kept(again)).toEqual(await kept(series));
});

test("loadTask opens any task as what it is, from a path, bytes or a model, and refuses a model alone", async () => {
  const classifier = await loadTask(text);
  expect(classifier.kind).toBe("textClassifier");
  if (classifier.kind === "textClassifier")
    expect((await classifier.task.predict(["a"]))[0].label).toBeTypeOf("number");
  const { kind, task } = await loadTask(readFileSync(series));
  expect([kind, task.constructor.name]).toEqual(["forecaster", "Forecaster"]);
  const model = await loadModel(series);
  expect((await loadTask(model)).task.model).toBe(model);
  const alone = join(folder, "alone.keras");
  await model.save(alone, { assets: new Map() });
  await expect(loadTask(alone)).rejects.toThrow(/alone\.keras: this file has layers and weights only/);
  const old = join(folder, "old.keras");
  writeFileSync(old, await changed(text, { version: 1 }));
  await expect(loadTask(old)).rejects.toThrow(/old\.keras: expected a task of version 2, received 1/);
  await expect(loadTask(await changed(text, { task: "oracle" }))).rejects.toThrow(
    /textClassifier, .* received "oracle"/,
  );
});
