import { add, cast, constant, equal, exp, greater, log, maximum, mul, sub, where } from "../../ops/elementwise.ts";
import { oneHot } from "../../ops/gather.ts";
import { matmul } from "../../ops/matmul.ts";
import { max, sum } from "../../ops/reduce.ts";
import { scan } from "../../ops/scan.ts";
import { logSoftmax } from "../../ops/softmax.ts";
import { concat, reshape, sliceAxis } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Loss } from "./loss.ts";

/** Stands for the logarithm of 0; far below any log-probability, far above what f32 cannot hold. */
const never = -1e30;

/**
 * Connectionist temporal classification (Graves et al. 2006): minus the log-probability of all ways in which a sequence of
 * labels spreads over the steps, with blanks between. Predictions [B, T, V] are logits, class 0 is the blank; targets
 * [B, L] are labels from 1 on, filled up with 0 at the end. Masked steps do not count. A sequence that does not
 * fit into T steps has loss 1e30.
 *
 *   model.compile({ optimizer: "adam", loss: "ctc" });
 */
export function ctc(): Loss {
  return {
    name: "ctc",
    targets: (p) => ({ shape: [p[0], null], dtype: "i32" }),
    labelLimit: (p) => p.at(-1) ?? Number.POSITIVE_INFINITY,
    formula: (labels, logits) => {
      const [b, length] = labels.shape;
      const states = 2 * length + 1; // S: a blank before, between and after the labels
      const classes = logits.shape.at(-1)!;
      const path = withBlanks(labels); // [B, S]
      // Log-probability of each state's class at each step: [B, T, V] · [B, V, S]
      const emitted = matmul(logSoftmax(logits), oneHot(path, classes), false, true); // [B, T, S]
      const begin = concat([constant(0, emitted, [b, 1]), constant(never, emitted, [b, states - 1])], 1);
      const skips = skipCost(path);
      const mask = logits.mask;
      const { carries } = scan([begin], mask ? [emitted, mask] : [emitted], ([a], [e, valid]) => {
        // stay, come from the state before, or skip a blank between two different labels
        const next = add(logAdd(logAdd(a, shift(a, 1)), add(shift(a, 2), skips)), e);
        return { carries: [valid ? where(reshape(valid, [b, 1]), next, a) : next], results: [] };
      });
      return mul(endings(carries[0], labels), -1);
    },
  };
}

/** log(eᵃ + eᵇ) */
function logAdd(a: Tensor, b: Tensor): Tensor {
  const m = maximum(a, b);
  return add(m, log(add(exp(sub(a, m)), exp(sub(b, m)))));
}

/** y₁ y₂ → 0 y₁ 0 y₂ 0: [B, L] → [B, 2L + 1]. */
function withBlanks(labels: Tensor): Tensor {
  const [b, length] = labels.shape;
  const blank = constant(0, labels, [b, length, 1], "i32");
  const pairs = reshape(concat([blank, reshape(labels, [b, length, 1])], 2), [b, 2 * length]);
  return concat([pairs, constant(0, labels, [b, 1], "i32")], 1);
}

/** States moved up by `by`, from a state that cannot be: a[s − by]. */
function shift(a: Tensor, by: number): Tensor {
  const [b, states] = a.shape;
  const lead = constant(never, a, [b, Math.min(by, states)]);
  return states <= by ? lead : concat([lead, sliceAxis(a, 1, 0, states - by)], 1);
}

/** 0 where a state may follow the one two before it: a label after another label; `never` elsewhere. */
function skipCost(path: Tensor): Tensor {
  const [b, states] = path.shape;
  if (states < 3) return constant(never, path, [b, states]);
  const now = cast(sliceAxis(path, 1, 2, states - 2), "f32");
  const before = cast(sliceAxis(path, 1, 0, states - 2), "f32");
  const barred = maximum(equal(now, 0), equal(now, before));
  return concat([constant(never, path, [b, 2]), mul(barred, never)], 1);
}

/** Log-probability of ending in a sequence's last label or the blank after it: [B, S], [B, L] → [B]. */
function endings(a: Tensor, labels: Tensor): Tensor {
  const states = a.shape[1];
  const count = sum(greater(cast(labels, "f32"), 0), [1]); // [B]
  const at = (state: Tensor) => oneHot(cast(state, "i32"), states); // all 0 for state −1
  const wanted = add(at(mul(count, 2)), at(sub(mul(count, 2), 1)));
  const kept = where(wanted, a, constant(never, a));
  const m = max(kept, [1], true);
  return add(reshape(m, [a.shape[0]]), log(sum(exp(sub(kept, m)), [1])));
}
