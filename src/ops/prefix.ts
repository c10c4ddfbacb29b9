import type { Op, Tensor } from "../tensor/tensor.ts";
import { apply1, wrongShapes } from "./op.ts";

/**
 * Number of leading steps of each row with the padding id 0: ids i32 [B, T] → i32 [B]. Rows that begin with the same id
 * from the same state share their first states; kernels compute that chain once (kernels/README.md, `prefix`).
 */
export const commonPrefixOp: Op = {
  name: "commonPrefix",
  shapes: ([ids]) => {
    if (ids!.shape.length !== 2 || ids!.dtype !== "i32") throw wrongShapes("commonPrefix", "i32 ids [B, T]", [ids]);
    return [{ shape: [ids!.shape[0]], dtype: "i32" }];
  },
};

export const commonPrefix = (ids: Tensor): Tensor => apply1(commonPrefixOp, [ids]);
