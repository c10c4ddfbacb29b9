import { datasets, dense, dropout, embedding, lstm, padSequences, sequential, toCategorical } from "cellstate";

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
