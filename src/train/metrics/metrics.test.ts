import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { distinct, ids, runFormula } from "../../../test/conformance/harness.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { CellstateError, ShapeError } from "../../errors.ts";
import { abs, sub } from "../../ops/elementwise.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import * as metrics from "./index.ts";
import type { Metric } from "./metric.ts";
import { distinctNames, type MetricLike, metricOf, sizedMetrics } from "./named.ts";

const f64 = jsBackend({ precision: "f64" });
const floats = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  new NdArray(Float64Array.from(values), shape);
const labels = (values: readonly number[]) => new NdArray(Int32Array.from(values), [values.length]);
/** Distinct probabilities. */
const chances = (shape: number[], salt: number) =>
  floats(
    [...distinct(shape, salt).data].map((v) => 0.5 + 0.49 * v),
    shape,
  );

/** A metric over batches, its sums added up as a step adds them. */
async function measure(
  like: MetricLike,
  batches: [y: NdArray, p: NdArray, w?: NdArray][],
  backend = f64,
): Promise<number> {
  const [metric] = sizedMetrics([metricOf(like)], batches[0][1].shape);
  const sums = new Float64Array(metric.size);
  for (const [y, p, w] of batches) {
    const inputs = { y, p, ...(w ? { w } : {}) };
    const { outputs } = await runFormula(backend, { inputs, outputs: (t) => [metric.update(t.y, t.p, t.w ?? null)] });
    expect(outputs[0].shape).toEqual([metric.size]);
    outputs[0].data.forEach((v: number, k: number) => {
      sums[k] += v;
    });
  }
  return metric.result(sums);
}

const y = floats([1, 0, 1, 1, 0, 0, 1, 0], [8, 1]);
const p = floats([0.9, 0.2, 0.4, 0.5, 0.7, 0.1, 0.6, 0.3], [8, 1]);

test("batches of any size give the metric of the whole", async () => {
  for (const name of ["precision", "recall", "f1Score", "auc", "binaryAccuracy", "r2Score", "rmse", "mse"] as const) {
    const whole = await measure(name, [[y, p]]);
    const parts = await measure(name, [
      [y.slice(0, 3), p.slice(0, 3)],
      [y.slice(3, 8), p.slice(3, 8)],
    ]);
    expect(parts, name).toBeCloseTo(whole, 12);
  }
});

test("a row of weight 0 is as if it were not there, a row of weight 2 as if it came twice", async () => {
  const w = floats([1, 0, 2, 1, 1, 0, 1, 1]);
  const rows = [0, 2, 2, 3, 4, 6, 7];
  const pick = (a: NdArray) =>
    floats(
      rows.map((r) => a.data[r]),
      [rows.length, 1],
    );
  const all: MetricLike[] = [
    "precision",
    "recall",
    "f1Score",
    "auc",
    "binaryAccuracy",
    "r2Score",
    "rmse",
    "mae",
    "truePositives",
    "falseNegatives",
  ];
  for (const name of all) {
    expect(await measure(name, [[y, p, w]]), String(name)).toBeCloseTo(await measure(name, [[pick(y), pick(p)]]), 12);
  }
});

test("the four counts of a confusion are those counted by hand", async () => {
  const seen = ["truePositives", "trueNegatives", "falsePositives", "falseNegatives"] as const;
  expect(await Promise.all(seen.map((name) => measure(name, [[y, p]])))).toEqual([2, 3, 1, 2]); // ½ itself is a no
  expect(await measure(metrics.truePositives({ threshold: 0.45 }), [[y, p]])).toBe(3);
});

test("precision, recall and F1 follow from the counts, and nothing said gives 0", async () => {
  expect(await measure("precision", [[y, p]])).toBeCloseTo(2 / 3, 12);
  expect(await measure("recall", [[y, p]])).toBeCloseTo(1 / 2, 12);
  expect(await measure(metrics.f1Score({ threshold: 0.5 }), [[y, p]])).toBeCloseTo(4 / 7, 6);
  const none = floats([0, 0], [2, 1]);
  for (const name of ["precision", "recall", "auc"] as const) expect(await measure(name, [[none, none]]), name).toBe(0);
});

describe("over several classes", () => {
  const rows = floats([0.7, 0.2, 0.1, 0.1, 0.3, 0.6, 0.3, 0.4, 0.3, 0.5, 0.3, 0.2], [4, 3]);
  const classes = labels([0, 2, 1, 2]); // argmax: 0, 2, 1, 0
  const oneHot = floats([1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1], [4, 3]);

  test("whole-number labels and one-hot targets mean the same", async () => {
    for (const name of ["f1Score", "precision", "recall", "auc", "perplexity", "mse"] as const)
      expect(await measure(name, [[classes, rows]]), name).toBeCloseTo(await measure(name, [[oneHot, rows]]), 12);
  });

  test("F1 averages over classes, over all answers, or by support", async () => {
    const [f0, f1, f2] = [2 / 3, 1, 2 / 3]; // class 0: one right, one too many; class 2: one right, one missed
    expect(await measure("f1Score", [[classes, rows]])).toBeCloseTo((f0 + f1 + f2) / 3, 6);
    expect(await measure(metrics.f1Score({ average: "micro" }), [[classes, rows]])).toBeCloseTo(0.75, 6);
    expect(await measure(metrics.f1Score({ average: "weighted" }), [[classes, rows]])).toBeCloseTo(
      (f0 + f1 + 2 * f2) / 4,
      6,
    );
  });

  test("precision and recall look at one class, or at the k largest", async () => {
    expect(await measure(metrics.precision({ classId: 2 }), [[oneHot, rows]])).toBe(1);
    expect(await measure(metrics.recall({ classId: 2 }), [[oneHot, rows]])).toBe(0.5);
    expect(await measure(metrics.precision({ topK: 1 }), [[oneHot, rows]])).toBe(0.75);
    expect(await measure(metrics.recall({ topK: 2 }), [[oneHot, rows]])).toBe(0.75);
    expect(await measure(metrics.recall({ topK: 3 }), [[oneHot, rows]])).toBe(1);
  });

  test("top-k accuracy counts a right class among the k largest", async () => {
    const of = (k: number) => measure(metrics.topKCategoricalAccuracy({ k }), [[oneHot, rows]]);
    expect([await of(1), await of(2), await of(3)]).toEqual([0.75, 0.75, 1]);
    expect(await measure("sparse_top_k_categorical_accuracy" as never, [[classes, rows]])).toBe(1); // k is 5
  });

  test("accuracy is the kind that the shapes ask for", async () => {
    expect(await measure("accuracy", [[classes, rows]])).toBe(0.75);
    expect(await measure("accuracy", [[oneHot, rows]])).toBe(0.75);
    expect(await measure("acc", [[y, p]])).toBe(5 / 8);
  });
});

describe("AUC", () => {
  const n = 60;
  const truth = floats(
    [...ids([n], 3).data].map((v) => (v > 0 ? 1 : 0)),
    [n, 1],
  );
  const guess = chances([n, 1], 5);
  const counts = (thresholds: number) =>
    Array.from({ length: thresholds }, (_, k) => {
      const at = k === 0 ? -1e-7 : k === thresholds - 1 ? 1 + 1e-7 : k / (thresholds - 1);
      const above = [...guess.data].map((v) => v > at);
      return {
        tp: above.filter((said, i) => said && truth.data[i] === 1).length,
        fp: above.filter((said, i) => said && truth.data[i] === 0).length,
      };
    });

  for (const thresholds of [3, 20, 200]) {
    test(`with ${thresholds} thresholds is the area of the points counted one by one`, async () => {
      const points = counts(thresholds);
      const [all, none] = [points[0].tp, points[0].fp];
      let area = 0;
      let low = 0;
      for (let k = 0; k + 1 < points.length; k++) {
        const [a, b] = [points[k].tp / all, points[k + 1].tp / all];
        const width = (points[k].fp - points[k + 1].fp) / none;
        area += (width * (a + b)) / 2;
        low += width * Math.min(a, b);
      }
      expect(await measure(metrics.auc({ numThresholds: thresholds }), [[truth, guess]])).toBeCloseTo(area, 10);
      const minoring = metrics.auc({ numThresholds: thresholds, summationMethod: "minoring" });
      expect(await measure(minoring, [[truth, guess]])).toBeCloseTo(low, 10);
    });
  }

  test("under precision and recall is the integral of precision between the points", async () => {
    const points = counts(20);
    const all = points[0].tp;
    let area = 0;
    for (let k = 0; k + 1 < points.length; k++) {
      // 20,000 slices of the line between two points: precision there, times the recall gained
      const slices = 20_000;
      for (let s = 0; s < slices; s++) {
        const share = (s + 0.5) / slices;
        const tp = points[k + 1].tp + share * (points[k].tp - points[k + 1].tp);
        const fp = points[k + 1].fp + share * (points[k].fp - points[k + 1].fp);
        if (tp + fp > 0) area += ((tp / (tp + fp)) * (points[k].tp - points[k + 1].tp)) / slices / all;
      }
    }
    // the slices' own error
    expect(await measure(metrics.auc({ numThresholds: 20, curve: "PR" }), [[truth, guess]])).toBeCloseTo(area, 6);
  });

  test("takes logits, and predictions of exactly 0 and 1", async () => {
    const logits = floats(
      [...guess.data].map((v) => Math.log(v / (1 - v))),
      [n, 1],
    );
    const direct = await measure("auc", [[truth, guess]]);
    expect(await measure(metrics.auc({ fromLogits: true }), [[truth, logits]])).toBeCloseTo(direct, 12);
    expect(await measure("auc", [[floats([0, 1], [2, 1]), floats([0, 1], [2, 1])]])).toBe(1);
    expect(await measure("auc", [[floats([1, 0], [2, 1]), floats([0, 1], [2, 1])]])).toBe(0);
  });
});

test("R² of the mean is 0, of the truth 1, and outputs are averaged alike or by their variance", async () => {
  const truth = floats([1, 10, 2, 30, 3, 20], [3, 2]);
  const mean = floats([2, 20, 2, 20, 2, 20], [3, 2]);
  const half = floats([1, 20, 2, 20, 3, 20], [3, 2]);
  expect(await measure("r2Score", [[truth, mean]])).toBeCloseTo(0, 12);
  expect(await measure("r2Score", [[truth, truth]])).toBeCloseTo(1, 12);
  expect(await measure("r2", [[truth, half]])).toBeCloseTo(0.5, 12);
  const byVariance = metrics.r2Score({ classAggregation: "variance_weighted_average" });
  expect(await measure(byVariance, [[truth, half]])).toBeCloseTo(2 / 202, 12);
  const adjusted = metrics.r2Score({ numRegressors: 1 });
  expect(await measure(adjusted, [[truth, half]])).toBeCloseTo(1 - (0.5 * 2) / 1, 12);
});

test("perplexity and bits per character are those of the mean over all words", async () => {
  const rows = floats([0.5, 0.25, 0.25, 0.125, 0.125, 0.75], [2, 3]);
  expect(await measure("bitsPerCharacter", [[labels([0, 1]), rows]])).toBeCloseTo((1 + 3) / 2, 10);
  expect(await measure("perplexity", [[labels([0, 1]), rows]])).toBeCloseTo(4, 10);
  const uniform = floats([7, 7, 7, 7], [1, 4]);
  expect(await measure(metrics.perplexity({ fromLogits: true }), [[labels([2]), uniform]])).toBeCloseTo(4, 10);
});

test("a cosine similarity is 1 for the same direction and -1 for the opposite", async () => {
  const rows = floats([1, 2, 3, -1], [2, 2]);
  expect(await measure("cosineSimilarity", [[rows, floats([2, 4, -6, 2], [2, 2])]])).toBeCloseTo(0, 12);
  expect(await measure("cosineSimilarity", [[rows, rows]])).toBeCloseTo(1, 12);
});

test("a mask of steps weighs the steps of every metric", async () => {
  const steps = floats([1, 0, 1, 1, 0, 1], [2, 3, 1]);
  const said = floats([0.9, 0.9, 0.9, 0.1, 0.1, 0.9], [2, 3, 1]);
  const mask = floats([1, 0, 1, 1, 1, 1], [2, 3]);
  expect(await measure("accuracy", [[steps, said, mask]])).toBeCloseTo(4 / 5, 12);
  expect(await measure("precision", [[steps, said, mask]])).toBe(1);
  expect(await measure("recall", [[steps, said, mask]])).toBe(3 / 4);
});

test("metrics are named as Keras names them", () => {
  const name = (like: MetricLike) => metricOf(like).name;
  expect(
    (["AUC", "mse", "binaryAccuracy", "rmse", "f1Score", "acc", "huber", "r2_score"] as never[]).map(name),
  ).toEqual(["auc", "mse", "binary_accuracy", "rmse", "f1_score", "acc", "huber", "r2_score"]);
  expect(metrics.auc({ name: "pr", curve: "PR" }).name).toBe("pr");
  expect(
    metricOf(function largestError(a: Tensor, b: Tensor) {
      return abs(sub(a, b));
    }).name,
  ).toBe("largest_error");
});

test("two metrics of one name get two names, as in Keras", () => {
  const all = (...list: MetricLike[]) => list.map(metricOf);
  const [plain, weighted] = distinctNames(
    all("auc", metrics.auc({ curve: "PR" }), "auc", "mae"),
    all("mae", "rmse", "mae"),
  );
  expect(plain.map((m) => m.name)).toEqual(["auc", "auc_1", "auc_2", "mae"]);
  expect(weighted.map((m) => m.name)).toEqual(["weighted_mae", "rmse", "weighted_mae_1"]);
});

for (const backend of await presentBackends()) {
  test(`${backend.name} counts as the float64 reference does`, async () => {
    const truth = ids([6, 5], 4);
    const rows = chances([6, 5, 4], 2);
    const small = (a: NdArray) => new NdArray(Float32Array.from(a.data), a.shape);
    const w = small(chances([6], 3));
    for (const like of [
      "auc",
      "precision",
      "recall",
      "f1Score",
      "perplexity",
      "r2Score",
      "accuracy",
      "mse",
      "sparseTopKCategoricalAccuracy",
    ] as const) {
      const reference = await measure(like, [[truth, small(rows), w]]);
      expect(await measure(like, [[truth, small(rows), w]], backend), like).toBeCloseTo(reference, 5); // f32: sums of 120
    }
  });
}

const shapeMismatch = () => measure("precision", [[floats([1, 0, 1], [3, 1]), floats([1, 0], [2, 1])]]);
test("targets of another shape are refused, never spread", async () => {
  await expect(shapeMismatch()).rejects.toThrow(ShapeError);
  await expect(
    measure("auc", [[floats([1, 0, 1]), floats([1, 0, 1, 1, 0, 1, 1, 0, 1], [3, 3])]]),
  ).resolves.toBeGreaterThan(0);
  await expect(measure("mse", [[floats([1, 0, 1, 2], [2, 2]), floats([1, 0, 1, 1, 0, 1], [2, 3])]])).rejects.toThrow(
    ShapeError,
  );
});

test.each<[what: string, make: () => unknown, says: RegExp]>([
  ["an unknown name", () => metricOf("acuracy" as never), /Did you mean "accuracy"/],
  ["ctc, which is no metric", () => metricOf("ctc" as never), /known metrics/],
  ["no name", () => metricOf(undefined as never), /known metrics, received "undefined"/],
  ["an object that is none", () => metricOf({} as Metric), /known metrics/],
  ["one threshold", () => metrics.auc({ numThresholds: 1 }), /whole number of 2 or more, received 1/],
  ["a curve nobody draws", () => metrics.auc({ curve: "roc" as never }), /one of "ROC", "PR", received "roc"/],
  [
    "a threshold above 1",
    () => metrics.precision({ threshold: 3 }),
    /from 0 to 1, or a list of them, or null, received 3/,
  ],
  ["a class below 0", () => metrics.recall({ classId: -1 }), /whole number of 0 or more, or null, received -1/],
  ["a top of none", () => metrics.topKCategoricalAccuracy({ k: 0 }), /whole number of 1 or more/],
  ["an average nobody takes", () => metrics.f1Score({ average: "none" as never }), /"macro", "micro", "weighted"/],
  ["an unknown option", () => metrics.f1Score({ avg: "macro" } as never), /"avg"/],
  ["NaN", () => metrics.binaryAccuracy({ threshold: Number.NaN }), /finite number, received NaN/],
])("%s is refused", (_, make, says) => {
  expect(make).toThrow(CellstateError);
  expect(make).toThrow(says);
});
