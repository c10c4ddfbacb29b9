// Sentiment of film reviews, 500 words of each: the labs' second IMDb program, with its charts.
//   npm run example imdb-500 -- --svg imdb-500.svg
import { existsSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { datasets, dense, dropout, embedding, lstm, padSequences, sequential } from "cellstate";
import { historyChart, plotHistory, terminal } from "cellstate/plot";

const { values } = parseArgs({
  options: {
    path: { type: "string" }, // a folder with imdb.npz; downloaded otherwise
    seed: { type: "string", default: "1" },
    svg: { type: "string" }, // where the two charts go
    quick: { type: "boolean", default: false }, // a few short reviews: it runs, it does not learn
  },
});
const beside = "../shared/data/imdb";
const path = values.path ?? (!process.env.CELLSTATE_DATA && existsSync(beside) ? beside : undefined);
const [rows, length, units, epochs] = values.quick ? [128, 20, 4, 2] : [25_000, 500, 100, 3];

export async function main() {
  const { train, test } = await datasets.imdb({ numWords: 10_000, path });
  const x = padSequences(train.x.slice(0, rows), { maxLen: length });
  const xTest = padSequences(test.x.slice(0, rows), { maxLen: length });
  const [y, yTest] = [train.y.slice(0, rows), test.y.slice(0, rows)];

  const layers = [
    embedding(10_000, 128, { inputShape: [length] }),
    lstm(units),
    dropout(0.5),
    dense(1, { activation: "sigmoid" }),
  ];
  const model = sequential(layers, { seed: Number(values.seed) });
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  const history = await model.fit(x, y, { epochs, batchSize: 64, validationData: [xTest, yTest], verbose: 2 });
  console.log(historyChart(history.history, terminal()));
  if (values.svg) writeFileSync(values.svg, await plotHistory(history.history));
  const { loss, accuracy } = await model.evaluate(xTest, yTest, { batchSize: 64, verbose: 0 });
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${(100 * accuracy).toFixed(2)} %`);
  return accuracy;
}

await main();
