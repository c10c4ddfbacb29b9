import { CellstateError, FormatError, problem } from "../errors.ts";
import {
  activation,
  dense,
  dropout,
  embedding,
  flatten,
  type Initializer,
  input,
  type Layer,
  lstm,
} from "../layers/index.ts";
import type { PartialShape } from "../tensor/shape.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { JsonObject, JsonValue } from "./keras-archive.ts";
import { isCustom } from "./keras-object.ts";

/** What the file says besides its layers that decides how one is read. */
export interface LayerContext {
  /** Keras 1 and 2 have another hard_sigmoid. */
  readonly major: number;
  /** How many numbers the file's weights have: no layer may want more. */
  readonly numbers: number;
}

/** One layer's config, and what its messages begin with: the file and the layer. */
interface Place extends LayerContext {
  readonly who: string;
  readonly base: { name?: string; trainable: boolean };
}

/**
 * A layer from its object in `config.json`; its weights are not drawn, they come from the file. Throws FormatError with the
 * file, the layer, its class and the option for what this version cannot compute exactly.
 */
export function readLayer(object: JsonObject, config: JsonObject, file: string, context: LayerContext): Layer {
  const className = String(object.class_name);
  const name = typeof config.name === "string" ? config.name : undefined;
  const who = `${file}, layer "${name ?? className}"`;
  if (isCustom(object) || !Object.hasOwn(readers, className)) {
    const known = Object.keys(readers).filter((k) => k !== "InputLayer");
    const found = isCustom(object) ? `${className}, a class of the author's own` : className;
    const next = "This version has no such layer and loads nothing: replace it in Keras and save again.";
    throw new FormatError(problem(who, `layers of the classes ${known.join(", ")}`, found, next));
  }
  try {
    return readers[className](config, { ...context, who, base: { name, trainable: config.trainable !== false } });
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof CellstateError)) throw error;
    throw new FormatError(`${who} (${className}): ${error.message}`);
  }
}

const readers: Readonly<Record<string, (c: JsonObject, place: Place) => Layer>> = {
  InputLayer: (c, { who, base }) => {
    const shape = readShape(c.batch_shape ?? c.batch_input_shape, who);
    const dtype = String(c.dtype).startsWith("int") ? { dtype: "i32" as const } : {};
    return input(shape.slice(1), { name: base.name, ...dtype });
  },
  Embedding: (c, place) => {
    refuse(
      c,
      ["embeddings_regularizer", "activity_regularizer", "embeddings_constraint", "quantization_config"],
      place,
    );
    return embedding(c.input_dim as number, c.output_dim as number, {
      ...place.base,
      maskZero: c.mask_zero === true,
      embeddingsInitializer: readInitializer(c.embeddings_initializer, "RandomUniform", place),
    });
  },
  LSTM: (c, place) => {
    const weights = ["kernel", "recurrent", "bias"];
    refuse(c, ["return_state", "stateful", "activity_regularizer", ...weights.flatMap(penalties)], place);
    return lstm(c.units as number, {
      ...place.base,
      activation: readActivation(c.activation ?? "tanh", place),
      recurrentActivation: readActivation(c.recurrent_activation ?? "sigmoid", place),
      useBias: c.use_bias !== false,
      kernelInitializer: readInitializer(c.kernel_initializer, "GlorotUniform", place),
      recurrentInitializer: readInitializer(c.recurrent_initializer, "Orthogonal", place),
      biasInitializer: readInitializer(c.bias_initializer, "Zeros", place),
      unitForgetBias: c.unit_forget_bias !== false,
      dropout: (c.dropout ?? 0) as number,
      recurrentDropout: (c.recurrent_dropout ?? 0) as number,
      returnSequences: c.return_sequences === true,
      goBackwards: c.go_backwards === true,
      zeroOutputForMask: c.zero_output_for_mask === true,
    });
  },
  Dense: (c, place) => {
    const others = ["activity_regularizer", "quantization_config", "lora_rank"];
    refuse(c, [...others, ...["kernel", "bias"].flatMap(penalties)], place);
    return dense(c.units as number, {
      ...place.base,
      activation: readActivation(c.activation ?? "linear", place),
      useBias: c.use_bias !== false,
      kernelInitializer: readInitializer(c.kernel_initializer, "GlorotUniform", place),
      biasInitializer: readInitializer(c.bias_initializer, "Zeros", place),
    });
  },
  Dropout: (c, place) => {
    refuse(c, ["noise_shape"], place);
    return dropout(c.rate as number, place.base);
  },
  Activation: (c, place) => activation(readActivation(c.activation, place), place.base),
  Flatten: (c, place) => {
    if (c.data_format === "channels_first") refuse(c, ["data_format"], place);
    return flatten(place.base);
  },
};

const penalties = (weight: string) => [`${weight}_regularizer`, `${weight}_constraint`];

/** Throws where an option is set that would change the numbers and is not supported. */
function refuse(config: JsonObject, options: string[], { who }: Place): void {
  for (const option of options) {
    const value = config[option];
    if (value === undefined || value === null || value === false) continue;
    const next = "This version has no such option and loads nothing: take it away in Keras and save again.";
    throw new FormatError(problem(who, `no ${option}`, JSON.stringify(value), next));
  }
}

/** A shape with its batch left open: `[32, 10]` → `[null, 10]`. */
export function readShape(value: JsonValue | undefined, who: string): PartialShape {
  const size = (d: JsonValue) => d === null || (typeof d === "number" && Number.isInteger(d) && d > 0);
  if (Array.isArray(value) && value.length > 0 && value.every(size)) return [null, ...(value.slice(1) as number[])];
  throw new FormatError(
    problem(
      who,
      "a shape such as [null, 10, 3]",
      JSON.stringify(value) ?? "none",
      "Save a built model with one input.",
    ),
  );
}

function readActivation(value: JsonValue | undefined, { who, major }: Place): never {
  const object = value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  const name = object && object.class_name === "function" && !isCustom(object) ? object.config : value;
  if (typeof name !== "string") {
    const next = "Activations of the author's own are not read: use one of Keras by its name.";
    throw new FormatError(problem(who, "an activation by name", JSON.stringify(value) ?? "none", next));
  }
  if (name === "hard_sigmoid" && major < 3) return "hardSigmoid2" as never;
  if (name === "swish") return "silu" as never;
  return name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()) as never; // the layer refuses unknown names
}

/** Class and config as the file has them, for the next save. Nothing is drawn: the weights come from the file. */
function readInitializer(value: JsonValue | undefined, otherwise: string, { who, numbers }: Place): Initializer {
  const object = value !== null && typeof value === "object" && !Array.isArray(value) ? value : null;
  const given = object && !isCustom(object) ? object.class_name : value;
  const pascal =
    typeof given === "string" && given !== "" ? given.replace(/(?:^|_)([a-z])/g, (_, c) => c.toUpperCase()) : null;
  const config = (pascal && object?.config) || {};
  return {
    className: pascal ?? otherwise,
    config: config as Initializer["config"],
    fill: (shape) => {
      if (sizeOf(shape) <= numbers) return new Float32Array(sizeOf(shape));
      const found = `a weight [${shape.join(", ")}]`;
      throw new FormatError(
        problem(
          who,
          `weights of at most the ${numbers} numbers in the file`,
          found,
          "The file is damaged: save it again.",
        ),
      );
    },
  };
}
