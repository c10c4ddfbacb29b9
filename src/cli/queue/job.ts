import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { DataError, fault } from "../../errors.ts";
import { fileProblem } from "../../system-problem.ts";
import type { Trial, TrialResult } from "../../tune/index.ts";
import { version } from "../../version.ts";
import type { TuneTask } from "../commands/tune-data.ts";

/** A file that a job reads: workers look for the path, and compare the contents. */
export interface FileMark {
  readonly path: string;
  readonly sha256: string;
}

/** Files and options that the data of a job are read from: the same for all jobs of a search. */
export interface Source {
  /** The version that made it; another might compute other bits. */
  readonly cellstate: string;
  /** Kind of task of `tune`, or a backtest. */
  readonly task: TuneTask | "backtest";
  readonly files: readonly FileMark[];
  /** Options as the command line gives them. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A job as it lies in Redis: a trial of a search, or a fold of a backtest. */
export interface Job {
  /** The search or backtest that it belongs to, for those who watch. */
  readonly search: { readonly id: string; readonly title: string };
  readonly source: Source;
  readonly trial?: Trial;
  /** Number of a fold, from 1 on. */
  readonly fold?: number;
}

/** The result of a trial. */
export type TrialDone = TrialResult & { readonly seconds: number };

/** The result of a fold, and a line about it. */
export interface FoldDone {
  readonly fold: object;
  readonly says: string;
  readonly seconds: number;
}

export type JobResult = TrialDone | FoldDone;

/** The name of a job is a hash of its contents: the same work is done once, whoever asks for it and how often. */
export const idOf = ({ source, trial, fold }: Pick<Job, "source" | "trial" | "fold">): string =>
  hash(toJson([source, trial ?? { fold }]));

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** A source by files and options; their order does not matter. Throws DataError for a file that cannot be read. */
export async function sourceOf(given: {
  readonly task: Source["task"];
  readonly files: readonly string[];
  readonly options: object;
}): Promise<Source> {
  const { task, files, options } = given;
  const marks: FileMark[] = [];
  for (const file of files) marks.push({ path: resolve(file), sha256: await hashOf(file) });
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return { cellstate: version, task, files: marks, options: Object.fromEntries(sorted) };
}

export const searchOf = (source: Source, asked: unknown, title: string): Job["search"] => ({
  id: hash(toJson([source, asked])).slice(0, 8),
  title,
});

async function hashOf(file: string): Promise<string> {
  const sum = createHash("sha256");
  try {
    await pipeline(createReadStream(file), sum);
  } catch (error) {
    throw new DataError(fileProblem(file, "read", error), { cause: error });
  }
  return sum.digest("hex");
}

/** A worker that cannot do a job that others can: its own fault, not the job's. */
export class NotHere extends DataError {}

/**
 * The files of a source in this process, in `folder` by their names where one is given. Throws NotHere where one is missing or has other
 * contents, and for a job of another version.
 */
export async function filesHere({ files, cellstate }: Source, folder: string | undefined): Promise<string[]> {
  if (cellstate !== version) {
    const next = `Install cellstate ${cellstate} here, or start the search with ${version}.`;
    throw new NotHere(fault("worker", `the job is of cellstate ${cellstate}, this is ${version}`, next));
  }
  const found: string[] = [];
  for (const { path, sha256 } of files) {
    const here = folder === undefined ? path : join(folder, basename(path));
    const sum = await hashOf(here).catch((error: DataError) => {
      const next =
        "Copy it there, use a folder that all machines share, or say where such files lie here: --files FOLDER.";
      throw new NotHere(fault("worker", `a job reads ${here}, which cannot be read here`, next), { cause: error });
    });
    if (sum !== sha256) {
      const next = "Copy it from the machine that started the search; or start the search again, if that is old.";
      throw new NotHere(fault("worker", `${here} has other contents than where the search was started`, next));
    }
    found.push(here);
  }
  return found;
}

/** JSON that keeps the numbers that JSON has not: infinities, NaN and -0. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, v) =>
    typeof v === "number" && (!Number.isFinite(v) || Object.is(v, -0)) ? { "#": Object.is(v, -0) ? "-0" : `${v}` } : v,
  );

export const fromJson = (text: string): unknown =>
  JSON.parse(text, (_, v) =>
    v !== null && typeof v === "object" && typeof v["#"] === "string" && Object.keys(v).length === 1
      ? Number(v["#"])
      : v,
  );
