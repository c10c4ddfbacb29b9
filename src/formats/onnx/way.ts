import type { Tensor } from "../../tensor/tensor.ts";
import type { GateFunction } from "./gate-functions.ts";
import type { OnnxNode } from "./proto.ts";

/** One direction of a recurrent operator, batch first and gates in Keras's order. */
export interface Way {
  readonly x: Tensor; // [B, T, D]
  readonly mask: Tensor | null; // [B, T]
  readonly wx: Tensor; // [D, G·H]
  readonly wh: Tensor; // [H, G·H]
  readonly wb: Tensor | null; // [G·H]
  readonly rb: Tensor | null; // [G·H]
  readonly state: readonly (Tensor | null)[]; // [B, H]
  readonly peepholes: Tensor | null; // [3·H]: i o f
  readonly reverse: boolean;
  readonly functions: readonly GateFunction[];
  /** Products with matrices of whole numbers; without it with wx and wh as they are. */
  readonly quantized?: { readonly input: (x: Tensor) => Tensor; readonly state: (h: Tensor) => Tensor };
  readonly node: OnnxNode;
  readonly who: string;
}

/** y [B, T, H] in the order of processing, and the states after it. */
export interface Ran {
  readonly y: Tensor;
  readonly state: readonly Tensor[];
}
