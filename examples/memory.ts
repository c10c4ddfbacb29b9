// Who can add two numbers it saw long ago? RNN, LSTM and GRU of 64 units on the adding problem.
//   npm run example memory -- --steps 50
import { parseArgs } from "node:util";
import { adam, addingProblem, dense, gru, lstm, sequential, simpleRnn } from "cellstate";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    most: { type: "string", default: "3000" }, // steps of training
    units: { type: "string", default: "64" },
  },
  strict: false,
});
const [steps, seed, most, units] = [values.steps, values.seed, values.most, values.units].map(Number);
const batchSize = 32;
const block = Math.min(100, most); // steps of training between two tests

/** Each with the best of the rates 0.001, 0.003 and 0.01. */
const cells = [
  { name: "RNN", layer: simpleRnn(units), learningRate: 0.001 },
  { name: "LSTM", layer: lstm(units), learningRate: 0.01 },
  { name: "GRU", layer: gru(units), learningRate: 0.01 },
];

export async function main() {
  const test = addingProblem({ rows: 1000, steps, seed: 1_000_000 });
  console.log(`${steps} steps; always saying 1 has an error of 0.167`);
  const errors: Record<string, number> = {};
  for (const { name, layer, learningRate } of cells) {
    const model = sequential([layer, dense(1)], { seed });
    model.compile({ optimizer: adam({ learningRate, globalClipnorm: 1 }), loss: "mse" });
    let [step, loss] = [0, 1];
    while (step < most && loss >= 0.01) {
      step += block;
      const fresh = addingProblem({ rows: block * batchSize, steps, seed: seed * 10_000 + step }); // never seen before
      await model.fit(fresh.x, fresh.y, { epochs: 1, batchSize, shuffle: false, verbose: 0 });
      ({ loss } = await model.evaluate(test.x, test.y, { verbose: 0 }));
    }
    const verdict = loss < 0.01 ? "learned" : "not learned";
    console.log(
      `${name.padEnd(5)} ${String(model.countParams()).padStart(6)} numbers: error ${loss.toFixed(4)}, ${verdict} in ${step} steps`,
    );
    errors[name] = loss;
  }
  return errors;
}

await main();
