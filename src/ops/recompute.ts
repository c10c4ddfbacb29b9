import type { Shape } from "../tensor/shape.ts";
import {
  inTrace,
  type Node,
  type Op,
  type Pieces,
  type PiecesFormula,
  type Tensor,
  Trace,
  traceOf,
} from "../tensor/tensor.ts";
import { add, constant } from "./elementwise.ts";
import { concat, sliceAxis } from "./view.ts";

/**
 * A formula over a sequence [B, T, ...], piece after piece of its steps, that carries a state: inputs sequences…, carries…, what else
 * the formula reads → y [B, T, ...], the final carries, and the carries before each later piece. Nothing inside a piece is kept for the way
 * back: its gradient computes the piece again from the carries before it (Chen et al. 2016, "Training deep nets with sublinear
 * memory cost"). It stands until gradients have been asked, and becomes its pieces then.
 */
export const inPiecesOp: Op = {
  name: "inPieces",
  late: true,
  shapes: (_inputs, attrs) => {
    const { shapes, counts } = attrs.pieces as Pieces;
    const f32 = (shape: Shape) => ({ shape, dtype: "f32" as const });
    const { carries } = shapes;
    return [f32(shapes.y), ...carries.map(f32), ...counts.slice(1).flatMap(() => carries.map(f32))];
  },
  reference: (inputs, attrs) => {
    const pieces = attrs.pieces as Pieces;
    const [sequences, begin] = partsOf(inputs, pieces);
    const ys: Tensor[] = [];
    const before: Tensor[] = [];
    let carries = begin;
    pieces.counts.forEach((_, k) => {
      if (k > 0) before.push(...carries);
      const piece = pieces.build(slicesOf(sequences, pieces, k), carries);
      ys.push(piece.y);
      carries = piece.carries;
    });
    return [concat(ys, 1), ...carries, ...before];
  },
};

/** Sequences (null where there is none), and the carries that the first piece begins with. */
function partsOf(inputs: readonly (Tensor | null)[], { sequences: n, shapes }: Pieces): [(Tensor | null)[], Tensor[]] {
  return [inputs.slice(0, n), inputs.slice(n, n + shapes.carries.length) as Tensor[]];
}

/** Steps of the k-th piece of each sequence; from the end on where it is read backwards. */
function slicesOf(sequences: readonly (Tensor | null)[], { counts, reverse }: Pieces, k: number): (Tensor | null)[] {
  const before = counts.slice(0, k).reduce((sum, n) => sum + n, 0);
  return sequences.map((t) => t && sliceAxis(t, 1, reverse ? t.shape[1] - before - counts[k] : before, counts[k]));
}

/**
 * Runs the formula in pieces of `length` steps. It must be a function of what it is given and of leaves, weights say: null where it reads
 * anything else.
 */
export function inPieces(
  sequences: readonly (Tensor | null)[],
  carries: readonly Tensor[],
  build: PiecesFormula,
  { length, reverse }: { length: number; reverse: boolean },
): { y: Tensor; carries: Tensor[] } | null {
  const time = sequences[0]!.shape[1];
  const counts = Array.from({ length: Math.ceil(time / length) }, (_, k) => Math.min(length, time - k * length));
  const trace = traceOf([...sequences, ...carries]);
  // One piece is traced aside: what it reads besides, and how large its results are.
  const aside = new Trace(trace);
  const leafOf = (t: Tensor, shape: Shape) => aside.turnLeaf(shape, t.dtype);
  const tried = inTrace(aside, () =>
    build(
      sequences.map((t) => t && leafOf(t, [t.shape[0], counts[0], ...t.shape.slice(2)])),
      carries.map((t) => leafOf(t, t.shape)),
    ),
  );
  const read = new Set<Tensor>();
  for (const node of aside.nodes) for (const t of node.inputs) if (t && t.trace !== aside) read.add(t);
  if ([...read].some((t) => t.location === null)) return null;
  const { shape } = tried.y;
  const pieces: Pieces = {
    build,
    sequences: sequences.length,
    counts,
    reverse,
    shapes: { y: [shape[0], time, ...shape.slice(2)], carries: carries.map((t) => t.shape) },
  };
  const outputs = trace.apply(inPiecesOp, [...sequences, ...carries, ...read], { pieces });
  return { y: outputs[0], carries: outputs.slice(1, 1 + carries.length) };
}

type GradientsOf = (
  trace: Trace,
  seeds: { of: Tensor; by: Tensor }[],
  wrt: Tensor[],
  ends: boolean,
) => (Tensor | null)[];

/** The gradient computes piece after piece again, from the last to the first. `gradients` is graph/grad.ts's. */
export function piecesGradient(gradients: GradientsOf): NonNullable<Op["gradient"]> {
  return (node: Node, dOutputs, needed) => {
    const pieces = node.attrs.pieces as Pieces;
    const [sequences, begin] = partsOf(node.inputs, pieces);
    const first = pieces.sequences + begin.length;
    const read = (node.inputs.slice(first) as Tensor[]).filter((_, k) => needed[first + k]);
    const asked = sequences.flatMap((t, k) => (t && needed[k] ? [k] : []));
    const dy = dOutputs[0];
    let dCarries = dOutputs.slice(1, 1 + begin.length);
    const dRead = new Map<Tensor, Tensor>();
    const dSequences = asked.map((): Tensor[] => []);
    const trace = traceOf([node.outputs[0]]);
    for (let k = pieces.counts.length - 1; k >= 0; k--) {
      const at = 1 + begin.length * k;
      const carries = k === 0 ? begin : node.outputs.slice(at, at + begin.length);
      const slices = slicesOf(sequences, pieces, k);
      const { made, now } = trace.lowered(() => pieces.build(slices, carries));
      const piece = { y: now(made.y), carries: made.carries.map(now) };
      const [ofY] = slicesOf([dy], { ...pieces, reverse: false }, k); // y lies in the order of processing
      const seeds = [
        ...(ofY ? [{ of: piece.y, by: ofY }] : []),
        ...piece.carries.flatMap((of, i) => (dCarries[i] ? [{ of, by: dCarries[i] }] : [])),
      ];
      const ofSlices = asked.map((i) => slices[i]!);
      const found = gradients(trace, seeds, [...ofSlices, ...carries, ...read], true);
      dSequences.forEach((list, i) => {
        list.push(found[i] ?? constant(0, piece.y, ofSlices[i].shape));
      });
      dCarries = found.slice(asked.length, asked.length + carries.length);
      read.forEach((t, i) => {
        const d = found[asked.length + carries.length + i];
        const sum = dRead.get(t);
        if (d) dRead.set(t, sum ? add(sum, d) : d);
      });
    }
    const whole = dSequences.map((list) => concat(pieces.reverse ? list : list.toReversed(), 1));
    return node.inputs.map((t, k) => {
      if (k < pieces.sequences) return asked.includes(k) ? whole[asked.indexOf(k)] : null;
      return k < first ? dCarries[k - pieces.sequences] : ((t && dRead.get(t)) ?? null);
    });
  };
}
