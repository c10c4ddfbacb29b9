import { CellstateError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import { snakeCase } from "../models/sequential.ts";
import { type Loss, type LossLike, lossFrom, lossKey, lossOf } from "../train/losses.ts";
import { type Metric, type MetricLike, metricFrom, metricOf, weighted } from "../train/metrics.ts";
import type { Optimizer } from "../train/optimizers.ts";
import type { JsonObject, JsonValue } from "./keras-archive.ts";
import { asObject, camelCase, ofKeras, withoutNulls } from "./keras-object.ts";
import { readOptimizer, writeOptimizer } from "./keras-optimizer.ts";

/** How a file says its model was compiled. */
export interface DescribedCompile {
  optimizer: Optimizer;
  loss: Loss;
  metrics: Metric[];
}

/** Keras's `compile_config`, keys in Keras's order; the model must be compiled. */
export function compileConfig(model: Model): JsonObject {
  const { optimizer, loss, metrics } = model.compiled!;
  const written = (list: readonly Metric[]) =>
    list.map((m) => (m.described ? object("keras.metrics", m.described, m.name) : m.kerasName));
  const counted = metrics.filter((m) => m.weighted);
  return {
    optimizer: writeOptimizer(model, optimizer),
    loss: loss.described ? object("keras.losses", loss.described, loss.name) : loss.name,
    loss_weights: null,
    metrics: written(metrics.filter((m) => !m.weighted)),
    weighted_metrics: counted.length > 0 ? written(counted) : null,
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
  if (!c || isSet(c.loss_weights)) return null;
  try {
    const optimizer = readOptimizer(c.optimizer);
    const loss = readLoss(c.loss);
    const counted = listOf(c.weighted_metrics)
      .map((m) => readMetric(m))
      .map((m) => m && weighted(m));
    const metrics = [...listOf(c.metrics).map(readMetric), ...counted];
    return optimizer && loss && metrics.every((m) => m !== null) ? { optimizer, loss, metrics } : null;
  } catch (error) {
    if (error instanceof CellstateError) return null; // a name or a number that no function here takes
    throw error;
  }
}

function readLoss(value: JsonValue | undefined): Loss | null {
  if (Array.isArray(value) && value.length === 1) return readLoss(value[0]); // one output
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

function listOf(value: JsonValue | undefined): JsonValue[] {
  if (value == null) return [];
  if (!Array.isArray(value)) return [value];
  return value.length === 1 && Array.isArray(value[0]) ? value[0] : value; // [["accuracy"]]: one output
}
