import { DataError, problem } from "../../errors.ts";
import { type Callback, reduceLrOnPlateau } from "../../index.ts";
import type { TrainOptions } from "./train-options.ts";

/** Schedules of the learning rate, by name: the factor at a fraction of the epochs. */
const factors = {
  cosine: (done: number) => 0.5 * (1 + Math.cos(Math.PI * done)),
  linear: (done: number) => 1 - done,
  exponential: (done: number) => 0.01 ** done,
} as const;

/** The callback that makes the learning rate follow what was asked for, none where nothing was. Throws DataError without a rate to begin with. */
export function rateSchedule({ learningRateSchedule: name, learningRate: first }: TrainOptions): Callback[] {
  if (name === undefined) return [];
  if (first === undefined) {
    const next = "Give the rate that it begins with: --learning-rate 0.003.";
    throw new DataError(problem("--learning-rate-schedule", "--learning-rate beside it", "none", next));
  }
  if (name === "plateau") return [reduceLrOnPlateau({ factor: 0.5, patience: 2 })];
  const factor = factors[name];
  const scheduled: Callback = {
    onEpochBegin(epoch, { model, epochs }) {
      model.learningRate = first * factor(epoch / epochs);
    },
    onEpochEnd(_, logs, { model }) {
      logs.learning_rate = Math.fround(model.learningRate);
    },
  };
  return [scheduled];
}
