import { maximum, mul, sub } from "../../ops/elementwise.ts";
import { mean } from "../../ops/reduce.ts";
import { concat, split } from "../../ops/view.ts";
import { type Field, required } from "../options.ts";
import type { Loss } from "./loss.ts";

/**
 * The loss of a quantile forecast (Koenker & Bassett 1978): max(q·e, (q − 1)·e) for e = target − prediction, the mean
 * over quantiles and the last axis. Predictions [B, Q·n] hold the n numbers of the first quantile, then those of the next;
 * targets are [B, n].
 *
 *   model.compile({ optimizer: "adam", loss: pinball({ quantiles: [0.05, 0.5, 0.95] }) });
 */
export function pinball(options: { quantiles: readonly number[] }): Loss {
  const quantiles = required("pinball", "quantiles", options?.quantiles, fractions);
  const Q = quantiles.length;
  return {
    name: "pinball",
    targets: (prediction) => {
      const width = prediction.at(-1) ?? null;
      return { shape: [...prediction.slice(0, -1), width === null ? null : Math.ceil(width / Q)], dtype: "f32" };
    },
    formula: (y, p) => {
      const parts = split(p, Q).map((part, k) => {
        const e = sub(y, part);
        return maximum(mul(e, quantiles[k]), mul(e, quantiles[k] - 1));
      });
      return mean(concat(parts), [-1]);
    },
  };
}

const fractions: Field<readonly number[]> = {
  otherwise: [],
  expected: "a list of numbers between 0 and 1",
  fits: (v) => Array.isArray(v) && v.length > 0 && v.every((q) => typeof q === "number" && q > 0 && q < 1),
};
