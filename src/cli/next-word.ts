import {
  adam,
  DataError,
  dense,
  embedding,
  encodePrompt,
  FormatError,
  type LearningRate,
  loadModel,
  lstm,
  type Model,
  sequential,
  Tokenizer,
} from "../index.ts";

/** Sizes of the labs' next-word network. */
export interface Size {
  embedding: number;
  units: number;
  epochs: number;
  batchSize: number;
  /** Adam's; a pair falls in a straight line from the first to the second over the whole training. */
  learningRate: number | readonly [from: number, to: number];
  /** Words it looks back at, one more with the word it learns to say; the longest line's when absent. */
  maxLen?: number;
}

/** The lab's own: Embedding(100), LSTM(150) twice, 100 epochs. */
const full: Size = { embedding: 100, units: 150, epochs: 100, batchSize: 32, learningRate: 0.001 };
/** What plain TypeScript trains within a minute and still completes its questions. */
const small: Size = {
  embedding: 24,
  units: 32,
  epochs: 40,
  batchSize: 16,
  learningRate: [0.02, 0.001],
  maxLen: 9,
};

/** The lab's size where compiled kernels run, or when asked; the small one in plain TypeScript. */
export const sizeFor = (backend: string, asked: boolean): Size => (asked || backend !== "js" ? full : small);

/** Embedding, two stacked LSTMs and a softmax over the vocabulary, as in the labs. */
export function nextWordModel(
  vocabulary: number,
  steps: number,
  size: Size,
  options: { seed?: number; backend?: string; trainingSteps?: number },
): Model {
  const model = sequential(
    [
      embedding(vocabulary, size.embedding, { inputShape: [steps] }),
      lstm(size.units, { returnSequences: true }),
      lstm(size.units),
      dense(vocabulary, { activation: "softmax" }),
    ],
    { name: "next_word", seed: options.seed },
  );
  model.compile({
    optimizer: adam({ learningRate: rateOf(size, options.trainingSteps ?? 1) }),
    loss: "categoricalCrossentropy",
    metrics: ["accuracy"],
    backend: options.backend,
  });
  return model;
}

function rateOf({ learningRate }: Size, steps: number): LearningRate {
  if (typeof learningRate === "number") return learningRate;
  const [from, to] = learningRate;
  return (step) => from + (to - from) * Math.min(1, step / steps);
}

/** Appends the likeliest word `words` times; yields the growing sentence each time. Throws DataError for a prompt of unknown words. */
export async function* complete(
  model: Model,
  tokenizer: Tokenizer,
  prompt: string,
  words: number,
): AsyncGenerator<string> {
  const width = model.inputShape?.[1];
  if (typeof width !== "number")
    throw new DataError("the model: expected a fixed number of words to look at, received none.");
  let sentence = prompt;
  for (let k = 0; k < words; k++) {
    const [best] = (await model.predictOnBatch(encodePrompt(tokenizer, sentence, width))).argmax().data;
    const word = tokenizer.indexWord.get(best);
    if (word === undefined) return; // id 0 is padding: the model has nothing to say
    sentence += ` ${word}`;
    yield sentence;
  }
}

const asset = "tokenizer.json";

/** The tokenizer travels inside the model file. */
export function keepTokenizer(model: Model, tokenizer: Tokenizer): void {
  model.assets.set(asset, new TextEncoder().encode(tokenizer.toJson()));
}

export async function loadNextWord(path: string, backend?: string): Promise<{ model: Model; tokenizer: Tokenizer }> {
  const model = await loadModel(path, { backend });
  const json = model.assets.get(asset);
  if (!json) {
    throw new FormatError(
      `${path}: expected a next-word model with assets/${asset}, received a model without.\n  Train one: npm start -- --text your.txt`,
    );
  }
  return { model, tokenizer: Tokenizer.fromJson(new TextDecoder().decode(json)) };
}
