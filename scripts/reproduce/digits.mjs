/** Handwritten digits as sequences: row by row, and pixel by pixel. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { adam, confusionMatrix, dense, dropout, gru, lstm, NdArray, sequenceClassifier, sequential } from "cellstate";
import { readIdx } from "cellstate/data";
import { plotConfusionMatrix, plotHistory } from "cellstate/plot";

export const sequentialDigits = {
  title: "Sequential digits, LSTM(128) row by row, 8,000 of MNIST's test part to learn, 2,000 to test",
  needs: ["mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz"],
  target: "test accuracy 0.95 or more (always the most common digit: 0.11)",
  reach: {
    "LSTM, test accuracy": { atLeast: 0.95 },
    "GRU, test accuracy": { atLeast: 0.95 },
    "sequenceClassifier, test accuracy": { atLeast: 0.95 },
  },
  async run({ data, seed, quick }) {
    const { train, test } = digits(data, quick ? 500 : 10_000);
    const units = quick ? 8 : 128;
    const found = {};
    for (const [name, cell] of Object.entries({ LSTM: lstm, GRU: gru })) {
      const model = sequential([cell(units), dropout(0.2), dense(10, { activation: "softmax" })], { seed });
      compile(model, 0.002);
      const fitted = await model.fit(train.x, train.y, {
        epochs: quick ? 1 : 10,
        batchSize: 64,
        validationData: [test.x, test.y],
        verbose: 0,
      });
      const { accuracy } = await model.evaluate(test.x, test.y, { verbose: 0 });
      found[name] = { model, accuracy, seconds: fitted.seconds, history: fitted.history };
    }
    const task = sequenceClassifier({ cell: "gru", units, pooling: "last", outputDropout: 0.2, seed });
    const sequences = ({ x }) => Array.from({ length: x.shape[0] }, (_, n) => x.row(n));
    const { seconds } = await task.fit(sequences(train), [...train.y.data], { epochs: quick ? 1 : 20, verbose: 0 });
    const measured = await task.evaluate(sequences(test), [...test.y.data]);
    const { LSTM, GRU } = found;
    const counts = confusionMatrix(test.y, await LSTM.model.predict(test.x)).counts;
    return {
      figures: {
        "LSTM, test accuracy": LSTM.accuracy,
        "LSTM, seconds": LSTM.seconds,
        "GRU, test accuracy": GRU.accuracy,
        "GRU, seconds": GRU.seconds,
        "sequenceClassifier, test accuracy": measured.accuracy,
        "sequenceClassifier, seconds": seconds,
      },
      history: LSTM.history,
      backend: LSTM.model.backendName,
      charts: {
        curves: await plotHistory(LSTM.history, { title: `LSTM, seed ${seed}` }),
        confusion: await plotConfusionMatrix(counts, { title: `LSTM, seed ${seed}` }),
      },
    };
  },
};

export const pixelDigits = {
  title: "Sequential digits, GRU(64) pixel by pixel: every second pixel of every second row, 196 steps",
  needs: sequentialDigits.needs,
  target: "test accuracy 0.88 or more (always the most common digit: 0.11)",
  reach: { "test accuracy": { atLeast: 0.88 } },
  async run({ data, seed, quick }) {
    const { train, test } = digits(data, quick ? 500 : 10_000, true);
    const model = sequential([gru(quick ? 8 : 64), dense(10, { activation: "softmax" })], { seed });
    compile(model, 0.005);
    const validationData = [test.x, test.y];
    const options = { epochs: quick ? 1 : 15, batchSize: 64, validationData, verbose: 2 };
    const { history, seconds } = await model.fit(train.x, train.y, options);
    const figures = { "test accuracy": history.val_accuracy.at(-1), "training, s": seconds };
    return { figures, history, backend: model.backendName };
  },
};

function compile(model, learningRate) {
  const optimizer = adam({ learningRate, globalClipnorm: 1 });
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
}

/** The first four fifths of the digits to learn from, the others to test: x [N, 28, 28], or [N, 196, 1] by pixels. */
function digits(data, rows, pixels = false) {
  const bytes = read(`${data}/mnist/t10k-images-idx3-ubyte.gz`).slice(0, rows); // [10000, 28, 28] at most
  const images = new NdArray(
    bytes.data.map((v) => v / 255),
    bytes.shape,
  );
  const y = read(`${data}/mnist/t10k-labels-idx1-ubyte.gz`);
  const second = (_, k) => k % 2 === 0 && Math.floor(k / 28) % 2 === 0;
  const x = pixels ? new NdArray(images.data.filter(second), [images.shape[0], 196, 1]) : images;
  const part = (from, to) => ({ x: x.slice(from, to), y: y.slice(from, to) });
  return { train: part(0, 0.8 * rows), test: part(0.8 * rows, rows) };
}

const read = (path) => readIdx(gunzipSync(readFileSync(path)), path);
