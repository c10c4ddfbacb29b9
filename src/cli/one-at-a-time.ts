import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { DataError, problem } from "../errors.ts";

const beat = 5; // seconds between two signs of life
const silence = 60; // seconds without one: its process has ended, and its number is another's now

/**
 * Says in the folder of a training that it runs, until the answer is called: two that write to the same model would take each
 * other's checkpoints. Throws DataError where another process runs there.
 */
export async function oneAtATime(folder: string, save: string): Promise<() => Promise<void>> {
  const mark = `${folder}/running`;
  const other = Number(await readFile(mark, "utf8").catch(() => "0"));
  if (other > 0 && other !== process.pid && isAlive(other) && (await age(mark)) < silence) {
    const next = `Wait until it ends, or give another --save. If it is no training: rm '${mark}'.`;
    throw new DataError(problem(`--save ${save}`, "a model of its own", `one that process ${other} trains`, next));
  }
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(mark, `${process.pid}`);
  } catch (error) {
    const next = "Checkpoints lie there while a model is trained: remove what is in the way, or give another --save.";
    throw new DataError(problem(folder, "a folder to write to", (error as Error).message, next));
  }
  const alive = () => void utimes(mark, new Date(), new Date()).catch(() => undefined); // only a sign
  const timer = setInterval(alive, beat * 1000).unref();
  return async () => {
    clearInterval(timer);
    await rm(mark, { force: true });
  };
}

/** Whether a process runs; one that may not be asked does. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Seconds since the last sign of life; a mark that has gone meanwhile is older than any. */
const age = async (mark: string): Promise<number> =>
  stat(mark).then(
    ({ mtimeMs }) => (Date.now() - mtimeMs) / 1000,
    () => Infinity,
  );
