import { FormatError, problem } from "../../errors.ts";
import type { AnyLayer, LayerCall, SymbolicTensor } from "../../layers/layer.ts";
import { Functional } from "../../models/functional.ts";
import { type AnyModel, Model } from "../../models/model.ts";
import { Sequential } from "../../models/sequential.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import { modelConfig } from "../keras/config.ts";
import { weightReader } from "../keras/weights.ts";
import { OnnxBuilder, type Traced, unmasked } from "./builder.ts";
import { exportLayer } from "./layers.ts";
import { type OnnxValue, writeOnnx } from "./proto.ts";
import type { OnnxContext } from "./recurrent.ts";

const opset = 17;

export interface OnnxOptions {
  /**
   * Exports a single step, for generation: the states of recurrent layers are inputs and outputs, and stay with the caller.
   * Default false.
   */
  step?: boolean;
}

/**
 * The bytes of an ONNX file (opset 17) of a model that predicts: dropout is left out, masked and padded sequences need no
 * loops, batch and open sizes stay open. Text files among `model.assets` (a tokenizer, labels) go into its metadata. Throws
 * FormatError naming the first layer ONNX has no operators for.
 *
 *   await writeFile("imdb.onnx", onnxBytes(model));
 */
export function onnxBytes(model: AnyModel, options: OnnxOptions = {}): Uint8Array {
  const b = new OnnxBuilder();
  const several = model.inputs!.length > 1;
  const inputs = model.inputs!.map((place): Traced => {
    const type = place.dtype === "i32" ? "int32" : "float";
    const shape = options.step && place.shape.length > 1 ? [place.shape[0], 1, ...place.shape.slice(2)] : place.shape;
    const name = b.name(place.name);
    b.inputs.push({ name, type, shape: sizes(shape, several ? `${place.name}_` : "") });
    return unmasked(shape, () => name, type);
  });
  for (const { name } of model.outputs!) b.name(name); // taken: no node may be called so
  const context: OnnxContext = { b, who: `model "${model.name}"`, masks: model.masks, read: weightReader(model) };
  const ends: [string, OnnxValue][] = [];
  const step = {
    begin: (layer: AnyLayer, part: string, size: number) => {
      const name = b.name(`${layer.name}_${part}`);
      b.inputs.push({ name, type: "float", shape: ["batch", size] });
      return name;
    },
    end: (layer: AnyLayer, part: string, size: number, value: string) => {
      ends.push([value, { name: b.name(`${layer.name}_${part}_next`), type: "float", shape: ["batch", size] }]);
    },
  };
  const outputs = exportModel(model, inputs, options.step ? { ...context, step } : context);
  outputs.forEach((value, k) => {
    const { name } = model.outputs![k];
    b.output(value.full(), { name: name, type: "float", shape: sizes(value.shape, several ? `${name}_` : "") });
  });
  for (const [value, as] of ends) b.output(value, as);
  return writeOnnx({
    producer: "Cellstate",
    opset,
    nodes: b.nodes,
    initializers: b.initializers,
    inputs: b.inputs,
    outputs: b.outputs,
    metadata: metadataOf(model),
  });
}

/** Open sizes by name: the batch, then "time"; those of several inputs each for itself. */
const sizes = (shape: PartialShape, before: string): OnnxValue["shape"] =>
  shape.map((d, k) => d ?? (k === 0 ? "batch" : `${before}${k === 1 ? "time" : `size_${k}`}`));

function exportModel(model: AnyModel, inputs: readonly Traced[], context: OnnxContext): Traced[] {
  const through = (layer: AnyLayer, given: readonly Traced[]): Traced[] =>
    layer instanceof Model ? exportModel(layer, given, context) : exportLayer(layer, given, context);
  if (model instanceof Sequential) {
    return (model.layers as readonly AnyLayer[]).reduce(
      (values: Traced[], layer) => through(layer, values),
      [...inputs],
    );
  }
  if (!(model instanceof Functional)) {
    throw new FormatError(
      problem(`${context.who}, ${model.label}`, "a sequential or functional model", model.className),
    );
  }
  const values = new Map<SymbolicTensor, Traced>(model.inputTensors.map((t, k) => [t, inputs[k]]));
  for (const use of model.uses) {
    if (use.outputs.every((t) => values.has(t))) continue; // an input
    refuseCallOptions(use, context.who);
    const results = through(
      use.layer,
      use.inputs.map((t) => values.get(t)!),
    );
    use.outputs.forEach((t, k) => {
      values.set(t, results[k]);
    });
  }
  return model.outputTensors.map((t) => values.get(t)!);
}

/** ONNX files here have the masks that layers make, and compute as at prediction. */
function refuseCallOptions({ layer, masks, attentionMask, training }: LayerCall, who: string): void {
  const found = attentionMask
    ? "an attentionMask"
    : masks.length > 0
      ? "a mask given"
      : training
        ? "training: true"
        : null;
  if (!found) return;
  const next = "Write model.keras instead, or leave the option out of the model that is exported.";
  throw new FormatError(problem(`${who}, ${layer.label}`, "a call without options", found, next));
}

function metadataOf(model: AnyModel): Map<string, string> {
  const metadata = new Map([["keras_config", JSON.stringify(modelConfig(model))]]);
  for (const [name, bytes] of model.assets) {
    try {
      metadata.set(`assets/${name}`, new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    } catch {
      const next = "Only text fits ONNX's metadata: remove the asset, or write model.keras.";
      throw new FormatError(problem(`asset "${name}"`, "text in UTF-8", `${bytes.length} bytes that are not`, next));
    }
  }
  return metadata;
}
