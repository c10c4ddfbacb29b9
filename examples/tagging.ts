// Which words of a query are a city, a day, a time? Slots and intents of airline queries (ATIS).
//   npm run example tagging
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { parseSentences, sequenceTagger } from "cellstate/tagging";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/atis` },
    seed: { type: "string", default: "1" },
    epochs: { type: "string", default: "15" },
    save: { type: "string" },
    quick: { type: "boolean", default: false }, // a few epochs of a small network: it runs, it hardly learns
  },
});

async function read(part: string) {
  const name = `atis.${part}.w-intent.iob`;
  const { sentences, notes } = parseSentences(await readFile(`${values.path}/${name}`, "utf8"), { name });
  for (const note of notes) console.log(note);
  return sentences;
}

export async function main() {
  if (!existsSync(`${values.path}/atis.train.w-intent.iob`))
    return void console.log(
      `skipped: no atis.train.w-intent.iob in ${values.path}; --path FOLDER names it (see docs/labs/README.md)`,
    );
  const [train, test] = [await read("train"), await read("test")];
  console.log(`${train.length} training queries, ${test.length} test queries`);
  const small = values.quick ? { units: 16, embedding: 16, charUnits: 8, charEmbedding: 8 } : {};
  const tagger = sequenceTagger({ seed: Number(values.seed), ...small });
  await tagger.fit(values.quick ? train.slice(0, 300) : train, {
    epochs: values.quick ? 2 : Number(values.epochs),
    verbose: values.quick ? 0 : 2,
  });
  if (values.save) await tagger.save(values.save);
  const { entities, intent, accuracy } = await tagger.evaluate(values.quick ? test.slice(0, 100) : test);
  const percent = (v: number) => `${(100 * v).toFixed(2)} %`;
  console.log(
    `slot F1 ${percent(entities!.f1)}, token accuracy ${percent(accuracy)}, intent ${percent(intent!.accuracy)}`,
  );
  const [answer] = await tagger.predict(["show me flights from boston to san francisco on monday morning"]);
  for (const { type, text } of answer.entities) console.log(`${type}: ${text}`);
  console.log(`intent: ${answer.intent!.label}`);
  return entities!.f1;
}

await main();
