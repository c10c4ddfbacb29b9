// The next word from a corpus of four lines: "hello how is" → "your".   npm run example four-lines
import { dense, embedding, encodePrompt, lstm, nextWordRows, sequential, Tokenizer } from "cellstate";

const lines = ["hello how are you", "hello how is your day", "hello how are your friends", "hello what are you doing"];

export async function main(epochs = 200) {
  const tokenizer = new Tokenizer();
  tokenizer.fitOnTexts(lines);
  const { x, y, maxLen } = nextWordRows(tokenizer.textsToSequences(lines)); // every prefix, zeros before it
  const words = tokenizer.wordIndex.size + 1; // 11 with the padding id 0
  console.log(`${x.shape[0]} rows of ${maxLen - 1} words; the first: ${x.row(0).data.join(" ")} → ${y.data[0]}`);

  const model = sequential([embedding(words, 10), lstm(50), dense(words, { activation: "softmax" })]);
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  const { history } = await model.fit(x, y, { epochs, verbose: 0 });
  console.log(`accuracy ${(history.accuracy.at(-1)! * 100).toFixed(0)} %`);

  const answers: Record<string, string> = {};
  for (const prompt of ["hello how is", "hello what are"]) {
    const p = await model.predict(encodePrompt(tokenizer, prompt, maxLen - 1));
    answers[prompt] = tokenizer.indexWord.get(p.argmax().data[0]) ?? "";
    console.log(`${prompt} → ${answers[prompt]}`);
  }
  return answers;
}

await main();
