import { DataError, problem } from "../../errors.ts";
import { chainBehind, crfLoss as crfOf } from "../../ops/crf.ts";
import type { Loss } from "./loss.ts";

/**
 * Minus the log-probability of each row's labels under a `crf` layer, which must be the model's last. Predictions [B, T, K] are scores;
 * targets [B, T] are labels from 0, of any value at masked steps. Masked steps do not exist. Throws DataError where
 * the predictions are those of another layer.
 *
 *   model.compile({ optimizer: "adam", loss: crfLoss() });
 */
export function crfLoss(): Loss {
  return {
    name: "crf",
    targets: (p) => ({ shape: p.slice(0, 2), dtype: "i32" }),
    labelLimit: (p) => p.at(-1) ?? Number.POSITIVE_INFINITY,
    formula: (labels, scores) => {
      const chain = chainBehind(scores);
      if (!chain) {
        const next = "End the model in crf(): its weights score which label follows which.";
        throw new DataError(problem("crfLoss", "scores of a crf layer", "the output of another layer", next));
      }
      return crfOf(chain.x, labels, chain, scores.mask);
    },
  };
}
