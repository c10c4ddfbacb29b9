import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  datasets,
  dense,
  dropout,
  embedding,
  functional,
  input,
  loadModel,
  lstm,
  multiply,
  NdArray,
  padSequences,
  sequential,
  toCategorical,
} from "cellstate";
import { RandomState } from "../../dist/tensor/random-state.js";

/**
 * The class documents' programs on 25,000 film reviews, and what they must reach. Keras's figures are of runs with a seed, in
 * which TensorFlow keeps the first epoch's order of the rows for all; so do these.
 */
const program = ({ length, epochs, layers, fit, target, reach, beside, softmax = false }) => ({
  title: `IMDb, ${length} words, the class document's program${softmax ? " with two probabilities" : ""}`,
  needs: ["imdb/imdb.npz", ...(softmax ? ["imdb/imdb_word_index.json"] : [])],
  target,
  reach,
  beside,
  async run({ data, seed, quick }) {
    const rows = quick ? 128 : 25_000;
    const maxLen = quick ? 20 : length;
    const { train, test } = await datasets.imdb({ numWords: 10_000, path: `${data}/imdb` });
    const pad = (list) => padSequences(list.slice(0, rows), { maxLen });
    const answers = (list) => (softmax ? toCategorical(list.slice(0, rows), 2) : list.slice(0, rows));
    const [x, xTest, y, yTest] = [pad(train.x), pad(test.x), answers(train.y), answers(test.y)];
    const model = sequential([embedding(10_000, 128, { inputShape: [maxLen] }), ...layers(quick ? 4 : 1)], { seed });
    model.compile({
      optimizer: "adam",
      loss: softmax ? "categoricalCrossentropy" : "binaryCrossentropy",
      metrics: ["accuracy"],
    });
    const history = await model.fit(x, y, {
      epochs: quick ? 1 : epochs,
      batchSize: 64,
      shuffle: "once",
      verbose: 2,
      ...(fit === "split" ? { validationSplit: 0.2 } : { validationData: [xTest, yTest] }),
    });
    const { loss, accuracy } = await model.evaluate(xTest, yTest, { batchSize: 64, verbose: 0 });
    const figures = { "test accuracy": accuracy, "test loss": loss, "training, s": history.seconds };
    const text = softmax ? await firstFive(model, xTest, test.x, `${data}/imdb`) : undefined;
    return { figures, history: history.history, backend: model.backendName, text };
  },
});

/** Label, both probabilities and the first words of the first five test reviews; the whole of them is not ours to print. */
async function firstFive(model, x, reviews, path) {
  const [words, p] = [await datasets.imdbWordIndex({ path }), await model.predict(x.slice(0, 5))]; // p [5, 2]
  const said = Array.from({ length: 5 }, (_, i) => {
    const [negative, positive] = p.row(i).data;
    const label = positive > negative ? "Positive" : "Negative";
    const chances = `negative ${negative.toFixed(4)}, positive ${positive.toFixed(4)}`;
    const begin = datasets.decodeReview(reviews[i], words).split(" ").slice(0, 12).join(" ");
    return `Review ${i + 1}: ${label}   ${chances}\n  ${begin} …`;
  });
  return said.join("\n");
}
/** Keras's own runs of the same program with the same rule of shuffling: test/judges/imdb.py prints such lines. */
const keras = (name) => ({
  who: "Keras 3.15.1",
  file: `docs/results/keras-${name}.jsonl`,
  figures: { "test accuracy": "accuracy", "test loss": "loss", "training, s": "seconds" },
});
const yesNo = () => dense(1, { activation: "sigmoid" });

export const imdb200 = program({
  length: 200,
  epochs: 5,
  layers: (shrink) => [lstm(128 / shrink, { dropout: 0.2, recurrentDropout: 0.2 }), yesNo()],
  fit: "split",
  target:
    "mean test accuracy not below Keras's 0.8554 (a run with a seed: one order of the rows for all epochs, as here), training in 80 s or less on 2 cores",
  beside: keras("imdb-200"),
  reach: { "test accuracy": { atLeast: 0.8554 }, "training, s": { atMost: 80 } },
});
export const imdb500 = program({
  length: 500,
  epochs: 3,
  layers: (shrink) => [lstm(100 / shrink), dropout(0.5), yesNo()],
  fit: "test",
  target:
    "mean test accuracy not below Keras's 0.8285 (a run with a seed: one order of the rows for all epochs, as here), training with validation in 70 s or less on 2 cores",
  beside: keras("imdb-500"),
  reach: { "test accuracy": { atLeast: 0.8285 }, "training, s": { atMost: 70 } },
});

export const imdbSoftmax = program({
  length: 500,
  epochs: 5,
  layers: (shrink) => [
    lstm(100 / shrink, { dropout: 0.2, recurrentDropout: 0.2 }),
    dense(2, { activation: "softmax" }),
  ],
  fit: "test",
  target: "test accuracy beside that of the sigmoid program, 0.8285 in Keras",
  softmax: true,
});

/** The untrained models that test/judges/imdb_pairs.py wrote. */
const begun = join(import.meta.dirname, "../../build/imdb-pairs");

/**
 * The program of 500 words from Keras's own beginning: its initial weights, its order of the rows, and what dropout keeps, drawn by NumPy's
 * RandomState(seed) on both sides. What differs is arithmetic alone, so five seeds say more than fifty that each draw for themselves.
 */
export const imdbPairs = {
  title: "IMDb, 500 words: the same beginning, order and dropout as Keras",
  needs: ["imdb/imdb.npz"],
  target:
    "Keras's test accuracy from the same beginning, the difference of the means within 0.01 with its 95 % interval",
  beside: { ...keras("imdb-500-pairs"), paired: true },
  async run({ data, seed, quick }) {
    const file = join(begun, `${seed}.keras`);
    if (!quick && !existsSync(file))
      throw new Error(`${file} is absent: python test/judges/imdb_pairs.py --out build/imdb-pairs writes it`);
    const model = quick ? pairModel() : await loadModel(file);
    const { train, test } = await datasets.imdb({ numWords: 10_000, path: `${data}/imdb` });
    const rows = train.x.length;
    const drawn = new RandomState(seed);
    const order = drawn.permutation(rows);
    const x = padSequences(
      Array.from(order, (i) => train.x[i]),
      { maxLen: 500 },
    );
    const y = Int32Array.from(order, (i) => train.y[i]);
    const used = quick ? 128 : rows;
    const history = { loss: [] };
    let seconds = 0;
    for (let epoch = 0; epoch < (quick ? 1 : 3); epoch++) {
      const keep = new NdArray(
        Float32Array.from({ length: rows * 100 }, () => (drawn.double() < 0.5 ? 2 : 0)),
        [rows, 100],
      );
      const given = [x.slice(0, used), keep.slice(0, used)];
      const one = await model.fit(given, y.subarray(0, used), { batchSize: 64, shuffle: false, verbose: 2 });
      history.loss.push(...one.history.loss);
      seconds += one.seconds;
    }
    const tested = quick ? 128 : test.x.length;
    const whole = new NdArray(new Float32Array(tested * 100).fill(1), [tested, 100]);
    const xTest = padSequences(test.x.slice(0, tested), { maxLen: 500 });
    const { loss, accuracy } = await model.evaluate([xTest, whole], test.y.slice(0, tested), {
      batchSize: 64,
      verbose: 0,
    });
    const figures = { "test accuracy": accuracy, "test loss": loss, "training, s": seconds };
    return { figures, history, backend: model.backendName };
  },
};

function pairModel() {
  const [words, keep] = [input([500], { dtype: "i32" }), input([100])];
  const h = lstm(100)(embedding(10_000, 128)(words));
  const model = functional([words, keep], yesNo()(multiply()([h, keep])));
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  return model;
}
