import { add, cast, constant, greater, mul, sub } from "../../ops/elementwise.ts";
import { gatherBack, gatherBackOp } from "../../ops/gather.ts";
import { positions } from "../../ops/positions.ts";
import { commonPrefixOp } from "../../ops/prefix.ts";
import { sum } from "../../ops/reduce.ts";
import { concat, reshape } from "../../ops/view.ts";
import type { Tensor, Trace } from "../../tensor/tensor.ts";

/** Gradients of a table's rows from each use in a batch: row numbers i32 [...], values [..., ...rest]. */
export interface Occurrences {
  readonly ids: Tensor;
  readonly values: Tensor;
  /** Number of rows of the table. */
  readonly rows: number;
  /** Number of leading steps of each row, i32 [B], that are padding shared by the rows: such a step occurs once. */
  readonly prefix: Tensor | null;
}

/** The leading steps that rows share, i32 [B], by the ids [B, T] they were found in. */
export type SharedPadding = ReadonlyMap<Tensor, Tensor>;

/** Finds the recurrent ops of a trace, before it is lowered, that may compute the padding shared by rows once. */
export function sharedPadding(trace: Trace): SharedPadding {
  const read = new Set(trace.nodes.flatMap((node) => node.inputs));
  const found = trace.nodes.filter((node) => node.op === commonPrefixOp && read.has(node.outputs[0]));
  return new Map(found.map((node) => [node.inputs[0]!, node.outputs[0]]));
}

/**
 * The gradient of a table that was only read by number, as the occurrences whose sum it is; null for any other: one with a
 * regularizer's part, or of a table that a product reads too.
 */
export function occurrencesOf(gradient: Tensor, shared: SharedPadding): Occurrences[] | null {
  const { node } = gradient;
  if (node?.op === gatherBackOp) {
    const [ids, values] = node.inputs as Tensor[];
    return [{ ids, values, rows: node.attrs.rows as number, prefix: shared.get(ids) ?? null }];
  }
  if (node?.op.name !== "binary" || node.attrs.fn !== "add") return null;
  const parts = node.inputs.map((part) => occurrencesOf(part!, shared));
  return parts.every((part) => part !== null) ? parts.flat() : null;
}

/** The sum of all occurrences of each row, of their squares or their sizes: [rows, ...rest]. */
export const gathered = (occurrences: readonly Occurrences[], of: "sum" | "squares" | "sizes"): Tensor =>
  occurrences.map(({ ids, values, rows, prefix }) => gatherBack(ids, values, rows, of, prefix)).reduce(add);

/** The same with shared steps summed over their rows, in one row more: values [B + 1, T, ...rest] to compute with. */
export function apart(occurrences: Occurrences): Occurrences {
  const { ids, values, prefix } = occurrences;
  if (!prefix) return occurrences;
  const [batch, steps] = ids.shape;
  const shares = greater(cast(reshape(prefix, [batch, 1]), "f32"), reshape(positions(steps, values), [1, steps]));
  const theirs = mul(values, reshape(shares, [batch, steps, 1]));
  const padding = constant(0, ids, [1, steps], "i32");
  return {
    ...{ ...occurrences, prefix: null },
    ids: concat([ids, padding], 0),
    values: concat([sub(values, theirs), sum(theirs, [0], true)], 0),
  };
}
