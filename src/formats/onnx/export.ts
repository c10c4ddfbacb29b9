import { FormatError, problem } from "../../errors.ts";
import { Functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { Sequential } from "../../models/sequential.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { modelConfig } from "../keras/config.ts";
import { OnnxBuilder } from "./builder.ts";
import { Formula } from "./formula.ts";
import { hasOperator } from "./formula-nodes.ts";
import { graphWriter } from "./graph-writer.ts";
import { byOperator } from "./layer-operators.ts";
import { fixed, type Sizes, sameSizes } from "./open-sizes.ts";
import { type OnnxValue, writeOnnx } from "./proto.ts";
import { carriedOutside } from "./step.ts";
import { writtenAgain } from "./written-again.ts";

const opset = 17;
const mostBytes = 2 ** 31 - 2 ** 20; // protobuf counts to 2³¹; names and nodes need some

export interface OnnxOptions {
  /**
   * Exports a single step, for generation: the states of recurrent layers are inputs and outputs, and stay with the caller.
   * Default false.
   */
  step?: boolean;
}

/**
 * The bytes of an ONNX file (opset 17) of a model that predicts: dropout is left out, masked and padded sequences need no
 * loops, batch and open sizes stay open. The states of stateful layers are inputs and outputs. Text files among `model.assets`
 * (a tokenizer, labels) go into its metadata. A model that was read from ONNX is written with the nodes it came with. Throws
 * FormatError naming the first layer ONNX has no operators for.
 *
 *   await writeFile("imdb.onnx", onnxBytes(model));
 */
export function onnxBytes(model: AnyModel, options: OnnxOptions = {}): Uint8Array {
  void model.weightStore; // says what to do where the model is not built
  const who = `model "${model.name}"`;
  const step = options.step === true;
  const imported = writtenAgain(model);
  if (imported && !step) return imported;
  if (imported) {
    const next = "Convert it to layers first: await asLayers(model).";
    throw new FormatError(problem(`${who}, a step model`, "layers", "a graph from an ONNX file", next));
  }
  refuseEncoders(model, who);
  const formula = new Formula(model, who, {
    step,
    instead: (layer, inputs, context, states) =>
      (step ? carriedOutside(layer, inputs, context, states, who) : null) ?? byOperator(layer, inputs, context),
    keeps: hasOperator,
  });
  const b = graphOf(model, formula, who);
  const bytes = b.initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes >= mostBytes) {
    const next = "Write model.safetensors or model.keras instead.";
    throw new FormatError(problem(who, "less than 2 GB of numbers, as one ONNX file can hold", `${bytes} bytes`, next));
  }
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

/** An encoder of texts or numbers runs before the model's formula, and stands in no graph. */
function refuseEncoders(model: AnyModel, who: string): void {
  for (const { name, computed = [] } of model.inputs!) {
    const encoder = computed.find((made) => made.encoder)?.encoder;
    if (!encoder) continue;
    const next = "Export a model that begins after it, with an input for the numbers it outputs.";
    throw new FormatError(problem(who, `numbers as input "${name}"`, `what ${encoder.label} reads`, next));
  }
}

/** The nodes of a formula, with its inputs and outputs, and the states that are carried as both. */
function graphOf(model: AnyModel, formula: Formula, who: string): OnnxBuilder {
  const b = new OnnxBuilder();
  const inputNames = model.inputs!.map(({ name }) => b.name(name));
  const outputNames = model.outputs!.map(({ name }) => b.name(name)); // taken: no node may be called so
  const w = graphWriter(b, formula, model, who);
  const shapeOf = (t: Tensor, before: string): OnnxValue["shape"] =>
    formula.sizes(t).map((v, axis) => fixed(v) ?? nameOf(v, formula) ?? `${before}_size_${axis}`);
  const begins = (t: Tensor, name: string): void => {
    b.inputs.push({ name, type: t.dtype === "i32" ? "int32" : "float", shape: shapeOf(t, name) });
    w.give(t, name);
  };
  const ends = (t: Tensor, name: string): void =>
    b.output(w.value(t), { name, type: "float", shape: shapeOf(t, name) });
  for (const [k, t] of formula.inputs.entries()) begins(t, inputNames[k]);
  const states = formula.states.map(({ layer, part, begin, end }) => {
    const name = b.name(`${layer.name}_${part}`);
    begins(begin, name);
    return { end, name: b.name(`${name}_next`) };
  });
  w.write(formula.nodes);
  for (const [k, t] of formula.outputs.entries()) ends(t, outputNames[k]);
  for (const { end, name } of states) ends(end, name);
  b.removeUnused();
  return b;
}

/** The open size of an input that a size is. */
const nameOf = (v: Sizes, { open }: Formula): string | undefined =>
  open.flat().find((size) => size && sameSizes(size.sizes, v))?.name;

function metadataOf(model: AnyModel): Map<string, string> {
  const hasConfig = [Sequential, Functional].some((kind) => model instanceof kind); // the formula of another is code
  const metadata = new Map(hasConfig ? [["keras_config", JSON.stringify(modelConfig(model))]] : []);
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
