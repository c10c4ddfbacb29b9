// The vanishing gradient: how much the loss still feels of the first of 50 steps, before training and after.
//   npm run example memory-gradient -- --most 1000
import { parseArgs } from "node:util";
import * as cellstate from "cellstate";
import { adam, addingProblem, dense, gru, lstm, sequential, simpleRnn } from "cellstate";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "50" },
    most: { type: "string", default: "1000" }, // steps of training
  },
});
const [T, most] = [values.steps, values.most].map(Number);
const B = 32;
const test = addingProblem({ rows: B, steps: T, seed: 5 });
const cells = [
  { name: "RNN", make: () => simpleRnn(64), learningRate: 0.001 },
  { name: "LSTM", make: () => lstm(64), learningRate: 0.01 },
  { name: "GRU", make: () => gru(64), learningRate: 0.01 },
];

/** The first step's gradient as a fraction of the last step's: ‖∂ loss / ∂ x_t‖, summed over the rows. */
async function reach(cell: cellstate.Layer, weights: cellstate.NdArray[]): Promise<number> {
  // A layer in front adds zeros e [B, T, 2] to x. One step of SGD at rate 1 moves them by minus their gradient.
  const probe = cellstate.customLayer("Probe", {
    build: (_, addWeight) => ({ e: addWeight("e", [B, T, 2], "zeros") }),
    forward: (x, { e }) => cellstate.ops.add(x, e),
    outputShape: (shape) => shape,
  });
  const model = sequential([cellstate.input([T, 2]), probe, cell, dense(1)]);
  model.compile({ optimizer: cellstate.sgd({ learningRate: 1 }), loss: "mse" });
  model.setWeights([model.getWeights()[0], ...weights]);
  await model.trainOnBatch(test.x, test.y);
  const [e] = model.getWeights();
  const norms = Array.from({ length: B }, (_, n) => [0, T - 1].map((t) => Math.hypot(e.at(n, t, 0), e.at(n, t, 1))));
  return norms.reduce((sum, [first]) => sum + first, 0) / norms.reduce((sum, [, last]) => sum + last, 0);
}

export async function main() {
  const { x, y } = addingProblem({ rows: most * B, steps: T });
  const fractions: Record<string, number[]> = {};
  console.log("what reaches the first step of the last step's gradient");
  for (const { name, make, learningRate } of cells) {
    const model = sequential([cellstate.input([T, 2]), make(), dense(1)]);
    model.compile({ optimizer: adam({ learningRate, globalClipnorm: 1 }), loss: "mse" });
    const fresh = await reach(make(), model.getWeights());
    await model.fit(x, y, { epochs: 1, batchSize: B, verbose: 0 });
    const trained = await reach(make(), model.getWeights());
    console.log(`${name}: fresh ${fresh.toExponential(1)}, trained ${trained.toExponential(1)}`);
    fractions[name] = [fresh, trained];
  }
  return fractions;
}

await main();
