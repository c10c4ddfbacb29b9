import { add, concatenate, dense, input, lstm, repeatVector, reshape } from "../../../layers/index.ts";
import { functional } from "../../../models/functional.ts";
import type { Model } from "../../../models/model.ts";
import type { WindowSizes } from "./windows.ts";

export interface NetworkOptions extends WindowSizes {
  readonly window: number;
  readonly horizon: number;
  readonly units: number;
  readonly seed: number;
}

/**
 * The network of a global forecaster: an LSTM over the window, and one dense layer for all steps ahead that also sees the seasonal naive
 * forecasts and the static columns. Where columns are known beforehand, a small network that all steps share adds what they say of a step.
 */
export function forecastNetwork({ window, horizon, channels, context, known, units, seed }: NetworkOptions): Model {
  const steps = input([window, channels], { name: "steps" });
  const whole = input([context], { name: "context" });
  const all = concatenate()([lstm(units, { name: "reader" })(steps), whole]);
  const direct = dense(horizon, { name: "direct" })(all);
  if (known === 0) return functional([steps, whole], direct, { seed });
  const ahead = input([horizon, known], { name: "ahead" });
  const beside = concatenate()([repeatVector(horizon)(all), ahead]); // [B, horizon, units + context + known]
  const hidden = dense(units, { activation: "relu", name: "step_hidden" })(beside);
  const each = reshape([horizon])(dense(1, { name: "step" })(hidden));
  return functional([steps, whole, ahead], add()([direct, each]), { seed });
}
