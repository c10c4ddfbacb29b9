import { DataError, problem } from "../errors.ts";
import { embedding, input as inputLayer, type Layer, type Model, NdArray, Sequential, sequential } from "../index.ts";
import type { Padded } from "./messages.ts";
import type { OpenModel } from "./open-model.ts";

interface Asked {
  readonly input: string;
  readonly zeros: number;
  /** Whether the zeros follow the words; else they come before. */
  readonly after: boolean;
}

/** The prediction for an input behind zeros: by the model with its padding masked, and by the same weights without a mask. */
export async function padInput(open: OpenModel, { input, zeros, after }: Asked): Promise<Padded> {
  const { inputs, from } = await open.read(input);
  const copies = twins(open.model);
  const ids = [...inputs[0].data].slice(from);
  const padding = new Array<number>(zeros).fill(0);
  const padded = after ? [...ids, ...padding] : [...padding, ...ids];
  const row = (all: readonly number[]) => new NdArray(Int32Array.from(all), [1, all.length]);
  const labels = open.output.labels ?? [];
  const said = async (model: Model, all: readonly number[]) => {
    const { data } = (await model.predict(row(all))) as NdArray;
    return labels.length === 2 && data.length === 1 ? Float32Array.of(1 - data[0], data[0]) : Float32Array.from(data);
  };
  return {
    labels,
    without: await said(copies.unmasked, ids),
    masked: await said(copies.masked, padded),
    unmasked: await said(copies.unmasked, padded),
  };
}

/** The model for inputs of any length, once with its zeros masked and once without. */
function twins(model: OpenModel["model"]): { masked: Model; unmasked: Model } {
  const [first, ...above] = model instanceof Sequential ? (model.layers as Layer[]) : [];
  const words = first?.className === "InputLayer" ? above[0] : first;
  if (words?.className !== "Embedding") {
    const next = "Open the sentiment model on the Start page.";
    throw new DataError(problem("studio padding", "a sequential model that begins with an embedding", "another", next));
  }
  const rest = first === words ? above : above.slice(1);
  const weights = model.getWeights();
  const [vocabulary, size] = weights[0].shape;
  const twin = (maskZero: boolean): Model => {
    const copy = sequential([inputLayer([null], { dtype: "i32" }), embedding(vocabulary, size, { maskZero }), ...rest]);
    copy.setWeights(weights);
    return copy;
  };
  return { masked: twin(true), unmasked: twin(false) };
}
