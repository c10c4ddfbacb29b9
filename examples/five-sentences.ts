// Sentiment of five sentences: Tokenizer, padSequences, Embedding, LSTM.   npm run example five-sentences
import { dense, embedding, lstm, padSequences, ShapeError, sequential, Tokenizer } from "cellstate";

const texts = [
  "I love this subject",
  "This lab is excellent",
  "I hate this course",
  "This topic is boring",
  "Very good explanation",
];
const labels = [1, 1, 0, 0, 1];

export async function main(epochs = 100) {
  const tokenizer = new Tokenizer({ numWords: 100 });
  tokenizer.fitOnTexts(texts);
  const x = padSequences(tokenizer.textsToSequences(texts), { maxLen: 5 }); // int32 [5, 5]

  const wrong = sequential([lstm(16), dense(1, { activation: "sigmoid" })]); // the lab's slip: word ids straight into an LSTM
  wrong.compile({ optimizer: "adam", loss: "binaryCrossentropy" });
  try {
    await wrong.fit(x, labels, { verbose: 0 });
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    console.log(error.message);
  }

  const model = sequential([embedding(100, 8), lstm(16), dense(1, { activation: "sigmoid" })]);
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, labels, { epochs, verbose: 0 });
  const p = await model.predict(x);
  texts.forEach((text, i) => {
    const rounded = Math.round(p.data[i]); // what the lab prints
    console.log(`${rounded}  ${p.data[i].toFixed(3)}  ${rounded ? "positive" : "negative"}  ${text}`);
  });
  return [...p.data].map((v) => Math.round(v));
}

await main();
