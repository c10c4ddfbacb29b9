// English to French: an encoder reads both ways, a decoder looks back at every word it needs (Luong et al. 2015).
//   npm run example translation -- --rows 3000 --epochs 10
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { adam, corpusBleu, encoderDecoder, greedyDecode, textVectorization } from "cellstate";
import { plotHeatmap } from "cellstate/plot";
import { strFromU8, unzipSync } from "fflate";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/fra-eng/fra-eng.zip` },
    out: { type: "string", default: "attention.svg" },
    rows: { type: "string", default: "12000" }, // pairs, the shortest first
    units: { type: "string", default: "128" },
    epochs: { type: "string", default: "15" },
  },
});
if (!existsSync(values.path)) throw new Error(`no ${values.path}; --path ZIP names it (see docs/labs/README.md)`);
const lines = strFromU8(unzipSync(readFileSync(values.path))["fra-eng/fra.txt"]).split("\n", Number(values.rows));
const tokens = (text: string) => text.toLowerCase().match(/\[\w+\]|[\p{L}\p{N}]+['’]?|[.?!,]/gu) ?? []; // l' eau
const meanings = new Map<string, string[]>(); // a sentence with several translations is learned or tested, never both
for (const [en, fr] of lines.map((line) => line.split("\t"))) meanings.set(en, [...(meanings.get(en) ?? []), fr]);
const test = [...meanings].filter((_, i) => i % 25 === 0);
const train = [...meanings].filter((_, i) => i % 25 > 0).flatMap(([en, list]) => list.map((fr) => [en, fr]));

const rules = { standardize: (text: string) => tokens(text).join(" "), maxTokens: 4000 };
const [english, french] = [textVectorization(rules), textVectorization(rules)];
english.adapt(train.map(([en]) => en));
french.adapt(train.map(([, fr]) => `[start] ${fr} [end]`));
const words = french.vocabulary();

const vocabularies = { source: english.vocabulary().length, target: words.length };
const { model, encoder, decoder } = encoderDecoder({ ...vocabularies, units: Number(values.units) });
model.compile({ optimizer: adam({ learningRate: 0.0015 }), loss: "sparseCategoricalCrossentropy" });
const read = english.encode(train.map(([en]) => en));
const before = french.encode(train.map(([, fr]) => `[start] ${fr}`)); // what should have been said up to each word
const after = french.encode(train.map(([, fr]) => `${fr} [end]`));
await model.fit([read, before], after, { epochs: Number(values.epochs), batchSize: 32, verbose: 2 });

const [seen, ...states] = await encoder.predict(english.encode(test.map(([en]) => en)));
const [start, end] = ["[start]", "[end]"].map((word) => words.indexOf(word));
const written = await greedyDecode(decoder, { start, end, banned: [0, 1, start], length: 20, fixed: [seen], states });
const answers = written.map(({ ids }) => ids.map((id) => words[id]));
for (let k = 0; k < test.length; k += Math.ceil(test.length / 10))
  console.log(`${test[k][0]} → ${answers[k].join(" ")}   (${test[k][1].join(" / ")})`);
const references = test.map(([, list]) => list.map(tokens));
console.log(`BLEU ${(100 * corpusBleu(answers, references).bleu).toFixed(1)} on ${test.length} sentences`);

const lengths = test.map(([en], k) => (answers[k].length > 0 ? tokens(en).length : 0));
const most = lengths.indexOf(Math.max(...lengths)); // the longest question that was answered
const [rowLabels, columnLabels] = [answers[most], tokens(test[most][0])];
const looks = written[most].notes.map(([weights]) => Array.from(weights.data).slice(0, columnLabels.length));
if (looks.length === 0) console.log("No word was written yet: more rows or epochs.");
else
  writeFileSync(values.out, await plotHeatmap(looks, { rowLabels, columnLabels, xLabel: "English", yLabel: "French" }));
