import type { Tensor } from "../../tensor/tensor.ts";

/** Rounding of a recurrent layer's products. */
export interface RunRounding {
  /** Its name in files. */
  readonly name: "int8";
  /** Attributes of the layer's op on x [B, T, D]. */
  attributes(
    x: Tensor,
    masks: { readonly xDrop: Tensor | null; readonly hDrop: Tensor | null },
    units: number,
  ): { rounding?: "int8"; deep?: boolean };
}
/** A sequence and a layer's options for running it. */
export interface WholeRun {
  /** The input, [B, T, D]. */
  readonly x: Tensor; // [B, T, D]
  /** The state to begin with; empty for zeros. */
  readonly state: readonly Tensor[];
  /** 1 where a step counts, [B, T]; null: all of them. */
  readonly mask: Tensor | null; // [B, T]
  /** Steps that pre-padded rows share; only where they may be shared (kernels/README.md, `prefix`). */
  readonly prefix?: Tensor;
  /** From the last step to the first. */
  readonly reverse: boolean;
  /** Masked steps give zeros instead of the output before them. */
  readonly zeroOutput: boolean;
  /** Another way to compute products; null: in f32. */
  readonly rounding?: RunRounding | null;
  /** Whether the gates of all steps are wanted too. */
  readonly showGates?: boolean;
}
/** Results of running a cell over all steps. */
export interface Ran {
  /** Outputs of all steps, [B, T, H]. */
  readonly y: Tensor; // [B, T, H], in processing order
  /** The output of the last step that counts, [B, H]. */
  readonly last: Tensor; // [B, H]
  /** The state after the last step. */
  readonly state: readonly Tensor[];
  /** Gates and cell states of all steps, [B, T, H] each beside y, where they were wanted: i f g o c, or z r g; 0 at masked steps. */
  readonly gates?: readonly Tensor[];
}
