import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wordWeights } from "./linear-words.ts";
import { loadTextClassifier, textClassifier } from "./text-classifier.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-linear-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lists = [[1, 2, 5], [1, 3], [2, 4], [2, 3, 5], [4], [1, 4, 5], [3], [2, 5]];
const ids = [0, 0, 1, 1, 1, 0, 0, 1];

// scikit-learn 1.9.1: LogisticRegression(C=0.3, solver="liblinear", dual=True, tol=1e-12) of 0 and 1 times the log-count ratios, weights
// times these; the second with sample_weight 2 and 0.5
test.each([
  [undefined, [0, -0.59205037, 0.16415415, -0.01389824, 0.03730684, 0.00019037], 0.04791646],
  [{ 0: 2, 1: 0.5 }, [0, -0.77074155, 0.06072314, -0.03308077, 0.00563965, -0.00071832], -0.34589173],
])("weights are those of scikit-learn's logistic regression, class weights %j", async (classes, expected, bias) => {
  const found = await wordWeights(lists, ids, 6, classes);
  for (const [k, weight] of expected.entries()) expect(Math.abs(found.weights[k] - weight)).toBeLessThan(1e-3); // it ends when no part moves by 0.1 %
  expect(Math.abs(found.bias - bias)).toBeLessThan(1e-3);
});

const rows = Array.from({ length: 60 }, (_, i) => ({
  text: `${"the film ".repeat(1 + (i % 3))}${i % 2 ? "was good" : "was not good"} w${i % 7}`,
  label: i % 2 ? "yes" : "no",
}));
const small = { units: 2, embedding: 4, pairs: 64, embeddingDropout: 0, backend: "js", linear: true } as const;

test("the log-odds are a mean of the network's and those of words and pairs, kept in the file", async () => {
  const task = textClassifier(small);
  const history = await task.fit(rows, { epochs: 2, verbose: 0, validationSplit: 0 });
  const { linear: _, ...without } = small;
  const network = textClassifier(without);
  await network.fit(rows, { epochs: 2, verbose: 0, validationSplit: 0 });
  expect(task.model.inputs!.map(({ name }) => name).slice(1)).toEqual(["pairs", "linear"]);
  const odds = ({ probabilities }: { probabilities: Readonly<Record<string, number>> }) =>
    Math.log(probabilities.yes / probabilities.no);
  const asked = ["the film was good w1", "the film was not good w2"];
  const [both, alone] = [await task.predict(asked), await network.predict(asked)];
  expect(odds(both[0])).toBeGreaterThan(odds(alone[0]) + 0.5); // two epochs teach the network little, the words at once
  expect(odds(both[1])).toBeLessThan(odds(alone[1]) - 0.5);
  expect(history.history.loss).toHaveLength(2);
  const path = join(folder, "linear.keras");
  await task.save(path);
  const opened = await loadTextClassifier(path, { backend: "js" });
  expect(await opened.predict(asked)).toEqual(both);
  await opened.fit(rows, { epochs: 1, verbose: 0, continue: true });
  expect((await opened.evaluate(rows)).accuracy).toBe(1);
});

test("a softmax of two classes says the same of words and pairs; more classes are refused", async () => {
  const task = textClassifier({ ...small, output: "softmax" });
  await task.fit(rows, { epochs: 1, verbose: 0, classWeight: "balanced" });
  expect((await task.evaluate(rows)).accuracy).toBe(1);
  const three = rows.map(({ text }, i) => ({ text, label: `${i % 3}` }));
  await expect(textClassifier(small).fit(three, { verbose: 0 })).rejects.toThrow(
    /two classes, and pairs, beside linear, received 3 classes/,
  );
  await expect(textClassifier({ ...small, pairs: 0 }).fit(rows, { verbose: 0 })).rejects.toThrow(/received no pairs/);
});
