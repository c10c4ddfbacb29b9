import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import type { AnyLayer } from "../../layers/index.ts";
import { type AnyModel, Model } from "../../models/model.ts";

/** The inputs and outputs of a model, as far as its layers tell. */
export interface ModelForm {
  /** Ids [B, T], or steps [B, T, D]; or texts, by a layer of its own. */
  readonly reads: "ids" | "steps" | "texts";
  /** T; null: any. */
  readonly length: number | null;
  /** D; 1 of ids. */
  readonly features: number;
  /** Ids are below this; null where no layer says. */
  readonly idLimit: number | null;
  /** Numbers that come out, of a step where there is one for each. */
  readonly outputs: number;
  /** Shape of an output behind the batch: [H], or [H, K]. */
  readonly outputShape: readonly (number | null)[];
  /** An output for each step that is read. */
  readonly perStep: boolean;
  /** Activation of the last layer; null where it does not tell. */
  readonly activation: string | null;
  /** The loss it is compiled with, in Keras's words; null for none. */
  readonly loss: string | null;
  /** The value that a masking layer takes for padding; null without one. */
  readonly maskValue: number | null;
  /** Padding changes no answer: an embedding masks it, and every layer behind takes its mask. */
  readonly skipsPadding: boolean;
}

/** Throws DataError or ShapeError for a model that no task can be made of. */
export function formOf(model: Model, who: string): ModelForm {
  const { inputs, outputs, compiled } = model as AnyModel;
  if (!inputs || !outputs) throw new DataError(problem(who, "a model whose shapes are known", "one that is not built"));
  if (inputs.length > 1 || outputs.length > 1) {
    const found = `${inputs.length} inputs and ${outputs.length} outputs`;
    throw new DataError(problem(who, "a model of one input and one output", found, byHand));
  }
  const [{ shape, dtype, reader, texts = false }] = inputs;
  if (texts && shape.length > 1 && shape[1] !== 1)
    throw new ShapeError(problem(who, "a model that reads a text a row", showShape(shape), byHand));
  const ids = !texts && shape.length === 2 && (dtype === "i32" || reader?.inputDtype === "i32");
  if (!ids && !texts && shape.length !== 3)
    throw new ShapeError(problem(who, "a model that reads ids [B, T] or steps [B, T, D]", showShape(shape), byHand));
  const [, length = 1, features = 1] = shape;
  const [, ...out] = outputs[0].shape;
  if (features === null || out.length === 0 || out.length > 2 || out.at(-1) === null) {
    const found = `${showShape(shape)} and ${showShape(outputs[0].shape)}`;
    throw new ShapeError(problem(who, "inputs and outputs of known sizes", found, byHand));
  }
  const all = layersIn(model.layers);
  const loss = compiled?.objectives[0]?.loss?.name ?? null;
  return {
    reads: texts ? "texts" : ids ? "ids" : "steps",
    length,
    features,
    idLimit: (ids && reader?.idLimit) || null,
    outputs: out.at(-1)!,
    outputShape: out,
    perStep: out.length === 2 && (out[0] === null || (out[0] === length && !all.some(isRepeated))),
    activation: activationOf(all),
    loss,
    maskValue: (all.find(isMasking)?.config().mask_value as number | undefined) ?? null,
    skipsPadding: all.some(isMasked) && all.every(({ className }) => masked.has(className)),
  };
}

const byHand = "In a program: loadModel(path), then model.predict(x).";

/** Steps that come of repeating a whole sequence are others than those that are read. */
const isRepeated = ({ className }: AnyLayer): boolean => className === "RepeatVector";
const isMasked = (layer: AnyLayer): boolean => layer.className === "Embedding" && layer.config().mask_zero === true;
const isMasking = ({ className }: AnyLayer): boolean => className === "Masking";

/** Those of models within the model too. */
const layersIn = (layers: readonly AnyLayer[]): AnyLayer[] =>
  layers.flatMap((layer) => (layer instanceof Model ? layersIn(layer.layers) : [layer]));

/** Layers that a masked step leaves as they were, and layers of one step. */
const masked = new Set([
  ...["InputLayer", "Embedding", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed"],
  ...["Dense", "Activation", "Softmax", "Dropout", "SpatialDropout1D", "LayerNormalization"],
]);

/** ONNX operators that a graph ends in. */
const operators: Readonly<Record<string, string>> = {
  ...{ Softmax: "softmax", Sigmoid: "sigmoid", Tanh: "tanh", Relu: "relu" },
  ...{ Gemm: "linear", MatMul: "linear", Add: "linear" },
};

/** Layers that change no number where the model predicts. */
const passing = new Set(["Dropout", "Flatten", "Reshape", "InputLayer", "ActivityRegularization", "Identity"]);

function activationOf(layers: readonly AnyLayer[]): string | null {
  const last = layers.findLast(({ className }) => !passing.has(className));
  const inner = last?.className === "TimeDistributed" ? last.sublayers[0] : last;
  if (inner?.className === "Softmax") return "softmax";
  if (inner && "lastOperator" in inner) return operators[String(inner.lastOperator)] ?? null; // an ONNX graph
  if (inner?.className !== "Dense" && inner?.className !== "Activation") return null;
  const { activation } = inner.config();
  return typeof activation === "string" ? activation : null;
}
