import type { Shape } from "../../tensor/shape.ts";
import type { Flow, Note } from "./flow.ts";
import type { OnnxNode } from "./proto.ts";
import type { Known, OnnxTraced } from "./values.ts";

/** A node about to become a layer. */
export interface Seen {
  readonly node: OnnxNode;
  readonly who: string;
  readonly opset: number;
  /** An input that comes from layers, or whose numbers are known. */
  readonly flow: (k: number) => Flow | undefined;
  readonly known: (k: number) => Known | undefined;
  /** The shape of an output. */
  readonly shape: (k: number) => Shape;
  readonly readers: (k: number) => OnnxNode[];
  readonly isOutput: (k: number) => boolean;
  /** The nodes that read another node's results. */
  readonly after: (node: OnnxNode) => OnnxNode[];
  /** The input of a reader beside the result of this node, or of another. */
  readonly beside: (reader: OnnxNode, read?: OnnxNode) => OnnxTraced | undefined;
  /** Takes a reader along: it is part of this layer. */
  readonly take: (reader: OnnxNode) => void;
  readonly note: Note;
}
/** The results of a node that layers compute; null where none does. */
export type LayerRule = (seen: Seen) => { name: string; flow: Flow }[] | null;

/** A rule for a node of one result. */
export const one =
  (make: (seen: Seen) => Flow | null | undefined): LayerRule =>
  (seen) => {
    const flow = make(seen);
    return flow ? [{ name: seen.node.outputs[0], flow }] : null;
  };

/** The last axis of the graph is that of the layers' tensor too. */
export const featuresLast = ({ places, t }: Flow): boolean => {
  const last = places.at(-1);
  return last?.axis === t.shape.length - 1 && last.part === undefined;
};

/** Numbers in a shape of the graph as numbers of a weight. */
export const weight = ({ data, shape }: Known) => ({ data: Float32Array.from(data), shape });
