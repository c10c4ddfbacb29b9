import { adam, type BackendName, type LanguageModel, languageModel } from "../../index.ts";

/** Sizes of the labs' next-word network. */
interface Size {
  embedding: number;
  units: number;
  epochs: number;
  batchSize: number;
  /** Adam's; a pair falls in a straight line from the first to the second over the whole training. */
  learningRate: number | readonly [from: number, to: number];
  /** Words it looks back at; the longest line's when absent. */
  steps?: number;
}

/** The lab's own: Embedding(100), LSTM(150) twice, 100 epochs. */
const full: Size = { embedding: 100, units: 150, epochs: 100, batchSize: 32, learningRate: 0.001 };
/** Settings that the TypeScript backend trains within a minute and that still complete its questions. */
const small: Size = { embedding: 24, units: 32, epochs: 40, batchSize: 16, learningRate: [0.02, 0.001], steps: 8 };

/** The lab's size where compiled kernels run, or when asked; the small one in plain TypeScript. */
export const sizeFor = (backend: string, asked: boolean): Size => (asked || backend !== "js" ? full : small);

/** Embedding, two stacked LSTMs and a softmax over the words, as in the labs; `trainingSteps()` is asked once training runs. */
export function nextWordModel(
  size: Size,
  options: { seed?: number; backend?: BackendName; trainingSteps: () => number },
): LanguageModel {
  const { embedding, units, steps, learningRate } = size;
  const [from, to] = typeof learningRate === "number" ? [learningRate, learningRate] : learningRate;
  return languageModel({
    scheme: "prefixes",
    units: [units, units],
    embedding,
    steps,
    dropout: 0,
    optimizer: adam({
      learningRate: from === to ? from : (step) => from + (to - from) * Math.min(1, step / options.trainingSteps()),
    }),
    seed: options.seed,
    backend: options.backend,
    name: "next_word",
  });
}
