import { assign } from "../../ops/assign.ts";
import { add, constant, div, equal, greater, mul, sub, unary, where } from "../../ops/elementwise.ts";
import { concat, reshape, slice } from "../../ops/view.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { type Tensor, traceOf } from "../../tensor/tensor.ts";
import { clipGradients } from "./clip.ts";
import { accumulatorSlot, emaSlot, type Optimizer, type Segment, type UpdateTensors } from "./optimizer.ts";
import { type Parts, part, powersOf, type Stretch, stretchesOf } from "./stretch.ts";

/** Inputs of a recorded step; the slots are all of the optimizer's state. */
export interface UpdateMemory extends Omit<UpdateTensors, "squares" | "sizes" | "summed"> {
  /** The occurrences whose sum a segment's gradient is, or their powers; null for a segment that is no embedding. */
  readonly occurrences?: Parts;
}

/**
 * Records one step of an optimizer over the trainable region, in Keras's order: gather gradients, clip, decay, move,
 * average. The weights and slots given are leaves, and are written.
 */
export function recordUpdate(optimizer: Optimizer, t: UpdateMemory): void {
  const { rule, shared } = optimizer;
  const slot = (name: string) => t.slots[optimizer.slots.indexOf(name)];
  const own = t.slots.slice(optimizer.slots.length - rule.slots.length);
  const every = shared.gradientAccumulationSteps;
  if (every === null) {
    const apart = shared.embeddingGradients === "each" ? t.occurrences : undefined;
    const stretches = clipGradients(stretchesOf(t.gradient, t.segments, apart), shared);
    const decayed = decay(t.weights, t);
    if (decayed !== t.weights) assign(t.weights, decayed);
    for (const stretch of stretches) move(stretch);
  } else moveEvery(every);
  if (shared.useEma) average(slot(emaSlot));

  function move(stretch: Stretch): void {
    const targets = [t.weights, ...own].map((whole) => part(whole, stretch));
    const [weights, ...slots] = targets;
    const now = { ...t, ...powersOf(stretch), weights, slots, segments: stretch.segments };
    const fused = rule.fused?.(now);
    if (fused) {
      const inputs = [...fused.inputs, ...targets];
      traceOf(inputs).applyInto(fused.op, inputs, targets, fused.attrs);
    } else assignAll(targets, rule.update(now));
  }

  /** Weights move at every `steps`-th iteration by the mean gradient; the rule counts those moves only. */
  function moveEvery(steps: number): void {
    const gathered = slot(accumulatorSlot);
    const total = add(t.gradient, gathered);
    const due = isMultiple(t.iteration, steps);
    const [stretch] = clipGradients(stretchesOf(div(total, steps), t.segments), shared);
    const weights = decay(t.weights, t);
    const iteration = div(t.iteration, steps);
    const moved = rule.update({ ...t, ...powersOf(stretch), weights, slots: own, iteration });
    const targets = [t.weights, ...own];
    const kept = targets.map((old, k) => where(due, moved[k], old));
    assignAll([...targets, gathered], [...kept, where(due, constant(0, total), total)]);
  }

  /** The weights after weight decay. */
  function decay(weights: Tensor, { learningRate, segments }: UpdateMemory): Tensor {
    if (!shared.weightDecay) return weights;
    const spared = (s: Segment) => shared.excludeFromWeightDecay.some((word) => s.name.includes(word));
    const factor = segments.some(spared)
      ? perSegment([], segments, weights, (_, s) => [
          constant(spared(s) ? 0 : shared.weightDecay!, weights, s.shape),
        ])[0]
      : shared.weightDecay;
    return mul(weights, sub(1, mul(learningRate, factor))); // w − w · factor · rate, in one pass over the weights
  }

  /** a ← m a + (1 − m) w; the first time a ← w. With gradient accumulation the moves are counted, as in Keras. */
  function average(mean: Tensor): void {
    const moves = every === null ? sub(t.iteration, 1) : unary("floor", div(sub(t.iteration, 0.5), every));
    const m = mul(greater(moves, 0), shared.emaMomentum);
    const next = add(mul(m, mean), mul(sub(1, m), t.weights));
    assign(mean, next);
    const often = shared.emaOverwriteFrequency;
    if (often !== null) assign(t.weights, where(isMultiple(add(moves, 1), often), mean, t.weights));
  }
}

/** 1 where a whole number is a multiple of another. Exact: x − n · round(x / n) is 0 for multiples alone. */
const isMultiple = (x: Tensor, n: number): Tensor => equal(sub(x, mul(unary("round", div(x, n)), n)), 0);

/** Writes all values after all are computed. */
function assignAll(targets: readonly Tensor[], values: readonly Tensor[]): void {
  for (const [k, target] of targets.entries()) assign(target, values[k]);
}

/**
 * A formula parameter by parameter: gets the parts of `vectors` that belong to each, under its shape, and returns one part
 * for each result (a shorter one is filled up with zeros). Between parameters the results are 0.
 */
export function perSegment(
  vectors: readonly Tensor[],
  segments: readonly Segment[],
  beside: Tensor,
  formula: (parts: Tensor[], segment: Segment) => Tensor[],
): Tensor[] {
  const n = beside.shape[0];
  const results: Tensor[][] = [];
  const put = (k: number, part: Tensor) => {
    results[k] ??= [];
    results[k].push(part);
  };
  for (const [i, s] of segments.entries()) {
    const size = sizeOf(s.shape);
    const room = (segments[i + 1]?.offset ?? n) - s.offset;
    const parts = vectors.map((v) => reshape(slice(v, [s.offset], [size]), s.shape));
    for (const [k, value] of formula(parts, s).entries()) {
      const flat = reshape(value, [sizeOf(value.shape)]);
      put(k, flat);
      const rest = room - flat.shape[0];
      if (rest > 0) put(k, constant(0, flat, [rest]));
    }
  }
  return results.map((parts) => concat(parts, 0));
}
