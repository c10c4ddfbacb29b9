import type { OnnxTraced } from "./values.ts";

/** A graph among a node's attributes, to be traced as often as the node wants. */
export interface Within {
  /** Number of nodes. */
  readonly size: number;
  /** Number of outputs. */
  readonly outputs: number;
  /** Its outputs for inputs of these types of ONNX, where they are known. */
  run(inputs: readonly OnnxTraced[], types?: readonly (number | undefined)[]): OnnxTraced[];
}
