import { sameShape } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { add, constant, exp, log, maximum, mul, sub, where } from "./elementwise.ts";
import { oneHot } from "./gather.ts";
import { matmul } from "./matmul.ts";
import { apply1, like, wrongShapes } from "./op.ts";
import { max, sum } from "./reduce.ts";
import { scan } from "./scan.ts";
import { concat, reshape, sliceAxis, withoutGradient } from "./view.ts";

/** A chain of labels: scores of the first label, of each label after each other one, and of the last. */
export interface Chain {
  transitions: Tensor; // [K, K], from a label (row) to the next (column)
  first: Tensor; // [K]
  last: Tensor; // [K]
}

/**
 * Negative log-likelihood of label sequences under a linear-chain conditional random field (Lafferty, McCallum & Pereira 2001).
 *
 * x [B, T, K], labels i32 [B, T], transitions [K, K], first [K], last [K], mask [B, T] → loss [B]. A masked step does not exist:
 * its neighbours follow each other, wherever it lies; a row without a valid step has loss 0.
 *
 *   score(y) = first[y₁] + Σ x[t, yₜ] + Σ transitions[yₜ₋₁, yₜ] + last[y_T]        loss = log Σ over all y' of e^score(y') − score(y)
 *
 * The sum over all sequences is one product a step: Σᵢ e^(αᵢ + Aᵢⱼ) = e^(m + cⱼ) Σᵢ e^(αᵢ − m) e^(Aᵢⱼ − cⱼ), with m = max α, cⱼ = maxᵢ Aᵢⱼ.
 */
export const crfOp: Op = {
  name: "crf",
  shapes: ([x, labels, transitions, first, last, mask]) => {
    const [b, t, k] = x!.shape;
    const ok =
      x!.shape.length === 3 &&
      sameShape(labels!.shape, [b, t]) &&
      labels!.dtype === "i32" &&
      sameShape(transitions!.shape, [k, k]) &&
      [first, last].every((s) => sameShape(s!.shape, [k])) &&
      (!mask || sameShape(mask.shape, [b, t]));
    if (!ok)
      throw wrongShapes("crf", "x [B, T, K], labels i32 [B, T], transitions [K, K], first [K], last [K], mask [B, T]", [
        x,
        labels,
        transitions,
        first,
        last,
        mask,
      ]);
    return [{ shape: [b], dtype: "f32" }];
  },
  reference: ([x, labels, transitions, first, last, mask]) => {
    const chain = { transitions: transitions!, first: first!, last: last! };
    const loss = sub(allSequences(x!, chain, mask), oneSequence(x!, labels!, chain, mask));
    return [mask ? mul(loss, max(mask, [1])) : loss];
  },
};

/** The same scores; a loss over them finds the chain's weights behind them. x [B, T, K], transitions, first, last → x. */
export const chainScoresOp: Op = {
  name: "chainScores",
  shapes: ([x]) => [like(x!)],
  reference: ([x]) => [reshape(x!, x!.shape)],
  gradient: (_node, [dy]) => [dy, null, null, null],
};

/** log Σ e^score over all label sequences: [B]. */
function allSequences(x: Tensor, { transitions, first, last }: Chain, mask: Tensor | null): Tensor {
  const [b, t, k] = x.shape;
  const most = withoutGradient(max(transitions, [0], true)); // [1, K]
  const moves = exp(sub(transitions, most)); // [K, K], each column's largest is 1
  const before = mask ? begun(mask) : null; // [B, T, 1]
  const start = mask ? constant(0, x, [b, k]) : add(sliceAxis(x, 1, 0, 1), first);
  const rest = mask ? x : sliceAxis(x, 1, 1, t - 1);
  const sequences = mask ? [rest, reshape(mask, [b, t, 1]), before!] : [rest];
  const { carries } =
    !mask && t === 1
      ? { carries: [reshape(start, [b, k])] }
      : scan([reshape(start, [b, k])], sequences, ([alpha], [e, valid, after]) => {
          const m = withoutGradient(max(alpha, [1], true)); // [B, 1]
          const reached = maximum(matmul(exp(sub(alpha, m)), moves), least);
          const next = add(add(log(reached), m), most);
          if (!valid) return { carries: [add(next, e)], results: [] };
          const entered = where(after, next, add(constant(0, alpha, alpha.shape), first));
          return { carries: [where(valid, add(entered, e), alpha)], results: [] };
        });
  const ends = add(carries[0], last);
  const m = withoutGradient(max(ends, [1], true));
  return add(log(sum(exp(sub(ends, m)), [1])), reshape(m, [b]));
}

/** Smallest number that f32 takes the logarithm of here; a label that nothing reaches stands 80 below the best. */
const least = 1e-35;

/** The score of one label sequence a row: [B]. */
function oneSequence(x: Tensor, labels: Tensor, { transitions, first, last }: Chain, mask: Tensor | null): Tensor {
  const [b, t, k] = x.shape;
  const y = oneHot(labels, k); // [B, T, K]
  const { previous, final } = neighbours(y, mask);
  const starts = sub(1, sum(previous, [2], true)); // 1 where no label lies before
  const moved = matmul(reshape(previous, [b * t, k]), transitions);
  const came = add(reshape(moved, [b, t, k]), mul(starts, first));
  const steps = sum(mul(y, add(x, came)), [2]); // [B, T]
  return add(sum(mask ? mul(steps, mask) : steps, [1]), sum(mul(final, last), [1]));
}

/** The label of the valid step before each, one-hot [B, T, K], none at the first; and the last one [B, K]. */
function neighbours(y: Tensor, mask: Tensor | null): { previous: Tensor; final: Tensor } {
  const [b, t, k] = y.shape;
  if (!mask) {
    const none = constant(0, y, [b, 1, k]);
    const previous = t === 1 ? none : concat([none, sliceAxis(y, 1, 0, t - 1)], 1);
    return { previous, final: reshape(sliceAxis(y, 1, t - 1, 1), [b, k]) };
  }
  const { carries, results } = scan(
    [constant(0, y, [b, k])],
    [y, reshape(mask, [b, t, 1])],
    ([label], [now, valid]) => ({ carries: [where(valid, now, label)], results: [label] }),
  );
  return { previous: results[0], final: carries[0] };
}

/** 1 at the steps before which a valid one lies: [B, T] → [B, T, 1]. */
function begun(mask: Tensor): Tensor {
  const [b, t] = mask.shape;
  const { results } = scan([constant(0, mask, [b, 1])], [reshape(mask, [b, t, 1])], ([seen], [valid]) => ({
    carries: [maximum(seen, valid)],
    results: [seen],
  }));
  return results[0];
}

/**
 * Runs the op: minus the log-probability of each row's labels, [B].
 *
 *   const loss = crfLoss(scores, labels, { transitions, first, last }, scores.mask);
 */
export const crfLoss = (x: Tensor, labels: Tensor, { transitions, first, last }: Chain, mask?: Tensor | null): Tensor =>
  apply1(crfOp, [x, labels, transitions, first, last, mask ?? null]);

/** The chain's weights travel with its scores to the loss. */
export const chainScores = (x: Tensor, { transitions, first, last }: Chain): Tensor =>
  apply1(chainScoresOp, [x, transitions, first, last]);

/** The chain behind scores that `chainScores` gave; null behind others. */
export function chainBehind({ node }: Tensor): (Chain & { x: Tensor }) | null {
  if (node?.op.name !== chainScoresOp.name) return null;
  const [x, transitions, first, last] = node.inputs as Tensor[];
  return { x, transitions, first, last };
}
