import { DataError, problem } from "../../errors.ts";
import { from0, readOptions, wholeFrom } from "../options.ts";
import { pythonFloat } from "../python-format.ts";
import type { Callback } from "./callback.ts";
import { type Mode, modes, monitorOf } from "./monitor.ts";
import { text, verbosity } from "./options.ts";

export interface ReduceLrOnPlateauOptions {
  /** Metric that is monitored. Default `"val_loss"`. */
  monitor?: string;
  /** The learning rate is multiplied by it; below 1. Default 0.1. */
  factor?: number;
  /** Epochs without improvement before that. Default 10. */
  patience?: number;
  /** 1 says when it changes the learning rate. Default 0. */
  verbose?: 0 | 1;
  /** Whether less or more is better. Default `"auto"`: by the name of what is monitored. */
  mode?: Mode;
  /** Smallest change that counts as an improvement. Default 0.0001. */
  minDelta?: number;
  /** Epochs after a reduction in which nothing is counted. Default 0. */
  cooldown?: number;
  /** The learning rate goes no lower. Default 0. */
  minLr?: number;
}

/**
 * Lowers the learning rate when a metric has stopped improving, as Keras's ReduceLROnPlateau; logs `learning_rate`, the
 * rate of the epoch, rounded to float32 as Keras keeps it.
 *
 *   reduceLrOnPlateau({ monitor: "val_loss", factor: 0.5, patience: 2 })
 */
export function reduceLrOnPlateau(options: ReduceLrOnPlateauOptions = {}): Callback {
  const who = "reduceLrOnPlateau";
  const read = readOptions(who, options, {
    monitor: text("val_loss"),
    factor: from0(0.1),
    patience: wholeFrom(0)(10),
    verbose: verbosity,
    mode: modes,
    minDelta: from0(1e-4),
    cooldown: wholeFrom(0)(0),
    minLr: from0(0),
  });
  const { factor, patience, verbose, minDelta, cooldown, minLr } = read;
  if (factor >= 1) throw new DataError(problem(who, "factor: a number from 0 to below 1", String(factor)));
  const monitor = monitorOf(who, read.monitor, read.mode);
  const fresh = () => ({ wait: 0, cooling: 0, best: monitor.worst });
  let known = fresh();
  return {
    onTrainBegin() {
      known = fresh();
    },
    onEpochEnd(epoch, logs, state) {
      const rate = Math.fround(state.model.learningRate);
      const current = monitor.value(logs, state);
      logs.learning_rate = rate;
      if (current === null) return;
      if (known.cooling > 0) {
        known.cooling--;
        known.wait = 0;
      }
      if (monitor.better(current, known.best, minDelta)) {
        known.best = current;
        known.wait = 0;
        return;
      }
      if (known.cooling > 0 || ++known.wait < patience || rate <= Math.fround(minLr)) return;
      const lower = Math.max(rate * factor, minLr);
      state.model.learningRate = lower;
      if (verbose > 0)
        state.write(`\nEpoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${pythonFloat(lower)}.\n`);
      known.cooling = cooldown;
      known.wait = 0;
    },
    state: () => ({ ...known }),
    restore(saved) {
      known = saved as typeof known;
    },
  };
}
