// The labs' next word: questions and answers, stacked LSTM, ten words one by one.   npm run example faq -- --text story.txt
import { mkdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { languageModel } from "cellstate";

const { values } = parseArgs({
  options: {
    text: { type: "string", default: "assets/lstm-faq.txt" }, // or any text of yours, one sentence a line
    prompt: { type: "string", default: "what is the forget" },
    scheme: { type: "string", default: "prefixes" }, // the labs' padded beginnings; "lines" learns them whole, far faster
    rows: { type: "string", default: "100000" }, // lines of the text to learn
    units: { type: "string", default: "150" },
    epochs: { type: "string", default: "100" },
  },
});
const [rows, units, epochs] = [values.rows, values.units, values.epochs].map(Number);
const lines = readFileSync(values.text, "utf8").split(/\r?\n/).slice(0, rows);

const writer = languageModel({
  scheme: values.scheme === "lines" ? "lines" : "prefixes",
  units: [units, units],
  embedding: 100,
});
const { history, seconds } = await writer.fit(lines, { epochs, batchSize: 32, verbose: 2 });
writer.model.summary();
console.log(`${epochs} epochs in ${seconds.toFixed(1)} s: accuracy ${(history.accuracy.at(-1)! * 100).toFixed(1)} %`);

let sentence = values.prompt;
for await (const word of writer.generate(values.prompt, { words: 10, atEnd: "avoid" })) {
  sentence += ` ${word}`;
  console.log(sentence);
}
console.log("five at once:", await writer.complete(values.prompt, { words: 5, atEnd: "avoid" }));
for (const { token, probability } of await writer.predict(values.prompt, { top: 3 }))
  console.log(`${(probability * 100).toFixed(1).padStart(5)} %  ${token}`);

mkdirSync("out", { recursive: true });
await writer.save("out/faq.keras"); // opens in Keras; loadLanguageModel("out/faq.keras") generates
