// Which of nine speakers said /ae/? Sequences of 7 to 29 steps with 12 features each.
//   npm run example japanese-vowels -- --jsonl vowels   writes vowels-train.jsonl and vowels-test.jsonl for the command line
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { sequenceClassifier } from "cellstate";
import { parseTs } from "cellstate/data";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/japanese-vowels` },
    seed: { type: "string", default: "1" },
    jsonl: { type: "string" },
    quick: { type: "boolean", default: false }, // a few epochs on a few rows: it runs, it hardly learns
  },
});

const read = async (part: string) => parseTs(await readFile(`${values.path}/JapaneseVowels_${part}.ts.txt`, "utf8")); // sequences [T, 12] and labels

export async function main() {
  if (!existsSync(`${values.path}/JapaneseVowels_TRAIN.ts.txt`))
    return void console.log(
      `skipped: no JapaneseVowels_TRAIN.ts.txt in ${values.path}; --path FOLDER names it (see docs/labs/README.md)`,
    );
  const [train, test] = [await read("TRAIN"), await read("TEST")];
  if (values.jsonl)
    for (const [part, rows] of Object.entries({ train, test }))
      await writeFile(`${values.jsonl}-${part}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  console.log(`${train.length} training rows, ${test.length} test rows`);

  const task = sequenceClassifier({ units: 64, bidirectional: true, outputDropout: 0.3, seed: Number(values.seed) });
  const rows = values.quick ? train.filter((_, i) => i % 3 === 0) : train;
  await task.fit(rows, { epochs: values.quick ? 3 : 60, verbose: 0 });
  const { loss, accuracy, report } = await task.evaluate(test);
  console.log(String(report));
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${accuracy.toFixed(4)}`);
  const [answer] = await task.predict([test[0].sequence]);
  console.log(
    `the first test row: speaker ${answer.label} (${(100 * answer.probability).toFixed(1)} %), truly ${test[0].label}`,
  );
  return accuracy;
}

await main();
