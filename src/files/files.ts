import { DataError } from "../errors.ts";
import { type Doing, fileProblem } from "../system-problem.ts";

/** Appends to a file, made when it is not there. Throws DataError with the path and what to do. Node only. */
export async function appendFile(path: string, bytes: Uint8Array): Promise<void> {
  const fs = await import("node:fs/promises");
  try {
    await fs.appendFile(path, bytes);
  } catch (error) {
    throw refused(path, "write", error);
  }
}

/** Makes the folder that a file will lie in. */
export async function makeFolderOf(path: string): Promise<void> {
  const [{ mkdir }, { dirname }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw refused(path, "write", error);
  });
}

/** The bytes of a file; null when there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw refused(path, "read", error);
  });
}

const refused = (path: string, doing: Doing, error: unknown): DataError =>
  new DataError(fileProblem(path, doing, error), { cause: error });
