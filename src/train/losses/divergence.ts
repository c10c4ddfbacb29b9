import { add, clip, div, log, mul, sub } from "../../ops/elementwise.ts";
import { mean, sum } from "../../ops/reduce.ts";
import { epsilon, simple } from "./loss.ts";

/**
 * Kullback-Leibler divergence: the sum over the last axis of target · log(target / prediction), both kept in [1e-7, 1].
 *
 *   model.compile({ optimizer: "adam", loss: "klDivergence" });
 */
export const klDivergence = simple("klDivergence", "KLDivergence", (target, prediction) => {
  const y = clip(target, epsilon, 1);
  const p = clip(prediction, epsilon, 1);
  return sum(mul(y, log(div(y, p))), [-1]);
});

/**
 * Mean over the last axis of prediction − target · log(prediction): counts that follow a Poisson distribution.
 *
 *   model.compile({ optimizer: "adam", loss: "poisson" });
 */
export const poisson = simple("poisson", "Poisson", (y, p) => mean(sub(p, mul(y, log(add(p, epsilon)))), [-1]));
