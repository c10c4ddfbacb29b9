import { DataError, problem } from "../../errors.ts";
import { readOptions } from "../options.ts";
import { pythonFloat } from "../python-format.ts";
import type { Callback } from "./callback.ts";
import { verbosity } from "./options.ts";

/**
 * Sets the learning rate at the beginning of every epoch (from 0), from the epoch and the rate so far; logs `learning_rate`.
 *
 *   learningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * 0.9))
 */
export function learningRateScheduler(
  schedule: (epoch: number, learningRate: number) => number,
  options: { verbose?: 0 | 1 } = {},
): Callback {
  const who = "learningRateScheduler";
  const { verbose } = readOptions(who, options, { verbose: verbosity });
  if (typeof schedule !== "function")
    throw new DataError(problem(who, "a function of the epoch and the rate so far", String(schedule)));
  return {
    onEpochBegin(epoch, { model, write }) {
      const rate = schedule(epoch, Math.fround(model.learningRate));
      if (!(typeof rate === "number" && rate >= 0 && Number.isFinite(rate)))
        throw new DataError(problem(who, `a rate of 0 or more for epoch ${epoch}`, String(rate)));
      model.learningRate = rate;
      if (verbose > 0)
        write(`\nEpoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${pythonFloat(rate)}.\n`);
    },
    onEpochEnd(_, logs, { model }) {
      logs.learning_rate = Math.fround(model.learningRate);
    },
  };
}
