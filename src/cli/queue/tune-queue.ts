import type { TrialResult, TrialRunner } from "../../tune/index.ts";
import { openQueue } from "./asking.ts";
import { searchOf, sourceOf } from "./job.ts";

/** Options that say nothing of how files are read. */
const others = ["trials", "minutes", "search", "epochs", "seed", "validationSplit", "folder", "save", "chart", "queue"];
const output = ["json", "quiet"];

/** Gives a search a runner that has its trials done by workers. */
export async function withTrialQueue<T>(
  url: string,
  asked: {
    readonly task: string;
    readonly files: readonly string[];
    readonly o: { search?: unknown; epochs?: unknown; seed?: unknown; validationSplit?: unknown };
    readonly say: (line: string) => void;
  },
  work: (runner: TrialRunner) => Promise<T>,
): Promise<T> {
  const { task, files, o, say } = asked;
  const options = Object.fromEntries(Object.entries(o).filter(([name]) => ![...others, ...output].includes(name)));
  const source = await sourceOf({ command: "tune", task, files, options });
  const search = searchOf(source, [o.search, o.epochs, o.seed, o.validationSplit], `tune ${task} ${files.join(" ")}`);
  const queue = await openQueue(url, say);
  try {
    return await work(async (trial, given) => {
      const found = await queue.run({ search, source, part: trial }, given);
      return found as (TrialResult & { seconds: number }) | null;
    });
  } finally {
    await queue.close();
  }
}
