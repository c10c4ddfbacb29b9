// The labs' softmax variant: one-hot labels, two probabilities, and five reviews to read.
//   npm run example imdb-sentiment -- --quick
import { existsSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { datasets, dense, embedding, lstm, padSequences, sequential, toCategorical } from "cellstate";
import { historyChart, plotHistory, terminal } from "cellstate/plot";

const { values } = parseArgs({
  options: {
    path: { type: "string" }, // a folder with imdb.npz and imdb_word_index.json; downloaded otherwise
    seed: { type: "string", default: "1" },
    svg: { type: "string" }, // where the two charts go
    quick: { type: "boolean", default: false }, // a few short reviews: it runs, it does not learn
  },
});
const beside = "../shared/data/imdb";
const path = values.path ?? (!process.env.CELLSTATE_DATA && existsSync(beside) ? beside : undefined);
const [rows, length, units, epochs] = values.quick ? [128, 20, 4, 1] : [25_000, 500, 100, 5];

export async function main() {
  const { train, test } = await datasets.imdb({ numWords: 10_000, path });
  const x = padSequences(train.x.slice(0, rows), { maxLen: length });
  const xTest = padSequences(test.x.slice(0, rows), { maxLen: length });
  const [y, yTest] = [toCategorical(train.y.slice(0, rows), 2), toCategorical(test.y.slice(0, rows), 2)]; // [N, 2]

  const model = sequential(
    [
      embedding(10_000, 128, { inputShape: [length] }),
      lstm(units, { dropout: 0.2, recurrentDropout: 0.2 }),
      dense(2, { activation: "softmax" }),
    ],
    { seed: Number(values.seed) },
  );
  model.compile({ optimizer: "adam", loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  const history = await model.fit(x, y, { epochs, batchSize: 64, validationData: [xTest, yTest] });
  console.log(historyChart(history.history, terminal()));
  if (values.svg) writeFileSync(values.svg, await plotHistory(history.history));
  const { loss, accuracy } = await model.evaluate(xTest, yTest, { batchSize: 64, verbose: 0 });
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${accuracy.toFixed(4)}`);

  const words = await datasets.imdbWordIndex({ path });
  const five = await model.predict(xTest.slice(0, 5)); // [5, 2]
  return Array.from({ length: 5 }, (_, i) => {
    const [negative, positive] = five.row(i).data;
    const label = positive > negative ? "Positive" : "Negative";
    console.log(`Review ${i + 1}: ${label}   negative ${negative.toFixed(4)}, positive ${positive.toFixed(4)}`);
    console.log(`  ${datasets.decodeReview(test.x[i], words)}`);
    return label;
  });
}

await main();
