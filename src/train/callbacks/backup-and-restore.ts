import { removeHalfWritten, writeFileAtomic } from "../../files/atomic-write.ts";
import { makeFolderOf, readIfThere } from "../../files/files.ts";
import { flag, readOptions } from "../options.ts";
import type { Callback } from "./callback.ts";
import { pathOf, saveFrequency } from "./options.ts";

export interface BackupAndRestoreOptions {
  /** Saves after every epoch, and after every so many batches too. Default "epoch". */
  saveFreq?: "epoch" | number;
  /** Deletes the checkpoint when training has ended. Default true. */
  deleteCheckpoint?: boolean;
}

const fileName = "training.checkpoint";

/**
 * Saves where training stands, and goes on from there when the same program is started again after an interruption: the
 * weights it ends with are bit for bit those of a training that was not interrupted. The same callbacks and the same data
 * must be given again, and each fit needs a folder of its own. Training ended by an AbortSignal keeps its checkpoint. Node only.
 *
 *   await model.fit(x, y, { epochs: 50, callbacks: [backupAndRestore("backup", { saveFreq: 100 })] });
 */
export function backupAndRestore(backupDir: string, options: BackupAndRestoreOptions = {}): Callback {
  const who = "backupAndRestore";
  const folder = pathOf(who, "the path of a folder", backupDir);
  const { saveFreq, deleteCheckpoint } = readOptions(who, options, {
    saveFreq: saveFrequency,
    deleteCheckpoint: flag(true),
  });
  const path = `${folder}/${fileName}`;
  return {
    ...(saveFreq === "epoch" ? {} : { batchStride: saveFreq }),
    async onTrainBegin(state) {
      await makeFolderOf(path);
      await removeHalfWritten(path);
      const bytes = await readIfThere(path);
      if (bytes) await state.resume(bytes);
    },
    async onSettled(state) {
      await writeFileAtomic(path, state.checkpoint());
    },
    async onTrainEnd(_, { aborted }) {
      if (!deleteCheckpoint || aborted) return;
      const { rm, rmdir } = await import("node:fs/promises");
      await rm(path, { force: true });
      await rmdir(folder).catch(() => undefined); // other files live there
    },
  };
}
