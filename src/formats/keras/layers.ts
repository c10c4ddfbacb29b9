import { CellstateError, FormatError, problem } from "../../errors.ts";
import type { AnyLayer } from "../../layers/index.ts";
import { int8Rounding, isQuantizable } from "../../layers/int8/int8.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { layerReaders } from "./form-readers.ts";
import { asObject, isCustom } from "./object.ts";
import { plainReaders } from "./plain-layers.ts";
import { cellReaders, recurrentReaders } from "./recurrent-layers.ts";
import { type LayerContext, type Reader, readShape } from "./values.ts";

export { type LayerContext, readShape };

const readers: Readonly<Record<string, Reader>> = { ...layerReaders, ...plainReaders, ...recurrentReaders };

/** Whether a class is one of Keras's that is here. */
export const isKnownLayer = (className: string): boolean => Object.hasOwn(readers, className);

/** Whether a class is that of a layer or a cell which is here. */
export const isKnownClass = (className: string): boolean =>
  isKnownLayer(className) || Object.hasOwn(cellReaders, className);

/**
 * A layer from its object in `config.json`; its weights are not drawn, they come from the file. Throws FormatError with the
 * file, the layer, its class and the option for what this version cannot compute exactly. `readInner` reads what a wrapper
 * holds: a layer, a model, a class of the user's own.
 */
export function readLayer(
  object: JsonObject,
  config: JsonObject,
  file: string,
  context: LayerContext,
  readInner: (object: JsonObject, who: string) => AnyLayer = (inner, at) =>
    readLayer(inner, (inner.config ?? {}) as JsonObject, at, context),
): AnyLayer {
  const className = String(object.class_name);
  const name = typeof config.name === "string" ? config.name : undefined;
  const who = `${file}, layer "${name ?? className}"`;
  if (isCustom(object) || !Object.hasOwn(readers, className)) {
    const of = className === "Lambda" ? asObject(config.function)?.config : undefined; // the name of a function in Python
    const ofCode = typeof of === "string" ? ` of the function "${of}"` : "";
    const found = isCustom(object) ? `${className}, a class of the author's own` : `${className}${ofCode}`;
    const next =
      className === "Lambda"
        ? 'The code in a file is never run. Write its function again, before loading: registerLayer("Lambda", (config, options) => lambda((x) => ops.mul(x, 2), options)).'
        : `This version has no such layer and loads nothing: replace it in Keras and save again, or write it before loading: registerLayer("${className}", (config, options) => yourLayer).`;
    throw new FormatError(problem(who, "a layer of a class that is here", found, next));
  }
  const base = { name, trainable: config.trainable !== false };
  try {
    const layer = readers[className](config, {
      ...context,
      who,
      base,
      call: firstCall(object),
      readInner: (value) => readInner((value ?? {}) as JsonObject, who),
    });
    return roundedAs(object, config, layer, who);
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof CellstateError)) throw error;
    throw new FormatError(`${who} (${className}): ${error.message}`);
  }
}

/** The layer with weights of 8 bits, where its dtype says so, or a word of ours beside the config: Keras has no such recurrent layers. */
function roundedAs(object: JsonObject, config: JsonObject, layer: AnyLayer, who: string): AnyLayer {
  const policy = asObject(config.dtype);
  if ((asObject(policy?.config)?.name ?? config.dtype) === "mixed_bfloat16") layer.products = "bfloat16";
  const quantized = typeof policy?.class_name === "string" && /^(Quantized|Int4|GPTQ|AWQ)/.test(policy.class_name);
  const mode = quantized ? (asObject(policy.config)?.mode ?? policy.class_name) : object.cellstate_quantization;
  if (mode === undefined && usual(config.quantization_config)) return layer;
  if (mode === "int8" && isQuantizable(layer) && usual(config.quantization_config)) {
    layer.rounding = int8Rounding();
    return layer;
  }
  const expected = isQuantizable(layer) ? "float32 or int8 weights" : "float32 weights";
  const next = "This version has no such layer and loads nothing: save the model as it was before quantize().";
  throw new FormatError(problem(who, expected, JSON.stringify([mode, config.quantization_config]), next));
}

/** Whether a quantization is as Keras does it without options: the largest of a row or a column becomes 127. */
function usual(value: JsonValue | undefined): boolean {
  const quantizers = asObject(asObject(value ?? null)?.config);
  if (!value || !quantizers) return !value;
  const [weight, activation] = [quantizers.weight_quantizer, asObject(quantizers.activation_quantizer)];
  const { value_range, epsilon, axis = null, output_dtype } = asObject(activation?.config) ?? {};
  const plain = JSON.stringify(value_range) === "[-127,127]" && epsilon === 1e-7 && axis === null;
  return weight === null && activation?.class_name === "AbsMaxQuantizer" && plain && output_dtype === "int8";
}

/** Keras 3 keeps some options of a layer with its calls. */
function firstCall(object: JsonObject): JsonObject {
  const node = Array.isArray(object.inbound_nodes) ? object.inbound_nodes[0] : null;
  const kwargs = node && typeof node === "object" && !Array.isArray(node) ? node.kwargs : null;
  return (kwargs ?? {}) as JsonObject;
}
