// Completes what people say, learned from DailyDialog.   npm run example dialogues -- --path daily-dialog --rows 500 --epochs 20
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { languageModel } from "cellstate";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/daily-dialog` }, // the release's folder, with train/dialogues_train.txt
    rows: { type: "string", default: "2000" }, // utterances
    scheme: { type: "string", default: "prefixes" }, // the labs' padded beginnings; "lines" learns them whole, far faster
    units: { type: "string", default: "200" },
    epochs: { type: "string", default: "50" },
  },
});
const [rows, units, epochs] = [values.rows, values.units, values.epochs].map(Number);
const file = join(values.path, "train/dialogues_train.txt");
if (!existsSync(file)) throw new Error(`no ${file}; --path FOLDER names DailyDialog's (see docs/labs/README.md)`);

const utterances = readFileSync(file, "utf8")
  .split("\n")
  .flatMap((dialogue) => dialogue.split("__eou__")) // one dialogue a line, utterances end in __eou__
  .map((utterance) => utterance.trim())
  .filter(Boolean)
  .slice(0, rows);
console.log(`${utterances.length} utterances, the first: ${utterances[0]}`);

// Lower case without punctuation is what the tokenizer makes of them.
const writer = languageModel({
  scheme: values.scheme === "lines" ? "lines" : "prefixes",
  units: [units],
  embedding: 50,
});
const { history, seconds } = await writer.fit(utterances, { epochs, batchSize: 64, verbose: 2 });
const words = writer.reading.tokenizer.wordIndex.size + 1;
const accuracy = (history.accuracy.at(-1)! * 100).toFixed(1);
console.log(`vocabulary ${words}; ${epochs} epochs in ${seconds.toFixed(1)} s: accuracy ${accuracy} %`);

const prompts: [string, number][] = [
  ["this", 1],
  ["it is", 3],
  ["did you", 5],
];
for (const [prompt, count] of prompts)
  console.log(`${prompt} → ${await writer.complete(prompt, { words: count, atEnd: "avoid" })}`);
