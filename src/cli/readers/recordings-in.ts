import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Recording, resample } from "../../data/index.ts";
import { counted, DataError, problem } from "../../errors.ts";

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Whether a folder is among paths. */
export const hasFolder = (paths: readonly string[]): boolean => paths.some(isFolder);

/** Paths in order; of a folder the wav files in it, and in its folders. Throws DataError for a folder without one. */
export async function recordingsIn(
  paths: readonly string[],
  say: (line: string) => void = () => {},
): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (!isFolder(path)) {
      found.push(path);
      continue;
    }
    const names = (await readdir(path, { recursive: true })).filter((name) => /\.wav$/i.test(name)).sort();
    if (names.length === 0) throw new DataError(problem(path, "wav files in the folder", "none"));
    say(`${path}: ${counted(names.length, "recording")} in ${counted(new Set(names.map(dirname)).size, "folder")}`);
    found.push(...names.map((name) => join(path, name)));
  }
  return found;
}

/** Recordings at one rate: the one given, or that of most of them. One line says which were resampled. */
export function atOneRate(
  recordings: readonly Recording[],
  rate: number | null,
  say: (line: string) => void,
): Recording[] {
  const counts = new Map<number, number>();
  for (const { sampleRate } of recordings) counts.set(sampleRate, (counts.get(sampleRate) ?? 0) + 1);
  const to = rate ?? [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
  const others = [...counts].filter(([one]) => one !== to);
  if (others.length === 0) return [...recordings];
  const count = others.reduce((sum, [, n]) => sum + n, 0);
  const rates = others.map(([one]) => one).join(", ");
  say(`${counted(count, "recording")} of ${rates} samples per second: resampled to ${to}`);
  return recordings.map((one) => resample(one, to));
}
