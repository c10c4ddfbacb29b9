import { DataError, problem } from "../../errors.ts";
import { dense, NdArray, padSequences, Tokenizer } from "../../index.ts";
import { shuffledOrder } from "./draw.ts";
import type { LabRun, LabSettings, MakeLab } from "./lab.ts";
import { compiled, inTurn, recurrent } from "./lab.ts";
import { plainSentences } from "./made-up-reviews.ts";
import { asTask, reading, yesOrNo } from "./texts.ts";

interface Labelled {
  readonly text: string;
  readonly positive: boolean;
}

const [fewReviews, newReviews] = [100, 300];
/** Of the made-up reviews to train on, one in so many has the wrong class: what can only be learned by heart. */
const wrongOnce = 8;

/** A few made-up reviews, some of the wrong class; many others are held out: the network that learns by heart is found out. */
export const reviews: MakeLab = (settings) => {
  const all = plainSentences(fewReviews + newReviews, settings.seed).map(([text, label], k) => ({
    text,
    positive: (label === "positive") !== (k < fewReviews && k % wrongOnce === wrongOnce - 1),
  }));
  const sets = { train: all.slice(0, fewReviews), heldOut: all.slice(fewReviews) };
  return classifier("reviews", sets, settings, {
    ...{ numWords: 200, length: 14, size: 16, batch: 20 },
    example: "the film was boring",
  });
};

const mostReviews = 5000;
const heldOutReviews = 500;

/** Reviews of the IMDb file that the reader dropped, in an order by the seed; of each its last 100 words. */
export const imdb: MakeLab = (settings, data) => {
  if (data?.about.kind !== "reviews") {
    const next = "Drop IMDb's reviews first: .jsonl or .csv with text and class.";
    throw new DataError(problem("studio train: imdb", "a file of reviews", data?.about.kind ?? "no data", next));
  }
  const order = shuffledOrder(data.reviews.length, settings.seed);
  const all = order.slice(0, mostReviews + heldOutReviews).map((row) => data.reviews[row]);
  const heldOut = Math.min(heldOutReviews, Math.ceil(all.length / 5));
  const sets = { train: all.slice(heldOut), heldOut: all.slice(0, heldOut) };
  return classifier("imdb", sets, settings, {
    ...{ numWords: 5000, length: 100, size: 32, batch: 64 },
    example: "the film was not good",
  });
};

interface Sizes {
  readonly numWords: number;
  /** Words that are read of each. */
  readonly length: number;
  /** Numbers in a word's vector. */
  readonly size: number;
  readonly batch: number;
  readonly example: string;
}

async function classifier(
  name: string,
  { train, heldOut }: { train: readonly Labelled[]; heldOut: readonly Labelled[] },
  settings: LabSettings,
  { numWords, length, size, batch, example }: Sizes,
): Promise<LabRun> {
  const tokenizer = new Tokenizer({ numWords, oovToken: "<unk>" });
  tokenizer.fitOnTexts(train.map(({ text }) => text));
  const words = Math.min(numWords, tokenizer.wordIndex.size + 1);
  const rows = (set: readonly Labelled[]) => {
    const x = padSequences(tokenizer.textsToSequences(set.map(({ text }) => text)), { maxLen: length });
    const y = new NdArray(
      Float32Array.from(set, ({ positive }) => Number(positive)),
      [set.length, 1],
    );
    return [x, y] as const;
  };
  const layers = [
    ...reading(length, words, size),
    recurrent(settings, false, settings.dropout),
    dense(1, { activation: "sigmoid" }),
  ];
  const model = compiled(layers, settings, { name, ...yesOrNo });
  const task = await asTask(model, { tokenizer, labels: ["negative", "positive"] }, example);
  const baseline = { words: "half and half", loss: Math.LN2 };
  return { model, task, ...inTurn(...rows(train), batch), heldOut: rows(heldOut), baseline };
}
