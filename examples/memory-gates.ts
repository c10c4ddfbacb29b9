// What the gates of a trained LSTM do: the six equations in plain numbers, on the adding problem.
//   npm run example memory-gates -- --steps 100
import { parseArgs } from "node:util";
import { adam, addingProblem, dense, lstm, type NdArray, sequential } from "cellstate";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "100" },
    units: { type: "string", default: "64" },
    most: { type: "string", default: "1500" }, // steps of training
  },
});
const [T, H, most] = [values.steps, values.units, values.most].map(Number);

/** Every gate of every unit while one row x [T, 2] is read; wx [2, 4H], wh [H, 4H], b [4H], packed i f c o. */
function read(x: NdArray, [wx, wh, b]: NdArray[]) {
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  let [h, c] = [new Array<number>(H).fill(0), new Array<number>(H).fill(0)];
  return Array.from({ length: T }, (_, t) => {
    const before = h;
    const sum = (k: number) =>
      b.at(k) +
      x.at(t, 0) * wx.at(0, k) +
      x.at(t, 1) * wx.at(1, k) +
      before.reduce((s, v, i) => s + v * wh.at(i, k), 0);
    const gate = (g: number, f: (v: number) => number) => Array.from({ length: H }, (_, j) => f(sum(g * H + j)));
    const [i, f, g, o] = [gate(0, sigmoid), gate(1, sigmoid), gate(2, Math.tanh), gate(3, sigmoid)];
    c = c.map((v, j) => f[j] * v + i[j] * g[j]);
    h = c.map((v, j) => o[j] * Math.tanh(v));
    return { number: x.at(t, 0), mark: x.at(t, 1), i, f, g, c, o, h };
  });
}

export async function main() {
  const model = sequential([lstm(H), dense(1)]);
  model.compile({ optimizer: adam({ learningRate: 0.01, globalClipnorm: 1 }), loss: "mse" });
  const { x, y } = addingProblem({ rows: 32 * most, steps: T });
  await model.fit(x, y, { epochs: 1, batchSize: 32, verbose: 0 });
  const test = addingProblem({ rows: 1, steps: T, seed: 5 });
  const steps = read(test.x.row(0), model.getWeights());
  const kept = steps[0].f.map((_, j) => steps.reduce((sum, { f }) => sum + f[j] / T, 0)); // mean forget gate
  const unit = kept.indexOf(Math.max(...kept)); // the one that forgets least
  const all = kept.reduce((a, b) => a + b) / H;
  console.log(`unit ${unit} keeps ${kept[unit].toFixed(3)} a step, all units ${all.toFixed(3)}`);
  for (const [t, { number, mark, i, f, g, c, o, h }] of steps.entries()) {
    const values = { input: i, forget: f, candidate: g, cell: c, output: o, hidden: h };
    const said = Object.entries(values).map(([name, v]) => `${name} ${v[unit].toFixed(2)}`);
    if (mark || t % 10 === 0) console.log(`step ${t}: ${number.toFixed(2)}${mark ? " *" : "  "} ${said.join(" ")}`);
  }
  const [w, b] = model.getWeights().slice(3);
  const byHand = steps[T - 1].h.reduce((sum, v, j) => sum + v * w.at(j, 0), b.at(0));
  const said = (await model.predict(test.x)).at(0, 0);
  console.log(`sum ${test.y.at(0).toFixed(2)}: the equations say ${byHand.toFixed(2)}, the model ${said.toFixed(2)}`);
  return { byHand, said, sum: test.y.at(0) };
}

await main();
