import type { CellName, RaceSettings } from "../../../src/studio/messages.ts";
import { gateWords } from "../gates.ts";

/** A race as its code trains it. */
export interface RaceShown {
  readonly settings: RaceSettings;
  /** Steps of training so far. */
  readonly steps: number;
  readonly networks: readonly { readonly cell: CellName; readonly units: number; readonly learningRate: number }[];
}

const testSeed = 2 ** 31; // as src/studio/race.ts has it
const classNames: Readonly<Record<CellName, string>> = { lstm: "LSTM", gru: "GRU", simpleRnn: "SimpleRNN" };

/** The race in TypeScript: the same networks on the same rows, one after the other. */
export function typescriptRace({ settings, steps, networks }: RaceShown): string {
  const { task, length, seeds, seed } = settings;
  const adding = task === "adding";
  const names = ["adam", adding ? "addingProblem" : "delayedRecall", "dense", ...(adding ? [] : ["embedding"]), "gru", "input", "lstm", "sequential", "simpleRnn"]; // biome-ignore format: one line
  const draw = adding
    ? `addingProblem({ rows, steps: ${length}, seed })`
    : `delayedRecall({ rows, delay: ${length - 2}, symbols: 8, seed })`;
  const before = adding ? `input([${length}, 2])` : `input([${length}]), embedding(18, 16)`;
  const after = adding ? "dense(1)" : 'dense(8, { activation: "softmax" })';
  const loss = adding ? "meanSquaredError" : "sparseCategoricalCrossentropy";
  const rows = networks.map(
    ({ cell, units, learningRate }) =>
      `  { name: "${gateWords.kinds[cell]}", layer: ${cell}, units: ${units}, learningRate: ${learningRate} },`,
  );
  return `import { ${names.join(", ")} } from "cellstate";
import { gradientFlow } from "cellstate/explain";

const networks = [
${rows.join("\n")}
];
const draw = (rows, seed) => ${draw};
const test = draw(100, ${testSeed});
for (const { name, layer, units, learningRate } of networks)
  for (let seed = ${seed}; seed < ${seed + seeds}; seed++) {
    const model = sequential([${before}, layer(units), ${after}], { seed });
    model.compile({ optimizer: adam({ learningRate, globalClipnorm: 1 }), loss: "${loss}" });
    for (let step = 0; step < ${steps}; step++) {
      const { x, y } = draw(32, (seed * 10_007 + step) % ${testSeed});
      await model.trainOnBatch(x, y);
    }
    const { loss } = await model.testOnBatch(test.x, test.y);
    console.log(\`\${name}, seed \${seed}: loss on rows held out \${loss}\`);
    const [flow] = await gradientFlow(model, test.x.slice(0, 16));
    const norms = flow.c ?? flow.h; // [16, ${length}]
    const mean = (t) => Array.from({ length: 16 }, (_, row) => norms.at(row, t)).reduce((a, b) => a + b, 0) / 16;
    console.log(\`gradient at the first step, the last being 1: \${mean(0) / mean(${length - 1})}\`);
  }
`;
}

/** The race in Keras: the same networks, other random numbers. */
export function kerasRace({ settings, steps, networks }: RaceShown): string {
  const { task, length, seeds, seed } = settings;
  const adding = task === "adding";
  const draw = adding
    ? `def draw(rows, rng):
    values, marks = rng.random((rows, ${length})), np.zeros((rows, ${length}))
    half = ${Math.floor(length / 2)}
    marks[np.arange(rows), rng.integers(0, half, rows)] = 1
    marks[np.arange(rows), rng.integers(half, ${length}, rows)] = 1
    return np.stack([values, marks], -1).astype("float32"), (values * marks).sum(1).astype("float32")`
    : `def draw(rows, rng):
    y = rng.integers(0, 8, rows)
    x = rng.integers(9, 17, (rows, ${length}))  # noise
    x[:, 0], x[:, -1] = y + 1, 17  # the symbol, and the cue to recall it
    return x.astype("int32"), y.astype("int32")`;
  const input = adding
    ? `keras.Input((${length}, 2))`
    : `keras.Input((${length},)),\n            keras.layers.Embedding(18, 16)`;
  const output = adding ? "keras.layers.Dense(1)" : 'keras.layers.Dense(8, activation="softmax")';
  const rows = networks.map(
    ({ cell, units, learningRate }) =>
      `    ("${gateWords.kinds[cell]}", keras.layers.${classNames[cell]}, ${units}, ${learningRate}),`,
  );
  return `import keras
import numpy as np

${draw}

networks = [
${rows.join("\n")}
]
test_x, test_y = draw(100, np.random.default_rng(${testSeed}))
for name, layer, units, rate in networks:
    for seed in range(${seed}, ${seed + seeds}):
        keras.utils.set_random_seed(seed)  # other random numbers than on the page: the losses differ a little
        rng = np.random.default_rng(seed)
        model = keras.Sequential([
            ${input},
            layer(units),
            ${output},
        ])
        model.compile(keras.optimizers.Adam(rate, global_clipnorm=1.0), loss="${adding ? "mean_squared_error" : "sparse_categorical_crossentropy"}")
        for step in range(${steps}):
            model.train_on_batch(*draw(32, rng))
        print(f"{name}, seed {seed}: loss on rows held out", model.evaluate(test_x, test_y, verbose=0))
`;
}
