import type { AnyLayer, CallContext, Weight } from "../src/layers/layer.ts";
import type { NdArray } from "../src/tensor/nd-array.ts";
import { sizeOf } from "../src/tensor/shape.ts";
import type { Tensor } from "../src/tensor/tensor.ts";
import { distinct, type Formula } from "./conformance/harness.ts";

export interface LayerCase {
  /** x, and an initial state after it. */
  inputs: readonly NdArray[];
  mask?: NdArray;
  /** In Keras's order; distinct numbers when absent. */
  weights?: readonly NdArray[];
  training?: boolean;
}

/** Requests of a layer to its context while it was traced. */
export interface Asked {
  streams: number;
  losses: Tensor[];
  updates: { weight: Weight; value: Tensor }[];
}

/**
 * A layer as a formula over its inputs x, s0, s1, ... and weights w0, w1, ...: its outputs, then the next values of the
 * weights it updates, then the sums it adds to the loss.
 */
export function layerFormula(layer: AnyLayer, given: LayerCase): Formula & { asked: Asked } {
  if (!layer.built) layer.buildAll(given.inputs.map((a) => a.shape));
  const owned = layer.ownedWeights().map(({ weight }) => weight);
  const inputs: Record<string, NdArray> = {};
  for (const [k, a] of given.inputs.entries()) inputs[k === 0 ? "x" : `s${k - 1}`] = a;
  for (const [k, w] of owned.entries())
    inputs[`w${k}`] = given.weights?.[k] ?? distinct(w.shape, 20 + k, 1 / Math.sqrt(sizeOf(w.shape.slice(0, 1))));
  if (given.mask) inputs.mask = given.mask;
  const asked: Asked = { streams: 0, losses: [], updates: [] };
  return {
    inputs,
    asked,
    outputs: (t) => {
      Object.assign(asked, { streams: 0, losses: [], updates: [] });
      const context: CallContext = {
        training: given.training ?? false,
        weight: (w) => t[`w${owned.indexOf(w)}`],
        stream: () => asked.streams++,
        update: (weight, value) => asked.updates.push({ weight, value }),
        addLoss: (value) => asked.losses.push(value),
      };
      if (given.mask) t.x.mask = t.mask;
      const outputs = layer.forwardAll(
        given.inputs.map((_, k) => t[k === 0 ? "x" : `s${k - 1}`]),
        context,
      );
      return [...outputs, ...asked.updates.map((u) => u.value), ...asked.losses];
    },
  };
}
