import { CellstateError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import { snakeCase } from "../models/sequential.ts";
import { type Loss, type LossLike, lossOf } from "../train/losses.ts";
import { type Metric, type MetricLike, metricOf } from "../train/metrics.ts";
import { adam, type Optimizer, optimizerOf, rmsprop, sgd } from "../train/optimizers.ts";
import type { JsonObject, JsonValue } from "./keras-archive.ts";

/** How a file says its model was compiled. */
export interface DescribedCompile {
  optimizer: Optimizer;
  loss: Loss;
  metrics: Metric[];
}

/** Keras's `compile_config`, keys in Keras's order; the model must be compiled. */
export function compileConfig(model: Model): JsonObject {
  const { optimizer, loss, metrics } = model.compiled!;
  const { shared, rule } = optimizer;
  return {
    optimizer: {
      module: "keras.optimizers",
      class_name: optimizer.className,
      config: {
        name: snakeCase(optimizer.className),
        learning_rate: learningRateNow(model, optimizer),
        weight_decay: shared.weightDecay,
        clipnorm: shared.clipnorm,
        global_clipnorm: shared.globalClipnorm,
        clipvalue: shared.clipvalue,
        use_ema: shared.useEma,
        ema_momentum: shared.emaMomentum,
        ema_overwrite_frequency: shared.emaOverwriteFrequency,
        loss_scale_factor: null,
        gradient_accumulation_steps: shared.gradientAccumulationSteps,
        ...rule.config(),
      },
      registered_name: null,
    },
    loss: loss.name,
    loss_weights: null,
    metrics: metrics.map((m) => m.kerasName),
    weighted_metrics: null,
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
  };
}

/** A rate that is a function of the step is written as the number it has now. */
export function learningRateNow(model: Model, optimizer: Optimizer): number {
  const rate = optimizer.learningRate;
  return Math.fround(typeof rate === "number" ? rate : rate(model.optimizerState?.iterations ?? 0));
}

/**
 * Reads `compile_config`; null where this version lacks any part of it. Such a model predicts, and has to be compiled
 * again to train: better that than a loss or a metric that is nearly the one in the file.
 */
export function readCompile(value: JsonValue | undefined): DescribedCompile | null {
  const c = asObject(value);
  if (!c || isSet(c.loss_weights) || isSet(c.weighted_metrics)) return null;
  try {
    const optimizer = readOptimizer(c.optimizer);
    const loss = readLoss(c.loss);
    const metrics = listOf(c.metrics).map(readMetric);
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
  const plain = {
    reduction: ["sum_over_batch_size", "auto"],
    from_logits: [false],
    label_smoothing: [0],
    axis: [-1],
    ignore_class: [],
  };
  return hasOnly(found.config, plain) ? lossOf(snakeCase(found.className) as LossLike) : null;
}

/** Classes whose metric is the function of the same name; `Accuracy` is another one than `"accuracy"`. */
const metricClasses = [
  "BinaryAccuracy",
  "CategoricalAccuracy",
  "SparseCategoricalAccuracy",
  "MeanSquaredError",
  "MeanAbsoluteError",
];

function readMetric(value: JsonValue | undefined): Metric | null {
  if (typeof value === "string") return metricOf(value as MetricLike);
  const found = ofKeras(value);
  if (!found || !(metricClasses.includes(found.className) || found.className === "MeanMetricWrapper")) return null;
  if (!hasOnly(found.config, { threshold: [0.5] })) return null;
  const { fn, name } = found.config;
  const kind = found.className === "MeanMetricWrapper" ? (fn ?? name) : snakeCase(found.className);
  if (typeof kind !== "string") return null;
  const metric = metricOf(kind as MetricLike);
  return typeof name === "string" ? { ...metric, name } : metric;
}

function readOptimizer(value: JsonValue | undefined): Optimizer | null {
  if (typeof value === "string") return optimizerOf(value as never);
  const found = ofKeras(value);
  if (!found) return null;
  const c = found.config;
  const differs = ["weight_decay", "use_ema", "gradient_accumulation_steps", "loss_scale_factor", "amsgrad"];
  const rate = c.learning_rate ?? c.lr;
  if (differs.some((key) => c[key]) || typeof rate !== "number") return null;
  const number = (key: string) => (typeof c[key] === "number" ? (c[key] as number) : undefined);
  const shared = {
    learningRate: rate,
    clipnorm: number("clipnorm"),
    globalClipnorm: number("global_clipnorm"),
    clipvalue: number("clipvalue"),
  };
  const momentum = number("momentum");
  const epsilon = number("epsilon");
  if (found.className === "Adam") return adam({ ...shared, beta1: number("beta_1"), beta2: number("beta_2"), epsilon });
  if (found.className === "SGD") return sgd({ ...shared, momentum, nesterov: c.nesterov === true });
  if (found.className === "RMSprop")
    return rmsprop({ ...shared, rho: number("rho"), momentum, epsilon, centered: c.centered === true });
  return null;
}

/** Class and config of an object of Keras's own; null for a user's class, and for what is no such object. */
function ofKeras(value: JsonValue | undefined): { className: string; config: JsonObject } | null {
  const object = asObject(value);
  if (!object || typeof object.class_name !== "string" || isCustom(object)) return null;
  return { className: object.class_name, config: (object.config ?? {}) as JsonObject };
}

/** Whether an object in a file is of a class that its user wrote: `registered_name` is `package>Class` then. */
export function isCustom(object: JsonObject): boolean {
  const { module, registered_name } = object;
  const builtIn =
    module === undefined || (typeof module === "string" && /^(keras|tf_keras|tensorflow|builtins)(\.|$)/.test(module));
  return !builtIn || (typeof registered_name === "string" && registered_name.includes(">"));
}

/** Whether every option that is set is absent, null or one of the values listed for it. */
function hasOnly(config: JsonObject, allowed: Readonly<Record<string, readonly JsonValue[]>>): boolean {
  return Object.entries(allowed).every(([key, values]) => config[key] == null || values.includes(config[key]));
}

const isSet = (value: JsonValue | undefined) => value != null && !(Array.isArray(value) && value.length === 0);

function listOf(value: JsonValue | undefined): JsonValue[] {
  if (value == null) return [];
  if (!Array.isArray(value)) return [value];
  return value.length === 1 && Array.isArray(value[0]) ? value[0] : value; // [["accuracy"]]: one output
}

function asObject(value: JsonValue | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
}
