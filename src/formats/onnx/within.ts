import type { OnnxTraced } from "./values.ts";

/** A graph among a node's attributes, to be traced as often as the node wants. */
export interface Within {
  /** How many nodes it has. */
  readonly size: number;
  /** How many outputs. */
  readonly outputs: number;
  run(inputs: readonly OnnxTraced[]): OnnxTraced[];
}
