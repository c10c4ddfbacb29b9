import { Random } from "../../tensor/random.ts";

/** Values that an option may take: a list of choices, or a range of numbers. */
export type Dimension =
  | { readonly choices: readonly (string | number | boolean)[] }
  | { readonly from: number; readonly to: number; readonly whole?: boolean; readonly log?: boolean };

/** Options and the values that a search draws for each. */
export type SearchSpace = Readonly<Record<string, Dimension>>;

/** Options of one trial. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** The settings of trial `k` and its seed: of nothing but the space, the search's seed and k. */
export function drawTrial(space: SearchSpace, seed: number, k: number): { settings: Settings; seed: number } {
  const random = new Random(seed, 5_000_011 + k);
  const settings = Object.entries(space).map(
    ([name, dimension]) => [name, drawn(dimension, random.uniform())] as const,
  );
  return { settings: Object.fromEntries(settings), seed: random.below(1_000_000) };
}

function drawn(dimension: Dimension, u: number): string | number | boolean {
  if ("choices" in dimension) return dimension.choices[Math.floor(u * dimension.choices.length)];
  const { from, to, whole = false, log = false } = dimension;
  const value = log ? from * (to / from) ** u : from + (to - from) * u;
  return whole ? Math.round(value) : Number(value.toPrecision(3));
}

const rate = { from: 0.0005, to: 0.02, log: true };
const drop = { from: 0, to: 0.6 };
const units = { choices: [16, 32, 64, 128] };
const batch = { choices: [16, 32, 64] };
const cell = { choices: ["lstm", "gru"] };

/** The spaces that are searched where none is given, by the kind of task. */
export const usualSpaces = {
  textClassifier: {
    ...{ units, embedding: { choices: [32, 64, 128] }, cell, bidirectional: { choices: [false, true] } },
    ...{ pooling: { choices: ["average", "max", "last"] }, dropout: drop, outputDropout: drop },
    ...{ learningRate: rate, batchSize: batch },
  },
  sequenceClassifier: {
    ...{ units, cell, bidirectional: { choices: [false, true] }, pooling: { choices: ["average", "max", "last"] } },
    ...{ dropout: drop, outputDropout: drop, learningRate: rate, batchSize: batch },
  },
  forecaster: {
    ...{ units, cell, loss: { choices: ["mse", "mae", "huber"] }, dropout: { from: 0, to: 0.4 } },
    ...{ learningRate: rate, batchSize: batch },
  },
  sequenceTagger: {
    ...{
      units: { choices: [64, 100, 150, 200] },
      embedding: { choices: [50, 100, 200] },
      charUnits: { choices: [15, 25, 50] },
    },
    ...{ dropout: { from: 0.2, to: 0.6 }, wordDropout: { from: 0, to: 0.15 }, minCount: { choices: [1, 2] } },
    ...{ learningRate: { from: 0.001, to: 0.01, log: true }, batchSize: { choices: [8, 16, 32] } },
  },
  sequenceTranscriber: {
    ...{ units: { choices: [32, 64, 96, 128] }, dropout: { from: 0, to: 0.5 } },
    ...{ learningRate: { from: 0.001, to: 0.02, log: true }, batchSize: { choices: [4, 8, 16] } },
  },
  translator: {
    ...{ units: { choices: [32, 64, 96, 160] }, embedding: { choices: [64, 128] } },
    ...{ pieces: { choices: [500, 1000, 2000, 5000] }, dropout: { from: 0, to: 0.4 } },
    ...{ labelSmoothing: { choices: [0, 0.1, 0.2] } },
    ...{ learningRate: { from: 0.0005, to: 0.01, log: true }, batchSize: { choices: [8, 16, 32, 64] } },
  },
  languageModel: {
    ...{ units, embedding: { choices: [32, 64, 128] }, cell, dropout: drop, learningRate: rate, batchSize: batch },
  },
} as const satisfies Readonly<Record<string, SearchSpace>>;
