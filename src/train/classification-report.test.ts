import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CellstateError } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { classificationReport } from "./classification-report.ts";
import { confusionMatrix } from "./confusion-matrix.ts";

describe("a confusion matrix", () => {
  test("counts truth by row and prediction by column", () => {
    expect(confusionMatrix([2, 0, 2, 2, 0, 1], [0, 0, 2, 2, 0, 2]).counts).toEqual([
      [2, 0, 0],
      [0, 0, 1],
      [1, 0, 2],
    ]);
  });

  test("takes what models predict, one-hot rows, and names", () => {
    const wanted = [
      [1, 1],
      [0, 2],
    ];
    expect(confusionMatrix([0, 0, 1, 1], [[0.2], [0.7], [0.9], [0.51]]).counts).toEqual(wanted);
    expect(confusionMatrix([0, 0, 1, 1], new NdArray(Float32Array.of(0.2, 0.7, 0.9, 0.51), [4, 1])).counts).toEqual(
      wanted,
    );
    expect(
      confusionMatrix(
        [
          [1, 0],
          [1, 0],
          [0, 1],
          [0, 1],
        ],
        [
          [0.8, 0.2],
          [0.3, 0.7],
          [0.1, 0.9],
          [0.4, 0.6],
        ],
      ).counts,
    ).toEqual(wanted);
    expect(confusionMatrix(["no", "no", "yes", "yes"], ["no", "yes", "yes", "yes"]).counts).toEqual(wanted);
    expect(confusionMatrix([0, 1], [0.5, 0.5]).counts).toEqual([
      [1, 0],
      [1, 0],
    ]); // ½ itself is a no
  });

  test("keeps classes that never come", () => {
    expect(confusionMatrix([0, 0], [0, 0]).counts).toEqual([
      [2, 0],
      [0, 0],
    ]);
    expect(confusionMatrix([1], [[0.1, 0.2, 0.7]]).counts).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 0],
    ]);
    expect(confusionMatrix(["b"], ["b"], { labels: ["a", "b", "c"] }).counts[1]).toEqual([0, 1, 0]);
  });

  test("is a table to read", () => {
    expect(String(confusionMatrix([0, 1, 1], [0, 1, 0], { labels: ["cat", "elephant"] }))).toBe(
      ["true \\ predicted  cat  elephant", "             cat    1         0", "        elephant    1         1"].join(
        "\n",
      ),
    );
  });
});

describe("a classification report", () => {
  const truth = [0, 1, 2, 2, 2];
  const said = [0, 0, 2, 2, 1];
  const report = classificationReport(truth, said, { labels: ["class 0", "class 1", "class 2"] });

  test("gives precision, recall, F1 and support of each class", () => {
    expect(report.classes[0]).toEqual({ label: "class 0", precision: 0.5, recall: 1, f1: 2 / 3, support: 1 });
    expect(report.classes[1]).toEqual({ label: "class 1", precision: 0, recall: 0, f1: 0, support: 1 });
    expect(report.classes[2]).toEqual({ label: "class 2", precision: 1, recall: 2 / 3, f1: 0.8, support: 3 });
  });

  test("gives the means over classes and over rows, and the fraction of the most common class", () => {
    expect(report.accuracy).toBe(0.6);
    expect(report.macro.precision).toBeCloseTo(0.5, 12);
    expect(report.macro.f1).toBeCloseTo((2 / 3 + 0.8) / 3, 12);
    expect(report.weighted.precision).toBeCloseTo((0.5 + 0 + 3) / 5, 12);
    expect(report.weighted.recall).toBeCloseTo(0.6, 12);
    expect(report.baseline).toEqual({ label: "class 2", accuracy: 0.6 });
  });

  test("is a table to read", () => {
    expect(String(report)).toBe(
      [
        "                  precision  recall  f1-score  support",
        "         class 0      0.500   1.000     0.667        1",
        "         class 1      0.000   0.000     0.000        1",
        "         class 2      1.000   0.667     0.800        3",
        "",
        "        accuracy                        0.600        5",
        "   macro average      0.500   0.556     0.489        5",
        "weighted average      0.700   0.600     0.613        5",
        'always "class 2"                        0.600        5',
      ].join("\n"),
    );
  });

  test("adds up, whatever the answers", () => {
    const answer = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(answer, answer), { minLength: 1, maxLength: 40 }), (pairs) => {
        const r = classificationReport(
          pairs.map(([t]) => t),
          pairs.map(([, p]) => p),
        );
        expect(r.classes.reduce((n, c) => n + c.support, 0)).toBe(pairs.length);
        expect(r.accuracy).toBeCloseTo(pairs.filter(([t, p]) => t === p).length / pairs.length, 12);
        expect(r.weighted.recall).toBeCloseTo(r.accuracy, 12); // recall weighted by support is accuracy
        expect(r.confusion.counts.flat().reduce((a, b) => a + b)).toBe(pairs.length);
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

test.each<[what: string, make: () => unknown, says: RegExp]>([
  ["no answers", () => confusionMatrix([], []), /at least one answer, received none/],
  [
    "answers of different number",
    () => confusionMatrix([0, 1], [0]),
    /as many predictions as answers \(2\), received 1/,
  ],
  [
    "a class without label",
    () => confusionMatrix([0, 2], [0, 0], { labels: ["a", "b"] }),
    /yTrue: expected one of 2 classes, received 2 in row 1/,
  ],
  [
    "an unknown name",
    () => confusionMatrix(["cat"], ["cta"], { labels: ["cat", "dog"] }),
    /yPred.*received cta in row 0.*\n.*Did you mean "cat"/,
  ],
  ["a negative class", () => confusionMatrix([0, -1], [0, 0]), /0 or more, received -1 in row 1/],
  ["NaN", () => confusionMatrix([0, 1], [0, Number.NaN]), /finite numbers, received NaN in row 1/],
  [
    "a score that is no probability",
    () => confusionMatrix([0, 1], [0.5, 7]),
    /probabilities from 0 to 1, received 7 in row 1/,
  ],
  ["a cube", () => confusionMatrix([0], [[[1]]]), /\[N\], \[N, 1\] or \[N, classes\], received \[1, 1, 1\]/],
  ["names and numbers", () => confusionMatrix(["a", 1] as never, ["a", "a"]), /names all through, received 1 in row 1/],
  ["the same label twice", () => classificationReport([0, 1], [0, 1], { labels: ["a", "a"] }), /"a" twice/],
  ["a class number beyond reason", () => confusionMatrix([0, 1e9], [0, 1]), /below 100,000, received 1000000000/],
])("%s is refused", (_, make, says) => {
  expect(make).toThrow(CellstateError);
  expect(make).toThrow(says);
});

test("numbers that neither come nor are said have no part in the macro average, named classes have", () => {
  // scikit-learn's classification_report(zero_division=0)
  expect(classificationReport([0, 2], [0, 2]).macro.f1).toBe(1);
  expect(classificationReport([0, 0], [0, 0]).macro.f1).toBe(1);
  expect(classificationReport([0, 2, 2], [0, 2, 4]).macro.f1).toBeCloseTo((1 + 2 / 3) / 3, 12);
  expect(classificationReport([0, 0], [0, 0], { labels: ["a", "b"] }).macro.f1).toBe(0.5);
});
