import type { StepOutputs, StudioTrace } from "../../src/studio/messages.ts";

/** Steps that are drawn one by one at most; of a longer input those around the chosen one are, below all of them in bins. */
export const mostShown = 300;
const shownOfLong = 200;
const margin = 50; // steps beside the chosen one, where there are any, so that it may be walked from

/** Steps of the trace: `count` of them, the first at `from`. */
export interface Part {
  readonly from: number;
  readonly count: number;
}

/** The part of a long input that is drawn step by step: it stays while one walks within it. */
export function partAround(steps: number, chosen: number | null): Part {
  if (steps <= mostShown) return { from: 0, count: steps };
  const stride = shownOfLong - 2 * margin;
  const from = Math.floor((chosen ?? 0) / stride) * stride - margin;
  return { from: Math.max(0, Math.min(steps - shownOfLong, from)), count: shownOfLong };
}

/** A trace of some of its steps. */
export function partOf(whole: StudioTrace, { from, count }: Part): StudioTrace {
  if (count === whole.steps.length) return whole;
  const end = from + count;
  return {
    ...whole,
    steps: whole.steps.slice(from, end),
    cells: whole.cells.map((one) => ({
      ...one,
      values: Object.fromEntries(
        Object.entries(one.values).map(([name, all]) => [name, all.subarray(from * one.units, end * one.units)]),
      ),
      left: one.left && square(one.left, whole.steps.length, from, count),
    })),
    outputs: outputsIn(whole.outputs, from, end),
    before: whole.before && outputsIn(whole.before, from, end),
  };
}

/** The part of [T * T] whose steps lie in the part, both ways. */
function square(all: Float32Array, steps: number, from: number, count: number): Float32Array {
  const found = new Float32Array(count * count);
  for (let s = 0; s < count; s++) {
    const at = (from + s) * steps + from;
    found.set(all.subarray(at, at + count), s * count);
  }
  return found;
}

function outputsIn(outputs: StepOutputs, from: number, end: number): StepOutputs {
  const { at, labels, values, words } = outputs;
  if (at !== "each") return outputs;
  const size = labels.length;
  return { ...outputs, values: values.slice(from * size, end * size), words: words?.slice(from, end) ?? null };
}
