import { readFileSync } from "node:fs";
import { datasets, dense, embedding, languageModel, lstm, padSequences, sequential, sgd } from "cellstate";

/** The accuracy that `quantize("int8")` costs in accuracy: a model is trained, judged on test data, quantized, and judged again on the same. */

export const int8Imdb = {
  title: "IMDb, 200 words: a model with weights of 8 bits",
  needs: ["imdb/imdb.npz"],
  target: "test accuracy at most 0.003 below that of the floats",
  reach: { "lost accuracy": { atMost: 0.003 } },
  async run({ data, seed, quick }) {
    const rows = quick ? 128 : 25_000;
    const { train, test } = await datasets.imdb({ numWords: 10_000, path: `${data}/imdb` });
    const [x, xTest] = [train, test].map(({ x }) => padSequences(x.slice(0, rows), { maxLen: quick ? 20 : 200 }));
    const [y, yTest] = [train, test].map(({ y }) => y.slice(0, rows));
    const layers = [
      embedding(10_000, 128),
      lstm(quick ? 8 : 128, { dropout: 0.2 }),
      dense(1, { activation: "sigmoid" }),
    ];
    const model = sequential(layers, { seed });
    model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
    const { history } = await model.fit(x, y, { epochs: quick ? 1 : 2, batchSize: 64, verbose: 2 });
    const judged = () => timed(() => model.evaluate(xTest, yTest, { batchSize: 64, verbose: 0 }));
    const before = await judged();
    await model.quantize("int8");
    const after = await judged();
    const figures = {
      "test accuracy": before.result.accuracy,
      "test accuracy, 8 bits": after.result.accuracy,
      "lost accuracy": before.result.accuracy - after.result.accuracy,
      "evaluation, s": before.seconds,
      "evaluation, 8 bits, s": after.seconds,
    };
    return { figures, history, backend: model.backendName };
  },
};

export const int8Ptb = {
  title: "Penn Treebank, next word: a model with weights of 8 bits",
  needs: ["ptb/ptb.train.txt"],
  target: "test perplexity at most 1 % above that of the floats",
  reach: { "perplexity over that of floats": { atMost: 1.01 } },
  async run({ data, seed, quick }) {
    const [train, test] = ["train", "test"].map((part) => {
      const text = readFileSync(`${data}/ptb/ptb.${part}.txt`, "utf8").trim();
      return quick ? text.split("\n").slice(0, 60).join("\n") : text;
    });
    const writer = languageModel({
      scheme: "stream",
      units: quick ? 8 : [200, 200],
      embedding: quick ? 8 : 200,
      dropout: 0.2,
      steps: 20,
      filters: "",
      lower: false,
      ...(quick ? { oovToken: "<other>" } : {}),
      optimizer: sgd({ learningRate: 20, globalClipnorm: 0.25, embeddingGradients: "sum" }),
      seed,
    });
    const { history } = await writer.fit(train, { epochs: quick ? 1 : 2, batchSize: quick ? 4 : 20, verbose: 2 });
    const before = await timed(() => writer.evaluate(test));
    const backend = writer.model.backendName;
    await writer.model.quantize("int8");
    const after = await timed(() => writer.evaluate(test));
    const figures = {
      "test perplexity": before.result.perplexity,
      "test perplexity, 8 bits": after.result.perplexity,
      "perplexity over that of floats": after.result.perplexity / before.result.perplexity,
      "evaluation, s": before.seconds,
      "evaluation, 8 bits, s": after.seconds,
    };
    return { figures, history, backend };
  },
};

async function timed(act) {
  const from = performance.now();
  const result = await act();
  return { result, seconds: (performance.now() - from) / 1000 };
}
