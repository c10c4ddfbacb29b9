import { FormatError, problem } from "../../errors.ts";
import { type GateActivation, gateFormula } from "../../ops/activation.ts";
import { gru } from "../../ops/gru.ts";
import * as ops from "../../ops/index.ts";
import { lstm } from "../../ops/lstm.ts";
import { gateSums, overTime } from "../../ops/recurrent.ts";
import { simpleRnn } from "../../ops/simple-rnn.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { gateOrders } from "../gates.ts";
import type { OnnxNode } from "./proto.ts";
import { numberIn, numbersIn, textsIn } from "./values.ts";

/** An operator's inputs by place; null where one is left out. */
export type CellInputs = readonly (Tensor | null)[];

/** One direction of a recurrent operator, batch first and gates in Keras's order. */
interface Way {
  readonly x: Tensor; // [B, T, D]
  readonly mask: Tensor | null; // [B, T]
  readonly wx: Tensor; // [D, G·H]
  readonly wh: Tensor; // [H, G·H]
  readonly wb: Tensor | null; // [G·H]
  readonly rb: Tensor | null; // [G·H]
  readonly state: readonly (Tensor | null)[]; // [B, H]
  readonly peepholes: Tensor | null; // [3·H]: i o f
  readonly reverse: boolean;
  readonly functions: readonly GateFunction[];
  readonly node: OnnxNode;
  readonly who: string;
}

/** y [B, T, H] in the order of processing, and the states after it. */
interface Ran {
  readonly y: Tensor;
  readonly state: readonly Tensor[];
}

/**
 * ONNX's LSTM, GRU and RNN (Operators.md): X [T, B, D], W [ways, G·H, D], R [ways, G·H, H], B, sequence_lens, initial_h,
 * initial_c, P → Y [T, ways, B, H], Y_h [ways, B, H], Y_c; with layout 1 the batch stands first.
 */
export function onnxRecurrent(node: OnnxNode, inputs: CellInputs, who: string): Tensor[] {
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
  const direction = node.attributes.get("direction") ?? "forward";
  const functions = functionsOf(node, ways, who);
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
  const part = (t: Tensor | null, k: number) =>
    t && ops.reshape(ops.sliceAxis(t, batchFirst ? 1 : 0, k, 1), [batch, units]);
  const ran = Array.from({ length: ways }, (_, k): Ran => {
    const reverse = direction === "reverse" || k === 1;
    const way: Way = {
      x,
      mask: lengths && maskOf(lengths, x, time),
      wx: kernel(w, k),
      wh: kernel(r, k),
      wb: bias(k, 0),
      rb: bias(k, 1),
      state: node.op === "LSTM" ? [part(h0, k), part(c0, k)] : [part(h0, k)],
      peepholes: peepholes && ops.reshape(ops.sliceAxis(peepholes, 0, k, 1), [3 * units]),
      reverse,
      functions: functions.slice(k * each, (k + 1) * each),
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
    const plain = !way.peepholes && !way.node.attributes.get("clip") && !way.node.attributes.get("input_forget");
    if (!plain || !sigma.kernel || !phi.kernel || phi.kernel !== out.kernel) return generalLstm(way);
    const [h0, c0] = way.state;
    const attrs = { activation: phi.kernel, recurrentActivation: sigma.kernel, reverse: way.reverse, zeroOutput: true };
    const { y, h, c } = lstm({ ...way, b: sumOf(way.wb, way.rb), h0, c0 }, attrs);
    return { y, state: [h, c] };
  },
  GRU(way) {
    const [sigma, phi] = way.functions;
    const { activation, recurrentActivation } = {
      activation: kernelOf(phi, way),
      recurrentActivation: kernelOf(sigma, way),
    };
    refuseClip(way);
    const resetAfter = way.node.attributes.get("linear_before_reset") === 1;
    const [wb, rb] = [way.wb, way.rb];
    const width = way.wx.shape[1];
    const both = wb && rb && ops.concat([ops.reshape(wb, [1, width]), ops.reshape(rb, [1, width])], 0);
    const b = resetAfter ? both : sumOf(wb, rb);
    const attrs = { activation, recurrentActivation, reverse: way.reverse, zeroOutput: true, resetAfter };
    const { y, h } = gru({ ...way, b, h0: way.state[0] }, attrs);
    return { y, state: [h] };
  },
  RNN(way) {
    refuseClip(way);
    const attrs = { activation: kernelOf(way.functions[0], way), reverse: way.reverse, zeroOutput: true };
    const { y, h } = simpleRnn({ ...way, b: sumOf(way.wb, way.rb), h0: way.state[0] }, attrs);
    return { y, state: [h] };
  },
};

const sumOf = (a: Tensor | null, b: Tensor | null): Tensor | null => (a && b ? ops.add(a, b) : (a ?? b));

function refuseClip({ node, who }: Way): void {
  if (node.attributes.get("clip")) throw new FormatError(problem(who, "no clip", String(node.attributes.get("clip"))));
}

/** The cell with peepholes, clipped sums, coupled gates, or functions of its own, step by step (Gers & Schmidhuber 2000). */
function generalLstm(way: Way): Ran {
  const { x, wx, wh, node } = way;
  const [batch] = x.shape;
  const units = wh.shape[0];
  const most = numberIn(node, "clip", 0, way.who);
  const coupled = node.attributes.get("input_forget") === 1;
  const [sigma, phi, out] = way.functions.map(({ formula }) => formula);
  const clipped = (t: Tensor) => (most ? ops.clip(t, -most, most) : t);
  // P lists i o f, and not the candidate.
  const [pi, po, pf] = [0, 1, 2].map((k) => way.peepholes && ops.sliceAxis(way.peepholes, 0, k * units, units));
  const seen = (sum: Tensor, p: Tensor | null, c: Tensor) => clipped(p ? ops.add(sum, ops.mul(c, p)) : sum);
  const begin = way.state.map((s) => s ?? ops.constant(0, x, [batch, units]));
  const steps = {
    sequences: [gateSums(x, wx, sumOf(way.wb, way.rb), null, 4)],
    mask: way.mask,
    reverse: way.reverse,
    zeroOutput: true,
    outputSize: units,
  };
  const { y, state } = overTime(steps, begin, ([sums], [h, c]) => {
    const [zi, zf, zc, zo] = ops.split(ops.add(sums, ops.matmul(h, wh)), 4);
    const i = sigma(seen(zi, pi, c));
    const f = coupled ? ops.sub(1, i) : sigma(seen(zf, pf, c));
    const next = ops.add(ops.mul(f, c), ops.mul(i, phi(clipped(zc))));
    const output = ops.mul(sigma(seen(zo, po, next)), out(next));
    return { output, state: [output, next] };
  });
  return { y, state };
}

/** A function of ONNX's list as a formula, and the name kernels know it by if they do. */
interface GateFunction {
  readonly name: string;
  readonly kernel: GateActivation | null;
  readonly formula: (x: Tensor) => Tensor;
}

function kernelOf({ kernel, name }: GateFunction, { who }: Way): GateActivation {
  if (kernel) return kernel;
  throw new FormatError(problem(who, "Sigmoid, Tanh, Relu or HardSigmoid", name, "This version has no such cell."));
}

const defaults: Readonly<Record<string, readonly string[]>> = {
  LSTM: ["Sigmoid", "Tanh", "Tanh"],
  GRU: ["Sigmoid", "Tanh"],
  RNN: ["Tanh"],
};

/** The functions of all ways in order; numbers are taken by those that have some, one after another. */
function functionsOf(node: OnnxNode, ways: number, who: string): GateFunction[] {
  const own = defaults[node.op];
  const names = textsIn(node, "activations", who) ?? Array.from({ length: ways }, () => own).flat();
  if (names.length !== own.length * ways) {
    throw new FormatError(problem(who, `${own.length * ways} activations`, `${names.length}`));
  }
  const lists = ["activation_alpha", "activation_beta"].map((key) => [...(numbersIn(node, key, who) ?? [])]);
  const next = (list: number, otherwise: number) => lists[list].shift() ?? otherwise;
  const fixed = (name: string, kernel: GateActivation): GateFunction => ({
    name,
    kernel,
    formula: gateFormula[kernel],
  });
  return names.map((name): GateFunction => {
    const key = name.toLowerCase();
    if (key === "sigmoid" || key === "tanh" || key === "relu") return fixed(name, key);
    if (key === "softsign") return { name, kernel: null, formula: (x) => ops.div(x, ops.add(ops.abs(x), 1)) };
    if (key === "softplus") return { name, kernel: null, formula: (x) => ops.unary("softplus", x) };
    if (key === "affine") {
      const [alpha, beta] = [next(0, 1), next(1, 0)];
      if (alpha === 1 && beta === 0) return fixed(name, "linear");
      return { name, kernel: null, formula: (x) => ops.add(ops.mul(x, alpha), beta) };
    }
    if (key === "hardsigmoid") {
      const [alpha, beta] = [next(0, 0.2), next(1, 0.5)];
      if (beta === 0.5 && Math.abs(alpha - 0.2) < 1e-6) return fixed(name, "hardSigmoid2");
      if (beta === 0.5 && Math.abs(alpha - 1 / 6) < 1e-6) return fixed(name, "hardSigmoid");
      return { name, kernel: null, formula: (x) => ops.clip(ops.add(ops.mul(x, alpha), beta), 0, 1) };
    }
    if (key === "leakyrelu") {
      const alpha = next(0, 0.01);
      return { name, kernel: null, formula: (x) => ops.where(ops.greater(x, 0), x, ops.mul(x, alpha)) };
    }
    throw new FormatError(problem(who, "a known activation", name, "This version has no such cell."));
  });
}
