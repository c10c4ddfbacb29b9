import { ctcLoss } from "../../ops/ctc.ts";
import { type Loss, type ReductionOptions, withOptions } from "./loss.ts";

/**
 * Connectionist temporal classification (Graves et al. 2006): minus the log-probability of all ways in which a sequence of
 * labels spreads over the steps, with blanks between. Predictions [B, T, V] are logits, class 0 is the blank; targets
 * [B, L] are labels from 1 on, filled up with 0 at the end. Masked steps do not count. A sequence that does not
 * fit into T steps has loss Infinity, and changes no weight.
 *
 *   model.compile({ optimizer: "adam", loss: "ctc" });
 */
export function ctc(options: ReductionOptions = {}): Loss {
  return withOptions("ctc", "CTC", options, {}, () => ({
    name: "ctc",
    targets: (p) => ({ shape: [p[0], null], dtype: "i32" }),
    labelLimit: (p) => p.at(-1) ?? Number.POSITIVE_INFINITY,
    formula: (labels, logits) => ctcLoss(logits, labels, { mask: logits.mask }),
  }));
}
