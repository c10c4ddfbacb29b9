import type { Node, Tensor } from "../../tensor/tensor.ts";
import type { OnnxBuilder } from "./builder.ts";
import type { Formula } from "./formula.ts";
import type { OnnxMask } from "./masks.ts";
import type { SizeValues } from "./size-values.ts";

/** The graph that is being written from a formula. */
export interface GraphWriter {
  readonly b: OnnxBuilder;
  readonly formula: Formula;
  readonly sizes: SizeValues;
  /** The name of a tensor's value. */
  value(t: Tensor): string;
  /** The same as true and false, where it is not 0. */
  truth(t: Tensor): string;
  /** A tensor has this value; a comparison has one of true and false too. */
  give(t: Tensor, value: string, truth?: string): void;
  /** Writes nodes after those before them. */
  write(nodes: readonly Node[]): void;
  /** Whether anything reads a tensor. */
  isUsed(t: Tensor): boolean;
  /** A weight's numbers in another order, which are there once. */
  layout(weight: Tensor, kind: string, dims: readonly number[], make: Layout): string;
  /** What is found for a mask and the tensor it masks. */
  maskOf(mask: Tensor): OnnxMask;
  /** Sequences with the valid steps of each row first, as they came out of a recurrent operator. */
  readonly compact: Map<Tensor, { mask: Tensor; value: string }>;
  /** Sequences that are there the other way round, too. */
  readonly reversed: Map<Tensor, string>;
}

/** A weight's numbers in another order. */
export type Layout = (numbers: Float32Array) => Float32Array;

/** The value of an op's only result. */
export type Write = (w: GraphWriter, node: Node, inputs: readonly Tensor[]) => string;
