import { fileError } from "./file-error.ts";

/**
 * Writes a file so that it is there whole or not at all: a temporary file beside it, flushed to disk, then renamed over it.
 * A link is followed and an existing file keeps its permissions. Throws DataError with the path and what to do. Node only.
 *
 *   await writeFileAtomic("models/imdb.keras", bytes);
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const { chmod, open, realpath, rename, rm, stat } = await import("node:fs/promises");
  const target = await realpath(path).catch(() => path); // there is no file yet: its path is the target
  const temporary = `${target}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    const before = await stat(target).catch(() => undefined);
    if (before?.isFile()) await chmod(temporary, before.mode);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error is the one to tell
    throw fileError(path, error);
  }
}
