import type { Asks, CellName, TrainLab } from "../../src/studio/messages.ts";

/** The settings of a training on the page. */
export type TrainingSettings = Omit<Asks["train"], "id" | "ask" | "paused">;

export const labNames: Readonly<Record<TrainLab, string>> = {
  airline: "Airline: the next month",
  adding: "Adding problem",
};
export const layerNames: Readonly<Record<CellName, string>> = { lstm: "LSTM", gru: "GRU", simpleRnn: "simple RNN" };
