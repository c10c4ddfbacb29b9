import { readFileSync } from "node:fs";
import { dense, embedding, encodePrompt, lstm, nextWordRows, sequential, Tokenizer } from "cellstate";

/** The labs' scheme: every beginning of a line predicts the word that follows. */
const program = ({ lines, layers, epochs, batchSize, shuffle = true, prompts, ...about }) => ({
  ...about,
  async run({ data, seed, quick }) {
    const all = lines(data);
    const texts = quick ? all.slice(0, 100) : all;
    const tokenizer = new Tokenizer();
    tokenizer.fitOnTexts(texts);
    const { x, y, maxLen } = nextWordRows(tokenizer.textsToSequences(texts));
    const V = tokenizer.wordIndex.size + 1;
    const model = sequential([...layers(V, quick ? 10 : 1), dense(V, { activation: "softmax" })], { seed });
    model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    const history = await model.fit(x, y, { epochs: quick ? 2 : epochs, batchSize, shuffle, verbose: 2 });
    const accuracy = history.history.accuracy; // over an epoch, while the weights move
    const after = await model.evaluate(x, y, { verbose: 0 });
    const completed = [];
    for (const [prompt, words] of prompts) {
      let text = prompt;
      for (let k = 0; k < words; k++) {
        const p = await model.predict(encodePrompt(tokenizer, text, maxLen - 1));
        text += ` ${tokenizer.indexWord.get(p.argmax().data[0]) ?? ""}`;
      }
      completed.push(text);
    }
    const figures = {
      rows: x.shape[0],
      "words a row": maxLen - 1,
      vocabulary: V,
      "training accuracy": accuracy.at(-1),
      "accuracy of the trained model": after.accuracy,
      "the most that the rows allow": ceiling(x, y),
      ...(accuracy.length >= 8 ? { "training accuracy, epoch 8": accuracy[7] } : {}),
      "training, s": history.seconds,
    };
    return { figures, history: history.history, backend: model.backendName, text: completed.join("\n") };
  },
});

export const faq = program({
  title: "Course FAQ, next word, two LSTM(150)",
  needs: ["course-faq/faq.txt"],
  target: "training accuracy 0.95 or more; 100 epochs in 15 s or less",
  reach: { "training accuracy": { atLeast: 0.95 }, "training, s": { atMost: 15 } },
  lines: (data) => linesOf(`${data}/course-faq/faq.txt`),
  layers: (V, shrink) => [
    embedding(V, 100 / shrink),
    lstm(150 / shrink, { returnSequences: true }),
    lstm(150 / shrink),
  ],
  epochs: 100,
  batchSize: 32,
  prompts: [["what is the fee", 10]],
});

export const dialogues = program({
  title: "DailyDialog, the first 2,000 utterances, next word, LSTM(200)",
  needs: ["daily-dialog/train/dialogues_train.txt"],
  target:
    "Keras's curve (0.149 training accuracy at epoch 8, with a seed: one order of the rows for all epochs, as here); 50 epochs in 3 minutes or less",
  // Keras's curve, not a better one: within three spreads of it, which are 0.003.
  reach: { "training accuracy, epoch 8": { atLeast: 0.139, atMost: 0.159 }, "training, s": { atMost: 180 } },
  lines: (data) =>
    linesOf(`${data}/daily-dialog/train/dialogues_train.txt`)
      .flatMap((line) => line.split("__eou__").map((text) => text.trim()))
      .filter((text) => text !== "")
      .slice(0, 2000),
  layers: (V, shrink) => [embedding(V, 50 / shrink), lstm(200 / shrink)],
  epochs: 50,
  batchSize: 64,
  shuffle: "once",
  prompts: [
    ["this", 1],
    ["it is", 3],
    ["did you", 5],
  ],
});

/** The accuracy of always predicting a prefix's most common next word: the same prefix may continue in several ways. */
function ceiling(x, y) {
  const counts = new Map(); // beginning -> next word -> rows
  for (let row = 0; row < y.size; row++) {
    const beginning = x.row(row).data.join(" ");
    if (!counts.has(beginning)) counts.set(beginning, new Map());
    const next = counts.get(beginning);
    next.set(y.data[row], (next.get(y.data[row]) ?? 0) + 1);
  }
  let right = 0;
  for (const next of counts.values()) right += Math.max(...next.values());
  return right / y.size;
}

function linesOf(path) {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
}
