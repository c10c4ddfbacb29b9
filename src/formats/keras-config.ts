import { FormatError, problem } from "../errors.ts";
import type { Layer, Layers } from "../layers/index.ts";
import type { Models } from "../models/model.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { JsonObject, JsonValue } from "./keras-archive.ts";
import { compileConfig, type DescribedCompile, readCompile } from "./keras-compile.ts";
import { type LayerContext, readLayer, readShape } from "./keras-layers.ts";

const float32 = { module: "keras", class_name: "DTypePolicy", config: { name: "float32" }, registered_name: null };
const defaultSeed = 1;

/** Keras's `config.json` of a built sequential model. Field names and order as Keras 3.15 writes them. */
export function modelConfig(model: Models): JsonObject {
  const shape = [...model.inputShape!];
  const layers = model.layers.filter((layer) => layer.className !== "InputLayer");
  const first = model.layers[0].className === "InputLayer" ? model.layers[0].name : freeName(layers);
  let at: PartialShape = shape;
  const objects = layers.map((layer) => {
    const built = at;
    at = layer.computeOutputShapes([at])[0];
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
    // Ours alone; Keras reads only the keys it knows. Shuffling and dropout go on as before the save.
    ...(model.seed === defaultSeed ? {} : { cellstate: { seed: model.seed } }),
  };
}

function layerObject(layer: Layers, built: PartialShape): JsonObject {
  const config = layer.config() as JsonObject;
  return {
    module: "keras.layers",
    class_name: layer.className,
    config: { name: layer.name, trainable: layer.trainable, dtype: float32, ...config },
    registered_name: null,
    build_config: { input_shape: [...built] },
  };
}

/** A name for the InputLayer that Keras wants and the user did not give. */
function freeName(layers: readonly Layers[]): string {
  let name = "input_layer";
  for (let k = 1; layers.some((layer) => layer.name === name); k++) name = `input_layer_${k}`;
  return name;
}

/** What a file says of a model: fresh layers, and how it was compiled. */
export interface Described {
  name: string;
  seed: number;
  layers: Layer[];
  inputShape: PartialShape | null;
  compile: DescribedCompile | null;
}

/** Reads `config.json`. Throws FormatError for what this version cannot run exactly: better no model than wrong numbers. */
export function readModelConfig(config: JsonObject, who: string, context: LayerContext): Described {
  if (config.class_name !== "Sequential") {
    const next =
      "Other models are not read by this version. If it is a plain stack: keras.Sequential(model.layers).save(...).";
    throw new FormatError(problem(who, "a Sequential model", String(config.class_name), next));
  }
  // Keras 1 wrote the list of layers alone.
  const inner = Array.isArray(config.config) ? { layers: config.config } : objectOf(config.config, who, "config");
  const list = Array.isArray(inner.layers) ? inner.layers : [];
  let inputShape: PartialShape | null = null;
  const layers = list.map((entry, k) => {
    const object = objectOf(entry, who, `layer ${k}`);
    const own = objectOf(object.config, who, `layer ${k}, config`);
    const shape = own.batch_shape ?? own.batch_input_shape;
    if (k === 0 && shape) inputShape = readShape(shape, `${who}, layer ${k}`);
    return readLayer(object, own, who, context);
  });
  const build = objectOf(config.build_config ?? {}, who, "build_config").input_shape ?? inner.build_input_shape;
  if (!inputShape && build) inputShape = readShape(build, `${who}, build_config`);
  const ours = config.cellstate as JsonObject | null | undefined;
  return {
    name: typeof inner.name === "string" ? inner.name : "sequential",
    seed: Number.isSafeInteger(ours?.seed) ? (ours!.seed as number) : defaultSeed,
    layers,
    inputShape,
    compile: readCompile(config.compile_config),
  };
}

function objectOf(value: JsonValue | undefined, who: string, place: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new FormatError(
    problem(
      `${who}, config.json`,
      `an object at ${place}`,
      JSON.stringify(value)?.slice(0, 60) ?? "nothing",
      "The file is damaged: save it again.",
    ),
  );
}
