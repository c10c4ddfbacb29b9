import { sentence } from "../../errors.ts";
import { removeHalfWritten, writeFileAtomic } from "../../files/atomic-write.ts";
import { filePath } from "../../files/file-path.ts";
import { makeFolderOf, readIfThere } from "../../files/files.ts";
import { type Field, flag, from0, readOptions } from "../options.ts";
import type { Callback } from "./callback.ts";
import { pathOf, saveFrequency } from "./options.ts";

export interface BackupAndRestoreOptions {
  /**
   * When to save: after every epoch; after every epoch and every `saveFreq` batches; or once in `seconds` seconds, less often
   * where a save takes long, as often as possible with 0. Default "epoch".
   */
  saveFreq?: "epoch" | number | { readonly seconds: number };
  /** Deletes the checkpoint when training has ended. Default true. */
  deleteCheckpoint?: boolean;
}

const fileName = "training.checkpoint";

/**
 * Saves the state of training, and continues from there when the same program is started again after an interruption: the
 * weights it ends with are bit for bit those of a training that was not interrupted. The same callbacks and the same data
 * must be given again, and each fit needs a folder of its own. Training ended by an AbortSignal keeps its checkpoint. Node only.
 *
 *   await model.fit(x, y, { epochs: 50, callbacks: [backupAndRestore("backup", { saveFreq: 100 })] });
 */
export function backupAndRestore(backupDir: string | URL, options: BackupAndRestoreOptions = {}): Callback {
  const who = "backupAndRestore";
  const folder = pathOf(who, "the path of a folder", backupDir);
  const { saveFreq, deleteCheckpoint } = readOptions(who, options, {
    saveFreq: frequency,
    deleteCheckpoint: flag(true),
  });
  let path = "";
  let cost = 0; // seconds of the last save
  return {
    writes: true,
    ...(typeof saveFreq === "number" ? { batchStride: saveFreq } : {}),
    get settleSeconds() {
      if (typeof saveFreq !== "object") return undefined;
      return saveFreq.seconds === 0 ? 0 : Math.max(saveFreq.seconds, cost * rest);
    },
    async onTrainBegin(state) {
      path = `${await filePath(folder, who)}/${fileName}`;
      await makeFolderOf(path);
      await removeHalfWritten(path);
      const bytes = await readIfThere(path);
      if (bytes) await state.resume(bytes);
    },
    async onSettled(state) {
      const begun = performance.now();
      await writeFileAtomic(path, state.checkpoint());
      cost = (performance.now() - begun) / 1000;
    },
    async onTrainEnd(_, { aborted }) {
      if (!deleteCheckpoint || aborted) return;
      const [{ rm, rmdir }, { dirname }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
      await rm(path, { force: true });
      await rmdir(dirname(path)).catch(() => undefined); // other files live there
    },
  };
}

const rest = 20; // times what a save took: saving costs 5 % at most

const frequency: Field<"epoch" | number | { readonly seconds: number }> = {
  otherwise: "epoch",
  expected: sentence`${saveFrequency.expected}, or { seconds } of 0 or more`,
  fits: (v) => saveFrequency.fits(v) || (typeof v === "object" && from0(0).fits((v as { seconds?: unknown })?.seconds)),
};
