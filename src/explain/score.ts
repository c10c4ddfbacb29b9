import { DataError, problem } from "../errors.ts";
import type { AnyModel } from "../models/model.ts";
import { mul } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";
import { reshape } from "../ops/view.ts";
import { NdArray } from "../tensor/nd-array.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { indexIn } from "./steps.ts";

/** The number of a model's output that is explained. */
export interface ScoreOptions {
  /**
   * The class, or the place in a row of the output: one for all rows, or one for each. Default: the largest of each row; of
   * outputs [B, T, ...] that of the last step.
   */
  target?: number | readonly number[];
  /** The number of the model's output. Default 0. */
  output?: number;
}

/** Numbers that pick one entry in each row of an output [B, ...]: 1 there, 0 elsewhere; and its place in the row. */
export function pickOf(
  output: NdArray,
  given: ScoreOptions["target"],
  who: string,
): { pick: NdArray; target: number[] } {
  const [rows] = output.shape;
  const size = output.size / rows;
  if (Array.isArray(given) && given.length !== rows)
    throw new DataError(problem(`${who}: target`, `one for each of ${rows} rows`, `${given.length}`));
  const last = output.rank > 2 ? size - output.shape[output.rank - 1] : 0; // where the last step begins
  const target = Array.from({ length: rows }, (_, row) => {
    const one = Array.isArray(given) ? given[row] : (given as number | undefined);
    if (one !== undefined) return indexIn(size, one, who, "target");
    const values = output.data.subarray(row * size + last, (row + 1) * size);
    let best = 0;
    for (let k = 1; k < values.length; k++) if (values[k] > values[best]) best = k;
    return last + best;
  });
  const pick = new Float32Array(output.size);
  for (const [row, at] of target.entries()) pick[row * size + at] = 1;
  return { pick: new NdArray(pick, output.shape), target };
}

/** The picked entry of each row, [B]. */
export function scoresOf(output: Tensor, pick: Tensor): Tensor {
  const [rows] = output.shape;
  return sum(reshape(mul(output, pick), [rows, output.shape.slice(1).reduce((a, b) => a * b, 1)]), [1]);
}

/** The output that is asked for. */
export function outputOf(model: AnyModel, { output = 0 }: ScoreOptions, who: string): number {
  return indexIn(model.outputs?.length ?? 1, output, who, "output");
}
