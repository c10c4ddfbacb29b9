import { CellstateError } from "../errors.ts";
import type { CompileOptions } from "../models/compiled.ts";
import type { Models } from "../models/model.ts";
import { snakeCase } from "../models/sequential.ts";
import { type Loss, type LossLike, lossFrom, lossKey, lossOf } from "../train/losses.ts";
import { type Metric, type MetricLike, metricFrom, metricOf } from "../train/metrics.ts";
import type { Optimizer } from "../train/optimizers.ts";
import type { Judgement } from "../train/step.ts";
import type { JsonObject, JsonValue } from "./keras-archive.ts";
import { asObject, camelCase, ofKeras, withoutNulls } from "./keras-object.ts";
import { readOptimizer, writeOptimizer } from "./keras-optimizer.ts";

/** How a file says its model was compiled: what `compile` takes. */
export type DescribedCompile = Pick<CompileOptions, "loss" | "lossWeights" | "metrics" | "weightedMetrics"> & {
  optimizer: Optimizer;
};

/** Keras's `compile_config`, keys in Keras's order; the model must be compiled. */
export function compileConfig(model: Models): JsonObject {
  const { optimizer, judgements, options } = model.compiled!;
  const several = judgements.length > 1;
  const of = <T>(each: (j: Judgement) => T) => (several ? judgements.map(each) : each(judgements[0]));
  const written = (list: readonly Metric[]) =>
    list.map((m) => (m.described ? object("keras.metrics", m.described, m.name) : m.kerasName));
  const counted = judgements.some((j) => j.weightedMetrics.length > 0);
  return {
    optimizer: writeOptimizer(model, optimizer),
    loss: of(({ loss }) =>
      loss?.described ? object("keras.losses", loss.described, loss.name) : (loss?.name ?? null),
    ),
    loss_weights: several && options.lossWeights ? judgements.map((j) => j.lossWeight) : null,
    metrics: of((j) => written(j.metrics)),
    weighted_metrics: counted ? of((j) => written(j.weightedMetrics)) : null,
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
  };
}

/** A loss or metric with options; a name says the others. */
const object = (module: string, { className, config }: NonNullable<Loss["described"]>, name: string): JsonObject => ({
  module,
  class_name: className,
  config: { ...config, name, dtype: "float32" },
  registered_name: null,
});

/**
 * Reads `compile_config`; null where this version lacks any part of it. Such a model predicts, and has to be compiled
 * again to train: better that than a loss or a metric that is nearly the one in the file.
 */
export function readCompile(value: JsonValue | undefined): DescribedCompile | null {
  const c = asObject(value);
  if (!c) return null;
  try {
    const optimizer = readOptimizer(c.optimizer);
    const loss = eachOutput(c.loss, readLoss);
    const metrics = readMetrics(c.metrics);
    const weightedMetrics = readMetrics(c.weighted_metrics);
    if (!optimizer || !loss || !metrics || !weightedMetrics) return null;
    const lossWeights = isSet(c.loss_weights) ? { lossWeights: c.loss_weights as unknown as number[] } : {};
    return { optimizer, loss, metrics, weightedMetrics, ...lossWeights } as DescribedCompile;
  } catch (error) {
    if (error instanceof CellstateError) return null; // a name or a number that no function here takes
    throw error;
  }
}

/** One for all, or a list or record with one for each output; null as soon as one of them is not known. */
function eachOutput<T>(value: JsonValue | undefined, read: (value: JsonValue) => T | null): unknown {
  const one = (v: JsonValue) => (v === null ? { kept: null } : { kept: read(v), lost: read(v) === null });
  if (Array.isArray(value)) {
    if (value.length === 1) return eachOutput(value[0], read);
    const all = value.map(one);
    return all.some((v) => v.lost) ? null : all.map((v) => v.kept);
  }
  const record = asObject(value);
  if (record && !("class_name" in record)) {
    const all = Object.entries(record).map(([name, v]) => [name, one(v)] as const);
    return all.some(([, v]) => v.lost) ? null : Object.fromEntries(all.map(([name, v]) => [name, v.kept]));
  }
  return value === undefined || value === null ? null : read(value);
}

/** A list for one output, a list of lists or a record of lists for several. */
function readMetrics(value: JsonValue | undefined): unknown {
  if (value === undefined || value === null) return [];
  const list = (v: JsonValue): Metric[] | null => {
    const all = (Array.isArray(v) ? v : v === null ? [] : [v]).map(readMetric);
    return all.every((m) => m !== null) ? all : null;
  };
  if (Array.isArray(value) && !value.some(Array.isArray)) return list(value);
  return eachOutput(value, list);
}

function readLoss(value: JsonValue | undefined): Loss | null {
  if (typeof value === "string") return lossOf(value as LossLike);
  const found = ofKeras(value);
  if (!found) return null;
  if (found.className === "function") return lossOf(found.config as unknown as LossLike);
  const { name, dtype, reduction, ...rest } = found.config;
  const key = lossKey(snakeCase(found.className));
  if (!key || !(reduction == null || reduction === "sum_over_batch_size" || reduction === "auto")) return null;
  return lossFrom(key, camelCase(withoutNulls(rest)));
}

function readMetric(value: JsonValue | undefined): Metric | null {
  if (typeof value === "string") return metricOf(value as MetricLike);
  const found = ofKeras(value);
  if (!found) return null;
  const { name, dtype, fn, ...rest } = found.config;
  const metric =
    found.className === "MeanMetricWrapper"
      ? metricOf((fn ?? name) as MetricLike)
      : metricFrom(found.className, camelCase(withoutNulls(rest)));
  return metric && typeof name === "string" ? { ...metric, name } : metric;
}

const isSet = (value: JsonValue | undefined) => value != null && !(Array.isArray(value) && value.length === 0);
