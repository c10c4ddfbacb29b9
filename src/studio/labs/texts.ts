import { DataError, problem } from "../../errors.ts";
import {
  bundleTask,
  dense,
  embedding,
  input,
  type Layer,
  type Model,
  NdArray,
  nextWordRows,
  padSequences,
  Tokenizer,
} from "../../index.ts";
import type { Baseline } from "../messages.ts";
import { shuffledOrder } from "./draw.ts";
import type { DroppedData } from "./dropped.ts";
import { addNote, compiled, inTurn, type LabRun, type LabSettings, type MakeLab, recurrent } from "./lab.ts";

/** The class's five sentences: words, padding to five, an embedding. */
export const fiveSentences: MakeLab = async (settings) => {
  const texts = [
    "I love this subject",
    "This lab is excellent",
    "I hate this course",
    "This topic is boring",
    "Very good explanation",
  ];
  const tokenizer = new Tokenizer({ numWords: 100 });
  tokenizer.fitOnTexts(texts);
  const x = padSequences(tokenizer.textsToSequences(texts), { maxLen: 5 });
  const y = new NdArray(Float32Array.of(1, 1, 0, 0, 1), [5, 1]);
  const layers = [...reading(5, 100, 8), recurrent(settings), dense(1, { activation: "sigmoid" })];
  const model = compiled(layers, settings, { name: "five_sentences", ...yesOrNo });
  const task = await asTask(model, { tokenizer, labels: ["negative", "positive"] }, "this lab is boring");
  return { model, task, ...inTurn(x, y, 32), heldOut: null, baseline: { words: "always 3 in 5", loss: 0.673 } };
};

/** The next word of four lines. */
export const fourLines: MakeLab = async (settings) => {
  const lines = [
    "hello how are you",
    "hello how is your day",
    "hello how are your friends",
    "hello what are you doing",
  ];
  const { tokenizer, words, x, y } = prefixes(lines, 50);
  const layers = [...reading(x.shape[1], words, 10), recurrent(settings), dense(words, { activation: "softmax" })];
  return await nextWordRun(layers, settings, {
    name: "four_lines",
    tokenizer,
    x,
    y,
    batch: 32,
    example: "hello how is",
  });
};

const mostTextLines = 2000;
const mostWidth = 60; // words that are read at most, of a long line the last ones

/** Lines of the page's own text, or of the reader's: two recurrent layers, as in the class. */
export const text: MakeLab = async (settings, data) => {
  const lines = linesOf("text", data).slice(0, mostTextLines);
  const { tokenizer, words, x, y } = prefixes(lines, mostWidth, settings.seed);
  const layers = [
    ...reading(x.shape[1], words, 100),
    recurrent(settings, true, settings.dropout),
    recurrent(settings, false, settings.dropout),
    dense(words, { activation: "softmax" }),
  ];
  return await nextWordRun(layers, settings, {
    name: "text",
    tokenizer,
    x,
    y,
    batch: 32,
    example: beginning(lines[0]),
  });
};

const mostUtterances = 2000;

/** The first 2,000 utterances of the dialogues that the reader dropped: one recurrent layer, as in the class. */
export const dialogues: MakeLab = async (settings, data) => {
  const lines = linesOf("dialogues", data).slice(0, mostUtterances);
  const { tokenizer, words, x, y } = prefixes(lines, mostWidth, settings.seed);
  const layers = [
    ...reading(x.shape[1], words, 50),
    recurrent(settings, false, settings.dropout),
    dense(words, { activation: "softmax" }),
  ];
  return await nextWordRun(layers, settings, { name: "dialogues", tokenizer, x, y, batch: 64, example: "did you" });
};

export const yesOrNo = { loss: "binaryCrossentropy", accuracy: true } as const;

export const reading = (width: number, words: number, size: number): Layer[] => [
  input([width], { dtype: "i32" }),
  embedding(words, size),
];

function linesOf(kind: "text" | "dialogues", data: DroppedData | null): readonly string[] {
  if (data && data.lines.length > 0 && (kind === "text" || data.about.kind === kind)) return data.lines;
  const expected = kind === "text" ? "a text, a sentence a line" : "DailyDialog's dialogues_train.txt";
  throw new DataError(
    problem(`studio train: ${kind}`, expected, data?.about.kind ?? "no data", "Drop the file first."),
  );
}

const beginning = (line: string): string => line.split(/\s+/).slice(0, 3).join(" ");

/** Every beginning of the lines with its next word, in an order by the seed. */
function prefixes(lines: readonly string[], most: number, seed?: number) {
  const tokenizer = new Tokenizer();
  tokenizer.fitOnTexts(lines);
  const ids = tokenizer.textsToSequences(lines);
  const longest = ids.reduce((n, line) => Math.max(n, line.length), 0);
  const { x, y } = nextWordRows(ids, { maxLen: Math.min(longest, most + 1) });
  const words = tokenizer.wordIndex.size + 1; // id 0 is padding
  if (seed === undefined) return { tokenizer, words, x, y };
  const order = shuffledOrder(x.shape[0], seed);
  return { tokenizer, words, x: inOrder(x, order), y: inOrder(y, order) };
}

/** Rows in another order. */
export function inOrder(array: NdArray, order: readonly number[]): NdArray {
  const [rows, ...rest] = array.shape;
  const size = array.size / Math.max(1, rows);
  const data = array.data.slice();
  order.forEach((row, k) => {
    data.set(array.data.subarray(row * size, (row + 1) * size), k * size);
  });
  return new NdArray(data, [rows, ...rest]);
}

interface NextWord {
  readonly name: string;
  readonly tokenizer: Tokenizer;
  readonly x: NdArray;
  readonly y: NdArray;
  readonly batch: number;
  readonly example: string;
}

async function nextWordRun(
  layers: readonly Layer[],
  settings: LabSettings,
  { name, tokenizer, x, y, batch, example }: NextWord,
): Promise<LabRun> {
  const loss = { name, loss: "sparseCategoricalCrossentropy", accuracy: true };
  const model = compiled(layers, settings, loss);
  const task = await asTask(model, { tokenizer, kind: "languageModel" }, example);
  return { model, task, ...inTurn(x, y, batch), heldOut: null, baseline: usual(y) };
}

/** The loss of who always says each word as often as it comes. */
function usual(y: NdArray): Baseline {
  const counts = new Map<number, number>();
  for (const id of y.data) counts.set(id, (counts.get(id) ?? 0) + 1);
  const entropy = [...counts.values()].reduce((sum, n) => sum - (n / y.size) * Math.log(n / y.size), 0);
  return { words: "each word as often as it comes", loss: Number(entropy.toFixed(3)) };
}

/** The model with the words that it reads, also in its file. */
export async function asTask(model: Model, given: Parameters<typeof bundleTask>[1], example: string) {
  const { assets, ...task } = await bundleTask(model, given);
  for (const [name, bytes] of assets) model.assets.set(name, bytes);
  addNote(model, { example });
  return task;
}
