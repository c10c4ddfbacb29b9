import { filePath, isFilePath } from "../../files/file-path.ts";
import type { Field } from "../options.ts";
import { readOptions, wholeFrom } from "../options.ts";
import type { Callback } from "./callback.ts";
import type { EventFile } from "./event-file.ts";

export interface TensorBoardOptions {
  /** Folder of the logs. Default "logs". */
  logDir?: string | URL;
  /** Epochs between histograms of all weights; 0 for none. Default 0. */
  histogramFreq?: number;
  /** Batches between logged values (`"batch"` is 1); "epoch" for epochs alone. Default "epoch". */
  updateFreq?: "epoch" | "batch" | number;
}

const updateFrequency: Field<"epoch" | "batch" | number> = {
  otherwise: "epoch",
  expected: '"epoch", "batch" or a whole number of batches above 0',
  fits: (v) => v === "epoch" || v === "batch" || (Number.isInteger(v) && (v as number) > 0),
};

const folder: Field<string | URL> = { otherwise: "logs", expected: "the path of a folder", fits: isFilePath };

/**
 * Writes event files that TensorBoard opens, as Keras lays them out: `epoch_loss`, `epoch_learning_rate` ... in `train/`,
 * `epoch_loss` and `evaluation_loss_vs_iterations` ... in `validation/`. Node only.
 *
 *   tensorBoard({ logDir: "logs/first", histogramFreq: 1 })     // then: tensorboard --logdir logs
 */
export function tensorBoard(options: TensorBoardOptions = {}): Callback {
  const { logDir, histogramFreq, updateFreq } = readOptions("tensorBoard", options, {
    logDir: folder,
    histogramFreq: wholeFrom(0)(0),
    updateFreq: updateFrequency,
  });
  const stride = updateFreq === "batch" ? 1 : updateFreq;
  let files: { train: EventFile; validation: EventFile } | null = null;
  const write = async (
    part: "train" | "validation",
    step: number,
    logs: Readonly<Record<string, number>>,
    tag: (name: string) => string,
  ) => {
    const { EventFile, scalarSummary } = await import("./event-file.ts");
    const at = await filePath(logDir, "tensorBoard: logDir");
    files ??= { train: new EventFile(`${at}/train`), validation: new EventFile(`${at}/validation`) };
    await files[part].write(
      step,
      Object.entries(logs).map(([name, value]) => scalarSummary(tag(name), value)),
    );
  };
  return {
    writes: true,
    onTrainBegin() {
      files = null; // a training, a file
    },
    ...(stride === "epoch"
      ? {}
      : {
          batchStride: stride,
          onTrainBatchEnd: (_, logs, { steps }) => write("train", steps, logs, (name) => `batch_${name}`),
        }),
    onTestEnd: (logs, { model }) =>
      write("validation", model.iterations, logs, (name) => `evaluation_${name}_vs_iterations`),
    async onEpochEnd(epoch, logs, { model }) {
      const all = Object.entries({ ...logs, learning_rate: Math.fround(model.learningRate) });
      const validated = all.filter(([name]) => name.startsWith("val_"));
      const trained = all.filter(([name]) => !name.startsWith("val_"));
      await write("train", epoch, Object.fromEntries(trained), (name) => `epoch_${name}`);
      if (validated.length > 0)
        await write("validation", epoch, Object.fromEntries(validated), (name) => `epoch_${name.slice("val_".length)}`);
      if (histogramFreq === 0 || epoch % histogramFreq !== 0) return;
      const { histogramSummary } = await import("./event-file.ts");
      const weights = model.getWeights();
      await files!.train.write(
        epoch,
        weights.map((w, k) => histogramSummary(`${model.weightNames[k]}/histogram`, w.data)),
      );
    },
  };
}
