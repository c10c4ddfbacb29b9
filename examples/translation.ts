// English to French: an encoder reads both ways, a decoder looks back at every word it needs (Luong et al. 2015).
//   npm run example translation -- --rows 3000 --epochs 10
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { plotHeatmap } from "cellstate/plot";
import { translator } from "cellstate/translate";
import { strFromU8, unzipSync } from "fflate";

const data = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${data}/fra-eng/fra-eng.zip` },
    out: { type: "string", default: "attention.svg" },
    rows: { type: "string", default: "12000" }, // pairs, the shortest first
    units: { type: "string", default: "96" },
    epochs: { type: "string", default: "15" },
    quick: { type: "boolean", default: false }, // few pairs, a small network: it runs, it hardly learns
  },
});

export async function main() {
  if (!existsSync(values.path))
    return void console.log(`skipped: no ${values.path}; --path ZIP names it (see docs/labs/README.md)`);
  const rows = values.quick ? 3000 : Number(values.rows);
  const lines = strFromU8(unzipSync(readFileSync(values.path))["fra-eng/fra.txt"]).split("\n", rows);
  const meanings = new Map<string, string[]>(); // a sentence with several translations is learned or tested, never both
  for (const [en, fr] of lines.map((line) => line.split("\t"))) meanings.set(en, [...(meanings.get(en) ?? []), fr]);
  const pairs = (list: [string, string[]][]) => list.flatMap(([en, all]) => all.map((fr) => [en, fr] as const));
  const test = [...meanings].filter((_, i) => i % 25 === 0);
  const train = pairs([...meanings].filter((_, i) => i % 25 > 0));

  const french = translator({ units: values.quick ? 64 : Number(values.units) });
  await french.fit(train, { epochs: values.quick ? 4 : Number(values.epochs), verbose: values.quick ? 0 : 2 });

  const answers = await french.translate(test.map(([en]) => en));
  for (let k = 0; k < test.length; k += Math.ceil(test.length / 10))
    console.log(`${test[k][0]} → ${answers[k].text}   (${test[k][1].join(" / ")})`);
  const { bleu } = await french.evaluate(pairs(test)); // all translations of a sentence are its references
  console.log(`BLEU ${bleu.toFixed(1)} on ${test.length} sentences`);

  const longest = answers.toSorted((a, b) => b.sourcePieces.length - a.sourcePieces.length)[0];
  const labels = { rowLabels: [...longest.pieces], columnLabels: [...longest.sourcePieces] };
  const looks = longest.attention.map((row) => [...row]);
  if (looks.length === 0) console.log("No word was written yet: more rows or epochs.");
  else writeFileSync(values.out, await plotHeatmap(looks, { ...labels, xLabel: "English", yLabel: "French" }));
  return bleu;
}

await main();
