import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadMultiLabelClassifier, multiLabelClassifier } from "../../multilabel/index.ts";
import { loadTask } from "../load-task.ts";
import { bestThresholds, scored } from "./scores.ts";

const parts = { sport: "a goal in the match", money: "shares and banks fell", rain: "clouds over the hills" };
const names = Object.keys(parts) as (keyof typeof parts)[];
/** Every set of labels, some times over: its texts one after the other. */
const rows = Array.from({ length: 40 }, (_, k) => {
  const labels = names.filter((_, n) => (k >> n) & 1);
  return { text: labels.length === 0 ? "nothing of note" : labels.map((one) => parts[one]).join(" "), labels };
});
const small = { units: 8, embedding: 8, backend: "js" as const };
const path = join(mkdtempSync(join(tmpdir(), "cellstate-sets-")), "sets.keras");

test("any number of labels is learned, kept and given again", async () => {
  const task = multiLabelClassifier(small);
  await task.fit(rows, { epochs: 60, verbose: 0 });
  expect(task.labels).toEqual(["money", "rain", "sport"]);
  const found = await task.evaluate(rows);
  expect(found.exact).toBe(1);
  expect(found.micro.f1).toBe(1);
  const asked = [parts.money, `${parts.sport} ${parts.rain}`, "nothing of note"];
  const answers = await task.predict(asked);
  expect(answers.map(({ labels }) => [...labels].sort())).toEqual([["money"], ["rain", "sport"], []]);
  await task.save(path);
  const opened = await loadMultiLabelClassifier(path, { backend: "js" });
  expect(await opened.predict(asked)).toEqual(answers);
  expect((await loadTask(path)).kind).toBe("multiLabelClassifier");
  const strict = await opened.predict(asked, { thresholds: { money: 0.9999 } });
  expect(strict[0].labels).toEqual([]);
  await expect(opened.predict(asked, { thresholds: { mony: 0.5 } })).rejects.toThrow(/"mony".*money/s);
  await expect(opened.predict(asked, { thresholds: { money: 5 } })).rejects.toThrow(/between 0 and 1 for "money"/);
  await expect(opened.evaluate(rows, { treshold: 0.5 } as never)).rejects.toThrow(/treshold/);
});

test("a threshold of a label there is not is said before training, and a label may have the name of an object's method", async () => {
  const lists = [["toString"], ["toString", "b"], ["b"], []];
  const texts = ["one", "two one", "two", "three"];
  const epochs: number[] = [];
  const callbacks = { onEpochEnd: (epoch: number) => void epochs.push(epoch) };
  const odd = multiLabelClassifier({ ...small, thresholds: { c: 0.5 } });
  await expect(odd.fit(texts, lists, { epochs: 1, verbose: 0, callbacks })).rejects.toThrow(/labels of the model.*"c"/);
  expect(epochs).toEqual([]);
  const task = multiLabelClassifier({ ...small, thresholds: { b: 0.4 } });
  await task.fit(texts, lists, { epochs: 1, verbose: 0, callbacks });
  expect(epochs).toHaveLength(1);
  expect(task.thresholds).toEqual({ b: 0.4, toString: 0.5 });
});

test("validation data take the place of a held-out part, and choose the thresholds", async () => {
  const texts = rows.map(({ text }) => text);
  const sets = rows.map(({ labels }) => labels);
  const task = multiLabelClassifier({ ...small, thresholds: "f1" });
  const validationData = [texts.slice(0, 16), sets.slice(0, 16)] as const;
  const { history } = await task.fit(rows, { epochs: 3, verbose: 0, validationData });
  expect(history.val_loss).toHaveLength(3);
  expect(task.split).toEqual({ training: 40, validation: 16, heldOut: [] });
  await task.fit(rows, { epochs: 1, verbose: 0, validationSplit: 0.25 });
  expect(task.split).toMatchObject({ training: 30, validation: 10 });
  expect(task.split!.heldOut).toHaveLength(10);
  await expect(task.fit(rows, { epochs: 1, verbose: 0, validationData: [["a goal"], [["chess"]]] })).rejects.toThrow(
    /validationData: .*received "chess" in row 0|validationData: .*in row 0, received "chess"/,
  );
});

// scikit-learn 1.9: precision_recall_fscore_support, accuracy_score, hamming_loss, roc_auc_score and average_precision_score (macro)
test("figures are scikit-learn's", () => {
  const y = Float32Array.from([1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1]);
  const p = Float32Array.from([
    0.9, 0.2, 0.4, 0.3, 0.8, 0.1, 0.6, 0.4, 0.2, 0.55, 0.1, 0.3, 0.7, 0.6, 0.2, 0.1, 0.9, 0.7,
  ]);
  const found = scored(y, p, ["a", "b", "c"], [0.5, 0.5, 0.35]);
  const close = (value: number | null, expected: number) => expect(value).toBeCloseTo(expected, 6);
  close(found.micro.precision, 0.7777777777777778);
  close(found.micro.recall, 0.875);
  close(found.micro.f1, 0.8235294117647058);
  close(found.macro.precision, 0.8055555555555555);
  close(found.macro.recall, 0.8888888888888888);
  close(found.macro.f1, 0.8412698412698413);
  close(found.labels[0].f1, 0.8571428571428571);
  close(found.labels[1].precision, 2 / 3);
  close(found.exact, 0.5);
  close(found.hamming, 1 / 6);
  close(found.rocAuc, 0.9629629629629629);
  close(found.prAuc, 0.9722222222222222);
  close(found.loss, 0.38357122638372926);
});

test("a threshold is chosen where F1 is largest, and left at 0.5 for few rows", () => {
  const y = Float32Array.from([1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
  const p = Float32Array.from([0.4, 0.35, 0.3, 0.3, 0.25, 0.2, 0.1, 0.1, 0.1, 0.05]);
  expect(bestThresholds(y, p, 1)[0]).toBeCloseTo(0.225, 6);
  expect(bestThresholds(y.slice(1), p.slice(1), 1)).toEqual([0.5]);
});

describe("what does not fit is said with its row", () => {
  const fit = (given: unknown, labels?: unknown) =>
    multiLabelClassifier(small).fit(given as never, labels as never, { epochs: 1, verbose: 0 });
  for (const [name, work, said] of [
    ["one label in place of a list", () => fit(["a b", "c d"], ["x", ["y"]]), /a list of labels in row 0/],
    [
      "a label of one row",
      () => fit(["a b", "c d", "e"], [["x"], ["x", "y"], []]),
      /two rows of each label in row 1, received one of "y"/,
    ],
    ["no labels at all", () => fit(["a b", "c d"], [[], []]), /at least one label/],
    ["fewer lists than texts", () => fit(["a b", "c d"], [["x"]]), /each of 2 texts, received 1/],
    ["an empty text", () => fit(["a b", " "], [["x"], ["x"]]), /a text in row 1/],
    ["a threshold of 2", async () => multiLabelClassifier({ thresholds: { x: 2 } }), /between 0 and 1 for "x"/],
  ] as const)
    test(name, async () => {
      await expect(async () => work()).rejects.toThrow(said);
    });
});
