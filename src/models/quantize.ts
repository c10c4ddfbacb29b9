import { DataError, invalidOption, option, problem, sentence, showValue } from "../errors.ts";
import { int8Rounding, isQuantizable } from "../layers/int8/int8.ts";
import type { AnyLayer } from "../layers/layer.ts";
import { rounded } from "../ops/rounded.ts";
import { NdArray } from "../tensor/nd-array.ts";
import type { Parameters } from "../train/parameters.ts";

/**
 * Makes every layer that can compute with weights of 8 bits do so; the returned function gives the new weights their numbers. Throws
 * DataError for another mode, and where there is no such layer, or none is left.
 */
export function quantizeLayers(
  model: AnyLayer & { weightStore: Parameters },
  mode: "int8",
): (store: Parameters) => void {
  if (mode !== "int8")
    throw new DataError(invalidOption("quantize", "mode", sentence`${option("mode")} as int8`, showValue(mode)));
  const { weightStore } = model;
  const layers = [...new Set(quantizableIn(model))].filter((layer) => !layer.rounding);
  if (layers.length === 0) {
    const next = "dense, embedding, lstm, gru and simpleRnn can be, those inside bidirectional too.";
    throw new DataError(problem(model.label, "a layer to quantize", "none that is not already", next));
  }
  const values = layers.map((layer) => {
    const numbers = layer.weights.map((w) => [w.name, weightStore.read(weightStore.placeOf(w), "quantize")] as const);
    return new Map<string, NdArray>(numbers);
  });
  const rounding = int8Rounding();
  for (const layer of layers) {
    layer.rounding = rounding;
    rounding.declare(layer);
  }
  return (store) => {
    for (const [k, layer] of layers.entries()) {
      const main = layer.weights.find((w) => w.int8);
      if (!main) continue; // a recurrent layer rounds its kernels where it computes
      const old = values[k];
      const { q, scale } = rounded(
        Float32Array.from(old.get(main.name)!.data),
        main.shape,
        layer.factory === "embedding" ? "rows" : "columns",
      );
      old.set(main.name, new NdArray(q, main.shape));
      old.set(`${main.name}_scale`, new NdArray(scale, [scale.length]));
      for (const w of layer.weights) store.write(store.placeOf(w), old.get(w.name)!, "quantize");
    }
  };
}

/**
 * Layers that can be quantized. What spectralNormalization wraps keeps its kernel; so does what timeDistributed wraps: Keras 3.15 computes
 * with the whole numbers as if they were the weights there.
 */
function quantizableIn(layer: AnyLayer): AnyLayer[] {
  if (["spectralNormalization", "timeDistributed"].includes(layer.factory)) return [];
  return [...(isQuantizable(layer) ? [layer] : []), ...layer.sublayers.flatMap(quantizableIn)];
}

/** Refuses to train a model with weights of 8 bits. */
export function refuseTraining(who: string): never {
  const next = "Train first and quantize then; a model loaded from the file it was saved to before can be trained.";
  throw new DataError(problem(who, "a model with weights of floating-point numbers", "a quantized one", next));
}
