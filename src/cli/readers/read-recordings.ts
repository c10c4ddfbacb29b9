import { basename, dirname, resolve } from "node:path";
import { readWav } from "../../data/index.ts";
import { DataError, problem } from "../../errors.ts";
import type { Recording } from "../../index.ts";
import { readBytes } from "./read-text-file.ts";
import { atOneRate } from "./recordings-in.ts";

/** Source of a recording's class: the file name up to the first `_`, or the name of its folder. */
export type LabelFrom = "name" | "folder";

export const isWav = (file: string): boolean => /\.wav$/i.test(file);

/**
 * A recording a wav file, at one rate (that of most where none is given), and the classes that their names or folders say. Throws DataError
 * for other files among them.
 */
export async function readRecordings(
  files: readonly string[],
  labelFrom: LabelFrom | undefined,
  {
    rate = null,
    say = () => {},
  }: { rate?: number | null | undefined; say?: ((line: string) => void) | undefined } = {},
): Promise<{ sequences: Recording[]; labels: string[] | null }> {
  const odd = files.find((file) => !isWav(file));
  if (odd !== undefined) {
    const next = "Give wav files, or tables of numbers, not both.";
    throw new DataError(problem(odd, "a wav file like the others", "another", next));
  }
  const sequences: Recording[] = [];
  for (const file of files) sequences.push(readWav(await readBytes(file), file));
  return {
    sequences: atOneRate(sequences, rate, say),
    labels: labelFrom ? files.map((file) => labels[labelFrom](file)) : null,
  };
}

const labels: Readonly<Record<LabelFrom, (file: string) => string>> = {
  name: (file) => {
    const [label, ...rest] = basename(file).split("_");
    if (label !== "" && rest.length > 0) return label;
    const next = "Or give --label-from folder, with a folder for each class.";
    throw new DataError(problem(file, "a name that begins with the class, as 7_jackson_32.wav", basename(file), next));
  },
  folder: (file) => basename(dirname(resolve(file))),
};
