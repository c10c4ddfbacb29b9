import type { Attributes, Program } from "../program/program.ts";
import type { Node, Tensor, Trace } from "../tensor/tensor.ts";
import { encode } from "./encode.ts";
import { lower } from "./lower.ts";
import { plan } from "./plan.ts";
import { prune } from "./prune.ts";

/** Properties of a backend that the passes depend on. */
export interface Target {
  supports(op: string, attrs: Attributes): boolean;
  /** `false` runs every op that has a reference by its reference (CELLSTATE_FUSED=0). */
  readonly fused?: boolean;
  /** `false`: padding that rows share counts as an occurrence for each of them (CELLSTATE_SHARE_PADDING=0). */
  readonly sharePadding?: boolean;
}

export interface Compiled {
  readonly program: Program;
  /** Words of scratch with and without sharing memory. */
  readonly planned: number;
  readonly unplanned: number;
}

/**
 * Replaces what the target has no kernel for, before gradients are asked: a reference is differentiated, not its kernel. Ops with a
 * gradient of their own that are `late` stay until then.
 */
export function lowerFor(target: Target, trace: Trace): (t: Tensor) => Tensor {
  trace.lowering = () => lower(trace, (node) => keeps(target, node) || node.op.late === true);
  return trace.lowering();
}

const keeps = (target: Target, { op, attrs }: Node) =>
  target.fused !== false && target.supports(op.name, attrs as Attributes);

/** The last passes: lower what gradients and optimizer brought, drop the unused, plan memory, write the program down. */
export function compile(name: string, target: Target, trace: Trace): Compiled {
  lower(trace, (node) => keeps(target, node));
  prune(trace);
  const planned = plan(trace);
  return { program: encode(name, trace, planned), planned: planned.planned, unplanned: planned.unplanned };
}
