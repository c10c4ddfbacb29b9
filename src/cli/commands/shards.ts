import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { counted, DataError, problem } from "../../errors.ts";
import { fileProblem } from "../../system-problem.ts";
import type { Share } from "./share.ts";

/** A file to read and the file its answers go to. */
export interface Shard {
  readonly file: string;
  readonly out: string;
}

/** Variables in which schedulers tell a process its number, and how many there are. */
const schedulers: readonly (readonly [who: string, index: string, of: string | null])[] = [
  ["a Kubernetes Indexed Job", "JOB_COMPLETION_INDEX", null],
  ["Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"],
  ["MPICH", "PMI_RANK", "PMI_SIZE"],
  ["a Slurm array", "SLURM_ARRAY_TASK_ID", null],
  ["Slurm", "SLURM_PROCID", "SLURM_NTASKS"],
];

const number = (text: string | undefined): number | null => (text && /^\d+$/.test(text) ? Number(text) : null);

/** The share of this process by what its scheduler says; null without one. */
function ownShare(environment: Readonly<Record<string, string | undefined>>): (Share & { who: string }) | null {
  for (const [who, name, of] of schedulers) {
    const index = number(environment[name]);
    if (index === null) continue;
    const size = of === null ? null : number(environment[of]);
    if (of === null || size !== null) return { index, of: size, who: `${who}, ${name}=${index}` };
  }
  return null;
}

/** Whether a name stands for several files. */
export const isPattern = (file: string): boolean => basename(file).includes("*");

/**
 * The shards of this process: files that a pattern names, in the order of the numbers in their names, each with its output, whose name has the
 * same in place of `*`. Throws DataError where no file has such a name, or there is none for this process.
 */
export async function shardsOf(
  pattern: { readonly file: string; readonly out: string },
  share: Share | undefined,
  say: (line: string) => void,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Shard[]> {
  const all = await filesOf(pattern);
  const own = share ? { ...share, who: "--shard" } : ownShare(environment);
  if (own === null) return all;
  const { index, of, who } = own;
  if (of === null && index >= all.length) {
    const next = `Give the job as many completions as there are files (${all.length}), or say how many processes there are: --shard ${index}/10.`;
    throw new DataError(problem("--file", `a file of number ${index} (${who})`, counted(all.length, "file"), next));
  }
  const chosen = all.filter((_, k) => (of === null ? k === index : k % of === index));
  const names = chosen.map(({ file }) => basename(file));
  const shown = names.length > 3 ? `${names[0]} to ${names.at(-1)}` : names.join(", ");
  say(`${who}: ${chosen.length} of ${counted(all.length, "file")}${shown ? `: ${shown}` : ""}`);
  return chosen;
}

async function filesOf({ file, out }: { readonly file: string; readonly out: string }): Promise<Shard[]> {
  const parts = basename(file).split("*");
  const outs = basename(out).split("*");
  if (parts.length !== 2 || dirname(file).includes("*")) {
    const next = "For example: --file 'part-*.jsonl' --out 'answers-*.jsonl'.";
    throw new DataError(problem("--file", "one * in the file's name", file, next));
  }
  if (outs.length !== 2) {
    const next = "What * stands for in --file stands there too: --out 'answers-*.jsonl'.";
    throw new DataError(problem("--out", "one * in the file's name, as in --file", out, next));
  }
  const folder = dirname(file);
  const names = await readdir(folder).catch((error) => {
    throw new DataError(fileProblem(folder, "read", error), { cause: error });
  });
  const [before, after] = parts;
  const middles = names
    .filter((name) => name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, name.length - after.length))
    .filter((middle) => join(folder, before + middle + after) !== join(dirname(out), outs[0] + middle + outs[1]));
  if (middles.length === 0) {
    const next = "Look at the folder, and at the quotes around the name: the shell must leave the * alone.";
    throw new DataError(problem("--file", `files named ${basename(file)} in ${folder}`, "none", next));
  }
  return middles.sort(byNumber).map((middle) => ({
    file: join(folder, before + middle + after),
    out: join(dirname(out), outs[0] + middle + outs[1]),
  }));
}

/** part-2 before part-10, the same on every machine. */
const byNumber = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : 1);
const collator = new Intl.Collator("en", { numeric: true });
