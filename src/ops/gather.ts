import type { Op, Tensor } from "../tensor/tensor.ts";
import { apply1, wrongShapes } from "./op.ts";

/**
 * Rows of a table by number: table [V, ...rest], ids i32 [...] → y [..., ...rest]. An embedding; a batch of a data set.
 * Ids must lie in 0..V-1 (checked where data enters).
 */
export const gatherOp: Op = {
  name: "gather",
  shapes: ([table, ids]) => {
    if (ids!.dtype !== "i32" || table!.shape.length < 1)
      throw wrongShapes("gather", "a table [V, ...] and i32 ids", [table, ids]);
    return [{ shape: [...ids!.shape, ...table!.shape.slice(1)], dtype: table!.dtype }];
  },
  gradient: (node, [dy], needed) => {
    const [table, ids] = node.inputs;
    return [dy && needed[0] ? gatherBack(ids!, dy, table!.shape[0]) : null, null];
  },
};

/**
 * The gradient of gather: adds each row of dy [..., ...rest] to row id of zeros [V, ...rest], in order; or its squares, or its
 * sizes. ids [B, T] may come with how many leading steps of each row are padding that the rows share, i32 [B]: such a step is
 * added to row 0 once, as the sum over the rows that share it.
 */
export const gatherBackOp: Op = {
  name: "gatherBack",
  shapes: ([ids, dy], { rows }) => [{ shape: [rows as number, ...dy!.shape.slice(ids!.shape.length)], dtype: "f32" }],
};

/** ids i32 [...] → f32 [..., depth], 1 at the id. */
export const oneHotOp: Op = {
  name: "oneHot",
  shapes: ([ids], { depth }) => [{ shape: [...ids!.shape, depth as number], dtype: "f32" }],
};

export const gatherBack = (
  ids: Tensor,
  dy: Tensor,
  rows: number,
  of: "sum" | "squares" | "sizes" = "sum",
  prefix: Tensor | null = null,
): Tensor => apply1(gatherBackOp, prefix ? [ids, dy, prefix] : [ids, dy], { rows, of });
/** Rows of a table by number: table [V, ...rest], ids i32 [...] → [..., ...rest]. An embedding's lookup. */
export const gather = (table: Tensor, ids: Tensor): Tensor => apply1(gatherOp, [table, ids]);
/** ids i32 [...] → f32 [..., depth]: 1 at the id, otherwise 0. */
export const oneHot = (ids: Tensor, depth: number): Tensor => apply1(oneHotOp, [ids], { depth });
