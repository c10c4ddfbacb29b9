// Sentiment of film reviews, the labs' IMDb program.   npm run example imdb -- --rows 2000 --epochs 3
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { datasets, dense, embedding, lstm, padSequences, sequential } from "cellstate";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "25000" }, // training reviews; as many for the test
    length: { type: "string", default: "200" }, // words kept of each, the last ones
    units: { type: "string", default: "128" },
    epochs: { type: "string", default: "5" },
    path: { type: "string" }, // a folder with imdb.npz; downloaded otherwise
    step: { type: "boolean", default: false }, // print what a training step is made of
  },
});
const [rows, length, units, epochs] = [values.rows, values.length, values.units, values.epochs].map(Number);
const beside = "../shared/data/imdb";
const path = values.path ?? (!process.env.CELLSTATE_DATA && existsSync(beside) ? beside : undefined);

const { train, test } = await datasets.imdb({ numWords: 10_000, path });
const x = padSequences(train.x.slice(0, rows), { maxLen: length });
const xTest = padSequences(test.x.slice(0, rows), { maxLen: length });
const [y, yTest] = [train.y.slice(0, rows), test.y.slice(0, rows)];
console.log(`x [${x.shape}], test [${xTest.shape}]`);

const model = sequential([
  embedding(10_000, 128, { inputShape: [length] }),
  lstm(units, { dropout: 0.2, recurrentDropout: 0.2 }),
  dense(1, { activation: "sigmoid" }),
]);
model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
model.summary();

const history = await model.fit(x, y, { epochs, batchSize: 64, validationSplit: 0.2 });
console.log(`trained in ${history.seconds.toFixed(1)} s on ${model.backendName}`);
if (values.step) console.log(model.step!.print());
const { loss, accuracy } = await model.evaluate(xTest, yTest, { batchSize: 64 });
console.log(`test loss ${loss.toFixed(4)}, test accuracy ${accuracy.toFixed(4)}`);
