import { FormatError, problem } from "../errors.ts";
import {
  activation,
  dense,
  dropout,
  embedding,
  flatten,
  type Initializer,
  initializers,
  input,
  type Layer,
  lstm,
} from "../layers/index.ts";
import type { Model } from "../models/model.ts";
import { snakeCase } from "../models/sequential.ts";
import type { PartialShape } from "../tensor/shape.ts";
import { adam, type Optimizer, rmsprop, sgd } from "../train/optimizers.ts";
import type { JsonObject, JsonValue } from "./keras-archive.ts";

/** Keras's `config.json` of a sequential model, and back. Field names and order as Keras 3.15 writes them. */

const float32 = { module: "keras", class_name: "DTypePolicy", config: { name: "float32" }, registered_name: null };

export function modelConfig(model: Model): JsonObject {
  const shape = [...model.inputShape!];
  const layers = model.layers.filter((layer) => layer.className !== "InputLayer");
  const first = model.layers[0].className === "InputLayer" ? model.layers[0].name : "input_layer";
  let at: PartialShape = shape;
  const objects = layers.map((layer) => {
    const built = at;
    at = layer.outputShape(at);
    return layerObject(layer, built);
  });
  const inputObject = {
    module: "keras.layers",
    class_name: "InputLayer",
    config: {
      batch_shape: shape,
      dtype: model.inputDtype === "i32" ? "int32" : "float32",
      sparse: false,
      ragged: false,
      name: first,
      optional: false,
    },
    registered_name: null,
  };
  return {
    module: "keras",
    class_name: "Sequential",
    config: {
      name: model.name,
      trainable: true,
      dtype: float32,
      layers: [inputObject, ...objects],
      build_input_shape: shape,
    },
    registered_name: null,
    build_config: { input_shape: shape },
    ...(model.compiled ? { compile_config: compileConfig(model) } : {}),
  };
}

function layerObject(layer: Layer, built: PartialShape): JsonObject {
  const config = layer.config() as JsonObject;
  return {
    module: "keras.layers",
    class_name: layer.className,
    config: { name: layer.name, trainable: layer.trainable, dtype: float32, ...config },
    registered_name: null,
    build_config: { input_shape: [...built] },
  };
}

function compileConfig(model: Model): JsonObject {
  const { optimizer, loss, metrics } = model.compiled!;
  return {
    optimizer: {
      module: "keras.optimizers",
      class_name: optimizer.className,
      config: {
        name: snakeCase(optimizer.className),
        learning_rate: learningRateNow(model, optimizer),
        weight_decay: null,
        clipnorm: optimizer.clipping.clipnorm ?? null,
        global_clipnorm: optimizer.clipping.globalClipnorm ?? null,
        clipvalue: optimizer.clipping.clipvalue ?? null,
        use_ema: false,
        ema_momentum: 0.99,
        ema_overwrite_frequency: null,
        loss_scale_factor: null,
        gradient_accumulation_steps: null,
        ...optimizer.config(),
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

/** What a file says of a model: fresh layers, and how it was compiled. */
export interface Described {
  name: string;
  layers: Layer[];
  inputShape: PartialShape | null;
  compile: { optimizer: Optimizer; loss: string; metrics: string[] } | null;
}

/** Reads `config.json`. Throws FormatError for what this version cannot run exactly: better no model than wrong numbers. */
export function readModelConfig(config: JsonObject, who: string): Described {
  if (config.class_name !== "Sequential") {
    throw new FormatError(
      problem(
        who,
        "a Sequential model",
        `${config.class_name}`,
        "Functional and nested models are not read by this version.",
      ),
    );
  }
  const inner = objectOf(config.config, who, "config");
  const list = Array.isArray(inner.layers) ? inner.layers : [];
  const layers: Layer[] = [];
  let inputShape: PartialShape | null = null;
  for (const [k, entry] of list.entries()) {
    const object = objectOf(entry, who, `layer ${k}`);
    const own = objectOf(object.config, who, `layer ${k}, config`);
    const shape = own.batch_shape ?? own.batch_input_shape;
    if (k === 0 && Array.isArray(shape))
      inputShape = [null, ...shape.slice(1).map((d) => (typeof d === "number" ? d : null))];
    const layer = readLayer(String(object.class_name), own, `${who}, layer "${own.name}"`);
    if (layer) layers.push(layer);
  }
  const build = objectOf(config.build_config ?? {}, who, "build_config").input_shape ?? inner.build_input_shape;
  if (!inputShape && Array.isArray(build))
    inputShape = [null, ...build.slice(1).map((d) => (typeof d === "number" ? d : null))];
  return {
    name: String(inner.name ?? "sequential"),
    layers,
    inputShape,
    compile: readCompile(config.compile_config, who),
  };
}

type Reader = (c: JsonObject, options: { name: string; trainable: boolean }, who: string) => Layer | null;

const readers: Readonly<Record<string, Reader>> = {
  InputLayer: (c, { name }) => {
    const shape = (c.batch_shape ?? c.batch_input_shape) as (number | null)[];
    return input(shape.slice(1), { name, ...(String(c.dtype).startsWith("int") ? { dtype: "i32" as const } : {}) });
  },
  Embedding: (c, base, who) => {
    refuse(c, ["embeddings_regularizer", "activity_regularizer", "embeddings_constraint", "quantization_config"], who);
    return embedding(Number(c.input_dim), Number(c.output_dim), {
      ...base,
      maskZero: c.mask_zero === true,
      embeddingsInitializer: readInitializer(c.embeddings_initializer, who),
    });
  },
  LSTM: (c, base, who) => {
    refuse(
      c,
      [
        "kernel_regularizer",
        "recurrent_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "recurrent_constraint",
        "bias_constraint",
        "return_state",
        "stateful",
      ],
      who,
    );
    return lstm(Number(c.units), {
      ...base,
      activation: camel(c.activation ?? "tanh", who) as never,
      recurrentActivation: camel(c.recurrent_activation ?? "sigmoid", who) as never,
      useBias: c.use_bias !== false,
      kernelInitializer: readInitializer(c.kernel_initializer, who),
      recurrentInitializer: readInitializer(c.recurrent_initializer, who, "orthogonal"),
      biasInitializer: readInitializer(c.bias_initializer, who, "zeros"),
      unitForgetBias: c.unit_forget_bias !== false,
      dropout: Number(c.dropout ?? 0),
      recurrentDropout: Number(c.recurrent_dropout ?? 0),
      returnSequences: c.return_sequences === true,
      goBackwards: c.go_backwards === true,
      zeroOutputForMask: c.zero_output_for_mask === true,
    });
  },
  Dense: (c, base, who) => {
    refuse(
      c,
      [
        "kernel_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
        "quantization_config",
        "lora_rank",
      ],
      who,
    );
    return dense(Number(c.units), {
      ...base,
      activation: camel(c.activation ?? "linear", who) as never,
      useBias: c.use_bias !== false,
      kernelInitializer: readInitializer(c.kernel_initializer, who),
      biasInitializer: readInitializer(c.bias_initializer, who, "zeros"),
    });
  },
  Dropout: (c, base, who) => {
    refuse(c, ["noise_shape"], who);
    return dropout(Number(c.rate), base);
  },
  Activation: (c, base, who) => activation(camel(c.activation, who) as never, base),
  Flatten: (_c, base) => flatten(base),
};

function readLayer(className: string, config: JsonObject, who: string): Layer | null {
  if (!Object.hasOwn(readers, className)) {
    const known = Object.keys(readers).filter((k) => k !== "InputLayer");
    throw new FormatError(
      problem(
        who,
        `layers of the classes ${known.join(", ")}`,
        className,
        "Other layers are not read by this version; nothing was loaded.",
      ),
    );
  }
  return readers[className](config, { name: String(config.name), trainable: config.trainable !== false }, who);
}

/** Throws where an option is set that would change the numbers and is not supported. */
function refuse(config: JsonObject, options: string[], who: string): void {
  for (const option of options) {
    const value = config[option];
    if (value !== undefined && value !== null && value !== false) {
      throw new FormatError(
        problem(who, `no ${option}`, JSON.stringify(value), "This version has no such option; nothing was loaded."),
      );
    }
  }
}

function camel(value: JsonValue, who: string): string {
  if (typeof value !== "string")
    throw new FormatError(
      problem(who, "an activation by name", JSON.stringify(value), "Custom activations are not read."),
    );
  return value.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
}

function readInitializer(
  value: JsonValue | undefined,
  who: string,
  otherwise: keyof typeof initializers & string = "glorotUniform",
): Initializer {
  const object = typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  const className = object ? String(object.class_name) : typeof value === "string" ? value : otherwise;
  const config = (object?.config ?? {}) as Record<string, never>;
  const name = (className[0].toLowerCase() + className.slice(1)).replace(/_([a-z])/g, (_, c: string) =>
    c.toUpperCase(),
  );
  const make = Object.hasOwn(initializers, name)
    ? (initializers[name as keyof typeof initializers] as (o: unknown) => Initializer)
    : null;
  if (!make || name === "initializer")
    throw new FormatError(problem(who, "an initializer of Keras", className, "Custom initializers are not read."));
  return name === "constant"
    ? make(config.value)
    : make(Object.fromEntries(Object.entries(config).filter(([, v]) => v !== null)));
}

function readCompile(value: JsonValue | undefined, who: string): Described["compile"] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const optimizer = readOptimizer(value.optimizer, who);
  const loss = nameOf(value.loss);
  const metrics = Array.isArray(value.metrics) ? value.metrics.map(nameOf) : [];
  // A model compiled with what this version lacks can still predict; it only has to be compiled again to train.
  return optimizer && loss && metrics.every((m) => m !== null)
    ? { optimizer, loss, metrics: metrics as string[] }
    : null;
}

/** `"mse"`, or the object form of a loss or metric by its config's name. */
function nameOf(value: JsonValue | undefined): string | null {
  if (typeof value === "string") return value;
  const config =
    value && typeof value === "object" && !Array.isArray(value) ? (value.config as JsonObject | undefined) : undefined;
  if (config?.from_logits === true) return null;
  return typeof config?.name === "string" ? config.name : null;
}

function readOptimizer(value: JsonValue | undefined, who: string): Optimizer | null {
  if (typeof value === "string")
    return value === "adam" ? adam() : value === "sgd" ? sgd() : value === "rmsprop" ? rmsprop() : null;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const c = objectOf(value.config, who, "optimizer");
  if (c.weight_decay || c.use_ema || c.gradient_accumulation_steps || c.amsgrad || typeof c.learning_rate !== "number")
    return null;
  const number = (key: string) => (typeof c[key] === "number" ? (c[key] as number) : undefined);
  const clipping = {
    clipnorm: number("clipnorm"),
    globalClipnorm: number("global_clipnorm"),
    clipvalue: number("clipvalue"),
  };
  const shared = { learningRate: c.learning_rate, ...clipping };
  if (value.class_name === "Adam")
    return adam({ ...shared, beta1: number("beta_1"), beta2: number("beta_2"), epsilon: number("epsilon") });
  if (value.class_name === "SGD")
    return sgd({ ...shared, momentum: number("momentum"), nesterov: c.nesterov === true });
  if (value.class_name === "RMSprop") {
    return rmsprop({
      ...shared,
      rho: number("rho"),
      momentum: number("momentum"),
      epsilon: number("epsilon"),
      centered: c.centered === true,
    });
  }
  return null;
}

function objectOf(value: JsonValue | undefined, who: string, place: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new FormatError(
    problem(`${who}, config.json`, `an object at ${place}`, JSON.stringify(value)?.slice(0, 60) ?? "nothing"),
  );
}
