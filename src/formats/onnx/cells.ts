import { FormatError, problem } from "../../errors.ts";
import { gru } from "../../ops/gru.ts";
import * as ops from "../../ops/index.ts";
import { lstm } from "../../ops/lstm.ts";
import { simpleRnn } from "../../ops/simple-rnn.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { gateOrders } from "../gates.ts";
import { gateFunctionsOf } from "./gate-functions.ts";
import { generalGru, generalLstm, generalRnn, resetsAfter, sumOf } from "./general-cells.ts";
import type { OnnxNode } from "./proto.ts";
import { numberIn, textIn } from "./values.ts";
import type { Ran, Way } from "./way.ts";

/** Scales of matrices of whole numbers, [ways, G·H, 1], and how they are multiplied with. */
export interface QuantizedMatrices {
  readonly input: Tensor;
  readonly state: Tensor;
  readonly product: (x: Tensor, whole: Tensor, scale: Tensor) => Tensor;
}

/** An operator's inputs by place; null where one is left out. */
export type CellInputs = readonly (Tensor | null)[];

/**
 * ONNX's LSTM, GRU and RNN (Operators.md): X [T, B, D], W [ways, G·H, D], R [ways, G·H, H], B, sequence_lens, initial_h,
 * initial_c, P → Y [T, ways, B, H], Y_h [ways, B, H], Y_c; with layout 1 the batch stands first.
 */
export function onnxRecurrent(
  node: OnnxNode,
  inputs: CellInputs,
  who: string,
  quantized?: QuantizedMatrices,
): Tensor[] {
  const [x0, w, r, b = null, lengths = null, h0 = null, c0 = null, peepholes = null] = inputs as Tensor[];
  if (!x0 || !w || !r || x0.shape.length !== 3 || w.shape.length !== 3 || r.shape.length !== 3) {
    throw new FormatError(problem(who, "X, W and R of rank 3", `${inputs.length} inputs`));
  }
  const batchFirst = numberIn(node, "layout", 0, who) === 1;
  const x = batchFirst ? x0 : ops.transpose(x0, [1, 0, 2]);
  const [batch, time] = x.shape;
  const ways = w.shape[0];
  const units = r.shape[2];
  const gates = ({ LSTM: 4, GRU: 3, RNN: 1 } as const)[node.op as "LSTM" | "GRU" | "RNN"];
  const direction = textIn(node, "direction", "forward", who);
  checkNode(node, { direction, ways, units, batchFirst, who });
  const functions = gateFunctionsOf(node, ways, who);
  const each = functions.length / ways;
  const order = gateOrders.onnx[gates];
  const kernel = (t: Tensor, k: number) => {
    const rows = ops.reshape(ops.sliceAxis(t, 0, k, 1), t.shape.slice(1)); // [G·H, n]
    return ops.transpose(
      ops.concat(
        order.map((g) => ops.sliceAxis(rows, 0, g * units, units)),
        0,
      ),
      [1, 0],
    );
  };
  const bias = (k: number, half: number) => {
    if (!b) return null;
    const row = ops.reshape(ops.sliceAxis(b, 0, k, 1), [2 * gates * units]);
    return ops.concat(
      order.map((g) => ops.sliceAxis(row, 0, (half * gates + g) * units, units)),
      0,
    );
  };
  // A row of no steps ends with zeros, whatever it began with: ONNX Runtime has it so, and the standard says nothing.
  const begun = lengths && ops.reshape(ops.greater(ops.cast(lengths, "f32"), 0), [batch, 1]);
  const part = (t: Tensor | null, k: number) => {
    const own = t && ops.reshape(ops.sliceAxis(t, batchFirst ? 1 : 0, k, 1), [batch, units]);
    return own && begun ? ops.where(begun, own, ops.constant(0, own)) : own;
  };
  const ran = Array.from({ length: ways }, (_, k): Ran => {
    const reverse = direction === "reverse" || k === 1;
    const [wx, wh] = [kernel(w, k), kernel(r, k)];
    const times = (whole: Tensor, scale: Tensor) => (x: Tensor) => quantized!.product(x, whole, kernel(scale, k));
    const way: Way = {
      x,
      mask: lengths && maskOf(lengths, x, time),
      wx,
      wh,
      wb: bias(k, 0),
      rb: bias(k, 1),
      state: node.op === "LSTM" ? [part(h0, k), part(c0, k)] : [part(h0, k)],
      peepholes: peepholes && ops.reshape(ops.sliceAxis(peepholes, 0, k, 1), [3 * units]),
      reverse,
      functions: functions.slice(k * each, (k + 1) * each),
      quantized: quantized && { input: times(wx, quantized.input), state: times(wh, quantized.state) },
      node,
      who,
    };
    const { y, state } = cells[node.op](way);
    return { y: reverse ? ops.reverse(y, 1) : y, state };
  });
  const along = batchFirst ? 1 : 0;
  const stacked = (parts: Tensor[]) =>
    ops.concat(
      parts.map((p) => ops.reshape(p, batchFirst ? [batch, 1, units] : [1, batch, units])),
      along,
    );
  const y = batchFirst
    ? ops.concat(
        ran.map((way) => ops.reshape(way.y, [batch, time, 1, units])),
        2,
      )
    : ops.concat(
        ran.map((way) => ops.reshape(ops.transpose(way.y, [1, 0, 2]), [time, 1, batch, units])),
        1,
      );
  return [y, ...ran[0].state.map((_, p) => stacked(ran.map(({ state }) => state[p])))];
}

/** lengths [B] → 1 where a step is within its row's, [B, T]. */
function maskOf(lengths: Tensor, x: Tensor, time: number): Tensor {
  const rows = ops.reshape(ops.cast(lengths, "f32"), [lengths.shape[0], 1]);
  return ops.greater(rows, ops.reshape(ops.positions(time, x), [1, time]));
}

const cells: Readonly<Record<string, (way: Way) => Ran>> = {
  LSTM(way) {
    const [sigma, phi, out] = way.functions;
    const plain =
      !way.quantized && !way.peepholes && !way.node.attributes.get("clip") && !way.node.attributes.get("input_forget");
    if (!plain || !sigma.kernel || !phi.kernel || phi.kernel !== out.kernel) return generalLstm(way);
    const [h0, c0] = way.state;
    const attrs = { activation: phi.kernel, recurrentActivation: sigma.kernel, reverse: way.reverse, zeroOutput: true };
    const { y, h, c } = lstm({ ...way, b: sumOf(way.wb, way.rb), h0, c0 }, attrs);
    return { y, state: [h, c] };
  },
  GRU(way) {
    const [sigma, phi] = way.functions;
    if (!sigma.kernel || !phi.kernel || way.node.attributes.get("clip")) return generalGru(way);
    const resetAfter = resetsAfter(way);
    const [wb, rb] = [way.wb, way.rb];
    const width = way.wx.shape[1];
    const both = wb && rb && ops.concat([ops.reshape(wb, [1, width]), ops.reshape(rb, [1, width])], 0);
    const b = resetAfter ? both : sumOf(wb, rb);
    const attrs = {
      activation: phi.kernel,
      recurrentActivation: sigma.kernel,
      reverse: way.reverse,
      zeroOutput: true,
      resetAfter,
    };
    const { y, h } = gru({ ...way, b, h0: way.state[0] }, attrs);
    return { y, state: [h] };
  },
  RNN(way) {
    const [phi] = way.functions;
    if (!phi.kernel || way.node.attributes.get("clip")) return generalRnn(way);
    const attrs = { activation: phi.kernel, reverse: way.reverse, zeroOutput: true };
    const { y, h } = simpleRnn({ ...way, b: sumOf(way.wb, way.rb), h0: way.state[0] }, attrs);
    return { y, state: [h] };
  },
};

/** Checks that the attributes agree with the weights. */
function checkNode(
  node: OnnxNode,
  {
    direction,
    ways,
    units,
    batchFirst,
    who,
  }: { direction: string; ways: number; units: number; batchFirst: boolean; who: string },
): void {
  const number = ({ forward: 1, reverse: 1, bidirectional: 2 } as Record<string, number>)[direction];
  if (number !== ways)
    throw new FormatError(
      problem(who, `weights of ${number ?? "a known number of"} directions for direction ${direction}`, `${ways}`),
    );
  const said = numberIn(node, "hidden_size", units, who);
  if (said !== units) throw new FormatError(problem(who, `hidden_size ${units}, as R has it`, `${said}`));
  const layout = numberIn(node, "layout", 0, who);
  if (!batchFirst && layout !== 0) throw new FormatError(problem(who, "layout 0 or 1", `${layout}`));
}
