import { DataError, problem, suggest } from "../../errors.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type LossAlias, type LossName, lossKey, lossOf } from "../losses/named.ts";
import * as index from "./index.ts";
import { type Metric, meanMetric, targetsLike } from "./metric.ts";

const all = { ...index };
/** Metrics that need options, and those in whose place a loss of the same name stands: not known by their name alone. */
const unnamed = [
  ...(["binaryCrossentropy", "categoricalCrossentropy", "sparseCategoricalCrossentropy"] as const),
  ...(["iou", "meanIou", "oneHotIou", "oneHotMeanIou"] as const),
  ...(["precisionAtRecall", "recallAtPrecision", "sensitivityAtSpecificity", "specificityAtSensitivity"] as const),
] as const;
type Named = Exclude<keyof typeof all, (typeof unnamed)[number]>;
const named: Readonly<Record<string, () => Metric>> = Object.fromEntries(
  Object.entries(all).filter(([name]) => !(unnamed as readonly string[]).includes(name)),
) as Record<Named, () => Metric>;
const aliases = {
  acc: "accuracy",
  AUC: "auc",
  f1: "f1Score",
  r2: "r2Score",
  rmse: "rootMeanSquaredError",
} as const satisfies Record<string, Named>;

/** A metric's name; every loss but `ctc` is a metric as well. */
export type MetricName = Named | keyof typeof aliases | Exclude<LossName | LossAlias, "ctc">;
/** A name, a metric with options (`metrics.auc({ curve: "PR" })`), or a formula whose mean is taken: target, prediction → [B, ...]. */
export type MetricLike = MetricName | Metric | ((target: Tensor, prediction: Tensor) => Tensor);

/**
 * The metric behind a name; logs call it by that name in snake case, as Keras does. Throws DataError for an unknown
 * name.
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
  if (Object.hasOwn(named, key)) return named[key]();
  const loss = lossKey(key);
  if (!loss || loss === "ctc") return null;
  const { formula, targets, name } = lossOf(loss);
  const wantsLabels = targets([null, 1]).dtype === "i32";
  return meanMetric(name, (y, p) => formula(wantsLabels ? y : targetsLike(loss, y, p), p));
}

/**
 * The metric of Keras's class with Keras's options in camel case; null for a class that is none of these. Keras means by `Accuracy`
 * another metric than by `"accuracy"`, and by F1Score without average one number per class. Throws DataError for an option that the
 * metric does not take.
 */
export function metricFrom(className: string, options: Readonly<Record<string, unknown>>): Metric | null {
  const { thresholds, numLabels, ...rest } = options;
  const key = keyOf(className);
  const described = Object.hasOwn(all, key) && !plain.includes(key);
  const make = described ? (all[key as keyof typeof all] as (options: object) => Metric) : null;
  if (key === "auc") return make!({ ...rest, ...(thresholds ? { thresholds } : {}) });
  if (key === "f1Score" || key === "fBetaScore") return make!({ average: null, ...rest });
  if (make)
    return make(thresholds === undefined || thresholds === null ? rest : { ...rest, threshold: one(thresholds) });
  return key !== "accuracy" && Object.keys(options).length === 0 ? byName(key) : null;
}

const one = (thresholds: unknown) =>
  Array.isArray(thresholds) && thresholds.length === 1 ? thresholds[0] : thresholds;

/** `AUC` → `auc`, `FBetaScore` → `fBetaScore`, `MeanIoU` → `meanIou`. */
const keyOf = (className: string): string =>
  className.replace("IoU", "Iou").replace(/^([A-Z]+(?=[A-Z][a-z]|$)|[A-Z])/, (capitals) => capitals.toLowerCase());

/** Metrics whose class in Keras means something else, or has no options that we have: not made from a class and options. */
const plain = [
  ...["accuracy", "bitsPerCharacter", "categoricalAccuracy", "logCoshError", "perplexity"],
  ...["rootMeanSquaredError", "sparseCategoricalAccuracy"],
];

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
