import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { DataError, fault, problem } from "../errors.ts";

const beat = 5; // seconds between two signs of life
const silence = 60; // seconds without one: a process that cannot be asked has ended

/** The process that trains: its id, its start time (process ids are reused), and a word that no other claim has. */
interface Owner {
  readonly pid: number;
  readonly start: string | null;
  readonly host: string;
  readonly word: string;
}

/**
 * Says in the folder of a training that it runs, until the answer is called: two that write to the same model would take each
 * other's checkpoints. Of those that begin at the same moment one runs. Throws DataError where another runs there.
 */
export async function oneAtATime(folder: string, save: string): Promise<() => Promise<void>> {
  const mark = `${folder}/running`;
  const own: Owner = {
    pid: process.pid,
    start: await startOf(process.pid),
    host: hostname(),
    word: crypto.randomUUID(),
  };
  const other = await claim({ folder, own, text: JSON.stringify(own) }, mark).catch((error) => {
    const next = "Checkpoints are written there during training: remove that file, or give another --save.";
    throw new DataError(problem(folder, "a folder to write to", (error as Error).message, next));
  });
  if (other) {
    const next = `Wait until it ends, or give another --save. If no training is running: rm '${mark}'.`;
    throw new DataError(fault(`--save ${save}`, `this model is being trained by process ${other.pid}`, next));
  }
  const alive = () => void utimes(mark, new Date(), new Date()).catch(() => undefined); // only a sign
  const timer = setInterval(alive, beat * 1000).unref();
  return async () => {
    clearInterval(timer);
    if ((await ownerIn(mark))?.word === own.word) await rm(mark, { force: true });
  };
}

interface Claim {
  readonly folder: string;
  readonly own: Owner;
  readonly text: string;
}

/**
 * Takes a mark that is free, or left behind by a process that has ended; else returns its owner. Which of several may replace
 * what was left behind is decided by a mark of its own, claimed in the same way and named after what it replaces: whoever
 * comes later finds another owner in the first one.
 */
async function claim(by: Claim, mark: string): Promise<Owner | null> {
  for (;;) {
    if (await make(by, mark)) return null;
    const there = await ownerIn(mark);
    if (!there) continue; // it has gone meanwhile
    if (await lives(there, mark)) return there;
    const turn = `${by.folder}/after-${there.word}`;
    const other = await claim(by, turn);
    if (other) return other;
    try {
      if ((await ownerIn(mark))?.word !== there.word) continue;
      const written = await write(by);
      await rename(written, mark);
      return null;
    } finally {
      await rm(turn, { force: true });
    }
  }
}

/** Makes a mark with its contents in one step; false where there is one already. */
async function make(by: Claim, mark: string): Promise<boolean> {
  const written = await write(by);
  try {
    await link(written, mark);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST") return false;
    if (code === "ENOENT") return make(by, mark); // another has ended and taken the folder away
    return await exclusive(by, mark); // a file system without links
  } finally {
    await rm(written, { force: true });
  }
}

async function exclusive({ text }: Claim, mark: string): Promise<boolean> {
  try {
    await writeFile(mark, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Writes the contents of a lock to a temporary file. */
async function write({ folder, own, text }: Claim): Promise<string> {
  const path = `${folder}/claim-${own.word}`;
  for (let turn = 0; ; turn++) {
    await mkdir(folder, { recursive: true });
    try {
      await writeFile(path, text);
      return path;
    } catch (error) {
      if (codeOf(error) !== "ENOENT" || turn > 100) throw error; // another has ended and taken the folder away
    }
  }
}

/** Reads the owner of a lock; null where there is none. Earlier versions wrote the process id alone. */
async function ownerIn(mark: string): Promise<Owner | null> {
  const text = await readFile(mark, "utf8").catch(() => null);
  if (text === null) return null;
  const found = /^\{/.test(text) ? parsed(text) : null;
  const plain = text.replace(/\W/g, "").slice(0, 40) || "nobody";
  return {
    pid: Number(found?.pid ?? text) || 0,
    start: typeof found?.start === "string" ? found.start : null,
    host: typeof found?.host === "string" ? found.host : hostname(),
    word: /^[\w-]{1,40}$/.test(String(found?.word)) ? String(found?.word) : plain,
  };
}

function parsed(text: string): Partial<Record<keyof Owner, unknown>> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null; // half written, or not ours
  }
}

async function lives(owner: Owner, mark: string): Promise<boolean> {
  const seconds = await age(mark);
  const fresh = seconds < silence;
  if (owner.pid <= 0) return seconds < beat; // its number may still be on its way to the file
  if (owner.host !== hostname()) return fresh; // a folder that machines share
  if (owner.start !== null && (await startOf(process.pid)) !== null) return (await startOf(owner.pid)) === owner.start;
  return fresh && isAlive(owner.pid);
}

/** Start time of a process, in the system's ticks; null where it no longer runs, or the system does not say. */
async function startOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // from the third on: its state, …, its start
  return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null);
}

/** Whether a process runs; one that may not be asked does. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
}

/** Seconds since the last sign of life; a mark that has gone meanwhile is older than any. */
const age = async (mark: string): Promise<number> =>
  stat(mark).then(
    ({ mtimeMs }) => (Date.now() - mtimeMs) / 1000,
    () => Infinity,
  );

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
