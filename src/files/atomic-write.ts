import { BackendError, DataError, problem, sentence } from "../errors.ts";
import { fileProblem } from "../system-problem.ts";

/**
 * Writes a file so that it is there whole or not at all: a temporary file beside it, flushed to disk, then renamed over it.
 * A link is followed and an existing file keeps its permissions; what a killed writer of it left behind is removed. A device or
 * a pipe (`/dev/null`) is written to, never replaced. Throws DataError with the path and what to do, and BackendError in a browser.
 *
 *   await writeFileAtomic("models/imdb.keras", bytes);
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  if (typeof process === "undefined") throw noFileSystem(path);
  const { chmod, open, realpath, rename, rm, stat, writeFile } = await import("node:fs/promises");
  const before = await stat(path).catch(() => undefined);
  const target = await realpath(path).catch(() => path); // there is no file yet: its path is the target
  const temporary = `${target}.${process.pid}-${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    if (before && !before.isFile() && !before.isDirectory()) return await writeFile(path, bytes);
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await flush(file);
    } finally {
      await file.close();
    }
    if (before?.isFile()) await chmod(temporary, before.mode);
    await rename(temporary, target);
    await removeHalfWritten(target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error is the one to tell
    const refused = fileProblem(path, "write", error);
    const kept = before?.isFile() ? "What was there before is unchanged. " : "";
    throw new DataError(refused.with({ next: sentence`${kept}${refused.data.next!}` }), { cause: error });
  }
}

/** The answer to a page that saves a model to a file. */
export function noFileSystem(path: string): BackendError {
  const next = 'modelBytes(model, "model.keras") of cellstate/formats gives a model\'s bytes, to keep or to send.';
  return new BackendError(problem(path, "a file system", "a browser", next));
}

/** Has the system write a file to disk. By its number, for the files of Yarn's Plug'n'Play have no `sync`. */
async function flush({ fd }: { readonly fd: number }): Promise<void> {
  const { fsync } = await import("node:fs");
  await new Promise<void>((done, failed) => fsync(fd, (error) => (error ? failed(error) : done())));
}

/** Removes the temporary files of `path` that killed processes left behind. */
export async function removeHalfWritten(path: string): Promise<void> {
  const [{ readdir, rm }, { basename, dirname }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  const names = await readdir(dirname(path)).catch(() => []); // no temporary files to remove
  for (const name of names) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const writer = /^(\d+)-[0-9a-f]{8}\.tmp$/.exec(name.slice(basename(path).length + 1))?.[1];
    if (writer !== undefined && !isAlive(Number(writer)))
      await rm(`${dirname(path)}/${name}`, { force: true }).catch(() => undefined); // another's to remove
  }
}

/** Whether a process runs; one that may not be asked does. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
