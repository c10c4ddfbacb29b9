import { chooseBackend, datasets, dense, dropout, embedding, lstm, padSequences, sequential } from "cellstate";
import { pairedDifference } from "../mean-difference.mjs";

/** The class document's program on film reviews, trained twice from one seed: in float32, and with products of bfloat16. */
export const bf16Imdb = {
  title: "IMDb, 500 words: trained in bfloat16 and in float32",
  needs: ["imdb/imdb.npz"],
  target:
    "the mean of the test accuracies within 0.005 of float32's; an epoch of 25,000 reviews in 15 s or less with bfloat16 on a processor that multiplies it, 25 s in float32, 2 cores",
  reach: { "epoch, bfloat16, s": { atMost: 15 }, "epoch, float32, s": { atMost: 25 } },
  section: (runs) => {
    if (runs.length < 2) return "";
    const of = (name) => runs.map(({ figures }) => figures[name]);
    const { difference, halfWidth } = pairedDifference(of(accuracyOf("bfloat16")), of(accuracyOf("float32")));
    return `bfloat16's test accuracy less float32's, of the same seeds: ${difference.toFixed(4)} ± ${halfWidth.toFixed(4)} (95 % interval).

`;
  },
  async run({ data, seed, quick }) {
    const rows = quick ? 128 : 25_000;
    const maxLen = quick ? 20 : 500;
    const { train, test } = await datasets.imdb({ numWords: 10_000, path: `${data}/imdb` });
    const [x, xTest] = [train, test].map(({ x }) => padSequences(x.slice(0, rows), { maxLen }));
    const [y, yTest] = [train, test].map(({ y }) => y.slice(0, rows));
    const figures = {};
    const curves = {};
    let backend = "";
    for (const [name, dtype] of [
      ["float32", "float32"],
      ["bfloat16", "mixedBfloat16"],
    ]) {
      const layers = [
        embedding(10_000, 128, { inputShape: [maxLen] }),
        lstm(quick ? 8 : 100),
        dropout(0.5),
        dense(1, { activation: "sigmoid" }),
      ];
      const model = sequential(layers, { seed });
      model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"], dtype });
      const epochs = quick ? 1 : 3;
      const { history, seconds } = await model.fit(x, y, { epochs, batchSize: 64, verbose: 2 });
      const { accuracy } = await model.evaluate(xTest, yTest, { batchSize: 64, verbose: 0 });
      figures[accuracyOf(name)] = accuracy;
      figures[`epoch, ${name}, s`] = seconds / epochs;
      curves[name === "float32" ? "loss" : `loss, ${name}`] = history.loss;
      const { bf16 = "floats" } = await chooseBackend();
      backend = `${model.backendName}, sums of bfloat16 by ${bf16}`;
    }
    return { figures, history: curves, backend };
  },
};

const accuracyOf = (name) => `test accuracy, ${name}`;
