import { DataError, problem } from "../../errors.ts";
import type { FoldRunner } from "../../index.ts";
import type { BacktestCommandOptions } from "../commands/train-options.ts";
import { openQueue } from "./asking.ts";
import { type FoldDone, searchOf, sourceOf } from "./job.ts";

const others = ["chart", "queue", "json", "quiet"]; // options that change no fold

/** Gives a backtest a runner that has its folds computed by workers. Throws DataError where one network forecasts all folds. */
export async function withFoldQueue<T>(
  url: string,
  asked: {
    readonly files: readonly string[];
    readonly o: BacktestCommandOptions;
    readonly say: (line: string) => void;
  },
  work: (runner: FoldRunner<object>) => Promise<T>,
): Promise<T> {
  const { files, o, say } = asked;
  if (!o.refit) {
    const next = "One network is trained, which no worker can share: leave one of the two out.";
    throw new DataError(problem("--queue", "a training for each fold", "--no-refit", next));
  }
  const options = Object.fromEntries(Object.entries(o).filter(([name]) => !others.includes(name)));
  const source = await sourceOf({ task: "backtest", files: filesOf(files, o), options });
  const search = searchOf(source, [], `backtest ${files.join(" ")}`);
  const queue = await openQueue(url, say);
  try {
    return await work(async (fold, { signal }) => {
      const done = await queue.run<FoldDone>({ search, source, fold }, { signal, before: null });
      return done!.fold; // without a time before which it must begin there is a result
    });
  } finally {
    await queue.close();
  }
}

/** All files that a backtest reads; a list of holidays comes last. */
export const filesOf = (files: readonly string[], { holidays }: { holidays?: string }): string[] => [
  ...files,
  ...(holidays === undefined ? [] : [holidays]),
];
