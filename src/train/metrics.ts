import { DataError, problem, suggest } from "../errors.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type LossAlias, type LossName, lossKey, lossOf } from "./losses.ts";
import {
  accuracy,
  auc,
  binaryAccuracy,
  bitsPerCharacter,
  categoricalAccuracy,
  cosineSimilarity,
  f1Score,
  falseNegatives,
  falsePositives,
  perplexity,
  precision,
  r2Score,
  recall,
  rootMeanSquaredError,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
  trueNegatives,
  truePositives,
} from "./metrics/index.ts";
import { type Metric, meanMetric, targetsLike } from "./metrics/metric.ts";

export type { Metric } from "./metrics/metric.ts";

const named = {
  accuracy,
  auc,
  binaryAccuracy,
  bitsPerCharacter,
  categoricalAccuracy,
  cosineSimilarity,
  f1Score,
  falseNegatives,
  falsePositives,
  perplexity,
  precision,
  r2Score,
  recall,
  rootMeanSquaredError,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
  trueNegatives,
  truePositives,
} as const;
const aliases = {
  acc: "accuracy",
  AUC: "auc",
  f1: "f1Score",
  r2: "r2Score",
  rmse: "rootMeanSquaredError",
} as const satisfies Record<string, keyof typeof named>;

/** A metric's name; every loss but `ctc` is a metric as well. */
export type MetricName = keyof typeof named | keyof typeof aliases | Exclude<LossName | LossAlias, "ctc">;
/** A name, a metric with options (`metrics.auc({ curve: "PR" })`), or a formula whose mean is taken: target, prediction → [B, ...]. */
export type MetricLike = MetricName | Metric | ((target: Tensor, prediction: Tensor) => Tensor);

/**
 * The metric behind a name; logs call it by that name in snake case, as Keras does. Throws DataError for a name nobody
 * knows.
 */
export function metricOf(like: MetricLike): Metric {
  if (typeof like === "function") return meanMetric(snakeCase(like.name || "custom_metric"), like);
  if (typeof like === "object" && like !== null && typeof like.update === "function") return like;
  const given = String(like);
  const found = typeof like === "string" ? byName(given) : null;
  if (!found) {
    const known = [...Object.keys(named), ...Object.keys(aliases), "mse", "mae"];
    throw new DataError(problem("compile", "known metrics", `"${given}"`, suggest(given, known)));
  }
  const name = Object.hasOwn(aliases, given) && given === given.toLowerCase() ? given : snakeCase(given);
  return { ...found, name, kerasName: name };
}

function byName(given: string): Metric | null {
  const camel = given.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
  const key = Object.hasOwn(aliases, camel) ? aliases[camel as keyof typeof aliases] : camel;
  if (Object.hasOwn(named, key)) return named[key as keyof typeof named]();
  const loss = lossKey(key);
  if (!loss || loss === "ctc") return null;
  const { formula, targets, name } = lossOf(loss);
  const wantsLabels = targets([null, 1]).dtype === "i32";
  return meanMetric(name, (y, p) => formula(wantsLabels ? y : targetsLike(loss, y, p), p));
}

/**
 * The metric of Keras's class with Keras's options in camel case; null for a class or an option that is none of these. Keras
 * means by `Accuracy` another metric than by `"accuracy"`, and by F1Score without average one number per class.
 */
export function metricFrom(className: string, options: Readonly<Record<string, unknown>>): Metric | null {
  const { thresholds, multiLabel, ...rest } = options;
  const key = className.replace(/^([A-Z]+(?=[A-Z][a-z]|$)|[A-Z])/, (capitals) => capitals.toLowerCase());
  if (key === "accuracy" || multiLabel || (key === "f1Score" && !rest.average)) return null;
  const one = Array.isArray(thresholds) && thresholds.length === 1 ? thresholds[0] : thresholds;
  const all = one === undefined || one === null ? rest : { ...rest, threshold: one };
  const make = Object.hasOwn(named, key) ? (named[key as keyof typeof named] as (options: object) => Metric) : null;
  if (Object.keys(all).length > 0) return make && adjustable.has(key) ? make(all) : null;
  return make ? make({}) : byName(key);
}

/** Metrics with options; the others would not say that they ignore them. */
const adjustable = new Set([
  "auc",
  "binaryAccuracy",
  "cosineSimilarity",
  "f1Score",
  "falseNegatives",
  "falsePositives",
  "precision",
  "r2Score",
  "recall",
  "sparseTopKCategoricalAccuracy",
  "topKCategoricalAccuracy",
  "trueNegatives",
  "truePositives",
]);

/**
 * Metrics of one output with names that differ, as Keras makes them differ: the second `auc` is `auc_1`, a weighted metric
 * that is there without weights too is `weighted_mae`.
 */
export function distinctNames(plain: readonly Metric[], weighted: readonly Metric[]): [Metric[], Metric[]] {
  const taken = new Set<string>();
  const claim = (m: Metric, others: (k: number) => string): Metric => {
    let name = m.name;
    for (let k = 1; taken.has(name); k++) name = others(k);
    taken.add(name);
    return name === m.name ? m : { ...m, name };
  };
  const numbered = (name: string) => (k: number) => `${name}_${k}`;
  return [
    plain.map((m) => claim(m, numbered(m.name))),
    weighted.map((m) => claim(m, (k) => `weighted_${k > 1 ? numbered(m.name)(k - 1) : m.name}`)),
  ];
}

/** Metrics made ready for a model's output shape: some sum as many numbers as there are classes. */
export const sizedMetrics = (metrics: readonly Metric[], prediction: PartialShape): Metric[] =>
  metrics.map((m) => (m.sized ? { ...m.sized(prediction), name: m.name, kerasName: m.kerasName } : m));

/** `binaryAccuracy` → `binary_accuracy`, `AUC` → `auc`. */
const snakeCase = (name: string): string =>
  /^[A-Z]+$/.test(name)
    ? name.toLowerCase()
    : name.replace(/[A-Z]/g, (c, at) => `${at > 0 ? "_" : ""}${c.toLowerCase()}`);
