// Standing, walking, running or badminton? Ten seconds of a watch's accelerometer and gyroscope, 100 steps with 6 features.
//   npm run example motion -- --jsonl motions   writes motions-train.jsonl and motions-test.jsonl for the command line
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { sequenceClassifier } from "cellstate";
import { parseTs } from "cellstate/data";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/basic-motions` },
    seed: { type: "string", default: "1" },
    epochs: { type: "string", default: "60" },
    jsonl: { type: "string" },
  },
});

const read = async (part: string) => parseTs(await readFile(`${values.path}/BasicMotions_${part}.ts.txt`, "utf8")); // sequences [T, 6] and labels

export async function main() {
  if (!existsSync(`${values.path}/BasicMotions_TRAIN.ts.txt`))
    return void console.log(
      `skipped: no BasicMotions_TRAIN.ts.txt in ${values.path}; --path FOLDER names it (see docs/labs/README.md)`,
    );
  const [train, test] = [await read("TRAIN"), await read("TEST")];
  if (values.jsonl)
    for (const [part, rows] of Object.entries({ train, test }))
      await writeFile(`${values.jsonl}-${part}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  console.log(`${train.length} training rows, ${test.length} test rows`);

  const task = sequenceClassifier({ units: 64, bidirectional: true, outputDropout: 0.3, seed: Number(values.seed) });
  await task.fit(train, { epochs: Number(values.epochs), verbose: 0 });
  const { loss, accuracy, report } = await task.evaluate(test);
  console.log(String(report));
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${accuracy.toFixed(4)}`);
  const [answer] = await task.predict([test[0].sequence]);
  console.log(
    `the first test row: ${answer.label} (${(100 * answer.probability).toFixed(1)} %), truly ${test[0].label}`,
  );
  return accuracy;
}

await main();
