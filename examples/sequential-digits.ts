// Which digit is it? A picture of 28 x 28, read row by row as a sequence of 28 steps with 28 features.
//   npm run example sequential-digits -- --cell gru
//   npm run example sequential-digits -- --npz digits  writes digits-train.npz and digits-test.npz for the command line
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { adam, confusionMatrix, dense, dropout, gru, lstm, NdArray, sequential } from "cellstate";
import { readIdx } from "cellstate/data";
import { writeNpz } from "cellstate/formats";
import { confusionChart, terminal } from "cellstate/plot";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/mnist` },
    cell: { type: "string", default: "lstm" },
    rows: { type: "string", default: "10000" }, // four of five to learn from, the rest to be tested on
    epochs: { type: "string", default: "10" },
    npz: { type: "string" },
  },
});

const read = async (name: string) => readIdx(gunzipSync(await readFile(`${values.path}/${name}.gz`)), name);

export async function main() {
  if (!existsSync(`${values.path}/t10k-images-idx3-ubyte.gz`))
    return void console.log(
      `skipped: no t10k-images-idx3-ubyte.gz in ${values.path}; --path FOLDER names it (see docs/labs/README.md)`,
    );
  const [to, from] = [Number(values.rows), Math.floor(0.8 * Number(values.rows))];
  const pixels = (await read("t10k-images-idx3-ubyte")).slice(0, to); // [10000, 28, 28], 0 to 255
  const images = new NdArray(
    pixels.data.map((v) => v / 255),
    pixels.shape,
  );
  const labels = await read("t10k-labels-idx1-ubyte");
  const train = { x: images.slice(0, from), y: labels.slice(0, from) };
  const test = { x: images.slice(from, to), y: labels.slice(from, to) };
  if (values.npz) {
    await writeFile(`${values.npz}-train.npz`, await writeNpz(train));
    await writeFile(`${values.npz}-test.npz`, await writeNpz(test));
    return void console.log(`${values.npz}-train.npz: ${from} digits, ${values.npz}-test.npz: ${to - from}`);
  }
  const reader = values.cell === "gru" ? gru(128) : lstm(128);
  const model = sequential([reader, dropout(0.2), dense(10, { activation: "softmax" })]);
  const optimizer = adam({ learningRate: 0.002, globalClipnorm: 1 });
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(train.x, train.y, { epochs: Number(values.epochs), batchSize: 64, verbose: 2 });
  const { loss, accuracy } = await model.evaluate(test.x, test.y, { verbose: 0 });
  console.log(confusionChart(confusionMatrix(test.y, await model.predict(test.x)).counts, terminal()));
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${accuracy.toFixed(4)}`);
  return accuracy;
}

await main();
