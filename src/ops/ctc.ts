import { sameShape } from "../tensor/shape.ts";
import type { Op, Tensor } from "../tensor/tensor.ts";
import { add, cast, constant, equal, exp, greater, log, maximum, mul, neg, sub, where } from "./elementwise.ts";
import { oneHot } from "./gather.ts";
import { matmul } from "./matmul.ts";
import { apply, apply1, like, wrongShapes } from "./op.ts";
import { max, sum } from "./reduce.ts";
import { scan } from "./scan.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import { concat, reshape, reshapeOp, sliceAxis } from "./view.ts";

/**
 * Connectionist temporal classification (Graves et al. 2006): minus the log-probability of all ways in which a sequence of labels spreads
 * over the steps, with blanks between, and its slope.
 *
 * logits x [B, T, K], labels i32 [B, U], mask [B, T] {blank} → loss [B], d loss / dx [B, T, K]. A label that is the blank is none: labels
 * stand in front. A masked step does not exist, wherever it lies. Labels that do not fit into the steps have loss Infinity, slope 0.
 *
 *   states: blank y₁ blank y₂ … blank, S = 2U + 1     α: log-probability of the steps up to t that end in s     β: of those after t, from s
 *   α[t, s] = log(e^α[t−1, s] + e^α[t−1, s−1] + (yₛ differs from yₛ₋₂) e^α[t−1, s−2]) + log p[t, yₛ]        slope = p − Σₛ softmaxₛ(α + β)
 */
export const ctcOp: Op = {
  name: "ctc",
  shapes: ([x, labels, mask], attrs) => {
    const [b, t, k] = x!.shape;
    const u = labels!.shape[1];
    const blank = attrs.blank as number;
    const fits = x!.shape.length === 3 && blank < k && u > 0 && sameShape(labels!.shape, [b, u]);
    if (!fits || labels!.dtype !== "i32" || (mask && !sameShape(mask.shape, [b, t])))
      throw wrongShapes("ctc", "logits [B, T, K], labels i32 [B, U], mask [B, T]", [x, labels, mask]);
    return [{ shape: [b], dtype: "f32" }, like(x!)];
  },
  reference: ([x, labels, mask = null], { blank }) => {
    const [b] = x!.shape;
    const lattice = latticeOf(labels!, blank as number);
    const classes = oneHot(lattice.path, x!.shape[2]); // [B, S, K]
    const emitted = matmul(logSoftmax(x!), classes, false, true); // [B, T, S]
    const { last, alpha } = forward(emitted, lattice, mask);
    const ended = add(last, lattice.ends); // [B, S]
    const most = max(ended, [1], true);
    const logProbability = add(log(sum(exp(sub(ended, most)), [1])), reshape(most, [b]));
    const fits = greater(logProbability, never / 10); // [B]
    const loss = where(fits, neg(logProbability), constant(Number.POSITIVE_INFINITY, x!, [b]));
    const occupied = softmax(add(alpha, backward(emitted, lattice, mask))); // [B, T, S]
    const slope = sub(softmax(x!), matmul(occupied, classes));
    const row = reshape(fits, [b, 1]);
    const counted = mask ? mul(mask, row) : row;
    const kept = where(asColumns(counted), slope, constant(0, x!));
    return [apply1(slopedOp, [loss, x, kept], { shape: [b] }), kept];
  },
  gradient: (node, [dLoss], needed) => {
    return [dLoss && needed[0] ? times(node.outputs[1], dLoss) : null, null, null];
  },
};

/** A loss [B] whose derivative by x is known: loss, x [B, T, K], slope [B, T, K] → loss. Steps through the scans need not be gone back. */
const slopedOp: Op = {
  ...reshapeOp,
  gradient: ({ inputs: [, , slope] }, [dLoss]) => [null, dLoss && times(slope!, dLoss), null],
};

const times = (slope: Tensor, dLoss: Tensor): Tensor => mul(slope, reshape(dLoss, [...dLoss.shape, 1, 1]));

/** Stands for the logarithm of 0; far below any log-probability, far above what f32 cannot hold. */
const never = -1e30;

/** The states that a row of labels goes through. */
interface Lattice {
  readonly path: Tensor; // i32 [B, S], the class of each state
  readonly skips: Tensor; // [B, S], 0 where a state may follow the one two before it, else never
  readonly ends: Tensor; // [B, S], 0 at the last label and at the blank behind it, else never
}

/** y₁ y₂ → blank y₁ blank y₂ blank. */
function latticeOf(labels: Tensor, blank: number): Lattice {
  const [b, length] = labels.shape;
  const blanks = (count: number) => constant(blank, labels, [b, count], "i32");
  const pairs = reshape(concat([blanks(length), labels].map(asColumns), 2), [b, 2 * length]);
  const path = concat([pairs, blanks(1)], 1);
  const states = 2 * length + 1;
  const now = cast(path, "f32");
  const barred = maximum(equal(now, blank), equal(now, moved(now, 2, blank)));
  const count = sum(sub(1, equal(cast(labels, "f32"), blank)), [1]);
  const at = (state: Tensor) => oneHot(cast(state, "i32"), states); // all 0 for state −1
  const wanted = add(at(mul(count, 2)), at(sub(mul(count, 2), 1)));
  return { path, skips: mul(barred, never), ends: mul(sub(1, wanted), never) };
}

const asColumns = (t: Tensor): Tensor => reshape(t, [...t.shape, 1]);

/** α of every step [B, T, S], and of the last one [B, S]. Before the first step is the first blank. */
function forward(emitted: Tensor, { skips }: Lattice, mask: Tensor | null): { alpha: Tensor; last: Tensor } {
  const [b, , states] = emitted.shape;
  const begin = concat([constant(0, emitted, [b, 1]), constant(never, emitted, [b, states - 1])], 1);
  const { carries, results } = scan([begin], sequences(emitted, mask), ([a], [e, valid]) => {
    const next = add(logSum(a, moved(a, 1), add(moved(a, 2), skips)), e);
    const now = valid ? where(asColumns(valid), next, a) : next;
    return { carries: [now], results: [now] };
  });
  return { alpha: results[0], last: carries[0] };
}

/** β of every step [B, T, S]. */
function backward(emitted: Tensor, { skips, ends }: Lattice, mask: Tensor | null): Tensor {
  const formula = ([beta]: Tensor[], [e, valid]: Tensor[]) => {
    const here = add(beta, e);
    const before = logSum(here, moved(here, -1), moved(add(here, skips), -2));
    return { carries: [valid ? where(asColumns(valid), before, beta) : before], results: [beta] };
  };
  return scan([ends], sequences(emitted, mask), formula, { reverse: true }).results[0];
}

const sequences = (emitted: Tensor, mask: Tensor | null): Tensor[] => (mask ? [emitted, mask] : [emitted]);

/** log(eᵃ + eᵇ + eᶜ) */
function logSum(a: Tensor, b: Tensor, c: Tensor): Tensor {
  const m = maximum(maximum(a, b), c);
  const parts = [a, b, c].map((t) => exp(sub(t, m)));
  return add(m, log(add(add(parts[0], parts[1]), parts[2])));
}

/** States moved up by `by`, down where it is negative; `fill` in the places that become free. */
function moved(a: Tensor, by: number, fill = never): Tensor {
  const [b, states] = a.shape;
  const free = Math.min(Math.abs(by), states);
  const empty = constant(fill, a, [b, free]);
  if (free === states) return empty;
  const kept = sliceAxis(a, 1, by > 0 ? 0 : free, states - free);
  return concat(by > 0 ? [empty, kept] : [kept, empty], 1);
}

/** Options of `ctcLoss`. */
export interface CtcLossOptions {
  /** 1 at the steps that exist, else 0: [B, T]. Default: all exist. */
  mask?: Tensor | null | undefined;
  /** The class that stands for no label. Default 0. */
  blank?: number;
}

/**
 * Runs the op: minus the log-probability of each row's labels under logits x [B, T, K], [B]; labels i32 [B, U], filled up with the blank.
 * Labels that do not fit into the steps have loss Infinity and gradient 0. Throws ShapeError for other shapes.
 *
 *   const loss = ctcLoss(logits, labels, { mask: logits.mask });
 */
export const ctcLoss = (x: Tensor, labels: Tensor, { mask, blank = 0 }: CtcLossOptions = {}): Tensor =>
  apply(ctcOp, [x, labels, mask ?? null], { blank })[0];
