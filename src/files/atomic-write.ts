import { DataError, problem } from "../errors.ts";

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
    throw new DataError(problem(path, "a file that can be written", reasonOf(error), nextStep(error)), {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && reasons[code]?.[0]) ?? message;
}

function nextStep(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code && reasons[code]?.[1]) ?? "Save under another path. What was there before is unchanged.";
}

const reasons: Record<string, [reason: string, next: string]> = {
  ENOENT: ["a folder that does not exist", "Make the folder first, or save under another path."],
  ENOTDIR: ["a path through something that is not a folder", "Save under another path."],
  EISDIR: ["a folder", "Add a file name to the path."],
  EACCES: ["no permission to write there", "Save under another path, or change the permissions of the folder."],
  EPERM: ["no permission to write there", "Save under another path, or close the program that holds the file."],
  EROFS: ["a file system that cannot be written", "Save under another path."],
  ENOSPC: ["a full disk", "Free some space and save again. What was there before is unchanged."],
  ENAMETOOLONG: ["a name that is too long", "Save under a shorter name."],
};
