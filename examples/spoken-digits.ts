// Which digit is said? 3,000 recordings of six speakers; the first five of each digit and speaker are the test.
//   npm run example spoken-digits -- --quick
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { adam, cosineDecay, sequenceClassifier } from "cellstate";
import { readWav } from "cellstate/data";
import { confusionChart } from "cellstate/plot";
import { unzipSync } from "fflate";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/fsdd/fsdd-recordings.zip` },
    seed: { type: "string", default: "1" },
    quick: { type: "boolean", default: false }, // a few epochs on a few recordings: it runs, it hardly learns
  },
});

/** The recordings in the zip, named digit_speaker_number.wav; quick ones are the first ten of one speaker's digits. */
async function read() {
  const wanted = values.quick ? /_jackson_\d\.wav$/ : /\.wav$/;
  const files = unzipSync(await readFile(`${values.path}`), { filter: ({ name }) => wanted.test(name) });
  return Object.entries(files).map(([path, bytes]) => {
    const [label, speaker, number] = basename(path, ".wav").split("_");
    return { label, speaker, number: Number(number), sequence: readWav(bytes, path) };
  });
}

export async function main() {
  if (!existsSync(`${values.path}`))
    return void console.log(`skipped: no ${values.path}; --path ZIP names it (see docs/labs/README.md)`);
  const rows = await read();
  const [train, test] = [rows.filter(({ number }) => number >= 5), rows.filter(({ number }) => number < 5)];
  console.log(`${train.length} recordings to learn from, ${test.length} to test on`);

  const digits = sequenceClassifier({
    units: 64,
    bidirectional: true,
    pooling: "max", // a digit is known by its most telling moments
    dropout: 0.3,
    outputDropout: 0.3,
    optimizer: adam({ learningRate: cosineDecay(0.004, { decaySteps: 30 * 43 }) }), // 43 steps an epoch
    seed: Number(values.seed),
  });
  await digits.fit(train, { epochs: values.quick ? 2 : 30, validationSplit: 0, verbose: values.quick ? 0 : 2 });
  const { accuracy, report } = await digits.evaluate(test);
  console.log(confusionChart(report.confusion.counts, { labels: report.confusion.labels }));
  console.log(`test accuracy ${accuracy.toFixed(4)}`);
  const [answer] = await digits.predict([test[0].sequence]);
  console.log(
    `${test[0].speaker} says ${test[0].label}: recognized as ${answer.label}, ${(100 * answer.probability).toFixed(1)} %`,
  );
  return accuracy;
}

await main();
