import { NdArray } from "../../tensor/nd-array.ts";
import { anyNumber, flag, orNull, readOptions, wholeFrom } from "../options.ts";
import type { Callback } from "./callback.ts";
import { type Mode, modes, monitorOf } from "./monitor.ts";
import { text, verbosity } from "./options.ts";

export interface EarlyStoppingOptions {
  /** Metric that is monitored. Default `"val_loss"`. */
  monitor?: string;
  /** Smallest change that counts as an improvement. Default 0. */
  minDelta?: number;
  /** Epochs without improvement before training ends. Default 0: it ends at the first. */
  patience?: number;
  /** 1 prints when it stops and restores. Default 0. */
  verbose?: 0 | 1;
  /** Whether less (`"min"`) or more (`"max"`) is better. Default `"auto"`: by the name of what is monitored. */
  mode?: Mode;
  /** Only epochs better than this count as an improvement. Default null. */
  baseline?: number | null;
  /** Puts back the weights of the best epoch when training ends, also where it was not stopped early. Default false. */
  restoreBestWeights?: boolean;
  /** Epochs (from 0) before this are ignored. Default 0. */
  startFromEpoch?: number;
}

interface Known {
  wait: number;
  stoppedEpoch: number;
  best: number;
  bestEpoch: number;
  weights: { data: Float32Array; shape: number[] }[] | null;
}

/**
 * Ends training when a metric has stopped improving, as Keras 3's EarlyStopping.
 *
 *   await model.fit(x, y, { epochs: 100, validationSplit: 0.2, callbacks: [earlyStopping({ patience: 3 })] });
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const who = "earlyStopping";
  const read = readOptions(who, options, {
    monitor: text("val_loss"),
    minDelta: anyNumber(0),
    patience: wholeFrom(0)(0),
    verbose: verbosity,
    mode: modes,
    baseline: orNull(anyNumber(0)),
    restoreBestWeights: flag(false),
    startFromEpoch: wholeFrom(0)(0),
  });
  const { patience, verbose, baseline, restoreBestWeights, startFromEpoch } = read;
  const minDelta = Math.abs(read.minDelta);
  const monitor = monitorOf(who, read.monitor, read.mode);
  const fresh = (): Known => ({ wait: 0, stoppedEpoch: 0, best: monitor.worst, bestEpoch: 0, weights: null });
  let known = fresh();
  return {
    onTrainBegin() {
      known = fresh();
    },
    onEpochEnd(epoch, logs, state) {
      const current = monitor.value(logs, state);
      if (current === null || epoch < startFromEpoch) return;
      const keep = () => {
        known.bestEpoch = epoch;
        if (restoreBestWeights)
          known.weights = state.model
            .getWeights()
            .map((w) => ({ data: Float32Array.from(w.data), shape: [...w.shape] }));
      };
      if (restoreBestWeights && known.weights === null) keep();
      known.wait++;
      if (monitor.better(current, known.best, minDelta)) {
        known.best = current;
        keep();
        if (baseline === null || monitor.better(current, baseline, minDelta)) known.wait = 0;
      } else if (known.wait >= patience && epoch > 0) {
        known.stoppedEpoch = epoch;
        state.stopTraining = true;
      }
    },
    onTrainEnd(_, { model, history, write }) {
      const { stoppedEpoch, bestEpoch, weights } = known;
      if (stoppedEpoch > 0 && verbose > 0) write(`Epoch ${stoppedEpoch + 1}: early stopping\n`);
      if (!weights) return;
      if (verbose > 0) write(`Restoring model weights from the end of the best epoch: ${bestEpoch + 1}.\n`);
      history.restoredEpoch = bestEpoch;
      model.setWeights(weights.map(({ data, shape }) => new NdArray(data, shape)));
    },
    state: () => ({ ...known }),
    restore(saved) {
      known = saved as unknown as Known;
    },
  };
}
