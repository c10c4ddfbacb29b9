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
  /** Says what a tensor's value is called; that of a comparison is there as true and false, too. */
  give(t: Tensor, value: string, truth?: string): void;
  /** Writes the nodes of ops, in their order. */
  write(nodes: readonly Node[]): void;
  /** Whether anything reads a tensor. */
  isUsed(t: Tensor): boolean;
  /** A weight's numbers, laid out in another order or as another of `dataTypes`: once for each kind. */
  layout(weight: Tensor, kind: string, dims: readonly number[], make: Layout, type?: number): string;
  /** Values that follow from a mask [B, T], written once. */
  maskOf(mask: Tensor): OnnxMask;
  /** Sequences with the valid steps of each row first, as they came out of a recurrent operator. */
  readonly compact: Map<Tensor, { mask: Tensor; value: string }>;
  /** The values of sequences whose steps stand the other way round, by the sequences. */
  readonly reversed: Map<Tensor, string>;
}

/** A weight's numbers in another order. */
export type Layout = (numbers: Float32Array) => Float32Array;

/** The value of an op's only result. */
export type Write = (w: GraphWriter, node: Node, inputs: readonly Tensor[]) => string;
