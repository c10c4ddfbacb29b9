import { FormatError, problem } from "../../errors.ts";
import type { Body, Node, Tensor } from "../../tensor/tensor.ts";
import type { GraphWriter } from "./writer.ts";

/** Cells step by step, as ONNX's Scan: states [B, N], then sequences [B, T, ...] along axis 1, over a graph of one step. */
export function writeScan(w: GraphWriter, node: Node): void {
  const { b } = w;
  const { carries: n, sequences: m, reverse, body } = node.attrs as unknown as Attributes;
  if (m === 0)
    throw new FormatError(problem(node.from, "a sequence to run over", "none", "Write model.keras instead."));
  const used = body.results.flatMap((t, k) =>
    w.isUsed(node.outputs[n + k]) ? [{ t, output: node.outputs[n + k] }] : [],
  );
  const graph = b.graph(() =>
    w.sizes.within(() => {
      const begin = [...body.carries, ...body.slices].map((t) => {
        const name = b.name("step");
        w.give(t, name);
        return name;
      });
      w.write(body.trace.nodes);
      const end = [...body.nextCarries, ...used.map(({ t }) => t)].map((t) => b.node("Identity", [w.value(t)]));
      return { inputs: begin, outputs: end };
    }),
  );
  const each = (count: number, value: number) => Array.from({ length: count }, () => value);
  const way = reverse ? 1 : 0;
  const inputs = node.inputs.slice(0, n + m).map((t) => w.value(t as Tensor));
  const attributes = {
    num_scan_inputs: m,
    scan_input_axes: each(m, 1),
    scan_input_directions: each(m, way),
    ...(used.length > 0
      ? { scan_output_axes: each(used.length, 1), scan_output_directions: each(used.length, way) }
      : {}),
  };
  const outputs = b.several("Scan", inputs, attributes, n + used.length, new Map([["body", graph]]));
  for (const [k, value] of outputs.entries()) w.give(k < n ? node.outputs[k] : used[k - n].output, value);
}

interface Attributes {
  readonly carries: number;
  readonly sequences: number;
  readonly reverse: boolean;
  readonly body: Body;
}
