import type { Field } from "../options.ts";
import { readOptions, wholeFrom } from "../options.ts";
import type { Callback, Logs } from "./callback.ts";
import { EventFile, histogramSummary, scalarSummary } from "./event-file.ts";
import { text } from "./options.ts";

export interface TensorBoardOptions {
  /** Default "logs". */
  logDir?: string;
  /** Histograms of all weights after every so many epochs; 0 for none. Default 0. */
  histogramFreq?: number;
  /** Numbers of every so many batches too (`batch` is 1); "epoch" for epochs alone. Default "epoch". */
  updateFreq?: "epoch" | "batch" | number;
}

const updateFrequency: Field<"epoch" | "batch" | number> = {
  otherwise: "epoch",
  expected: '"epoch", "batch" or a whole number of batches above 0',
  fits: (v) => v === "epoch" || v === "batch" || (Number.isInteger(v) && (v as number) > 0),
};

/**
 * Writes event files that TensorBoard opens, as Keras lays them out: `epoch_loss`, `epoch_learning_rate` ... in `train/`,
 * `epoch_loss` and `evaluation_loss_vs_iterations` ... in `validation/`. Node only.
 *
 *   tensorBoard({ logDir: "logs/first", histogramFreq: 1 })     // then: tensorboard --logdir logs
 */
export function tensorBoard(options: TensorBoardOptions = {}): Callback {
  const { logDir, histogramFreq, updateFreq } = readOptions("tensorBoard", options, {
    logDir: text("logs"),
    histogramFreq: wholeFrom(0)(0),
    updateFreq: updateFrequency,
  });
  const stride = updateFreq === "batch" ? 1 : updateFreq;
  let train = new EventFile(`${logDir}/train`);
  let validation = new EventFile(`${logDir}/validation`);
  return {
    onTrainBegin() {
      train = new EventFile(`${logDir}/train`);
      validation = new EventFile(`${logDir}/validation`);
    },
    ...(stride === "epoch"
      ? {}
      : {
          batchStride: stride,
          onTrainBatchEnd: (_, logs, state) =>
            train.write(
              state.steps,
              scalars(logs, (name) => `batch_${name}`),
            ),
        }),
    onTestEnd: (logs, { model }) =>
      validation.write(
        model.iterations,
        scalars(logs, (name) => `evaluation_${name}_vs_iterations`),
      ),
    async onEpochEnd(epoch, logs, { model }) {
      const all = Object.entries({ ...logs, learning_rate: Math.fround(model.learningRate) });
      const [judged, trained] = [true, false].map((val) => all.filter(([name]) => name.startsWith("val_") === val));
      const histograms =
        histogramFreq > 0 && epoch % histogramFreq === 0
          ? model.getWeights().map((w, k) => histogramSummary(`${model.weightNames[k]}/histogram`, w.data))
          : [];
      await train.write(epoch, [...scalars(Object.fromEntries(trained), (name) => `epoch_${name}`), ...histograms]);
      if (judged.length > 0)
        await validation.write(
          epoch,
          scalars(Object.fromEntries(judged), (name) => `epoch_${name.slice("val_".length)}`),
        );
    },
  };
}

const scalars = (logs: Logs, tag: (name: string) => string): Uint8Array[] =>
  Object.entries(logs).map(([name, value]) => scalarSummary(tag(name), value));
