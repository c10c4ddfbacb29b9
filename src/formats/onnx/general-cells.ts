import * as ops from "../../ops/index.ts";
import { gateSums, overTime, type StepFormula } from "../../ops/recurrent.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { numberIn } from "./values.ts";
import type { Ran, Way } from "./way.ts";

/** Recurrent cells step by step, for what no kernel has: peepholes, clipped sums, coupled gates, functions of their own. */

export const sumOf = (a: Tensor | null, b: Tensor | null): Tensor | null => (a && b ? ops.add(a, b) : (a ?? b));
/** Whether a GRU's reset gate acts behind the state's product. */
export const resetsAfter = ({ node, who }: Way): boolean => numberIn(node, "linear_before_reset", 0, who) !== 0;

/** A sum held between −clip and clip, where the node says so. */
function clipped({ node, who }: Way): (t: Tensor) => Tensor {
  const most = numberIn(node, "clip", 0, who);
  return (t) => (most ? ops.clip(t, -most, most) : t);
}

function run(way: Way, bias: Tensor | null, gates: number, step: StepFormula): Ran {
  const { x, wx, wh, mask, reverse, quantized } = way;
  const begin = way.state.map((s) => s ?? ops.constant(0, x, [x.shape[0], wh.shape[0]]));
  const quantizedSums = (input: (x: Tensor) => Tensor) => (bias ? ops.add(input(x), bias) : input(x));
  const sequences = [quantized ? quantizedSums(quantized.input) : gateSums(x, wx, bias, null, gates)];
  const steps = { sequences, mask, reverse, zeroOutput: true, outputSize: wh.shape[0] };
  const { y, state } = overTime(steps, begin, step);
  return { y, state };
}

/** LSTM (Gers & Schmidhuber 2000). */
export function generalLstm(way: Way): Ran {
  const { wh, node, quantized } = way;
  const units = wh.shape[0];
  const product = (h: Tensor) => (quantized ? quantized.state(h) : ops.matmul(h, wh));
  const coupled = numberIn(node, "input_forget", 0, way.who) === 1;
  const [sigma, phi, out] = way.functions.map(({ formula }) => formula);
  const held = clipped(way);
  // P lists i o f, and not the candidate.
  const [pi, po, pf] = [0, 1, 2].map((k) => way.peepholes && ops.sliceAxis(way.peepholes, 0, k * units, units));
  const seen = (sum: Tensor, p: Tensor | null, c: Tensor) => held(p ? ops.add(sum, ops.mul(c, p)) : sum);
  return run(way, sumOf(way.wb, way.rb), 4, ([sums], [h, c]) => {
    const [zi, zf, zc, zo] = ops.split(ops.add(sums, product(h)), 4);
    const i = sigma(seen(zi, pi, c));
    const f = coupled ? ops.sub(1, i) : sigma(seen(zf, pf, c));
    const next = ops.add(ops.mul(f, c), ops.mul(i, phi(held(zc))));
    const output = ops.mul(sigma(seen(zo, po, next)), out(next));
    return { output, state: [output, next] };
  });
}

/** GRU (Cho et al. 2014). */
export function generalGru(way: Way): Ran {
  const [sigma, phi] = way.functions.map(({ formula }) => formula);
  const held = clipped(way);
  const after = resetsAfter(way);
  const units = way.wh.shape[0];
  const [gates, candidate] = [ops.sliceAxis(way.wh, 1, 0, 2 * units), ops.sliceAxis(way.wh, 1, 2 * units, units)];
  const { rb } = way;
  const [rbGates, rbCandidate] = rb
    ? [ops.sliceAxis(rb, 0, 0, 2 * units), ops.sliceAxis(rb, 0, 2 * units, units)]
    : [null, null];
  const plus = (t: Tensor, b: Tensor | null) => (b ? ops.add(t, b) : t);
  return run(way, way.wb, 3, ([sums], [h]) => {
    const [xz, xr, xh] = ops.split(sums, 3);
    const [hz, hr] = ops.split(plus(ops.matmul(h, gates), rbGates), 2);
    const z = sigma(held(ops.add(xz, hz)));
    const r = sigma(held(ops.add(xr, hr)));
    const own = after
      ? ops.mul(r, plus(ops.matmul(h, candidate), rbCandidate))
      : plus(ops.matmul(ops.mul(r, h), candidate), rbCandidate);
    const g = phi(held(ops.add(xh, own)));
    const output = ops.add(ops.mul(z, ops.sub(h, g)), g);
    return { output, state: [output] };
  });
}

/** RNN (Elman 1990). */
export function generalRnn(way: Way): Ran {
  const [phi] = way.functions.map(({ formula }) => formula);
  const held = clipped(way);
  return run(way, sumOf(way.wb, way.rb), 1, ([sums], [h]) => {
    const output = phi(held(ops.add(sums, ops.matmul(h, way.wh))));
    return { output, state: [output] };
  });
}
