import type { Shape } from "../tensor/shape.ts";
import { type Body, type BodyFormula, inTrace, type Op, type Tensor, Trace, traceOf } from "../tensor/tensor.ts";
import { add, constant } from "./elementwise.ts";
import { copy } from "./view.ts";

/**
 * Repeats a formula over time, carrying a state: inputs carries…, sequences [B, T, …]…, constants… → final carries…,
 * results stacked [B, T, …]…. `reverse` goes from T−1 to 0; a result lies where its slice lay.
 */
export const scanOp: Op = {
  name: "scan",
  shapes: (_inputs, attrs) => {
    const body = attrs.body as Body;
    const stacked = body.results.map((t) => ({ shape: stack(t.shape, attrs.length as number), dtype: t.dtype }));
    return [...body.carries.map((t) => ({ shape: t.shape, dtype: t.dtype })), ...stacked];
  },
};

const stack = (shape: Shape, length: number): Shape => [shape[0], length, ...shape.slice(1)];

/** Results of `scan`. */
export interface Scanned {
  /** The carries after the last turn. */
  carries: Tensor[];
  /** Results of each step, stacked along axis 1. */
  results: Tensor[];
  /** The carries at the entry of each turn, stacked: what the gradient needs. */
  entries: Tensor[];
}

/**
 * Repeats a formula over the steps of sequences, each [B, T, ...]: what is carried from step to step begins with `init`, and the
 * results of all steps are stacked along axis 1.
 *
 *   const { carries: [h], results: [ys] } = scan([h0], [x], ([h], [xt]) => {
 *     const next = tanh(add(matmul(xt, wx), matmul(h, wh)));
 *     return { carries: [next], results: [next] };
 *   });
 */
export function scan(
  init: Tensor[],
  sequences: Tensor[],
  formula: BodyFormula,
  options: { length?: number; reverse?: boolean } = {},
): Scanned {
  const length = options.length ?? sequences[0].shape[1];
  const trace = traceOf([...init, ...sequences]);
  const body = traceBody(trace, init, sequences, formula);
  const constants = captured(body);
  const attrs = { length, carries: init.length, sequences: sequences.length, reverse: options.reverse === true, body };
  const outputs = trace.apply(scanOp, [...init, ...sequences, ...constants], attrs);
  const n = init.length;
  const results = outputs.slice(n, outputs.length - n);
  return { carries: outputs.slice(0, n), results, entries: outputs.slice(outputs.length - n) };
}

/** Traces the formula over fresh leaves. The carries on entry are appended to the results. */
export function traceBody(
  parent: Trace,
  init: readonly Tensor[],
  sequences: readonly Tensor[],
  build: BodyFormula,
): Body {
  const trace = new Trace(parent);
  const carries = init.map((t) => trace.turnLeaf(t.shape, t.dtype));
  const slices = sequences.map((t) => trace.turnLeaf([t.shape[0], ...t.shape.slice(2)], t.dtype));
  return inTrace(trace, () => {
    const turn = build(carries, slices);
    // A carry that is a leaf or a view gets memory of its own, so that the carries can be written back in any order.
    const nextCarries = turn.carries.map((t) =>
      t.node === null || t.node.op.alias || t.trace !== trace ? copy(t) : t,
    );
    return { trace, carries, slices, nextCarries, results: [...turn.results, ...carries], build };
  });
}

/** Tensors of the traces around a body that it reads. */
export function captured(body: Body): Tensor[] {
  const found = new Set<Tensor>();
  for (const node of body.trace.nodes) for (const t of node.inputs) if (t && t.trace !== body.trace) found.add(t);
  for (const t of body.results) if (t.trace !== body.trace) found.add(t);
  return [...found];
}

/** The gradient of scan is a scan the other way, over the carries at the entry of each turn. `gradients` is graph/grad.ts's. */
export function scanGradient(gradients: GradientsOf): NonNullable<Op["gradient"]> {
  return (node, dOutputs, needed) => {
    const attrs = node.attrs as { length: number; carries: number; sequences: number; reverse: boolean; body: Body };
    const { carries: n, sequences: m, body } = attrs;
    const sequences = node.inputs.slice(n, n + m) as Tensor[];
    const constants = node.inputs.slice(n + m) as Tensor[];
    const wanted = constants.filter((t, k) => t.dtype === "f32" && needed[n + m + k]);
    const entries = node.outputs.slice(node.outputs.length - n);
    const userResults = node.outputs.length - 2 * n;
    const seeded = dOutputs.slice(n, n + userResults).flatMap((d, k) => (d ? [{ d, k }] : []));
    const zero = (t: Tensor) => constant(0, node.outputs[0], t.shape);
    const init = [...body.carries.map((t, k) => dOutputs[k] ?? zero(t)), ...wanted.map(zero)];
    const inputs = [...entries, ...sequences, ...seeded.map((s) => s.d)];
    const back: BodyFormula = (dState, slices) => {
      const carries = slices.slice(0, n);
      const xs = slices.slice(n, n + m);
      const dResults = slices.slice(n + m);
      const forward = body.build(carries, xs);
      const seeds = [
        ...forward.carries.map((of, k) => ({ of, by: dState[k] })),
        ...seeded.map((s, k) => ({ of: forward.results[s.k], by: dResults[k] })),
      ];
      const wrt = [...carries, ...xs, ...wanted];
      const d = gradients(traceOf([carries[0], ...slices]), seeds, wrt);
      return {
        carries: [
          ...carries.map((c, k) => d[k] ?? constant(0, c, c.shape)),
          ...wanted.map((_, k) => (d[n + m + k] ? add(dState[n + k], d[n + m + k]!) : dState[n + k])),
        ],
        results: xs.map((x, k) => d[n + k] ?? constant(0, x, x.shape)),
      };
    };
    const scanned = scan(init, inputs, back, { length: attrs.length, reverse: !attrs.reverse });
    return [
      ...scanned.carries.slice(0, n),
      ...scanned.results,
      ...constants.map((t) => (wanted.includes(t) ? scanned.carries[n + wanted.indexOf(t)] : null)),
    ];
  };
}

type GradientsOf = (trace: Trace, seeds: { of: Tensor; by: Tensor }[], wrt: Tensor[]) => (Tensor | null)[];
