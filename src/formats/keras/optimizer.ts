import type { AnyModel } from "../../models/model.ts";
import { snakeCase } from "../../models/sequential.ts";
import { isKerasOptimizer, type OptimizerName, optimizerFrom, optimizerOf } from "../../train/optimizers/named.ts";
import type { Optimizer } from "../../train/optimizers/optimizer.ts";
import { isSchedule, rateAt, type Schedule, scheduleOf } from "../../train/schedules.ts";
import type { JsonObject, JsonValue } from "./archive.ts";
import { asObject, camelCase, ofKeras } from "./object.ts";

/** An optimizer as Keras's files describe it. One that Keras lacks stands beside the nearest that it has. */
export function writeOptimizer(model: AnyModel, optimizer: Optimizer): JsonObject {
  const { className, shared, rule, learningRate } = optimizer;
  const known = isKerasOptimizer(optimizer);
  const described = {
    module: "keras.optimizers",
    class_name: known ? className : "SGD",
    config: {
      name: snakeCase(known ? className : "SGD"),
      learning_rate: isSchedule(learningRate) ? writeSchedule(learningRate) : learningRateNow(model, optimizer),
      weight_decay: shared.weightDecay,
      clipnorm: shared.clipnorm,
      global_clipnorm: shared.globalClipnorm,
      clipvalue: shared.clipvalue,
      use_ema: shared.useEma,
      ema_momentum: shared.emaMomentum,
      ema_overwrite_frequency: shared.emaOverwriteFrequency,
      loss_scale_factor: shared.lossScaleFactor,
      gradient_accumulation_steps: shared.gradientAccumulationSteps,
      ...(known ? rule.config() : { momentum: 0, nesterov: false }),
    },
    registered_name: null,
  };
  const words = shared.excludeFromWeightDecay;
  const own = {
    ...(known ? {} : rule.config()),
    ...(words.length > 0 ? { exclude_from_weight_decay: [...words] } : {}),
    ...(shared.embeddingGradients === "each" ? {} : { embedding_gradients: shared.embeddingGradients }),
  };
  const plain = known && Object.keys(own).length === 0;
  return plain ? described : { ...described, cellstate: { class_name: className, config: own } };
}

/** A rate that is a function of the step is written as the number it has now. */
export function learningRateNow(model: AnyModel, optimizer: Optimizer): number {
  return Math.fround(rateAt(optimizer.learningRate, model.optimizerState?.iterations ?? 0));
}

const writeSchedule = ({ className, config }: Schedule): JsonObject => ({
  module: "keras.optimizers.schedules",
  class_name: className,
  config: config as JsonObject,
  registered_name: null,
});

/** The optimizer a file describes; null for a class or an option that this version lacks. */
export function readOptimizer(value: JsonValue | undefined): Optimizer | null {
  if (typeof value === "string") return optimizerOf(value as OptimizerName);
  const found = ofKeras(value);
  if (!found) return null;
  const className = found.className.replace(/^Custom>/, ""); // as Keras 2.11 and later write it in HDF5
  const { name, lr, decay, learning_rate, loss_scale_factor, jit_compile, is_legacy_optimizer, ...rest } = found.config;
  if (decay) return null;
  const learningRate = readRate(learning_rate ?? lr);
  if (learningRate === null) return null;
  const own = asObject(asObject(value)?.cellstate); // what Keras has no words for
  const scale = loss_scale_factor == null ? {} : { lossScaleFactor: loss_scale_factor as number };
  const options = { ...camelCase(rest), ...scale, ...camelCase((own?.config ?? {}) as JsonObject), learningRate };
  if (!own || own.class_name === className) return optimizerFrom(className, options);
  const { momentum, nesterov, ...ours } = options as Record<string, unknown>; // those two are of the SGD in its place
  return optimizerFrom(String(own.class_name), ours);
}

function readRate(value: JsonValue | undefined): number | Schedule | null {
  if (typeof value === "number") return value;
  const found = ofKeras(value);
  return found && scheduleOf(found.className, found.config);
}
