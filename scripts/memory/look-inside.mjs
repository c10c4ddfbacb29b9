/** Measurements of a recurrent layer at work: its gradient at each step, and the gates of an LSTM. */
import { customLayer, dense, input, ops, sequential, sgd } from "cellstate";

/**
 * ‖∂ loss / ∂ x_t‖ of each step for x [B, T, D] and numbers y [B], the mean over the rows. A layer in front adds zeros to x;
 * one step of SGD at rate 1 moves them by minus their gradient. `weights` are those of [cell, dense(1)].
 */
export async function gradientByStep(cell, weights, { x, y }) {
  const [B, T, D] = x.shape;
  const probe = customLayer("Probe", {
    build: (_, addWeight) => ({ e: addWeight("e", [B, T, D], "zeros") }),
    forward: (seen, { e }) => ops.add(seen, e),
    outputShape: (shape) => shape,
  });
  const model = sequential([input([T, D]), probe, cell, dense(1)]);
  model.compile({ optimizer: sgd({ learningRate: 1 }), loss: "mse" });
  model.setWeights([model.getWeights()[0], ...weights]);
  await model.trainOnBatch(x, y);
  const [{ data: e }] = model.getWeights();
  const norm = (b, t) => Math.hypot(...e.subarray((b * T + t) * D, (b * T + t + 1) * D)) * B; // the loss is a mean
  const rows = Array.from({ length: B }, (_, b) => b);
  return Array.from({ length: T }, (_, t) => rows.reduce((sum, b) => sum + norm(b, t), 0) / B);
}

/** Gates, candidate and cell of every unit while one row x [T, D] is read: a list per step; wx [D, 4H], wh [H, 4H], b [4H], packed i f c o. */
export function readRow(x, [wx, wh, b]) {
  const [T, D] = x.shape;
  const H = wh.shape[0];
  const sigmoid = (v) => 1 / (1 + Math.exp(-v));
  let [h, c] = [new Float64Array(H), new Float64Array(H)];
  return Array.from({ length: T }, (_, t) => {
    const sums = Float64Array.from({ length: 4 * H }, (_, k) => {
      let sum = b.data[k];
      for (let d = 0; d < D; d++) sum += x.data[t * D + d] * wx.data[d * 4 * H + k];
      for (let j = 0; j < H; j++) sum += h[j] * wh.data[j * 4 * H + k];
      return sum;
    });
    const gate = (g, squash) => sums.subarray(g * H, (g + 1) * H).map(squash);
    const [i, f, g, o] = [gate(0, sigmoid), gate(1, sigmoid), gate(2, Math.tanh), gate(3, sigmoid)];
    c = c.map((v, j) => f[j] * v + i[j] * g[j]);
    h = c.map((v, j) => o[j] * Math.tanh(v));
    return { i, f, g, o, c, h };
  });
}
