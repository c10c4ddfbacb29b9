import { DataError, problem } from "../../errors.ts";
import { filePath } from "../../files/file-path.ts";
import { makeFolderOf } from "../../files/files.ts";
import { anyNumber, flag, orNull, readOptions } from "../options.ts";
import { pythonFixed } from "../python-format.ts";
import type { Callback, Logs, TrainingState } from "./callback.ts";
import { type Mode, modes, monitorOf } from "./monitor.ts";
import { pathOf, saveFrequency, text, verbosity } from "./options.ts";
import { fillPath } from "./path-template.ts";

export interface ModelCheckpointOptions {
  /** Metric by which `saveBestOnly` compares epochs. Default `"val_loss"`. */
  monitor?: string;
  /** 1 says when it saves. Default 0. */
  verbose?: 0 | 1;
  /** Saves only when the monitored number is the best so far. Default false. */
  saveBestOnly?: boolean;
  /** Saves weights without the model, as `.weights.h5`. Default false. */
  saveWeightsOnly?: boolean;
  /** Whether less or more is better. Default `"auto"`: by the name of what is monitored. */
  mode?: Mode;
  /** After every epoch, or every `saveFreq` batches. Default "epoch". */
  saveFreq?: "epoch" | number;
  /** The best value before training: only a better one is saved. Default null: none. */
  initialValueThreshold?: number | null;
}

/**
 * Saves the model in training, as Keras's ModelCheckpoint. The path may name the epoch (from 1), the batch and the logs.
 * A file is written whole or not at all. Node only.
 *
 *   modelCheckpoint("best.keras", { monitor: "val_accuracy", saveBestOnly: true });
 *   modelCheckpoint("runs/{epoch:02d}-{val_loss:.2f}.keras");
 */
export function modelCheckpoint(filepath: string | URL, options: ModelCheckpointOptions = {}): Callback {
  const who = "modelCheckpoint";
  const template = pathOf(who, "the path of a file", filepath);
  const read = readOptions(who, options, {
    monitor: text("val_loss"),
    verbose: verbosity,
    saveBestOnly: flag(false),
    saveWeightsOnly: flag(false),
    mode: modes,
    saveFreq: saveFrequency,
    initialValueThreshold: orNull(anyNumber(0)),
  });
  const { verbose, saveBestOnly, saveWeightsOnly, saveFreq } = read;
  checkPath(who, String(template), saveWeightsOnly);
  if (saveBestOnly && saveFreq !== "epoch" && read.monitor.startsWith("val_"))
    throw new DataError(
      problem(who, "a monitor that batches have", `"${read.monitor}"`, 'Validation ends an epoch: saveFreq "epoch".'),
    );
  const monitor = saveBestOnly ? monitorOf(who, read.monitor, read.mode) : null;
  const first = read.initialValueThreshold ?? monitor?.worst ?? 0;
  let best = first;

  async function save(logs: Logs, state: TrainingState, values: Record<string, number>): Promise<void> {
    const say = (what: string) => verbose > 0 && state.write(`\nEpoch ${values.epoch}: ${what}\n`);
    let why = "";
    if (monitor) {
      const current = monitor.value(logs, state);
      if (current === null) return;
      const before = Number.isFinite(best) ? pythonFixed(best, 5) : "None"; // Keras's word for none yet
      if (!monitor.better(current, best)) {
        say(`${read.monitor} did not improve from ${before}`);
        return;
      }
      best = current;
      why = `${read.monitor} improved from ${before} to ${pythonFixed(current, 5)}, `;
    }
    const path = fillPath(await filePath(template, who), values);
    say(`${why}saving model to ${path}`);
    await makeFolderOf(path);
    await state.model.save(path);
    say(`finished saving model to ${path}`);
  }

  return {
    writes: true,
    onTrainBegin() {
      best = first;
    },
    ...(saveFreq === "epoch"
      ? { onEpochEnd: (epoch, logs, state) => save(logs, state, { ...logs, epoch: epoch + 1 }) }
      : {
          batchStride: saveFreq,
          onTrainBatchEnd: (batch, logs, state) =>
            save(logs, state, { ...logs, epoch: state.epoch + 1, batch: batch + 1 }),
        }),
    state: () => best,
    restore(saved) {
      best = saved as number;
    },
  };
}

function checkPath(who: string, path: string, weightsOnly: boolean): void {
  const isWeights = path.endsWith(".weights.h5");
  if (weightsOnly ? isWeights : /\.(keras|h5)$/.test(path) && !isWeights) return;
  const expected = weightsOnly ? ".weights.h5" : ".keras or .h5";
  const next = isWeights ? "Weights alone: saveWeightsOnly: true." : undefined;
  throw new DataError(problem(who, `a path that ends in ${expected}`, `"${path}"`, next));
}
