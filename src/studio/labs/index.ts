import type { TrainLab } from "../messages.ts";
import type { MakeLab } from "./lab.ts";
import { adding, airline, attention, nextValue, passFail, recall } from "./numbers.ts";
import { imdb, reviews } from "./reviews.ts";
import { series } from "./series.ts";
import { dialogues, fiveSentences, fourLines, text } from "./texts.ts";

export { type DroppedData, readDropped } from "./dropped.ts";
export type { LabRun } from "./lab.ts";

/** Every lab by its name. */
export const labs: Readonly<Record<TrainLab, MakeLab>> = {
  "pass-fail": passFail,
  "next-value": nextValue,
  "five-sentences": fiveSentences,
  "four-lines": fourLines,
  text,
  airline,
  adding,
  recall,
  attention,
  reviews,
  imdb,
  dialogues,
  series,
};
