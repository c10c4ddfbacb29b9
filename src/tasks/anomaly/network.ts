import { add, dense, flatten, input, repeatVector, type SymbolicTensor, timeDistributed } from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { recurrentLayers, type StackOptions } from "../shared/recurrent-stack.ts";

/** Layers and seed of a detector's network. */
export interface NetworkOptions
  extends Required<Pick<StackOptions, "cell" | "units" | "dropout" | "recurrentDropout">> {
  readonly seed: number;
}

/**
 * Forecasts the next row of windows [N, window, D] → [N, D]: an autoregression, and what recurrent layers add to it, which at first is
 * nothing. What is linear need not be learned by an LSTM.
 */
export function forecastNetwork(window: number, D: number, { seed, ...options }: NetworkOptions): Model {
  const x = input([window, D]);
  const linear = dense(D, { name: "autoregression" })(flatten()(x));
  const layers = recurrentLayers({ ...options, bidirectional: false }, false);
  const state = layers.reduce<SymbolicTensor>((tensor, layer) => layer(tensor) as SymbolicTensor, x.tensor);
  const correction = dense(D, { name: "correction", kernelInitializer: "zeros" })(state);
  return functional(x, add()([linear, correction]), { seed });
}

/** Reconstructs windows [N, window, D] from the state after them: an LSTM autoencoder (Malhotra et al. 2016). */
export function autoencoder(window: number, D: number, { seed, ...options }: NetworkOptions): Model {
  const one = { ...options, bidirectional: false };
  const units = typeof options.units === "number" ? options.units : [...options.units].reverse();
  return sequential(
    [
      input([window, D]),
      ...recurrentLayers(one, false),
      repeatVector(window),
      ...recurrentLayers({ ...one, units }, true),
      timeDistributed(dense(D)),
    ],
    { seed },
  );
}
