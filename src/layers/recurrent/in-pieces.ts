import { cumsum } from "../../ops/cumulative.ts";
import { constant, greater, where } from "../../ops/elementwise.ts";
import { inPieces } from "../../ops/recompute.ts";
import { reshape, reverse, sliceAxis } from "../../ops/view.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { CallContext } from "../layer.ts";
import { type RecurrentCell, runCell, zeroState } from "./cell.ts";
import type { Ran, WholeRun } from "./whole-run.ts";

/** Sequences that are shorter are not worth it. */
const fewest = 32;

/**
 * Runs a cell piece after piece, √T steps each, so that training keeps the states between pieces alone and computes the insides of
 * one piece at a time again. Forward the numbers are `runCell`'s; gradients of weights are added up piece by piece. Null where
 * the cell reads more than its own weights, or the sequence is short.
 */
export function runInPieces(cell: RecurrentCell, run: WholeRun, context: CallContext): Ran | null {
  const { x, mask, zeroOutput } = run;
  const [batch, time] = x.shape;
  if (time < fewest) return null;
  const begin = run.state.length > 0 ? run.state : zeroState(cell, x);
  const noOutput = constant(0, x, [batch, cell.outputSize]);
  const streams: number[] = [];
  const formula = ([piece, on]: readonly (Tensor | null)[], carries: readonly Tensor[]) => {
    // Every piece drops the same: the masks of a batch hold for all its steps.
    let drawn = 0;
    const stream = (purpose?: string) => {
      if (drawn === streams.length) streams.push(context.stream(purpose));
      return streams[drawn++];
    };
    const state = carries.slice(0, -1);
    const own = { ...run, x: piece!, mask: on ?? null, state, prefix: undefined };
    const ran = runCell(cell, own, { ...context, stream });
    const { y, last } = on && !zeroOutput ? continued(ran, on, carries.at(-1)!, run.reverse) : ran;
    return { y, carries: [...ran.state, last] };
  };
  const length = Math.ceil(Math.sqrt(time));
  const found = inPieces([x, mask], [...begin, noOutput], formula, { length, reverse: run.reverse });
  if (!found) return null;
  return { y: found.y, last: found.carries.at(-1)!, state: found.carries.slice(0, -1) };
}

/** The outputs of a piece, where a masked step repeats the output before it: at its beginning that of the piece before. */
function continued({ y, last }: Ran, mask: Tensor, before: Tensor, backwards: boolean): { y: Tensor; last: Tensor } {
  const [batch, steps] = mask.shape;
  const counted = cumsum(backwards ? reverse(mask, 1) : mask, 1); // [B, steps], in the order of processing
  const any = greater(counted, constant(0, counted, counted.shape));
  const width = before.shape[1];
  const repeated = reshape(before, [batch, 1, width]);
  return {
    y: where(reshape(any, [batch, steps, 1]), y, repeated),
    last: where(reshape(sliceAxis(any, 1, steps - 1, 1), [batch, 1]), last, before),
  };
}
