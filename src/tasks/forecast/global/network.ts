import {
  activation,
  add,
  concatenate,
  dense,
  dropout,
  type Input,
  input,
  lstm,
  repeatVector,
  reshape,
  type SymbolicTensor,
} from "../../../layers/index.ts";
import { functional } from "../../../models/functional.ts";
import type { Model } from "../../../models/model.ts";
import type { WindowSizes } from "./windows.ts";

export interface NetworkOptions extends WindowSizes {
  readonly window: number;
  readonly horizon: number;
  /** Units of an LSTM, and of the dense layer after it. */
  readonly units: number;
  readonly hidden: number;
  /** Networks side by side, whose mean is the forecast. */
  readonly networks: number;
  readonly seed: number;
}

const dropped = 0.1;

/**
 * The network of a global forecaster: an LSTM over the window; its last output, the seasonal naive forecasts and the static columns go through a
 * dense layer, and past it, to one output for each step ahead. Where steps ahead have numbers of their own, two dense layers that all steps share read them
 * beside the rest, in place of that layer, and the numbers go past them too. Several such networks side by side give [B, networks · horizon].
 */
export function forecastNetwork(options: NetworkOptions): Model {
  const { window, horizon, channels, context, networks, seed } = options;
  const steps = input([window, channels], { name: "steps" });
  const whole = input([context], { name: "context" });
  const ahead = options.ahead > 0 ? input([horizon, options.ahead], { name: "ahead" }) : null;
  const outputs = Array.from({ length: networks }, (_, k) => {
    const suffix = networks > 1 ? `_${k + 1}` : "";
    return outputOf({ steps, whole, ahead }, options, suffix);
  });
  const inputs = [steps, whole, ...(ahead ? [ahead] : [])];
  return functional(inputs, networks > 1 ? concatenate()(outputs) : outputs[0], { seed });
}

interface Inputs {
  readonly steps: Input;
  readonly whole: Input;
  readonly ahead: Input | null;
}

/** The output of one network [B, horizon]. */
function outputOf(
  { steps, whole, ahead }: Inputs,
  { horizon, units, hidden }: NetworkOptions,
  suffix: string,
): SymbolicTensor {
  const named = (name: string) => `${name}${suffix}`;
  const read = concatenate()([lstm(units, { name: named("reader") })(steps), whole]);
  if (ahead) {
    const whole = repeatVector(horizon)(dense(hidden, { name: named("context_hidden") })(read));
    const own = dense(hidden, { useBias: false, name: named("step_hidden") })(ahead); // [B, horizon, hidden]
    const first = dropout(dropped)(activation("relu")(add()([whole, own])));
    const second = dense(Math.ceil(hidden / 2), { activation: "relu", name: named("step_hidden_2") })(first);
    const beside = concatenate()([dropout(dropped)(second), ahead]);
    return reshape([horizon])(dense(1, { name: named("step") })(beside));
  }
  const turned = dense(hidden, { activation: "relu", name: named("hidden") })(read);
  return dense(horizon, { name: named("direct") })(concatenate()([read, turned]));
}
