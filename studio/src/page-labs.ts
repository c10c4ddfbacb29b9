import type { TrainLab } from "../../src/studio/messages.ts";
import type { Lab } from "./lab-names.ts";

/** A lab as the page names it: the questions about LSTMs are a text that comes with the page. */
export type PageLab = Exclude<TrainLab, "attention"> | "faq";

/** A lab of the Start page. */
export interface LabCard {
  readonly id: PageLab;
  readonly title: string;
  /** The task, and what to look for, in a sentence. */
  readonly text: string;
  /** Settings of the class's own program, or ones that learn in seconds. */
  readonly settings: { readonly units: number; readonly rate: number; readonly steps: number };
  /** The data that the reader gives; none where they come with the page. */
  readonly needs?: { readonly kind: "text" | "reviews" | "dialogues" | "series"; readonly what: string };
  /** A model that was trained on such data before. */
  readonly trained?: Lab;
}

export const labCards: readonly LabCard[] = [
  {
    id: "pass-fail",
    title: "Pass or fail",
    text: "Five students, studied or not at three steps: the first LSTM of the class.",
    settings: { units: 8, rate: 0.001, steps: 100 },
  },
  {
    id: "next-value",
    title: "The next value",
    text: "1 2 3 is followed by 4. After 5 6 7? Watch it stop near the largest value it saw.",
    settings: { units: 10, rate: 0.001, steps: 2000 },
  },
  {
    id: "five-sentences",
    title: "Five sentences",
    text: "Words become ids, padding and an embedding: good or bad, from five sentences.",
    settings: { units: 16, rate: 0.001, steps: 100 },
  },
  {
    id: "four-lines",
    title: "Four lines",
    text: "“hello how is” is followed by “your”: the next word of four lines.",
    settings: { units: 50, rate: 0.001, steps: 200 },
  },
  {
    id: "faq",
    title: "Next word: questions about LSTMs",
    text: "80 questions and answers that come with the page, two LSTM layers: then let it write.",
    settings: { units: 64, rate: 0.003, steps: 900 },
  },
  {
    id: "text",
    title: "Next word: a text of yours",
    text: "Paste a text, a sentence a line: the same two layers learn it, and continue your own beginning.",
    settings: { units: 64, rate: 0.003, steps: 900 },
    needs: { kind: "text", what: "A text, a sentence a line (.txt)" },
  },
  {
    id: "airline",
    title: "Airline: the next month",
    text: "120 months of passengers; the last two years are held out.",
    settings: { units: 16, rate: 0.005, steps: 3000 },
  },
  {
    id: "adding",
    title: "Adding problem",
    text: "Two of thirty numbers are marked: their sum, and nothing else, must be remembered.",
    settings: { units: 16, rate: 0.01, steps: 3000 },
  },
  {
    id: "recall",
    title: "Delayed recall",
    text: "One of eight symbols, then 20 steps of noise: which was it?",
    settings: { units: 16, rate: 0.01, steps: 3000 },
  },
  {
    id: "reviews",
    title: "Made-up reviews: overfitting",
    text: "100 sentences, one in eight with the wrong class: the loss on new ones turns and rises. Try dropout.",
    settings: { units: 32, rate: 0.01, steps: 250 },
  },
  {
    id: "series",
    title: "A series of yours: stock, temperature",
    text: "Drop a table: an LSTM learns the next value of its first column of numbers. Is it better than the value before?",
    settings: { units: 16, rate: 0.005, steps: 1500 },
    needs: {
      kind: "series",
      what: "A table with a column of numbers (.csv): Google_Stock_Price_Train.csv, daily-min-temperatures.csv, pollution.csv",
    },
  },
  {
    id: "imdb",
    title: "IMDb",
    text: "Film reviews. Read with a small trained model, or drop the data file and train on up to 5,000 of them.",
    settings: { units: 32, rate: 0.003, steps: 500 },
    needs: { kind: "reviews", what: "Reviews with text and class: aclImdb .jsonl or .jsonl.gz, IMDB Dataset.csv" },
    trained: "sentiment",
  },
  {
    id: "dialogues",
    title: "Dialogues",
    text: "What people say next. Write with a small trained model, or drop DailyDialog and train on 2,000 utterances.",
    settings: { units: 64, rate: 0.003, steps: 1500 },
    needs: { kind: "dialogues", what: "DailyDialog's dialogues_train.txt" },
    trained: "dialogues",
  },
];

export const labCard = (id: PageLab): LabCard => labCards.find((card) => card.id === id)!;

/** The lab of the engine that trains it. */
export const engineLab = (id: PageLab): TrainLab => (id === "faq" ? "text" : id);
