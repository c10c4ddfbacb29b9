// What the gates of a trained LSTM do on the adding problem, step by step, and what its memory still holds in the end.
//   npm run example memory-gates -- --steps 100
import { parseArgs } from "node:util";
import { adam, addingProblem, dense, lstm, sequential } from "cellstate";
import { ledger, trace } from "cellstate/explain";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "100" },
    units: { type: "string", default: "64" },
    most: { type: "string", default: "1500" }, // steps of training
  },
});
const [T, H, most] = [values.steps, values.units, values.most].map(Number);

export async function main() {
  const model = sequential([lstm(H), dense(1)]);
  model.compile({ optimizer: adam({ learningRate: 0.01, globalClipnorm: 1 }), loss: "mse" });
  const { x, y } = addingProblem({ rows: 32 * most, steps: T });
  await model.fit(x, y, { epochs: 1, batchSize: 32, verbose: 0 });
  const test = addingProblem({ rows: 1, steps: T, seed: 5 });

  const { layers, outputs } = await trace(model, test.x);
  const [layer] = layers;
  const { i, f, g, c, o, h } = layer.values; // [1, T, H] each
  const kept = Array.from({ length: H }, (_, j) =>
    Array.from({ length: T }, (_, t) => f.at(0, t, j) / T).reduce((a, b) => a + b),
  );
  const unit = kept.indexOf(Math.max(...kept)); // the one that forgets least
  const all = kept.reduce((a, b) => a + b) / H;
  console.log(`unit ${unit} keeps ${kept[unit].toFixed(3)} a step, all units ${all.toFixed(3)}`);
  const { left } = ledger(layer);
  for (let t = 0; t < T; t++) {
    const [number, mark] = [test.x.at(0, t, 0), test.x.at(0, t, 1)];
    const gates = { input: i, forget: f, candidate: g, cell: c, output: o, hidden: h };
    const said = Object.entries(gates).map(([name, a]) => `${name} ${a.at(0, t, unit).toFixed(2)}`);
    const rest = `left in the end ${left.at(t, unit).toFixed(2)}`;
    if (mark || t % 10 === 0)
      console.log(`step ${t}: ${number.toFixed(2)}${mark ? " *" : "  "} ${said.join(" ")}, ${rest}`);
  }
  const held = ledger(layer).total.at(unit);
  const cell = c.at(0, T - 1, unit);
  console.log(
    `memory of unit ${unit}: ${held.toFixed(2)}, the sum of what is left of all steps, of ${cell.toFixed(2)}`,
  );
  const said = outputs[0].at(0, 0);
  console.log(`sum ${test.y.at(0).toFixed(2)}: the model ${said.toFixed(2)}`);
  return { held, cell, said, sum: test.y.at(0) };
}

await main();
