import type { TrialRunner } from "../../tune/index.ts";
import type { TuneTask } from "../commands/tune-data.ts";
import { openQueue } from "./asking.ts";
import { searchOf, sourceOf, type TrialDone } from "./job.ts";

/** Options that say nothing of how files are read. */
const others = [
  ...["trials", "minutes", "search", "epochs", "seed", "validationSplit"],
  ...["folder", "save", "chart", "queue", "json", "quiet"],
];

/** Gives a search a runner that has its trials done by workers. */
export async function withTrialQueue<T>(
  url: string,
  asked: {
    readonly task: TuneTask;
    readonly files: readonly string[];
    readonly o: { search?: unknown; epochs?: unknown; seed?: unknown; validationSplit?: unknown };
    readonly say: (line: string) => void;
  },
  work: (runner: TrialRunner) => Promise<T>,
): Promise<T> {
  const { task, files, o, say } = asked;
  const options = Object.fromEntries(Object.entries(o).filter(([name]) => !others.includes(name)));
  const source = await sourceOf({ task, files, options });
  const search = searchOf(source, [o.search, o.epochs, o.seed, o.validationSplit], `tune ${task} ${files.join(" ")}`);
  const queue = await openQueue(url, say);
  try {
    return await work((trial, given) => queue.run<TrialDone>({ search, source, trial }, given));
  } finally {
    await queue.close();
  }
}
