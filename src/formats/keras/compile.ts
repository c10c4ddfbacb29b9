import { CellstateError, FormatError, problem } from "../../errors.ts";
import type { AnyModel } from "../../models/model.ts";
import { snakeCase } from "../../models/sequential.ts";
import type { CompileOptions, Objective } from "../../train/compiled.ts";
import type { Loss } from "../../train/losses/loss.ts";
import { type LossLike, lossFrom, lossKey, lossOf } from "../../train/losses/named.ts";
import type { Metric } from "../../train/metrics/metric.ts";
import { type MetricLike, metricFrom, metricOf } from "../../train/metrics/named.ts";
import { optimizerOf } from "../../train/optimizers/named.ts";
import type { Optimizer } from "../../train/optimizers/optimizer.ts";
import type { OpenOptions } from "../format.ts";
import type { JsonObject, JsonValue } from "./archive.ts";
import { asObject, camelCase, ofKeras, withoutNulls } from "./object.ts";
import { readOptimizer, writeOptimizer } from "./optimizer.ts";

/** The compile options in a file, as `compile` takes them. */
export type DescribedCompile = Pick<CompileOptions, "loss" | "lossWeights" | "metrics" | "weightedMetrics"> & {
  optimizer: Optimizer;
};

/** Keras's `compile_config`, keys in Keras's order; the model must be compiled. */
export function compileConfig(model: AnyModel): JsonObject {
  const { optimizer, objectives, options } = model.compiled!;
  const several = objectives.length > 1;
  const keys = (model as { outputKeys?: readonly string[] | null }).outputKeys ?? null;
  const of = <T extends JsonValue>(each: (j: Objective) => T): JsonValue => {
    if (keys) return Object.fromEntries(objectives.map((j, k) => [keys[k], each(j)]));
    return several ? objectives.map(each) : each(objectives[0]);
  };
  const written = (list: readonly Metric[]) =>
    list.map((m) => (m.described ? object("keras.metrics", m.described, m.name) : m.kerasName));
  const counted = objectives.some((j) => j.weightedMetrics.length > 0);
  return {
    optimizer: writeOptimizer(model, optimizer),
    loss: of(({ loss }) =>
      loss?.described ? object("keras.losses", loss.described, loss.name) : (loss?.name ?? null),
    ),
    loss_weights: several && options.lossWeights ? of((j) => j.lossWeight) : null,
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
 * Compiles a model as its file says, `value` being Keras's `compile_config`; whether it could be. Where this version lacks any part
 * of it, or `compile: false` asks for none, the model predicts and has to be compiled again to train, and `model.notCompiled` says why: better that than a loss
 * or a metric that is nearly the one in the file.
 */
export function compileFrom(model: AnyModel, value: JsonValue | undefined, asked: OpenOptions): boolean {
  const { backend } = asked;
  if (backend) model.computeOn(backend);
  if (asked.compile === false) return false;
  try {
    const options = readCompile(value);
    if (!options) return false;
    model.compile({ ...options, backend });
    return true;
  } catch (error) {
    if (!(error instanceof CellstateError)) throw error;
    model.notCompiled = error.message;
    return false;
  }
}

/** Reads `compile_config`; null where there is none. Throws FormatError naming the part that this version lacks. */
export function readCompile(value: JsonValue | undefined): DescribedCompile | null {
  const c = asObject(value);
  if (!c) return null;
  const optimizer = c.optimizer === undefined ? optimizerOf("rmsprop") : readOptimizer(c.optimizer); // Keras's default
  if (!optimizer) throw lacking("optimizer", c.optimizer);
  const loss = eachOutput(c.loss, readLoss);
  if (loss === null) throw lacking("loss", null);
  const metrics = readMetrics(c.metrics);
  const weightedMetrics = readMetrics(c.weighted_metrics);
  const lossWeights = isSet(c.loss_weights) ? { lossWeights: c.loss_weights as unknown as number[] } : {};
  return { optimizer, loss, metrics, weightedMetrics, ...lossWeights } as DescribedCompile;
}

function lacking(what: string, found: JsonValue | undefined): FormatError {
  const object = asObject(found);
  const name = object ? [object.class_name, object.registered_name].find((v) => typeof v === "string") : found;
  const next = "The model predicts; to train or evaluate it, call model.compile(...).";
  return new FormatError(
    problem("compile_config", `a known ${what}`, name === null ? "none" : JSON.stringify(name), next),
  );
}

/** One for all, or a list or record with one for each output; null where nothing is said. */
function eachOutput<T>(value: JsonValue | undefined, read: (value: JsonValue) => T): unknown {
  const one = (v: JsonValue) => (v === null ? null : read(v));
  if (Array.isArray(value)) return value.length === 1 ? eachOutput(value[0], read) : value.map(one);
  const record = asObject(value);
  if (record && !("class_name" in record))
    return Object.fromEntries(Object.entries(record).map(([name, v]) => [name, one(v)]));
  return value === undefined || value === null ? null : read(value);
}

/** A list for one output, a list of lists or a record of lists for several. */
function readMetrics(value: JsonValue | undefined): unknown {
  if (value === undefined || value === null) return [];
  const list = (v: JsonValue): Metric[] => (Array.isArray(v) ? v : v === null ? [] : [v]).map(readMetric);
  if (Array.isArray(value) && !value.some(Array.isArray)) return list(value);
  return eachOutput(value, list);
}

function readLoss(value: JsonValue): Loss {
  if (typeof value === "string") return lossOf(value as LossLike);
  const found = ofKeras(value);
  if (!found) throw lacking("loss", value);
  if (found.className === "function") return lossOf(found.config as unknown as LossLike);
  const { name, dtype, reduction, ...rest } = found.config;
  const key = lossKey(snakeCase(found.className));
  if (!key) throw lacking("loss", found.className);
  const usual = reduction == null || reduction === "auto"; // Keras 2's
  const loss = lossFrom(key, camelCase({ ...withoutNulls(rest), ...(usual ? {} : { reduction }) }));
  if (reduction === null || reduction === "none") throw lacking("reduction of a loss", "none");
  return loss;
}

function readMetric(value: JsonValue): Metric {
  if (typeof value === "string") return metricOf(value as MetricLike);
  const found = ofKeras(value);
  if (!found) throw lacking("metric", value);
  if (found.className === "function") return metricOf(found.config as unknown as MetricLike);
  const { name, dtype, fn, ...rest } = found.config;
  const metric =
    found.className === "MeanMetricWrapper"
      ? metricOf(functionName(fn ?? name) as MetricLike)
      : metricFrom(found.className, camelCase(withoutNulls(rest)));
  if (!metric) throw lacking("metric", found.className);
  return typeof name === "string" ? { ...metric, name, ...renamed(metric, name) } : metric;
}

/** A function by its name, or as the object that Keras makes of it. */
const functionName = (value: JsonValue): JsonValue =>
  asObject(value)?.class_name === "function" ? asObject(value)!.config : value;

/** The name the file gives a metric is in what is written again. */
const renamed = (metric: Metric, name: string) =>
  metric.described ? { described: { ...metric.described, config: { ...metric.described.config, name } } } : {};

const isSet = (value: JsonValue | undefined) => value != null && !(Array.isArray(value) && value.length === 0);
