import { add, dense, flatten, input, repeatVector, type SymbolicTensor, timeDistributed } from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { LeastSquares } from "../../tensor/least-squares.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
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

const most = 500; // numbers of a window, up to which its autoregression is solved for: the cost grows with their square
const penalty = 0.01; // of their mean square

/** Gives a network its autoregression by least squares over windows [N, window, D] and the rows after them [N, D]: what training begins with. */
export function startLinear(model: Model, x: NdArray, y: NdArray): void {
  const [N, D] = y.shape;
  const numbers = x.size / N;
  if (numbers > most) return;
  const squares = new LeastSquares(numbers, D);
  for (let i = 0; i < N; i++)
    squares.add(x.data.subarray(i * numbers, (i + 1) * numbers), y.data.subarray(i * D, (i + 1) * D));
  const solved = squares.solve(penalty);
  const kernel = Array.from({ length: numbers }, (_, j) => solved.map((weights) => weights[j]));
  model.getLayer("autoregression").setWeights([kernel, solved.map((weights) => weights[numbers])]);
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
