import type { Node, Tensor } from "../../tensor/tensor.ts";
import type { Gates } from "../gates.ts";

/** The ops that are recurrent layers: ONNX's operator for each, its gates, and the parts of its state. */
export const cells: Readonly<Record<string, { op: string; gates: Gates; parts: number }>> = {
  lstm: { op: "LSTM", gates: 4, parts: 2 },
  gru: { op: "GRU", gates: 3, parts: 1 },
  simpleRnn: { op: "RNN", gates: 1, parts: 1 },
};

/** A recurrent op's inputs: x, kernel, recurrent kernel, bias, state, mask, dropout's masks. */
export function inputsOf({ op, inputs }: Node) {
  const [x, wx, wh, b, ...rest] = inputs;
  const { parts } = cells[op.name];
  const state = rest.slice(0, parts);
  const [mask, ...dropped] = rest.slice(parts, parts + 3);
  return { x: x!, wx: wx!, wh: wh!, b, state, mask, dropped };
}

const isWeight = (t: Tensor | null): boolean => t === null || (t.node === null && t.location?.region === "weights");

/** Whether ONNX's operator computes it: the weights are the model's own, and nothing is dropped. */
export function runsWhole(node: Node): boolean {
  const { wx, wh, b, state, dropped } = inputsOf(node);
  const begins = state.filter((s) => s !== null).length;
  return [wx, wh, b].every(isWeight) && dropped.every((t) => t === null) && (begins === 0 || begins === state.length);
}
