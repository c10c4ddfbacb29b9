import { div } from "../../ops/elementwise.ts";
import { gather } from "../../ops/gather.ts";
import { exactDepth, int8GateProduct, linearInt8 } from "../../ops/quantized.ts";
import { roundedProducts } from "../../ops/recurrent.ts";
import { reshape } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { AnyLayer, CallContext, Rounding, Weight } from "../layer.ts";
import { initializer } from "../weights/initializers.ts";

/** The weight of 8 bits of a dense layer or an embedding, with its factors; null for a layer that has none. */
const mainName = (layer: AnyLayer): "kernel" | "embeddings" | null =>
  layer.factory === "dense" ? "kernel" : layer.factory === "embedding" ? "embeddings" : null;

const named = (layer: AnyLayer, name: string): Weight | undefined => layer.weights.find((w) => w.name === name);

/** Layers that can compute with weights of 8 bits. */
export const isQuantizable = ({ factory }: AnyLayer): boolean =>
  ["dense", "embedding", "lstm", "gru", "simpleRnn"].includes(factory);

/** Weights of 8 bits, as Keras has them in Dense and Embedding; recurrent layers round their kernels where they compute. */
export function int8Rounding(): Rounding {
  roundedProducts.int8 = int8GateProduct;
  return rounding;
}

const rounding: Rounding = {
  name: "int8",
  declare(layer) {
    const name = mainName(layer);
    const at = layer.weights.findIndex((w) => w.name === name);
    if (at < 0 || layer.weights[at].int8) return;
    const main = layer.weights[at];
    const fixed = { trainable: false, regularizer: null, constraint: null };
    const groups = main.shape[name === "kernel" ? 1 : 0]; // units, or words
    layer.weights[at] = { ...main, ...fixed, int8: true };
    const ones = initializer("ones", `${layer.label} ${name}_scale`);
    layer.weights.push({ name: `${name}_scale`, shape: [groups], initializer: ones, ...fixed });
  },
  product(layer, x, context) {
    const bias = named(layer, "bias");
    return linearInt8(
      x,
      of(layer, "kernel", context),
      of(layer, "kernel_scale", context),
      bias && context.weight(bias),
    );
  },
  vectors(layer, ids, context) {
    const scale = gather(of(layer, "embeddings_scale", context), ids); // [B, T]
    return div(gather(of(layer, "embeddings", context), ids), reshape(scale, [...scale.shape, 1]));
  },
  table(layer, context) {
    const scale = of(layer, "embeddings_scale", context);
    return div(of(layer, "embeddings", context), reshape(scale, [scale.shape[0], 1]));
  },
  // Not where dropout's masks make a training's numbers of it. Sums of more products than f32 adds exactly have no kernel.
  attributes: (x, { xDrop, hDrop }, units) =>
    xDrop || hDrop ? {} : { rounding: "int8", deep: Math.max(x.shape[2], units) > exactDepth },
};

const of = (layer: AnyLayer, name: string, context: CallContext): Tensor => context.weight(named(layer, name)!);
